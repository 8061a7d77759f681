"""Excel workbooks: the rows of one sheet as texts, with openpyxl, in bounded memory and without evaluating anything."""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import IO, Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring, iterparse
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import ARC_STYLE, SHEET_MAIN_NS

from clerk_state_configured.formats import NOWHERE
from clerk_state_configured.packages import CONTENT_TYPES, check_member, open_package
from clerk_state_configured.records import Texts
from clerkcore import Rejected, SourceError

LARGEST_FILE = 100_000_000  # bytes
LARGEST_SHEET = 1_000_000_000  # bytes of XML, which is read row by row
LARGEST_OTHER = 50_000_000  # bytes of each part that is taken whole, such as the texts
LARGEST_ROW = 1_000_000  # bytes of XML
MOST_COLUMNS = 300
MOST_ROWS = 1_048_576
ERROR_VALUE = "error_value"
CHUNK = 1 << 16

_TOLD = 200
_REMEDY = "open it and save it again as .xlsx, or fetch it again"
# What a file that is no workbook ends in: openpyxl checks little, and stumbles as Python does.
_STUMBLES = (
    ArithmeticError,
    AttributeError,
    BadZipFile,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ParseError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def read_sheet(stream: BinaryIO, sheet: str, where: str) -> Iterator[Texts]:
    """Yield the rows of a sheet, the first where none is named, that hold anything.

    Raises SourceError for whatever is no workbook, or a hostile one, and where the sheet is missing.
    """
    body = _read_bounded(stream, where)
    with _told(where):
        package = open_package(BytesIO(body), where)
        if CONTENT_TYPES not in package.namelist():
            raise SourceError("is no .xlsx workbook", where=where, remedy=_REMEDY)
        reader = _open(package, body, where)
        sheets = {found.name: link.target for found, link in reader.parser.find_sheets()}
        if not sheets or (sheet and sheet not in sheets):
            there = ", ".join(map(repr, list(sheets)[:10])) or "none"
            raise SourceError(
                f"has no sheet {sheet!r}; its sheets: {there}", where=where, remedy="see sheet in site.toml"
            )
        part = sheets[sheet] if sheet else next(iter(sheets.values()))
        check_member(package.getinfo(part), where, LARGEST_SHEET)
        with package.open(part) as opened:
            yield from _rows(_Metered(opened, where), reader, where)


def _read_bounded(stream: BinaryIO, where: str) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_FILE:
            raise SourceError(f"has more than {LARGEST_FILE:,} bytes", where=where, remedy=_REMEDY)
    return b"".join(pieces)


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Turn what zipfile, defusedxml and openpyxl raise into SourceError."""
    try:
        yield
    except DefusedXmlException as trouble:
        raise SourceError("declares entities, as an XML bomb does", where=where, remedy=_REMEDY) from trouble
    except _STUMBLES as trouble:
        message = f"is no workbook as Excel writes it: {str(trouble)[:_TOLD]}"
        raise SourceError(message, where=where, remedy=_REMEDY) from trouble


def _open(package: ZipFile, body: bytes, where: str) -> ExcelReader:
    """Return openpyxl's reader, which has read all but the sheets and the styles."""
    for member in package.infolist():
        sheet = member.filename.startswith("xl/worksheets/")
        check_member(member, where, LARGEST_SHEET if sheet else LARGEST_OTHER)
    reader = ExcelReader(BytesIO(body), read_only=True, data_only=True, keep_links=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl could not write again
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
    return reader


def _date_styles(reader: ExcelReader) -> set[int]:
    """Return the numbers of the cell styles that show days; openpyxl's own reading of styles prints what is odd."""
    if ARC_STYLE not in reader.valid_files:
        return set()
    tree = fromstring(reader.archive.read(ARC_STYLE), forbid_dtd=True)
    formats, main = dict(BUILTIN_FORMATS), {"": SHEET_MAIN_NS}
    for each in tree.iterfind("numFmts/numFmt", main):
        formats[int(each.get("numFmtId", ""))] = each.get("formatCode", "")
    styles = (formats.get(int(each.get("numFmtId", "0"))) for each in tree.iterfind("cellXfs/xf", main))
    return {place for place, style in enumerate(styles) if is_date_format(style)}


def _rows(source: _Metered, reader: ExcelReader, where: str) -> Iterator[Texts]:
    # openpyxl's own loop over a sheet takes a row of any size whole.
    parser = WorkSheetParser(
        source, reader.shared_strings, data_only=True, epoch=reader.wb.epoch, date_formats=_date_styles(reader)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a number that is no day, which becomes an error value
        for _, element in iterparse(source, forbid_dtd=True):
            if element.tag == ROW_TAG:
                number, cells = parser.parse_row(element)
                element.clear()
                parser.row_dimensions.clear()
                source.taken = 0
                row = _row(number, cells, where)
                if any(row.texts) or row.rejected:
                    yield row


def _row(number: int, cells: list[dict[str, Any]], where: str) -> Texts:
    if not 1 <= number <= MOST_ROWS:
        raise SourceError(f"has a row {number}", where=where, remedy=_REMEDY)
    last = max((cell["column"] for cell in cells), default=0)
    if last > MOST_COLUMNS:
        raise SourceError(
            f"has {last:,} columns in row {number}, more than {MOST_COLUMNS}", where=where, remedy=_REMEDY
        )
    texts, rejected = [""] * last, None
    for cell in cells:
        texts[cell["column"] - 1] = _text(cell["value"])
        if cell["data_type"] == "e":
            rejected = Rejected(ERROR_VALUE, f"holds {_text(cell['value'])[:20]}", NOWHERE)
    return Texts(number, texts, rejected)


def _text(value: object) -> str:
    """Return a value's text: numbers without an exponent or the noise of binary fractions, days as ISO dates."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if math.isfinite(value):
            return format(Decimal(f"{value:.15g}"), "f")
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


class _Metered:
    """A stream that fails when more is read from it than any row needs; whoever has read a row sets `taken` to 0."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self.stream = stream
        self.where = where
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self.stream.read(size)
        self.taken += len(piece)
        if self.taken > LARGEST_ROW:
            raise SourceError(f"has a row of more than {LARGEST_ROW:,} bytes", where=self.where, remedy=_REMEDY)
        return piece
