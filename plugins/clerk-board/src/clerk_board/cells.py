"""How single values are shown: cents as dollars, grouped thousands, a way from a live row to its own page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasette.utils import path_from_row_pks  # type: ignore[import-untyped]
from markupsafe import Markup

from clerk_board.board import Board
from clerk_board.catalogue import DatabaseFacts, TableFacts
from clerk_board.columns import MONEY


def show_cell(
    board: Board, row: Mapping[str, object], value: object, column: str, table: str | None, database: str | None
) -> Markup | None:
    """Return what stands in a cell; None leaves it to Datasette."""
    source = board.catalogue.database(database)
    facts = source.table(table) if source and table else None
    if source and facts and table == facts.view and column == facts.row_link:
        return _link_row(board, source, facts, row, value)
    if not isinstance(value, int):
        return None
    if column.endswith(MONEY):
        return show_money(value)
    return show_number(value) if facts and facts.counts(column) else None


def show_money(cents: int) -> Markup:
    """Return "$1,234.56", with the plain cents to be read on pointing at it."""
    dollars, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return Markup('<span class="money" title="{} cents">{}</span>').format(cents, f"{sign}${dollars:,}.{rest:02}")


def show_number(value: int) -> Markup:
    """Return "1,234,567"."""
    return Markup("{}").format(f"{value:,}")


def _link_row(
    board: Board, source: DatabaseFacts, facts: TableFacts, row: Mapping[str, Any], value: object
) -> Markup | None:
    # A reader may have chosen columns that do not tell which row it is.
    if not set(facts.key) <= set(row.keys()):
        return None
    path = path_from_row_pks(row, list(facts.key), False)
    address = f"{board.urls.table(source.name, facts.name)}/{path}"
    return Markup('<a href="{}">{}</a>').format(address, value if value != "" else "(empty)")
