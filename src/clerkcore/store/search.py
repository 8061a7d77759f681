"""Full-text search over the texts a table names, by SQLite's FTS5, kept in step with the rows.

The index holds no copy of the texts (an external-content table), so an entry can only be taken out with the very
texts it was made of: `forget_rows` before rows change, `learn_rows` after.
"""

from __future__ import annotations

import sqlite3

from clerkcore.interfaces import Table
from clerkcore.store.views import sql_of


def search_name(table: Table) -> str:
    """The name of a table's search index."""
    return f"{table.name}_fts"


def ensure_search(connection: sqlite3.Connection, table: Table, *, anew: bool) -> None:
    """Make the search index of a table, and fill it where it is missing, other than declared, or asked for `anew`."""
    name = search_name(table)
    columns = ", ".join(table.search)
    wanted = (
        f"CREATE VIRTUAL TABLE {name} USING fts5({columns},"
        f" content='{table.name}', tokenize=\"unicode61 remove_diacritics 2\")"
    )
    present = sql_of(connection, name)
    if present == (wanted if table.search else "") and not anew:
        return
    connection.execute(f"DROP TABLE IF EXISTS main.{name}")
    if table.search:
        connection.execute(wanted)
        connection.execute(f"INSERT INTO main.{name}({name}) VALUES ('rebuild')")


def forget_rows(connection: sqlite3.Connection, table: Table, which: str, names: dict[str, str | int]) -> None:
    """Take rows of `m`, the table, out of the index before they change; `which` is an SQL condition."""
    if table.search:
        name, columns = search_name(table), ", ".join(table.search)
        connection.execute(
            f"INSERT INTO main.{name}({name}, rowid, {columns})"
            f" SELECT 'delete', m.rowid, {columns} FROM main.{table.name} m WHERE {which}",
            names,
        )


def learn_rows(connection: sqlite3.Connection, table: Table, which: str, names: dict[str, str | int]) -> None:
    """Put rows of `m`, the table, into the index after they changed."""
    if table.search:
        columns = ", ".join(table.search)
        connection.execute(
            f"INSERT INTO main.{search_name(table)}(rowid, {columns})"
            f" SELECT m.rowid, {columns} FROM main.{table.name} m WHERE {which}",
            names,
        )
