"""Turnout by county out of tables, by the map of columns that a site sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clerk_state_georgia.counties import BY_NAME
from clerk_state_georgia.pdf import PdfTable
from clerkcore import Aside, Location, Parsed, Record, Rejected, SourceError, UsageError, Value
from clerkcore.parsing import RAGGED, read_count
from clerkcore.rosters import COUNTY_TURNOUT

COUNTS = tuple(column.name for column in COUNTY_TURNOUT.columns if column.type == "integer")
STATE_TOTALS = "state_totals"
NO_FIGURES = "no_figures"
EXAMPLE = "turnout_columns = {county = 0, registered_voters = 1, ballots_total = 4}"
MOST_NAMED = 8
_TOTALS = frozenset(
    ("TOTAL", "TOTALS", "STATE TOTAL", "STATE TOTALS", "STATEWIDE", "STATEWIDE TOTAL", "GRAND TOTAL", "GEORGIA")
)

Cells = list[str]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where a table's figures stand: each column of `county_turnout` by number from 0 or by its header."""

    columns: Mapping[str, int | str]

    @property
    def named(self) -> dict[str, str]:
        """The headers that must be found, as headers are compared."""
        return {column: _plain(place) for column, place in self.columns.items() if isinstance(place, str)}

    @property
    def fixed(self) -> dict[str, int] | None:
        """The places, where no header is needed to know them."""
        places = {column: place for column, place in self.columns.items() if isinstance(place, int)}
        return places if len(places) == len(self.columns) else None

    def find(self, cells: Cells) -> dict[str, int] | None:
        """Return the places by this row, if it is the header; None when it is not, or no header is needed."""
        heads, named = [_plain(cell) for cell in cells], self.named
        if not named or not all(head in heads for head in named.values()):
            return None
        return {
            column: place if isinstance(place, int) else heads.index(named[column])
            for column, place in self.columns.items()
        }


def read_columns(config: Mapping[str, Any]) -> ColumnMap:
    """Return the map of columns that a site sets; UsageError where it is missing or cannot be used."""
    columns = config.get("turnout_columns")
    wrong = _find_wrong(columns)
    if wrong:
        raise UsageError(
            wrong,
            where="[sources.georgia] turnout_columns",
            remedy=f"{EXAMPLE}, or headers in place of the numbers; columns: county, {', '.join(COUNTS)}",
        )
    return ColumnMap(dict(columns or {}))


def _find_wrong(columns: Any) -> str:
    if not columns or not isinstance(columns, Mapping):
        return "which columns of the PDF's tables are read is not set"
    unknown = [name for name in columns if name not in ("county", *COUNTS)]
    if unknown:
        return f"{unknown[0]!r} is no column that can be read"
    if "county" not in columns or len(columns) < 2:
        return "it must name the county and one count at least"
    for name, place in columns.items():
        if isinstance(place, bool) or not (_is_header(place) or _is_number(place)):
            return f"{name} = {place!r} is neither a number from 0 nor a header"
    return ""


def _is_header(place: Any) -> bool:
    return isinstance(place, str) and bool(place.strip())


def _is_number(place: Any) -> bool:
    return isinstance(place, int) and place >= 0


def read_turnout(
    tables: Iterable[PdfTable], columns: ColumnMap, constants: Mapping[str, Value], page: str, where: str
) -> Iterator[Parsed]:
    """Yield a row for each county and an aside for each total; a record's line is the number of its row in the PDF.

    Raises SourceError when there is no table, none with the columns, or none that names a county.
    """
    reading = _Reading(columns, constants, page)
    found = 0
    for table in tables:
        reading.begin(table)
        for cells in table:
            parsed = reading.read(cells)
            if parsed is not None:
                found += isinstance(parsed, Record)
                yield parsed
    if not found:
        raise SourceError(reading.explain(), where=where, remedy=reading.advise())


class _Reading:
    """What is known while the tables are walked: the places of the columns, and the rows so far."""

    def __init__(self, columns: ColumnMap, constants: Mapping[str, Value], page: str) -> None:
        self.columns = columns
        self.constants = constants
        self.page = page
        self.places = columns.fixed
        self.heads: Cells = []
        self.tables = 0
        self.line = 0

    def begin(self, table: PdfTable) -> None:
        self.tables += 1
        self.heads = self.heads or next((cells for cells in table if any(cells)), [])

    def read(self, cells: Cells) -> Parsed | None:
        """Return what a row is; None for headers, titles and notes."""
        self.line += 1
        at = Location(self.page, self.line)
        self.places = self.columns.find(cells) or self.places
        if self.places is None:
            return None
        if max(self.places.values()) >= len(cells):
            narrow = any(map(_is_county, cells))
            return Rejected(RAGGED, f"{len(cells)} cells, too few for the columns", at) if narrow else None
        name = cells[self.places["county"]]
        texts = {column: cells[place] for column, place in self.places.items() if column != "county"}
        total = _plain(name) in _TOTALS
        if not (total or _is_county(name) or any(char.isdigit() for text in texts.values() for char in text)):
            return None
        return self._row(name, texts, total, at)

    def _row(self, name: str, texts: Mapping[str, str], total: bool, at: Location) -> Parsed:
        counts: dict[str, Value] = {}
        for column, text in texts.items():
            try:
                counts[column] = read_count(text)
            except ValueError as error:
                return Rejected(f"bad_{column}", str(error), at, column, text)
        if all(value is None for value in counts.values()):
            return Rejected(NO_FIGURES, f"{name} has no figure", at, "county", name)
        if total:
            return Aside(STATE_TOTALS, counts, at)
        try:
            county = BY_NAME.read(name)
        except ValueError as error:
            return Rejected(BY_NAME.rule, str(error), at, "county", name)
        return Record(COUNTY_TURNOUT.name, {**self.constants, "county": county, **counts}, at)

    def explain(self) -> str:
        if not self.tables:
            return "is a PDF without a table"
        heads = ", ".join(repr(head) for head in self.heads[:MOST_NAMED])
        if self.places is None:
            missing = ", ".join(repr(place) for place in self.columns.columns.values() if isinstance(place, str))
            return f"has no table with the columns {missing}; the first one has {heads}"
        return f"has no table with a county where turnout_columns says; the first one has {heads}"

    def advise(self) -> str:
        if not self.tables:
            return 'set turnout_strategy = "text" if its tables have no lines; a scanned page has no text at all'
        return "set turnout_columns to the numbers or headers of this PDF"


def _plain(text: str) -> str:
    return " ".join(text.upper().split())


def _is_county(text: str) -> bool:
    try:
        BY_NAME.read(text)
    except ValueError:
        return False
    return True
