"""Reading an .xlsx row by row with openpyxl, in bounded memory, without evaluating anything in it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import IO, Any, BinaryIO

from defusedxml.ElementTree import fromstring, iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.worksheet._reader import FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import ARC_STYLE, ARC_WORKBOOK, SHEET_MAIN_NS

from clerk_finance_netfile.cells import day_text, value_text
from clerk_finance_netfile.packages import CONTENT_TYPES, Package, read_bounded
from clerkcore import SourceError

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LARGEST_ROW = 1_000_000  # bytes of XML; openpyxl holds one row, in up to a hundred times as much memory
LARGEST_STRINGS = 20_000_000
LARGEST_PART = 1_000_000  # of those parts that are taken whole
FORMULA = "formula"
ERROR_VALUE = "error_value"

_SPOILT = {"f": FORMULA, "e": ERROR_VALUE}  # by what openpyxl calls them
_NO_TEXT = "no text"
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

    package: Package
    sheets: dict[str, str]
    strings: dict[int, str]
    date_styles: frozenset[int]
    epoch: datetime

    def rows(self, title: str) -> Iterator[Row]:
        """Yield the rows of a sheet that hold anything."""
        # openpyxl's own loop over a sheet leaves out rows that are out of order, and takes a row of any size whole.
        where, part, last = f"{self.package.where} sheet {title}", self.sheets[title], 0
        with self.package.reading(part), self.package.open(part) as stream:
            source = _Metered(stream, where)
            parser = _Parser(source, self.strings)
            for _, element in iterparse(source, forbid_dtd=True):
                if element.tag != ROW_TAG:
                    continue
                number, cells = parser.parse_row(element)
                if not last < number <= MOST_ROWS:
                    raise _refused(f"has a row {number} after row {last}", where)
                element.clear()
                parser.row_dimensions.clear()
                source.taken, last = 0, number
                row = self._row(number, cells, where)
                if row.cells or row.spoilt:
                    yield row

    def _row(self, number: int, cells: list[dict[str, Any]], where: str) -> Row:
        texts: dict[int, str] = {}
        spoilt, last = None, 0
        for cell in cells:
            column, value, kind = cell["column"], cell["value"], cell["data_type"]
            if column <= last:
                raise _refused(f"has cells out of order in row {number}", where)
            if column > MOST_COLUMNS:
                raise _refused(f"has more than {MOST_COLUMNS:,} columns in row {number}", where)
            last = column
            if kind == _NO_TEXT:
                raise _refused(f"refers to a text {value} that the workbook lacks, in row {number}", where)
            if kind in _SPOILT:
                spoilt = spoilt or (_SPOILT[kind], column - 1, value_text(value))
            elif kind == "n" and value is not None and cell["style_id"] in self.date_styles:
                texts[column - 1] = day_text(value, self.epoch)
            elif text := value_text(value):
                texts[column - 1] = text
        return Row(number, texts, spoilt)


def open_workbook(stream: BinaryIO, where: str) -> Workbook:
    """Return the workbook in a stream, which may be closed afterwards; SourceError when it holds none."""
    body = read_bounded(stream, where)
    package = Package(body, where)
    if not package.is_workbook:
        raise _refused("holds no workbook", where)
    reader = ExcelReader(BytesIO(body), read_only=True, keep_links=False)
    reader.archive = package
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl could not write again
        with package.reading(CONTENT_TYPES, LARGEST_PART):
            reader.read_manifest()
        with package.reading("xl/sharedStrings.xml", LARGEST_STRINGS):
            reader.read_strings()
        with package.reading(ARC_WORKBOOK, LARGEST_PART):
            reader.read_workbook()
            sheets = {sheet.name: link.target for sheet, link in reader.parser.find_sheets()}
        with package.reading(ARC_STYLE, LARGEST_PART):
            dates = _read_date_styles(package)
    return Workbook(package, sheets, dict(enumerate(reader.shared_strings)), dates, reader.wb.epoch)


def _read_date_styles(package: Package) -> frozenset[int]:
    """Return the numbers of the cell styles that show days; openpyxl itself prints what it finds odd in styles."""
    if ARC_STYLE not in package.namelist():
        return frozenset()
    tree = fromstring(package.read(ARC_STYLE), forbid_dtd=True)
    formats, main = dict(BUILTIN_FORMATS), {"": SHEET_MAIN_NS}
    for each in tree.iterfind("numFmts/numFmt", main):
        formats[int(each.get("numFmtId", ""))] = each.get("formatCode", "")
    styles = (formats.get(int(each.get("numFmtId", "0"))) for each in tree.iterfind("cellXfs/xf", main))
    return frozenset(place for place, style in enumerate(styles) if is_date_format(style))


class _Metered:
    """A stream that fails when more is read from it than any row needs."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self.stream = stream
        self.where = where
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes; whoever has read a row sets `taken` to 0."""
        piece = self.stream.read(size)
        self.taken += len(piece)
        if self.taken > LARGEST_ROW:
            raise _refused(f"has a row of more than {LARGEST_ROW:,} bytes", self.where)
        return piece


class _Parser(WorkSheetParser):
    """openpyxl's parser of rows; formulas are not translated, and what is no number or date stays a text."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        try:
            return super().parse_cell(element)
        except (LookupError, ValueError):
            kind = _NO_TEXT if element.get("t") == "s" else "s"
            return {"column": self.col_counter, "value": element.findtext(VALUE_TAG), "data_type": kind}

    def parse_formula(self, element: Any) -> str:
        return f"={element.findtext(FORMULA_TAG) or ''}"


def _refused(message: str, where: str) -> SourceError:
    return SourceError(message, where=where, remedy=_FORMAT_CHANGED)
