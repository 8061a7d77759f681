"""Reading an .xlsx row by row, in bounded memory, without evaluating anything in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from posixpath import dirname, join, normpath
from typing import BinaryIO
from zipfile import ZipFile

from clerk_finance_netfile.cells import column_place, day_text, is_date_format, number_text
from clerk_finance_netfile.packages import Handlers, is_workbook, open_package, read_bounded, read_xml
from clerkcore import SourceError

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
FORMULA = "formula"
ERROR_VALUE = "error_value"

_BOOK = "xl/workbook.xml"
_FORMAT_CHANGED = "the file is not as Excel writes it; open it and save it again as .xlsx, or fetch it again"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a worksheet: its filled cells as texts by place, and the first cell that is no value.

    `spoilt` is a rule, a place and a text: a formula, which nobody evaluates, or an error such as #REF!.
    """

    number: int
    cells: dict[int, str]
    spoilt: tuple[str, int, str] | None = None


@dataclass(frozen=True, slots=True)
class Workbook:
    """An open workbook: the parts that its sheets stand in, by title, and what their cells refer to."""

    package: ZipFile
    where: str
    sheets: dict[str, str]
    strings: list[str]
    date_styles: frozenset[str]
    from_1904: bool

    def rows(self, title: str) -> Iterator[Row]:
        """Yield the rows of a sheet that hold anything."""
        sheet = _Sheet(self, f"{self.where} sheet {title}")
        for _ in read_xml(self.package, self.sheets[title], sheet, self.where):
            yield from sheet.take()


def open_workbook(stream: BinaryIO, where: str) -> Workbook:
    """Return the workbook in a stream, which may be closed afterwards; SourceError when it holds none."""
    package = open_package(BytesIO(read_bounded(stream, where)), where)
    if not is_workbook(package):
        raise SourceError("holds no workbook", where=where, remedy=_FORMAT_CHANGED)
    links = _Links()
    _read_whole(package, f"{dirname(_BOOK)}/_rels/workbook.xml.rels", links, where)
    book = _Book()
    _read_whole(package, _BOOK, book, where)
    strings, styles = _Strings(), _Styles()
    for kind, handlers in (("sharedStrings", strings), ("styles", styles)):
        if kind in links.kinds:
            _read_whole(package, links.kinds[kind], handlers, where)
    sheets = {title: links.targets.get(link, "") for title, link in book.sheets}
    return Workbook(package, where, sheets, strings.found, frozenset(styles.dates), book.from_1904)


def _read_whole(package: ZipFile, part: str, handlers: Handlers, where: str) -> None:
    for _ in read_xml(package, part, handlers, where):
        pass


class _Quiet:
    """Handlers that note nothing, for those that need only some."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note nothing."""

    def end(self, name: str) -> None:
        """Note nothing."""

    def text(self, text: str) -> None:
        """Note nothing."""


class _Links(_Quiet):
    """The relationships of the workbook: parts by id, and by the last word of their type."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.kinds: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = normpath(join("/", dirname(_BOOK), attributes.get("Target", ""))).lstrip("/")
            self.targets[attributes.get("Id", "")] = target
            self.kinds[attributes.get("Type", "").rpartition("/")[2]] = target


class _Book(_Quiet):
    """The titles of the sheets with the ids of their relationships."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str]] = []
        self.from_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            links = [value for key, value in attributes.items() if key.rpartition(":")[2] == "id"]
            self.sheets.append((attributes.get("name", ""), links[0] if links else ""))
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")


class _Strings(_Quiet):
    """The shared strings; readings of Japanese names, which stand beside them, are left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.pieces: list[str] = []
        self.inside = self.phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "rPh":
            self.phonetic = True
        self.inside = name == "t" and not self.phonetic

    def text(self, text: str) -> None:
        if self.inside:
            self.pieces.append(text)

    def end(self, name: str) -> None:
        self.inside = False
        if name == "rPh":
            self.phonetic = False
        elif name == "si":
            self.found.append("".join(self.pieces))
            self.pieces = []


class _Styles(_Quiet):
    """The numbers of the cell styles that show dates."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.dates: set[str] = set()
        self.in_cells = False
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self.in_cells = True
        elif name == "xf" and self.in_cells:
            number = attributes.get("numFmtId", "0")
            if is_date_format(int(number) if number.isdecimal() else 0, self.codes.get(number)):
                self.dates.add(str(self.count))
            self.count += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.in_cells = False


class _Sheet:
    """The rows of a worksheet while it is read."""

    def __init__(self, book: Workbook, where: str) -> None:
        self.book = book
        self.where = where
        self.ready: list[Row] = []
        self.number = 0
        self.place = -1
        self.cells: dict[int, str] = {}
        self.spoilt: tuple[str, int, str] | None = None
        self.kind = self.style = ""
        self.formula = self.collects = self.phonetic = False
        self.pieces: list[str] = []

    def take(self) -> list[Row]:
        """Return the rows that are ready, and forget them."""
        taken, self.ready = self.ready, []
        return taken

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where a row or cell begins, and which of its texts count."""
        if name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self.collects = not self.formula
        elif name == "t":
            self.collects = not self.phonetic
        elif name == "row":
            self._start_row(attributes.get("r"))
        elif name == "f":
            self.formula = self.collects = True
        elif name == "rPh":
            self.phonetic = True

    def text(self, text: str) -> None:
        """Collect the text of a value, or of the formula in its place."""
        if self.collects:
            self.pieces.append(text)

    def end(self, name: str) -> None:
        """Keep the cell or row that ends."""
        if name == "c":
            self._end_cell()
        elif name in ("v", "t", "f"):
            self.collects = False
        elif name == "row" and (self.cells or self.spoilt):
            self.ready.append(Row(self.number, self.cells, self.spoilt))
        elif name == "rPh":
            self.phonetic = False

    def _start_row(self, number: str | None) -> None:
        here = self.number + 1 if number is None else int(number) if number.isdecimal() else 0
        if not self.number < here <= MOST_ROWS:
            raise self._refused(f"has a row {number} after row {self.number}")
        self.number, self.place, self.cells, self.spoilt = here, -1, {}, None

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        place = self.place + 1 if reference is None else column_place(reference)
        if place is None or place <= self.place:
            raise self._refused(f"has a cell {reference} out of order in row {self.number}")
        if place >= MOST_COLUMNS:
            raise self._refused(f"has more than {MOST_COLUMNS:,} columns in row {self.number}")
        self.place = place
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
        self.formula = self.collects = False
        self.pieces = []

    def _end_cell(self) -> None:
        text = "".join(self.pieces)
        if self.formula:
            self.spoilt = self.spoilt or (FORMULA, self.place, f"={text}")
        elif self.kind == "e":
            self.spoilt = self.spoilt or (ERROR_VALUE, self.place, text)
        elif text:
            value = self._value(text)
            if value:
                self.cells[self.place] = value

    def _value(self, text: str) -> str:
        if self.kind == "s":
            return self._shared(text)
        if self.kind == "n":
            if self.style in self.book.date_styles:
                return day_text(text, from_1904=self.book.from_1904)
            return number_text(text)
        if self.kind == "b":
            return {"1": "true", "0": "false"}.get(text, text)
        return text

    def _shared(self, text: str) -> str:
        try:
            return self.book.strings[int(text)]
        except (IndexError, ValueError) as error:
            raise self._refused(f"refers to a text {text} that the workbook lacks, in row {self.number}") from error

    def _refused(self, message: str) -> SourceError:
        return SourceError(message, where=self.where, remedy=_FORMAT_CHANGED)
