"""Parsing invented exports, for tests of what becomes of their rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clerk_finance_netfile.excel import NetFileExcel
from clerkcore import Parsed, Record, Rejected, Scope
from clerkcore.testing.shelf import parse_files

sys.path.insert(0, str(Path(__file__).parent))

from excel_samples import HEADERS, make_workbook
from xlsx_writer import Cell

DEMO_2026 = Scope("2026", {"year": "2026"})
BOOK = "book.xlsx"


def parse(files: Mapping[str, bytes]) -> list[Parsed]:
    """What a source whose agency is DEMO makes of files."""
    return parse_files(NetFileExcel({"agency": "DEMO"}), DEMO_2026, files)


def parse_rows(title: str, *rows: Mapping[str, Cell]) -> list[Parsed]:
    """What a workbook gives whose other sheets are empty."""
    return parse({BOOK: make_workbook({name: rows if name == title else [] for name in HEADERS})})


def pick(parsed: list[Parsed], table: str) -> list[dict[str, Any]]:
    """The rows of a table, without their empty columns."""
    return [
        {name: value for name, value in item.values.items() if value is not None}
        for item in parsed
        if isinstance(item, Record) and item.table == table
    ]


def rejected(parsed: list[Parsed]) -> list[tuple[str, int, str, str]]:
    """Rule, line, message and value of what is bound for quarantine."""
    return [(item.rule, item.at.line, item.message, item.value) for item in parsed if isinstance(item, Rejected)]
