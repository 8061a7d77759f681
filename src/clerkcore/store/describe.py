"""What a site database says of its own tables: titles, origins, columns; the pages are made from it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator

from clerkcore.interfaces import About, Column, Source, Table, View

_PROVENANCE_COLUMNS = (
    ("source", "text", "The source this row comes from"),
    ("scope", "text", "The slice of the source this row belongs to"),
    ("run_id", "integer", "The run that gave this row its present content"),
    ("removed_run_id", "integer", "The run whose capture no longer held this row; empty for a live row"),
)


def describe_source(connection: sqlite3.Connection, source: Source) -> None:
    """Write down titles, origins and columns of a source's tables and views."""
    for kind, shown in _shown(source):
        connection.execute(
            "INSERT OR REPLACE INTO _clerk_tables (table_name, source, title, description, facets, publisher,"
            " source_title, source_url, licence, licence_url, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (shown.name, source.name, *_words(shown), *_origin(source.about), kind),
        )
        connection.executemany(
            "INSERT OR REPLACE INTO _clerk_columns VALUES (?, ?, ?, ?, ?, ?)",
            _column_rows(shown.name, shown.columns, provenance=kind != "view"),
        )
    for figures in source.figures:
        connection.execute(
            "INSERT OR REPLACE INTO _clerk_figures VALUES (?, ?, ?, ?, ?, ?)",
            (
                figures.dataset,
                figures.role,
                source.name,
                figures.view,
                json.dumps(figures.dimensions),
                figures.value,
            ),
        )


def _shown(source: Source) -> Iterator[tuple[str, Table | View]]:
    yield from (("source", table) for table in source.tables)
    yield from (("computed", table) for table in source.computed)
    yield from (("view", view) for view in source.views)


def _words(shown: Table | View) -> tuple[str, str, str]:
    return shown.title, shown.description, json.dumps(shown.facets)


def _origin(about: About) -> tuple[str, str, str, str, str]:
    return about.publisher, about.title, about.url, about.licence, about.licence_url


def _column_rows(
    table: str, columns: Iterable[Column], *, provenance: bool
) -> Iterator[tuple[str, str, str, str, int, int]]:
    for column in columns:
        yield table, column.name, column.type, column.description, int(column.public), int(column.sensitive)
    for name, type_, description in _PROVENANCE_COLUMNS if provenance else ():
        yield table, name, type_, description, 1, 0
