"""The SQL views of sources: made when missing, made anew when their question has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from clerkcore.errors import PluginError
from clerkcore.interfaces import Source, View


def sql_of(connection: sqlite3.Connection, name: str) -> str:
    """Return the SQL that made a table or view; empty when there is none of this name."""
    row = connection.execute("SELECT sql FROM main.sqlite_schema WHERE name = ?", (name,)).fetchone()
    return row["sql"] if row else ""


def ensure_views(connection: sqlite3.Connection, source: Source) -> None:
    """Make the views of a source; PluginError names one that SQLite does not make, or whose columns differ."""
    changed = [view for view in source.views if sql_of(connection, view.name) != _create_sql(view)]
    for view in changed:
        with _told(source, view):
            connection.execute(f"DROP VIEW IF EXISTS main.{view.name}")
            connection.execute(_create_sql(view))
    # One view may read another, in any order.
    for view in changed:
        with _told(source, view):
            _check_columns(connection, view)


def _create_sql(view: View) -> str:
    return f"CREATE VIEW {view.name} AS {view.sql}"


@contextmanager
def _told(source: Source, view: View) -> Iterator[None]:
    where = f"source {source.name}, view {view.name}"
    try:
        yield
    except sqlite3.OperationalError as error:
        raise PluginError(f"SQLite does not make it: {error}", where=where) from error
    except ValueError as error:
        raise PluginError(str(error), where=where) from error


def _check_columns(connection: sqlite3.Connection, view: View) -> None:
    given = [row["name"] for row in connection.execute(f"SELECT name FROM pragma_table_info('{view.name}')")]
    declared = [column.name for column in view.columns]
    if given != declared:
        wrong = sorted(set(given) ^ set(declared)) or given
        raise ValueError(f"its columns are not those it declares: {', '.join(wrong[:5])}")


@contextmanager
def without_views(connection: sqlite3.Connection) -> Iterator[None]:
    """Take every view away while the block runs: SQLite renames no table that a view still names."""
    views = connection.execute("SELECT name, sql FROM main.sqlite_schema WHERE type = 'view'").fetchall()
    for view in views:
        connection.execute(f'DROP VIEW main."{view["name"]}"')
    yield
    for view in views:
        connection.execute(view["sql"])
