"""The Excel export passes the suite of every source, as a workbook and as CSV files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import openpyxl

from clerk_finance_netfile.excel import NetFileExcel
from clerkcore import Scope
from clerkcore.testing import SourceSuite

sys.path.insert(0, str(Path(__file__).parent))

from excel_samples import HEADERS, SAMPLES, write_samples

DEMO_2026 = Scope("2026", {"year": "2026"})
SETTINGS = {"agency": "DEMO"}
BOOK = "efile_DEMO_2026.xlsx"


class TestWorkbook(SourceSuite):
    source_class = NetFileExcel
    config = SETTINGS
    scope = DEMO_2026
    samples = (SAMPLES / "book" / BOOK,)
    earlier = (SAMPLES / "earlier" / BOOK,)
    records = 64


class TestCsvFiles(SourceSuite):
    source_class = NetFileExcel
    config = SETTINGS
    scope = DEMO_2026
    samples = tuple(SAMPLES / "csv" / f"{name}.csv" for name in ("one", "two", "three"))
    records = 46


def read_tree(folder: Path) -> dict[str, Any]:
    """The files below a folder, workbooks by the values in their sheets: how these are written is openpyxl's affair."""
    return {str(path.relative_to(folder)): read_values(path) for path in folder.rglob("*") if path.is_file()}


def read_values(path: Path) -> Any:
    if path.suffix != ".xlsx":
        return path.read_bytes()
    return {sheet.title: list(sheet.values) for sheet in openpyxl.load_workbook(path).worksheets}


def test_the_samples_are_what_their_module_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert read_tree(SAMPLES) == read_tree(tmp_path)


def test_the_sheets_have_as_many_columns_as_netfiles() -> None:
    assert {title: len(header) for title, header in HEADERS.items()} == {
        "A-Contributions": 75,
        "C-Contributions": 75,
        "I-Contributions": 75,
        "F496P3-Contributions": 75,
        "F465P3-Expenditure": 63,
        "F461P5-Expenditure": 77,
        "D-Expenditure": 63,
        "G-Expenditure": 63,
        "E-Expenditure": 63,
        "F-Expenses": 44,
        "B1-Loans": 61,
        "B2-Loans": 61,
        "H-Loans": 61,
        "Summary": 16,
        "497": 45,
        "496": 31,
    }
