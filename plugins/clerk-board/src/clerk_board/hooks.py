"""The hooks of Datasette that a `Board` needs; they leave any other Datasette of the process alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from datasette import hookimpl  # type: ignore[import-untyped]
from markupsafe import Markup

from clerk_board.board import STATIC, Board
from clerk_board.facts import read_home, read_page
from clerk_board.hosts import App, refuse_foreign_names
from clerk_board.metadata import describe_columns

MONEY = "_cents"


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
        if facts is None or template not in ("database.html", "table.html", "row.html"):
            return {"notice": board.notice}
        shown = await _quieten(board, facts.name, table)
        return {"board": await read_page(board, facts, table), "notice": board.notice, **shown}

    return read


async def _quieten(board: Board, database: str, table: str | None) -> dict[str, Any]:
    """Replace what Datasette says of a table: ninety column descriptions above the rows, "(view)" in the title."""
    if table is None:
        return {}
    return {"metadata": await board.get_resource_metadata(database, table), "is_view": False}


@hookimpl  # type: ignore[untyped-decorator]
def render_cell(datasette: object, value: object, column: str) -> Markup | None:
    """Show cents as dollars."""
    if isinstance(datasette, Board) and column.endswith(MONEY) and isinstance(value, int):
        return show_money(value)
    return None


def show_money(cents: int) -> Markup:
    """Return "$1,234.56", with the plain cents to be read on pointing at it."""
    dollars, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return Markup('<span class="money" title="{} cents">{}</span>').format(cents, f"{sign}${dollars:,}.{rest:02}")


@hookimpl  # type: ignore[untyped-decorator]
def asgi_wrapper(datasette: object) -> Callable[[App], App]:
    """Answer only those who asked for this machine by its own name."""
    return refuse_foreign_names if isinstance(datasette, Board) else _leave


def _leave(app: App) -> App:
    return app
