"""The tables of sources: their SQL, their effective views, and the columns that newer plugins add."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing, nullcontext

from clerkcore.errors import PluginError, StoreError
from clerkcore.interfaces import Column, Source, Table
from clerkcore.store.computed import forget_computed
from clerkcore.store.describe import describe_source
from clerkcore.store.search import ensure_search
from clerkcore.store.system import create_system_tables
from clerkcore.store.views import ensure_views, sql_of, without_views

IDENTITY = ("source", "scope")
PROVENANCE = ("run_id", "removed_run_id")
EFFECTIVE = "_effective"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
_RESERVED = {*IDENTITY, *PROVENANCE, "page_", "line_", "digest_"}
_SQL_TYPES = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "boolean": "INTEGER",
    "date": "TEXT",
    "datetime": "TEXT",
    "cents": "INTEGER",
}
_SHAPES = {
    "real": "abs({c}) < 9e999",
    "boolean": "{c} IN (0, 1)",
    # With a modifier, for date() alone takes the 30th of February as it is.
    "date": "{c} IS date({c}, '+0 days')",
    "datetime": "{c} GLOB '????-??-??T??:??:*Z' AND substr({c}, 1, 10) IS date({c}, '+0 days')",
}


def check_tables(source: Source) -> None:
    """Refuse a source whose tables or views cannot be made; PluginError names the table and the column."""
    with closing(sqlite3.connect(":memory:")) as scratch:
        scratch.row_factory = sqlite3.Row
        create_system_tables(scratch)
        for table in (*source.tables, *source.computed):
            where = f"source {source.name}, table {table.name}"
            _check_names(table, where)
            try:
                scratch.execute(create_table_sql(table))
            except sqlite3.OperationalError as error:
                raise PluginError(f"SQLite does not make it: {error}", where=where) from error
        for table in source.tables:
            _ensure_view(scratch, source, table)
        ensure_views(scratch, source)
    _check_figures(source)


def _check_figures(source: Source) -> None:
    """Refuse figures that no view gives."""
    given = {view.name: {column.name for column in view.columns} for view in source.views}
    for figures in source.figures:
        where = f"source {source.name}, figures {figures.dataset}"
        if figures.view not in given:
            raise PluginError(f"{figures.view!r} is no view of the source", where=where)
        missing = {*figures.dimensions, figures.value} - given[figures.view]
        if missing:
            raise PluginError(f"{figures.view} has no column {min(missing)!r}", where=where)


def _check_names(table: Table, where: str) -> None:
    names = [column.name for column in table.columns]
    for name in (table.name, *names):
        if not _NAME.match(name):
            raise PluginError(f"{name!r} is not a usable name", where=where, remedy="small letters, digits and _")
    clash = _RESERVED.intersection(names) or {name for name in names if names.count(name) > 1}
    if clash:
        raise PluginError(f"the column {min(clash)!r} is reserved or named twice", where=where)
    if not table.key:
        raise PluginError("has no key", where=where)
    if table.tally and table.group_by and table.group_by not in table.tally:
        raise PluginError(f"its tally lacks the column it is grouped by: {table.group_by!r}", where=where)
    if table.bulk and table.search:
        raise PluginError("is bulk, and so cannot be searched", where=where, remedy="leave out bulk or search")
    for what, wanted in _named_columns(table, names[0]):
        missing = set(wanted).difference(names)
        if missing:
            raise PluginError(f"its {what} names a column that it lacks: {min(missing)!r}", where=where)
    for column in table.columns:
        if (column.type == "cents") != column.name.endswith("_cents"):
            raise PluginError(f"{column.name}: cents and only cents end in _cents", where=where)
        if column.type == "real" and column.name in table.key:
            raise PluginError(f"{column.name}: a number with fractions is no key", where=where, remedy="use text")


def _named_columns(table: Table, first: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    yield "key", table.key
    yield "group_by", (table.group_by or first,)
    yield "facets", table.facets
    yield "search", table.search
    yield "tally", table.tally
    yield "lasting", (table.lasting or first,)


def row_key(table: Table) -> tuple[str, ...]:
    """The columns of a table's primary key."""
    return (*IDENTITY, *table.key)


def own_columns(table: Table) -> tuple[str, ...]:
    """The columns that a source fills, in their order."""
    return tuple(column.name for column in table.columns)


def all_columns(table: Table) -> tuple[str, ...]:
    """Every column of the table in a site database."""
    return (*IDENTITY, *own_columns(table), *PROVENANCE)


def column_sql(column: Column, table: Table) -> str:
    """Return the definition of one column, with the checks its type and its declaration ask for."""
    parts = [column.name, _SQL_TYPES[column.type]]
    if column.required or column.name in table.key:
        parts.append("NOT NULL")
    checks = [rule for rule in (_SHAPES.get(column.type, "").format(c=column.name), column.check) if rule]
    if checks:
        parts.append(f"CHECK ({column.name} IS NULL OR ({' AND '.join(checks)}))")
    return " ".join(parts)


def create_table_sql(table: Table, name: str = "", kept: Iterable[str] = ()) -> str:
    """Return the CREATE TABLE of a source's table; `kept` are definitions of columns it declares no more."""
    body = ",\n    ".join(_definitions(table, kept))
    # The rows of a bulk table lie in the order of its key: half the size of a table with an index beside it.
    kind = "STRICT, WITHOUT ROWID" if table.bulk else "STRICT"
    return f"CREATE TABLE {name or table.name} (\n    {body}\n) {kind}"


