"""What a page says beside its rows, read when it is asked for: last updated, findings, numbers of rows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from datasette.database import QueryInterrupted  # type: ignore[import-untyped]
from datasette.utils.sqlite import sqlite3  # type: ignore[import-untyped]

from clerk_board.board import Board
from clerk_board.catalogue import DatabaseFacts, Origin, TableFacts, Unreadable, quote
from clerk_board.columns import ColumnFacts
from clerk_board.metadata import FINDINGS, OWN_TABLES
from clerk_board.states import name_state
from clerkcore import Site

_SCOPES = """
SELECT max(checked_at) AS checked_at, max(changed_at) AS changed_at FROM _clerk_scopes
WHERE source IN (SELECT value FROM json_each(:sources))
"""
# What an earlier run found has been looked at again by the run that its scope now rests on.
_FINDINGS = """
SELECT coalesce(sum(f.severity != 'info'), 0) AS findings, coalesce(sum(f.severity = 'blocking'), 0) AS blocking,
    coalesce(sum(f.severity = 'info'), 0) AS notes
FROM _clerk_findings AS f JOIN _clerk_scopes USING (run_id, source, scope)
WHERE :table IS NULL OR f.table_name = :table
"""
_VERSION = "SELECT max(run_id) AS run_id, count(*) AS runs FROM _clerk_runs"


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as it is kept and as it is read."""

    kept: str
    shown: str


@dataclass(frozen=True, slots=True)
class Status:
    """When the rows were last compared with their source and last changed by it, and what the checks found.

    `findings` want somebody's eye, `blocking` of them most; `notes` do not."""

    checked: Moment | None
    changed: Moment | None
    findings: int
    blocking: int
    notes: int


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What stands above the rows of a database, a table or a row."""

    database: str
    status: Status | None
    origins: tuple[Origin, ...]
    columns: tuple[ColumnFacts, ...] = ()
    tables: tuple[TableCount, ...] = ()

    def arrange(self, cells: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a row's cells in the order of the columns, those without a value left out."""
        places = {column.name: place for place, column in enumerate(self.columns)}
        full = [cell for cell in cells if cell["raw"] not in (None, "")]
        return sorted(full, key=lambda cell: places.get(cell["column"], len(places)))

    def meaning(self, name: str) -> str:
        """Return what a column means, as far as it is known."""
        return next((column.description for column in self.columns if column.name == name), "")


@dataclass(frozen=True, slots=True)
class TableCount:
    """A table and its live rows; None for a view, and when they cannot be counted in time."""

    table: TableFacts
    live: int | None


@dataclass(frozen=True, slots=True)
class DatabaseCard:
    """A database on the home page; without a status it could not be read."""

    database: DatabaseFacts
    status: Status | None
    tables: tuple[TableCount, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A site on the home page."""

    site: Site
    databases: tuple[DatabaseCard, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing was loaded yet."""
        return not self.databases and not self.unreadable


@dataclass(frozen=True, slots=True)
class StateCard:
    """The sites of a state on the home page, those with data and those without."""

    name: str
    sites: tuple[SiteCard, ...]
    empty: tuple[SiteCard, ...]


def show_moment(text: str | None) -> Moment | None:
    """Return a kept time as it is read; what is not a time is shown as it is."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return Moment(text, text)
    return Moment(text, f"{moment:%Y-%m-%d %H:%M} UTC")


async def read_home(board: Board) -> list[StateCard]:
    """Return the sites by state, with their databases."""
    sites = sorted(board.catalogue.sites, key=lambda site: (name_state(site.state), site.name, site.subdomain))
    cards = await asyncio.gather(*(_read_site(board, site) for site in sites))
    return [
        _gather_state(name, list(group)) for name, group in groupby(cards, lambda card: name_state(card.site.state))
    ]


def _gather_state(name: str, cards: list[SiteCard]) -> StateCard:
    full = tuple(card for card in cards if not card.empty)
    return StateCard(name, full, tuple(card for card in cards if card.empty))


async def _read_site(board: Board, site: Site) -> SiteCard:
    found = board.catalogue.databases_of(site)
    cards = await asyncio.gather(*(_read_database_card(board, database) for database in found))
    return SiteCard(site, tuple(cards), tuple(board.catalogue.unreadable_of(site)))


async def _read_database_card(board: Board, database: DatabaseFacts) -> DatabaseCard:
    try:
        return DatabaseCard(database, await read_status(board, database), await count_tables(board, database))
    except (sqlite3.Error, QueryInterrupted, OSError):
        # Moved, renamed or damaged since the start: its own card says so, the others stand.
        return DatabaseCard(database, None)


async def read_page(board: Board, database: DatabaseFacts, table: str | None) -> PageFacts:
    """Return what stands above the rows of a table, or above the tables of a database."""
    if table is None:
        status, tables = await read_status(board, database), await count_tables(board, database)
        return PageFacts(database.name, status, database.origins, tables=tables)
    facts = database.table(table)
    if facts is None:
        return await _read_own_page(board, database, table)
    return PageFacts(database.name, await read_status(board, database, facts), facts.origins, facts.columns)


async def _read_own_page(board: Board, database: DatabaseFacts, table: str) -> PageFacts:
    columns = OWN_TABLES.get(table, ())
    if table != FINDINGS:
        return PageFacts(database.name, None, (), columns)
    return PageFacts(database.name, await read_status(board, database), database.origins, columns)


async def read_status(board: Board, database: DatabaseFacts, table: TableFacts | None = None) -> Status:
    """Return the status of a database, or of one of its tables."""
    origins = table.origins if table else database.origins
    sources = json.dumps([origin.source for origin in origins])
    times = await _read_row(board, database, _SCOPES, sources=sources)
    # What a view or a computed table tells rests on other tables, and so on the findings about all of them.
    judged = table.name if table and table.kind == "source" else None
    found = await _read_row(board, database, _FINDINGS, table=judged)
    moments = show_moment(times["checked_at"]), show_moment(times["changed_at"])
    return Status(*moments, found["findings"], found["blocking"], found["notes"])


async def count_tables(board: Board, database: DatabaseFacts) -> tuple[TableCount, ...]:
    """Return the live rows of each table, counted anew only after a run."""
    version = tuple(await _read_row(board, database, _VERSION))
    known, counts = board.row_counts.get(database.name, (None, {}))
    if known != version:
        counts = {table.name: await _count_live(board, database, table) for table in database.tables}
        board.row_counts[database.name] = (version, counts)
    return tuple(TableCount(table, counts[table.name]) for table in _in_order(database.tables))


def _in_order(tables: Iterable[TableFacts]) -> list[TableFacts]:
    """Return the largest tables first; views stay in the order of their source."""
    return sorted(tables, key=lambda table: 0 if table.kind == "view" else -table.rows)


async def _count_live(board: Board, database: DatabaseFacts, table: TableFacts) -> int | None:
    if table.kind == "view":
        # It would be worked out whole to be counted.
        return None
    try:
        row = await _read_row(board, database, f"SELECT count(*) AS live FROM {quote(table.view)}")
    except QueryInterrupted:
        return None
    return int(row["live"])


async def _read_row(board: Board, database: DatabaseFacts, sql: str, **parameters: str | None) -> Any:
    result = await board.get_database(database.name).execute(sql, parameters)
    return result.first()
