"""The state's older early-voting reports of a whole election, as an operator saved them.

Either a workbook with a sheet for each day, or a CSV with a line for each day and county.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from clerk_state_texas.documents import CHANGED, read_number, show
from clerk_state_texas.turnout import Reading, read_figures, read_row
from clerk_state_texas.words import NAME
from clerk_state_texas.workbook import Cells, read_sheets
from clerkcore import Aside, Capture, Location, Page, Parsed, Rejected, SourceError, Value
from clerkcore.parsing import Line, read_count, read_date, read_delimited

STATE_TOTALS = "state_totals"
HEADING = "heading"
UNKNOWN_SHEET = "unknown_sheet"
# Columns of ours, how the workbook begins their headings, and what the CSV calls them.
COLUMNS = (
    ("registered_voters", "registered voters", "registered_voters"),
    ("in_person_on_date", "# in person on", "in_person_on_date"),
    ("in_person_total", "cumulative in-person voters", "cumulative_in_person"),
    ("mail_total", "cumulative by mail voters", "cumulative_by_mail"),
    ("ballots_total", "cumulative in-person and mail voters", "cumulative_total"),
)
COUNTY, DAY = "county", "date"
CSV_COLUMNS = (DAY, COUNTY, *(name for _, _, name in COLUMNS))
MOST_HEADINGS = 1_000  # rows above the header; one of the real sheets begins in row 87

_TOTALS = {"TOTAL", "TOTALS", "STATE TOTAL", "STATEWIDE TOTAL"}
_DAY_TOLD = re.compile(r"# in person on (\d{1,2}/\d{1,2}/\d{4})", re.IGNORECASE)
_WIDEST = 9


def parse_workbook(capture: Capture) -> Iterator[Parsed]:
    """Yield each county's figures of each day; what the state sums itself is set aside."""
    election = capture.scope.params["election_id"]
    for page in capture.pages:
        with page.open() as stream:
            zipped = stream.read(2) == b"PK"
        yield from _parse_sheets(page, election) if zipped else _parse_lines(page, election)


def _parse_sheets(page: Page, election: str) -> Iterator[Parsed]:
    where = f"{NAME} {page.name}"
    known = 0
    with page.open() as stream:
        for title, rows in read_sheets(stream, where):
            sheet = _Sheet(page.name, title, election)
            yield from sheet.read(rows)
            known += bool(sheet.places)
    if not known:
        raise SourceError("has no sheet with the state's columns", where=where, remedy=CHANGED)


class _Sheet:
    """A day's sheet while it is read: `places` says where each column stands once the header was found."""

    def __init__(self, page: str, title: str, election: str) -> None:
        self.page = page
        self.title = title
        self.election = election
        self.day = ""
        self.places: dict[str, int] = {}

    def read(self, rows: Iterator[tuple[int, Cells]]) -> Iterator[Parsed]:
        """Yield what the rows hold; a sheet without the header is set aside as one."""
        above: list[Aside] = []
        for number, cells in rows:
            at = Location(self.page, number)
            if self.places:
                yield self._read_row(cells, at)
            elif self._find_header(cells):
                yield from above
            elif len(above) < MOST_HEADINGS:
                above.append(Aside(HEADING, {"sheet": self.title, "text": _join(cells)}, at))
        if not self.places:
            yield Aside(UNKNOWN_SHEET, {"sheet": self.title, "rows": len(above)}, Location(self.page, 1))

    def _find_header(self, cells: Cells) -> bool:
        headings = [" ".join(cell.lower().split()) if isinstance(cell, str) else "" for cell in cells]
        if COUNTY not in headings:
            return False
        where = f"{NAME} {self.page} sheet {self.title}"
        found = {column: _place(headings, begin) for column, begin, _ in COLUMNS}
        missing = [begin for column, begin, _ in COLUMNS if found[column] is None]
        told = _DAY_TOLD.match(headings[found["in_person_on_date"] or 0])
        if missing or told is None:
            lacking = ", ".join(repr(begin) for begin in missing) or "a day in '# In Person On MM/DD/YYYY'"
            raise SourceError(f"lacks the column {lacking}", where=where, remedy=CHANGED)
        try:
            self.day = read_date(told[1]) or ""
        except ValueError as error:
            raise SourceError(str(error), where=where, remedy=CHANGED) from error
        self.places = {COUNTY: headings.index(COUNTY), **{name: at for name, at in found.items() if at is not None}}
        return True

    def _read_row(self, cells: Cells, at: Location) -> Parsed:
        figures = [(name, read_number, _cell(cells, self.places[name])) for name, _, _ in COLUMNS]
        constants: dict[str, Value] = {"election_id": self.election, "vote_date": self.day}
        return _read(_cell(cells, self.places[COUNTY]), figures, constants, at, f"sheet {self.title}: ")


def _place(headings: Sequence[str], begin: str) -> int | None:
    return next((place for place, heading in enumerate(headings) if heading.startswith(begin)), None)


def _cell(cells: Cells, place: int) -> Any:
    value = cells[place] if place < len(cells) else None
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _join(cells: Cells) -> str:
    return " | ".join(show(str(cell)) for cell in cells[:_WIDEST] if cell is not None)


def _parse_lines(page: Page, election: str) -> Iterator[Parsed]:
    for line in read_delimited(page, CSV_COLUMNS, where=NAME, whole=True):
        yield line if isinstance(line, Rejected) else _read_line(line, election)


def _read_line(line: Line, election: str) -> Parsed:
    try:
        day = read_date(line.values[DAY])
    except ValueError as error:
        return Rejected("bad_vote_date", str(error), line.at, "vote_date", line.values[DAY])
    figures = [(column, read_count, line.values[name]) for column, _, name in COLUMNS]
    return _read(line.values[COUNTY], figures, {"election_id": election, "vote_date": day}, line.at)


def _read(name: Any, figures: Sequence[Reading], constants: dict[str, Value], at: Location, place: str = "") -> Parsed:
    if not isinstance(name, str) or " ".join(name.upper().split()) not in _TOTALS:
        return read_row(name, figures, constants, at, place)
    read = read_figures(figures, at, place)
    return read if isinstance(read, Rejected) else Aside(STATE_TOTALS, {**constants, **read}, at)
