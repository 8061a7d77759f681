"""The sheets in a capture of the Excel export: in a workbook, or as CSV files, one for each sheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clerk_finance_netfile.layouts import Layout
from clerk_finance_netfile.sheets import SHEETS, nearest_layout
from clerk_finance_netfile.workbook import FORMULA, Row, Workbook, open_workbook
from clerkcore import Aside, Location, Page, Rejected, SourceError
from clerkcore.parsing import RAGGED, Line, read_delimited

WHERE = "netfile_excel"
ZIP_START = b"PK"
UNKNOWN_SHEET = "unknown_sheet"
_PEEK = 100_000
_CHANGED = "the publisher changed the format: see the plugin's README and its newest version"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that can be read as often as asked: its layout, and its form where the sheet itself tells it."""

    page: str
    title: str
    layout: Layout
    form: str
    read: Callable[[], Iterator[Line | Rejected]]


def read_sheets(page: Page) -> Iterator[Sheet | Aside]:
    """Yield the sheets of a page; a sheet that nobody knows is set aside."""
    with page.open() as stream:
        begin = stream.read(len(ZIP_START))
    if begin != ZIP_START:
        if page.name.lower().endswith((".xlsx", ".xls")):
            raise SourceError("is no workbook", where=f"{WHERE} {page.name}", remedy=_CHANGED)
        yield _read_csv(page)
        return
    with page.open() as stream:
        book = open_workbook(stream, f"{WHERE} {page.name}")
    missing = [title for title in SHEETS if title not in book.sheets]
    if missing:
        raise SourceError(
            f"lacks the sheet {', '.join(missing[:5])}; it has {', '.join(book.sheets) or 'none'}",
            where=f"{WHERE} {page.name}",
            remedy=_CHANGED,
        )
    for title in book.sheets:
        if title in SHEETS:
            yield _read_sheet(page, book, title)
        else:
            yield Aside(UNKNOWN_SHEET, {"sheet": title}, Location(page.name, 1))


def _read_csv(page: Page) -> Sheet:
    """Return the sheet that a CSV file's header tells; which form its rows are of, each says itself."""
    layout = nearest_layout(_peek_header(page))

    def read() -> Iterator[Line | Rejected]:
        return read_delimited(page, layout.required, where=WHERE, whole=True)

    return Sheet(page.name, "", layout, "", read)


def _peek_header(page: Page) -> list[str]:
    """Return the first line's fields as well as can be told; reading the file finds out what is wrong with it."""
    with page.open() as stream:
        head = stream.read(_PEEK).decode("utf-8-sig", "replace")
    try:
        return next(csv.reader(io.StringIO(head, newline="")), [])
    except csv.Error:
        return []


def _read_sheet(page: Page, book: Workbook, title: str) -> Sheet:
    layout, form = SHEETS[title]
    return Sheet(page.name, title, layout, form, lambda: _read_rows(page, book, title, layout))


def _read_rows(page: Page, book: Workbook, title: str, layout: Layout) -> Iterator[Line | Rejected]:
    rows = book.rows(title)
    header = _header(next(rows, None), layout, f"{WHERE} {page.name} sheet {title}")
    for row in rows:
        yield _line(row, header, Location(page.name, row.number), title)


def _header(row: Row | None, layout: Layout, where: str) -> dict[int, str]:
    if row is None:
        raise SourceError("is empty, without even a header", where=where, remedy="fetch it again")
    header = {place: text.strip() for place, text in row.cells.items()}
    names = list(header.values())
    missing = [name for name in layout.required if name not in names]
    if missing:
        strangers = [name for name in names if name not in layout.required]
        there = f"; columns it has instead: {', '.join(strangers[:5])}" if strangers else ""
        raise SourceError(
            f"lacks the column {', '.join(repr(name) for name in missing[:5])}{there}", where=where, remedy=_CHANGED
        )
    twice = [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
    if twice:
        raise SourceError(f"names the column {twice[0]!r} twice in its header", where=where, remedy="fetch it again")
    return header


def _line(row: Row, header: dict[int, str], at: Location, title: str) -> Line | Rejected:
    if row.spoilt:
        rule, place, text = row.spoilt
        what = "a formula, which is not evaluated" if rule == FORMULA else "an error of the spreadsheet"
        return Rejected(rule, f"sheet {title}: {header.get(place, place + 1)} holds {what}", at, value=text)
    astray = row.cells.keys() - header.keys()
    if astray:
        place = min(astray)
        return Rejected(
            RAGGED, f"sheet {title}: column {place + 1} has a value but no name", at, value=row.cells[place]
        )
    return Line(at, {header[place]: text for place, text in row.cells.items()})
