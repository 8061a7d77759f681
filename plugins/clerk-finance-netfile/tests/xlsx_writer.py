"""Writes small .xlsx files with openpyxl, whole or with broken parts; the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._write_only import WriteOnlyWorksheet


@dataclass(frozen=True, slots=True)
class Day:
    """A number that is shown as a day, whether or not there is such a day."""

    number: float


Cell = str | int | float | date | Day | None
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CLOCK = "docProps/core.xml"  # says when the file was written
_TEXT = re.compile(r't="inlineStr"><is>(<t[ >][^<]*</t>|<t ?/>)</is>')
_TYPES = "[Content_Types].xml"
_SHARED = (
    '<Override PartName="/xl/sharedStrings.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def write_zip(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of the parts, without any time of its own."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def write_xlsx(
    tables: Mapping[str, Iterable[Sequence[Cell]]], *, date1904: bool = False, **replaced: str | bytes | None
) -> bytes:
    """An .xlsx of the tables, some of its parts replaced."""
    book = Workbook(write_only=True)
    if date1904:
        book.epoch = CALENDAR_MAC_1904
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        assert isinstance(sheet, WriteOnlyWorksheet)
        for row in rows:
            sheet.append([_show_as_day(sheet, cell) if isinstance(cell, Day) else cell for cell in row])
    body = io.BytesIO()
    book.save(body)
    return replace_parts(_share_texts(body.getvalue()), **replaced)


def _share_texts(body: bytes) -> bytes:
    """The same .xlsx with its texts in a part of their own, where NetFile has them, but not openpyxl."""
    texts: dict[str, int] = {}

    def share(found: re.Match[str]) -> str:
        return f't="s"><v>{texts.setdefault(found[1], len(texts))}</v>'

    parts = {name: content.decode() for name, content in _read_parts(body).items()}
    for name in parts:
        if name.startswith("xl/worksheets/"):
            parts[name] = _TEXT.sub(share, parts[name])
    shared = "".join(f"<si>{text}</si>" for text in texts)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{shared}</sst>'
    parts[_TYPES] = parts[_TYPES].replace("</Types>", f"{_SHARED}</Types>")
    return write_zip(parts)


def _show_as_day(sheet: WriteOnlyWorksheet, day: Day) -> object:
    cell = WriteOnlyCell(sheet, day.number)
    cell.number_format = "mm/dd/yyyy"
    return cell


def replace_parts(body: bytes, **replaced: str | bytes | None) -> bytes:
    """An .xlsx with other text for a part, by the last word of its name, or without it."""
    parts = {name: replaced.get(_word(name), content) for name, content in _read_parts(body).items()}
    return write_zip({name: content for name, content in parts.items() if content is not None})


def read_part(body: bytes, word: str) -> str:
    """The first part whose name ends in a word."""
    return next(content for name, content in _read_parts(body).items() if _word(name) == word).decode()


def _read_parts(body: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(body)) as book:
        return {name: book.read(name) for name in book.namelist() if name != _CLOCK}


def _word(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]


def wrap_rows(rows: str, before: str = "") -> str:
    """A worksheet around rows of XML."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData></worksheet>'
