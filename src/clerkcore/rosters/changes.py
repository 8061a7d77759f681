"""What changed between two sets of records, row by row: the plain meaning of change detection.

The road reaches the same change set in faster ways; tests compare them with this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clerkcore.interfaces import Table
from clerkcore.models import Record, Row, Value

Key = tuple[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Rows added, changed (before and after) and disappeared, each with its table's name and key."""

    added: Mapping[Key, Row]
    changed: Mapping[Key, tuple[Row, Row]]
    disappeared: Mapping[Key, Row]

    @property
    def differs(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.changed or self.disappeared)


def compare_records(tables: Iterable[Table], new: Iterable[Record], existing: Iterable[Record]) -> RowChanges:
    """Compare records by the keys and compared columns of their tables.

    Records of one key that are equal count once; those that differ are no rows, for nobody can tell which is right.
    """
    known = {table.name: table for table in tables}
    after, before = _rows(known, new), _rows(known, existing)
    both = after.keys() & before.keys()
    changed = {
        key: (before[key], after[key])
        for key in both
        if any(before[key].get(column) != after[key].get(column) for column in known[key[0]].compared)
    }
    return RowChanges(
        {key: row for key, row in after.items() if key not in before},
        changed,
        {key: row for key, row in before.items() if key not in after},
    )


def _rows(tables: Mapping[str, Table], records: Iterable[Record]) -> dict[Key, Row]:
    rows: dict[Key, Row] = {}
    contradicted = set()
    for record in records:
        key = (record.table, tuple(record.values.get(column) for column in tables[record.table].key))
        if dict(rows.setdefault(key, record.values)) != dict(record.values):
            contradicted.add(key)
    return {key: row for key, row in rows.items() if key not in contradicted}
