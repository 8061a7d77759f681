"""Moving a whole ledger from one database into another, SQLite or PostgreSQL in either direction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DataError, IntegrityError

from clerkcore.errors import LedgerError
from clerkcore.ledger.create import create_ledger, refuse_leased
from clerkcore.ledger.engine import Ledger, open_ledger, read_revision, refuse_newer
from clerkcore.ledger.tables import REVISIONS, metadata

ROWS_AT_ONCE = 500
_HASH_BITS = 256


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and a checksum over them that does not depend on their order or the database."""

    table: str
    rows: int
    sha256: str


def copy_ledger(source_url: str, target_url: str) -> list[TableSum]:
    """Copy every row of a ledger into an empty one, which is made where it is missing; returns what was compared.

    The source takes no writes meanwhile. LedgerError, with nothing copied, when the target has rows, a site of the
    source is being worked on, or the two differ afterwards.
    """
    with open_ledger(source_url) as source, Ledger(target_url) as named:
        if source.url == named.url:
            raise LedgerError("is both the source and the target", where=source.where, remedy="name two ledgers")
        with create_ledger(target_url) as target, source.write() as reading:
            _stop_writers(reading)
            refuse_leased(reading, source.where)
            with target.write() as writing:
                _stop_writers(writing)
                _refuse_rows(writing, target.where)
                return _copy(reading, writing, metadata, target.where)


def copy_to_file(ledger: Ledger, target_url: str) -> list[TableSum]:
    """Copy a ledger of this or an older version, as it is at this moment, into a new SQLite file."""
    with ledger.read() as reading:
        revision = read_revision(reading)
        if revision is None:
            raise LedgerError("there is no ledger in this database", where=ledger.where, remedy="run `clerk init`")
        refuse_newer(revision, ledger.where)
        tables = metadata if revision == REVISIONS[-1] else _reflect(reading)
        with create_ledger(target_url, revision) as target, target.write() as writing:
            return _copy(reading, writing, tables, target.where)


def sum_tables(conn: Connection, tables: MetaData = metadata) -> list[TableSum]:
    """Return rows and checksum of every table, in the tables' order."""
    return [sum_table(conn, table) for table in tables.sorted_tables]


def sum_table(conn: Connection, table: Table) -> TableSum:
    """Return rows and checksum of one table: the sum of its rows' sha256."""
    count = total = 0
    for row in _rows(conn, table):
        count += 1
        total += int.from_bytes(hashlib.sha256(_canonical(row)).digest())
    return TableSum(table.name, count, f"{total % 2**_HASH_BITS:064x}")


def _canonical(row: dict[str, Any]) -> bytes:
    # By the columns' names, for a table that grew by migrations has them in another order.
    return json.dumps(row, sort_keys=True).encode()


def _rows(conn: Connection, table: Table) -> Iterator[dict[str, Any]]:
    # By key, so that a run that another one names comes first.
    query = select(table).order_by(*table.primary_key.columns)
    for row in conn.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}).mappings():
        yield dict(row)


def _copy(reading: Connection, writing: Connection, tables: MetaData, where: str) -> list[TableSum]:
    for table in tables.sorted_tables:
        try:
            for rows in _batches(_rows(reading, table)):
                writing.execute(insert(table), rows)
        except (DataError, IntegrityError) as error:
            message = f"a row of {table.name} does not fit: {str(error.orig).strip()}"
            raise LedgerError(message, where=where, remedy="correct it in the source; nothing was copied") from error
        _set_last_id(writing, table, _last_id(reading, table))
    return _compare(sum_tables(reading, tables), sum_tables(writing, tables), where)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


def _compare(given: list[TableSum], copied: list[TableSum], where: str) -> list[TableSum]:
    for before, after in zip(given, copied, strict=True):
        if before != after:
            message = f"{after.table} differs after copying: {after.rows} rows of {before.rows}, or other content"
            raise LedgerError(message, where=where, remedy="nothing was copied; report it")
    return copied


def _reflect(conn: Connection) -> MetaData:
    """Return the tables as an older ledger has them."""
    found = MetaData()
    found.reflect(conn, only=lambda name, _: name in metadata.tables)
    return found


def _stop_writers(conn: Connection) -> None:
    # A SQLite ledger has one writer, and this is it.
    if conn.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        conn.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def _refuse_rows(conn: Connection, where: str) -> None:
    for table in metadata.sorted_tables:
        if conn.scalar(select(func.count()).select_from(table)):
            message = f"the ledger that was to be filled has rows in {table.name}"
            raise LedgerError(message, where=where, remedy="copy into an empty database")


def _numbered(table: Table) -> bool:
    return bool(table.kwargs.get("sqlite_autoincrement")) or table.columns.keys()[:1] == ["id"]


def _last_id(conn: Connection, table: Table) -> int:
    """Return the last id that was given out, which may be that of a row that is gone; 0 for none."""
    if not _numbered(table):
        return 0
    if conn.dialect.name == "postgresql":
        sequence = conn.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        return int(conn.scalar(text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")) or 0)
    return int(conn.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}) or 0)


def _set_last_id(conn: Connection, table: Table, last: int) -> None:
    if not last:
        return
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
        return
    given = {"name": table.name, "last": last}
    conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), given)
    conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), given)