def _definitions(table: Table, kept: Iterable[str] = ()) -> list[str]:
    return [
        "source TEXT NOT NULL",
        "scope TEXT NOT NULL",
        *(column_sql(column, table) for column in table.columns),
        *kept,
        "run_id INTEGER NOT NULL",
        "removed_run_id INTEGER",
        f"PRIMARY KEY ({', '.join(row_key(table))})",
    ]


def ensure_tables(connection: sqlite3.Connection, source: Source) -> None:
    """Create what is missing of a source's tables, columns, search indexes and views, and describe them.

    A computed table that differs from its declaration is made anew, and its scopes are to be computed again.
    """
    evidence = (table for table in source.computed if table.evidence)
    rebuilt = [table for table in (*source.tables, *evidence) if _must_change(connection, table)]
    anew = [table for table in source.computed if not table.evidence and _differs(connection, table)]
    with without_views(connection) if rebuilt or anew else nullcontext():
        for table in rebuilt:
            _ensure_table(connection, table)
        for table in anew:
            _make_anew(connection, table)
    if anew:
        forget_computed(connection)
    for table in source.tables:
        _ensure_view(connection, source, table)
        ensure_search(connection, table, anew=table in rebuilt)
    ensure_views(connection, source)
    describe_source(connection, source)


def _must_change(connection: sqlite3.Connection, table: Table) -> bool:
    today = {line.strip().removesuffix(",") for line in sql_of(connection, table.name).splitlines()}
    return not today.issuperset(_definitions(table))


def _differs(connection: sqlite3.Connection, table: Table) -> bool:
    # A table that was renamed has its name in quotes.
    return sql_of(connection, table.name).partition("(")[2] != create_table_sql(table).partition("(")[2]


def _make_anew(connection: sqlite3.Connection, table: Table) -> None:
    held = "SELECT source FROM _clerk_tables WHERE table_name = ? AND kind = 'source'"
    holder = connection.execute(held, (table.name,)).fetchone()
    if holder:
        raise StoreError(
            f"table {table.name} holds what source {holder['source']} sends, and cannot be computed",
            remedy="two plugins disagree about this table; see: clerk plugins list",
        )
    connection.execute(f"DROP TABLE IF EXISTS main.{table.name}")
    connection.execute(create_table_sql(table))
    _index_runs(connection, table)


def _ensure_table(connection: sqlite3.Connection, table: Table) -> None:
    # The attached stage has tables of the same names.
    present = connection.execute(f"SELECT * FROM pragma_table_info('{table.name}', 'main')").fetchall()
    if not present:
        connection.execute(create_table_sql(table))
        _index_runs(connection, table)
    else:
        _migrate(connection, table, present)


def _index_runs(connection: sqlite3.Connection, table: Table) -> None:
    if table.bulk:
        return
    connection.execute(f"CREATE INDEX idx_{table.name}_run ON {table.name}(run_id)")


def _ensure_view(connection: sqlite3.Connection, source: Source, table: Table) -> None:
    view = f"{table.name}{EFFECTIVE}"
    if any(own.name == view for own in source.views):
        return
    wanted = f"CREATE VIEW {view} AS SELECT * FROM {table.name} WHERE removed_run_id IS NULL"
    if sql_of(connection, view) != wanted:
        connection.execute(f"DROP VIEW IF EXISTS main.{view}")
        connection.execute(wanted)


def _migrate(connection: sqlite3.Connection, table: Table, present: list[sqlite3.Row]) -> None:
    """Bring a table to what its plugin declares today; columns it declares no more are kept."""
    keyed = sorted((row for row in present if row["pk"]), key=lambda row: row["pk"])
    key = tuple(row["name"] for row in keyed)
    if key != row_key(table):
        raise StoreError(
            f"table {table.name} is keyed by {', '.join(key)}, the plugin wants {', '.join(row_key(table))}",
            remedy="two plugins disagree about this table, or one changed its key; see: clerk plugins list",
        )
    _rebuild(connection, table, present)


def _rebuild(connection: sqlite3.Connection, table: Table, present: list[sqlite3.Row]) -> None:
    """Copy the rows into a table of today's definition; SQLite cannot change a check in place."""
    names = [row["name"] for row in present]
    for column in table.columns:
        if column.name not in names:
            _refuse_required(connection, table, column)
    kept = [f"{row['name']} {row['type']}" for row in present if row["name"] not in all_columns(table)]
    passing, columns = f"{table.name}__new", ", ".join(names)
    connection.execute(create_table_sql(table, passing, kept))
    try:
        connection.execute(f"INSERT INTO {passing} ({columns}) SELECT {columns} FROM main.{table.name}")
    except sqlite3.IntegrityError as error:
        raise StoreError(
            f"rows of table {table.name} break a rule that the plugin has now: {error}",
            remedy="a newer plugin may only loosen its checks; report it to the plugin's author",
        ) from error
    connection.execute(f"DROP TABLE main.{table.name}")
    connection.execute(f"ALTER TABLE {passing} RENAME TO {table.name}")
    _index_runs(connection, table)


def _refuse_required(connection: sqlite3.Connection, table: Table, column: Column) -> None:
    if column.required and connection.execute(f"SELECT 1 FROM main.{table.name} LIMIT 1").fetchone():
        raise StoreError(
            f"table {table.name} has rows already, which lack the required column {column.name}",
            remedy="a column that a plugin adds must not be required; report it to the plugin's author",
        )
