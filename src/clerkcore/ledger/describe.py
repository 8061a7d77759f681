"""What a ledger is: where, of which revision, how many rows, how large; any revision, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from clerkcore.errors import LedgerError
from clerkcore.ledger.engine import Ledger, read_revision
from clerkcore.ledger.tables import REVISIONS, metadata


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """A ledger as it was found; `revision` is empty where the database holds none yet."""

    where: str
    backend: str
    revision: str
    bytes: int
    rows: Mapping[str, int]

    @property
    def state(self) -> str:
        """Current, older, newer or missing."""
        if not self.revision:
            return "missing"
        if self.revision == REVISIONS[-1]:
            return "current"
        return "older" if self.revision in REVISIONS else "newer"


def describe_ledger(url: str) -> LedgerFacts:
    """Look at a ledger without changing it; LedgerError when there is none or it cannot be read."""
    with Ledger(url) as ledger:
        if ledger.path and not Path(ledger.path).exists():
            raise LedgerError("there is no ledger", where=ledger.where, remedy="run `clerk init`")
        with ledger.read() as conn:
            tables = sorted(set(inspect(conn).get_table_names()) & set(metadata.tables))
            rows = {name: conn.scalar(select(func.count()).select_from(metadata.tables[name])) or 0 for name in tables}
            revision = read_revision(conn) or ""
            return LedgerFacts(ledger.where, conn.dialect.name, revision, _size(conn, tables), rows)


def _size(conn: Connection, tables: list[str]) -> int:
    if conn.dialect.name == "postgresql":
        sizes = (conn.scalar(text(f"SELECT pg_total_relation_size('{name}')")) for name in tables)
        return sum(int(size or 0) for size in sizes)
    return int(conn.scalar(text("PRAGMA page_count")) or 0) * int(conn.scalar(text("PRAGMA page_size")) or 0)
