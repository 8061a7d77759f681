"""The hooks of Datasette that a `Board` needs; they leave any other Datasette of the process alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from datasette import hookimpl  # type: ignore[import-untyped]
from markupsafe import Markup

from clerk_board.board import STATIC, Board
from clerk_board.cells import show_cell
from clerk_board.facts import read_home, read_page
from clerk_board.hosts import App, refuse_foreign_names
from clerk_board.metadata import describe_columns, name_crumbs

# What Board.set_column_metadata does for one column; a transaction each takes seconds for thousands.
_DESCRIBE = """
INSERT OR REPLACE INTO metadata_columns (database_name, resource_name, column_name, key, value)
VALUES (?, ?, ?, 'description', ?)
"""


@hookimpl  # type: ignore[untyped-decorator]
def startup(datasette: object) -> Callable[[], Awaitable[None]] | None:
    """Describe the columns."""
    if not isinstance(datasette, Board):
        return None
    board = datasette

    async def describe() -> None:
        await board.get_internal_database().execute_write_many(_DESCRIBE, describe_columns(board.catalogue))

    return describe


@hookimpl  # type: ignore[untyped-decorator]
def extra_css_urls(datasette: object) -> list[str]:
    """Add the stylesheet to every page."""
    return [datasette.static("board.css", mount=STATIC)] if isinstance(datasette, Board) else []


@hookimpl  # type: ignore[untyped-decorator]
def extra_template_vars(
    datasette: object, template: str, database: str | None, table: str | None
) -> Callable[[], Awaitable[dict[str, Any]]] | None:
    """Give the pages what stands beside their rows, as it is now."""
    if not isinstance(datasette, Board):
        return None
    board = datasette

    async def read() -> dict[str, Any]:
        if template == "index.html":
            return {"states": await read_home(board), "catalogue": board.catalogue, "notice": board.notice}
        facts = board.catalogue.database(database)
        if facts is None:
            return {"notice": board.notice}
        shown = {"notice": board.notice, "crumb_labels": name_crumbs(facts, table)}
        if template not in ("database.html", "table.html", "row.html"):
            return shown
        quiet = await _quieten(board, facts.name, table)
        known = facts.table(table) if table and template == "row.html" else None
        if known:
            quiet["metadata"] |= {"title": known.title, "description": known.subject}
        return {"board": await read_page(board, facts, table), **shown, **quiet}

    return read


async def _quieten(board: Board, database: str, table: str | None) -> dict[str, Any]:
    """Replace what Datasette says of a table: ninety column descriptions above the rows, "(view)" in the title."""
    if table is None:
        return {}
    return {"metadata": await board.get_resource_metadata(database, table), "is_view": False}


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(
    datasette: object, row: Mapping[str, object], value: object, column: str, table: str | None, database: str | None
) -> Markup | None:
    """Show cents as dollars, group thousands, link the live rows."""
    return show_cell(datasette, row, value, column, table, database) if isinstance(datasette, Board) else None


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: object) -> Callable[[App], App]:
    """Answer only those who asked for this machine by its own name."""
    return refuse_foreign_names if isinstance(datasette, Board) else _leave


def _leave(app: App) -> App:
    return app
