"""Two versions of a filing, row by row: unchanged, edited, renumbered, new, dropped.

Version 1. Rows are matched in this order, each at most once: equal under the same Tran_Id; same date, payee and
amount under the same Tran_Id; the same under a new Tran_Id (renumbered); the same Tran_Id. What is left is new or
dropped. Limit: of several rows with one date, payee and amount, which became which is a guess in order of Tran_Id.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from clerkcore.models import Row

VERSION = 1
# What tells filings apart or belongs to the filing as a whole says nothing of a row.
NOT_OF_THE_ROW = frozenset(
    (
        "filing_id",
        "tran_id",
        "netfile_key",
        "external_id",
        "filer_local_id",
        "filer_state_id",
        "filer_name",
        "filing_start",
        "filing_end",
    )
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the old version and the row of the new one that it became; `columns` are those that differ."""

    old: Row
    new: Row
    columns: tuple[str, ...] = ()


@dataclass
class Matching:
    """What became of the rows of a filing."""

    unchanged: list[Pair] = field(default_factory=list)
    edited: list[Pair] = field(default_factory=list)
    renumbered: list[Pair] = field(default_factory=list)
    added: list[Row] = field(default_factory=list)
    dropped: list[Row] = field(default_factory=list)

    @property
    def edited_columns(self) -> dict[str, int]:
        """How many rows each column was edited in, the most frequent first."""
        counted = Counter(column for pair in self.edited for column in pair.columns)
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def match_rows(old: Iterable[Row], new: Iterable[Row], columns: Sequence[str]) -> Matching:
    """Match the rows of two versions; `columns` are those of a row's own content."""
    found = Matching()
    waiting, offered = _sorted(old), _sorted(new)
    for key, kept in _passes(found, columns):
        waiting, offered = _pair_off(waiting, offered, key, columns, kept)
    found.dropped, found.added = waiting, offered
    return found


Keep = Callable[[Pair], None]
Key = Callable[[Row], Hashable]


def _passes(found: Matching, columns: Sequence[str]) -> Iterable[tuple[Key, Keep]]:
    yield lambda row: (_id(row), *(row[column] for column in columns)), found.unchanged.append
    yield lambda row: (_id(row), _payment(row)), found.edited.append
    yield _payment, found.renumbered.append
    yield _id, found.edited.append


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (str(row["form_type"]), len(str(row["tran_id"])), str(row["tran_id"])))


def _id(row: Row) -> Hashable:
    return row["form_type"], row["tran_id"]


def _payment(row: Row) -> Hashable:
    payee = " ".join(str(row[name] or "") for name in ("tran_naml", "tran_namf")).casefold().split()
    return row["form_type"], row["calculated_date"], tuple(payee), row["amount_cents"]


def _pair_off(
    old: list[Row], new: list[Row], key: Key, columns: Sequence[str], keep: Keep
) -> tuple[list[Row], list[Row]]:
    """Pair rows of the same key in their order, and return those that are left."""
    offers: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for row in reversed(new):
        offers[key(row)].append(row)
    left, taken = [], set()
    for row in old:
        waiting = offers.get(key(row))
        if waiting:
            other = waiting.pop()
            taken.add(id(other))
            keep(Pair(row, other, _differing(row, other, columns)))
        else:
            left.append(row)
    return left, [row for row in new if id(row) not in taken]


def _differing(old: Row, new: Row, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(column for column in columns if old[column] != new[column])


def tell_amendment(filing: str, by: str, found: Matching, *, inferred: bool) -> str:
    """Return an amendment in a sentence: "filing 1 amended by 2: 96 rows unchanged, 3 edited, 1 renumbered, 4 new"."""
    rows = "row" if len(found.unchanged) == 1 else "rows"
    parts = [
        (len(found.edited), "edited"),
        (len(found.renumbered), "renumbered"),
        (len(found.added), "new"),
        (len(found.dropped), "dropped"),
    ]
    told = [f"{len(found.unchanged):,} {rows} unchanged", *(f"{count:,} {what}" for count, what in parts if count)]
    return f"filing {filing} amended by {by}: {', '.join(told)}{' (inferred)' if inferred else ''}"
