"""Reading a small .xlsx with openpyxl: bounded parts, no formulas evaluated, and one error for whatever is wrong."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from defusedxml.ElementTree import ParseError
from openpyxl import load_workbook
from openpyxl.xml import DEFUSEDXML

from clerkcore import SourceError

MOST_PARTS = 500
# openpyxl holds a row in up to a hundred times as much memory as its XML has bytes, and a part may be one row.
LARGEST_PART = 4_000_000
LARGEST_TOTAL = 64_000_000
MOST_COLUMNS = 60

Cells = tuple[Any, ...]
_ENCRYPTED = 0x1
_TOLD = 200
_DAMAGED = (BadZipFile, EOFError, NotImplementedError, RuntimeError, struct.error, zlib.error)
# openpyxl checks little, and stumbles as Python does; what defusedxml forbids is a ValueError too.
_STUMBLES = (ArithmeticError, AttributeError, LookupError, OSError, ParseError, TypeError, ValueError)


def read_sheets(stream: BinaryIO, where: str) -> Iterator[tuple[str, Iterator[tuple[int, Cells]]]]:
    """Yield the title of each sheet and its rows that hold anything, with their numbers; SourceError if none is."""
    body = stream.read(LARGEST_TOTAL + 1)
    with _told(where):
        _check_parts(body, where)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl could not write again
            book = load_workbook(BytesIO(body), read_only=True, keep_links=False)
        sheets = {sheet.title: sheet for sheet in book.worksheets}
    for title, sheet in sheets.items():
        yield title, _read_rows(sheet, f"{where} sheet {title}")


def _check_parts(body: bytes, where: str) -> None:
    if not DEFUSEDXML:
        raise _refused("cannot be read safely, because openpyxl does not find defusedxml", where)
    with ZipFile(BytesIO(body)) as archive:
        parts = archive.infolist()
    if len(body) > LARGEST_TOTAL or len(parts) > MOST_PARTS or sum(p.file_size for p in parts) > LARGEST_TOTAL:
        raise _refused(f"unpacks to more than {LARGEST_TOTAL:,} bytes or {MOST_PARTS} parts", where)
    for part in parts:
        if part.file_size > LARGEST_PART:
            raise _refused(f"has a part of {part.file_size:,} bytes ({part.filename[:_TOLD]})", where)
        if part.flag_bits & _ENCRYPTED or part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _refused(f"is locked or packed in an unusual way ({part.filename[:_TOLD]})", where)


def _read_rows(sheet: Any, where: str) -> Iterator[tuple[int, Cells]]:
    with _told(where):
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), 1):
            if any(cell is not None for cell in cells):
                yield number, cells


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as trouble:
        raise _refused(f"is a damaged ZIP file: {str(trouble)[:_TOLD]}", where) from trouble
    except _STUMBLES as trouble:
        told = " ".join(str(trouble).split())[:_TOLD]
        raise _refused(f"is no workbook as Excel writes it: {told}", where) from trouble


def _refused(message: str, where: str) -> SourceError:
    return SourceError(message, where=where, remedy="open it in a spreadsheet and save it again as .xlsx")
