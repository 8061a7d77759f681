"""Guards: reasons to hold a change set because it looks like a broken source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clerkcore.interfaces import Table
from clerkcore.models import ChangeSet, Counts, Note, TableChange
from clerkcore.settings import Settings

QUARANTINE = "quarantine"
SMALLEST_TURNOVER = 10  # below this many rows, half of them replaced means little
SMALLEST_GROUP = 3  # a county of one or two voters may well lose them
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a run was held."""

    guard: str
    reason: str


def find_hold(
    changes: ChangeSet, tables: tuple[Table, ...], settings: Settings, *, first: bool, notes: Sequence[Note] = ()
) -> Hold | None:
    """Return the first reason to hold this change set; None when it looks sound.

    A first pull has nothing to shrink from, so only its rejected records are judged. Rows that a note tells as
    replaced, such as those of an amended filing, are not taken for lost ones.
    """
    return next(_holds(changes, tables, settings, notes, first=first), None)


def _holds(
    changes: ChangeSet, tables: tuple[Table, ...], settings: Settings, notes: Sequence[Note], *, first: bool
) -> Iterator[Hold]:
    yield from _rejected(changes.counts, settings.quarantine_limit)
    if first:
        return
    for table, change in zip(tables, changes.tables, strict=True):
        if not table.derived:
            yield from _lost(change)
            yield from _shrunk(table, change, settings.shrink_limit)
            replaced = sum(note.replaced for note in notes if note.table == table.name)
            yield from _turned_over(change, replaced, settings.turnover_limit)
            yield from _collapsed(change, settings.turnover_limit)


def _rejected(counts: Counts, limit: float) -> Iterator[Hold]:
    if counts.quarantined and counts.quarantined > limit * counts.read:
        yield Hold(
            QUARANTINE,
            f"{counts.quarantined:,} of {counts.read:,} records were rejected (limit {limit:.0%})",
        )


def _before(change: TableChange) -> int:
    kept = change.counts.unchanged + change.counts.changed
    return kept + change.counts.disappeared


def _lost(change: TableChange) -> Iterator[Hold]:
    lost = {group: count for group, count in change.lost_groups.items() if count >= SMALLEST_GROUP}
    if lost:
        told = ", ".join(f"{group} ({count:,})" for group, count in list(lost.items())[:MOST_NAMED])
        yield Hold("group", f"no row of {change.table} is left of {told}")


def _shrunk(table: Table, change: TableChange, default: float) -> Iterator[Hold]:
    before = _before(change)
    limit = default if table.max_shrink is None else table.max_shrink
    # Where no row may vanish, a new one makes up for none.
    lost = change.counts.disappeared - (change.counts.added if limit else 0)
    # One row may go from even the smallest scope, unless its table says that none may.
    allowed = max(int(limit * before), 1 if limit else 0)
    if not limit and lost:
        yield Hold("shrink", f"{lost:,} of {before:,} rows of {change.table} vanished, and none may")
    elif lost > allowed:
        yield Hold(
            "shrink",
            f"{change.table} fell from {before:,} to {before - lost:,} rows, {lost:,} fewer (limit {allowed:,})",
        )


def _turned_over(change: TableChange, replaced: int, limit: float) -> Iterator[Hold]:
    before, gone = _before(change), change.counts.disappeared - replaced
    if before >= SMALLEST_TURNOVER and gone > limit * before:
        yield Hold(
            "turnover",
            f"{gone:,} of {before:,} rows of {change.table} would be replaced (limit {limit:.0%})",
        )


def _collapsed(change: TableChange, limit: float) -> Iterator[Hold]:
    for column, (before, after) in change.filled.items():
        if before >= SMALLEST_TURNOVER and after < before - limit * before:
            yield Hold("collapse", f"{column} in {change.table} was filled in {before:,} rows and is in {after:,}")
    for column, (before, after) in change.sums.items():
        if before > 0 and after < before - limit * before:
            yield Hold("collapse", f"the sum of {column} in {change.table} fell from {before:,} to {after:,}")
