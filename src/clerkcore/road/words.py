"""Change sets in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from clerkcore.models import ChangeSet, Counts, TableChange

MOST_GROUPS, FEW_GROUPS = 30, 8


def tell_changes(changes: ChangeSet, *, late: bool = False) -> str:
    """Return one sentence per table that changed; "no changes" when none did.

    `late` is of a capture older than the rows, which adds history alone.
    """
    told = "; ".join(sentence for table in changes.tables for sentence in _table(table, late))
    return told or ("nothing in it was new" if late else "no changes")


def tell_notes(notes: Sequence[str], most: int) -> str:
    """Return the first notes and how many more there are."""
    more = f"; and {len(notes) - most} more" if len(notes) > most else ""
    return "; ".join(notes[:most]) + more


def _table(change: TableChange, late: bool) -> Iterator[str]:
    counts = change.counts

    def noun(count: int) -> str:
        return name_rows(change.table, count)

    if counts.added:
        how = "added as withdrawn, being older than the rows" if late else "added"
        yield f"{counts.added:,} {noun(counts.added)} {how}{_groups(change.added_by_group)}"
    if counts.changed:
        yield f"{counts.changed:,} {noun(counts.changed)} changed{_groups(change.changed_by_column)}"
    if counts.disappeared:
        yield f"{counts.disappeared:,} {noun(counts.disappeared)} disappeared{_groups(change.disappeared_by_group)}"


def name_rows(table: str, count: int) -> str:
    """Return what the rows of a table are called: "1 filing", "2 filings", "1 agency"."""
    noun = table.replace("_", " ")
    if not noun.endswith("s"):
        return f"{noun} row{'' if count == 1 else 's'}"
    if count != 1:
        return noun
    if noun.endswith("ies"):
        return f"{noun.removesuffix('ies')}y"
    return noun.removesuffix("es" if noun.endswith(("xes", "sses", "ches", "shes")) else "s")


def _groups(groups: Mapping[str, int]) -> str:
    """Return the groups with their counts; of many, the largest and how many more."""
    if not groups:
        return ""
    largest = groups.items() if len(groups) <= MOST_GROUPS else Counter(groups).most_common(FEW_GROUPS)
    more = f" and {len(groups) - FEW_GROUPS:,} more" if len(groups) > MOST_GROUPS else ""
    return f" ({', '.join(f'{name} {count:,}' for name, count in largest)}{more})"


def tell_evidence(counts: Counts) -> str:
    """Return what was left out of the rows and why, or nothing."""
    parts = [
        (counts.duplicates, "exact duplicates"),
        (counts.quarantined, "quarantined"),
        (counts.aside, "set aside"),
    ]
    return ", ".join(f"{count:,} {what}" for count, what in parts if count)
