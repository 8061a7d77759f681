"""The yearly Excel export: one workbook of 16 sheets in a ZIP, with the same bytes whenever it is written."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from openpyxl import Workbook

from clerk_demo.headers import SHEETS
from clerk_demo.history import Filing
from clerk_demo.sheets import sheet_rows
from clerk_demo.worlds import World

_MADE = (2026, 1, 1, 0, 0, 0)
_CLOCK = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_CHUNK = 1 << 20


def write_workbook(target: Path, world: World, filings: Iterable[Filing]) -> Path:
    """Write the sheets of these filings as one .xlsx file and return its path."""
    with target.open("wb") as file:
        _write(file, world, filings)
    return target


def zip_workbook(name: str, world: World, filings: Iterable[Filing]) -> bytes:
    """Return a ZIP with the workbook in it, as the portal offers it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive, archive.open(_entry(name), "w") as file:
        _write(file, world, filings)
    return body.getvalue()


def _write(file: IO[bytes], world: World, filings: Iterable[Filing]) -> None:
    book = Workbook(write_only=True)
    sheets = {name: book.create_sheet(name) for name in SHEETS}
    for name, header in SHEETS.items():
        sheets[name].append(header)
    for name, cells in sheet_rows(world, filings):
        sheets[name].append(cells)
    with TemporaryFile() as draft:
        book.save(draft)
        _copy_without_clock(draft, file)


def _copy_without_clock(draft: IO[bytes], file: IO[bytes]) -> None:
    """Copy a workbook, leaving out what openpyxl takes from the clock."""
    with zipfile.ZipFile(draft) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            with old.open(name) as source, new.open(_entry(name), "w") as target:
                if name == "docProps/core.xml":
                    target.write(_CLOCK.sub(rb"\g<1>2026-01-01T00:00:00Z", source.read()))
                    continue
                while chunk := source.read(_CHUNK):
                    target.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
