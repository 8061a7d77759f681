"""Columns as readers want them: what a row is about first, clerk's own bookkeeping last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LABELS = ("name", "title", "filer_name", "county")
OWN = ("source", "scope", "run_id", "removed_run_id")
MONEY = "_cents"
DATES = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """A column of a table as its source describes it."""

    name: str
    type: str
    description: str

    @property
    def counted(self) -> bool:
        """Whether its integers are amounts of something; those of ids and years are names."""
        return self.type == "integer" and not self.name.endswith(("_id", "year", MONEY))


def find_date(columns: Iterable[ColumnFacts]) -> str | None:
    """Return the first column that holds a date."""
    return next((column.name for column in columns if column.type in DATES), None)


def find_label(columns: Iterable[ColumnFacts]) -> str | None:
    """Return the column that names a row."""
    names = {column.name for column in columns}
    return next((name for name in LABELS if name in names), None)


def order_columns(columns: Sequence[ColumnFacts], key: str, facets: Iterable[str]) -> tuple[ColumnFacts, ...]:
    """Return the columns with key, date, amount, label and facets first and clerk's own last."""
    money = next((column.name for column in columns if column.name.endswith(MONEY)), None)
    wanted = dict.fromkeys((key, find_date(columns), money, find_label(columns), *facets))
    first = [name for name in wanted if name and name not in OWN]
    places = {**{name: place - len(first) for place, name in enumerate(first)}, **dict.fromkeys(OWN, 1)}
    return tuple(sorted(columns, key=lambda column: places.get(column.name, 0)))
