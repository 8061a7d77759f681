"""The yearly Excel export; headers are compared with digests of those in the real workbooks."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from clerk_demo import World, finance_world
from clerk_demo.headers import SHEETS
from clerk_demo.samples import write_netfile_excel, write_netfile_sheets
from clerk_demo.summaries import LINES
from clerk_demo.workbook import zip_workbook

# SHA-256 of "\n".join(sheet + " " + " ".join(header)) over the 16 sheets of efile_BRK_2017.xlsx.
REAL_HEADERS = "503223ae74c4bdc1cde0f68a7df0c6616771b517feb76e5f20213ea77b690be5"
DAY = 4
Sheet = list[dict[str, Any]]
AMOUNTS = {"A": "Tran_Amt1", "C": "Tran_Amt1", "I": "Tran_Amt1", "E": "Amount", "D": "Amount", "F": "Amt_Incur"}
AMOUNTS |= {"B1": "Loan_Amt1"}
NAMES = {"A": "A-Contributions", "C": "C-Contributions", "I": "I-Contributions", "E": "E-Expenditure"}
NAMES |= {"D": "D-Expenditure", "F": "F-Expenses", "B1": "B1-Loans"}


@pytest.fixture(scope="module")
def world() -> World:
    return finance_world(1, "CSD", 2026, 400)


@pytest.fixture(scope="module")
def workbook(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheet]:
    return read(write_netfile_excel(tmp_path_factory.mktemp("excel") / "year.xlsx", world, DAY))


def read(file: Path | io.BytesIO) -> dict[str, Sheet]:
    book = openpyxl.load_workbook(file)
    sheets = {}
    for sheet in book:
        header, *rows = sheet.iter_rows(values_only=True)
        sheets[sheet.title] = [dict(zip(map(str, header), row, strict=True)) for row in rows]
    return sheets


def group(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("Filer_ID", "Filer_NamL", "Report_Num", "From_Date", "Thru_Date"))


def to_cents(amount: float | None) -> int:
    return round((amount or 0) * 100)


def sum_rows(workbook: dict[str, Sheet], form: str) -> dict[tuple[Any, ...], int]:
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in workbook[NAMES[form]]:
        sums[group(row)] += 0 if row["Memo_Code"] == "X" else to_cents(row[AMOUNTS[form]])
    return sums


def summary(workbook: dict[str, Sheet]) -> dict[tuple[Any, ...], dict[str, int]]:
    lines: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
    for row in workbook["Summary"]:
        lines[group(row)][f"{row['Form_Type']} {row['Line_Item']}"] = to_cents(row["Amount_A"])
    return lines


def test_sheets_and_headers_are_exactly_the_real_ones() -> None:
    text = "\n".join(f"{name} {' '.join(header)}" for name, header in SHEETS.items())
    assert sha256(text.encode()).hexdigest() == REAL_HEADERS


def test_the_workbook_has_every_sheet_with_its_header(world: World, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(write_netfile_excel(tmp_path / "year.xlsx", world, 0))
    assert {sheet.title: next(sheet.iter_rows(values_only=True)) for sheet in book} == SHEETS


def test_the_same_world_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    first = write_netfile_excel(tmp_path / "one.xlsx", world, DAY).read_bytes()
    assert write_netfile_excel(tmp_path / "two.xlsx", world, DAY).read_bytes() == first
    name = "efile_CSD_2026.xlsx"
    assert zip_workbook(name, world, world.versions(0)) == zip_workbook(name, world, world.versions(0))


def test_the_zip_holds_one_workbook(world: World) -> None:
    body = zip_workbook("efile_CSD_2026.xlsx", world, world.in_force(0))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == ["efile_CSD_2026.xlsx"]
        assert list(read(io.BytesIO(archive.read("efile_CSD_2026.xlsx")))) == list(SHEETS)


def test_every_version_stays_numbered_000_001_002(workbook: dict[str, Sheet]) -> None:
    assert {row["Report_Num"] for row in workbook["Summary"]} == {"000", "001", "002"}


def test_all_rows_of_all_versions_are_there(world: World, workbook: dict[str, Sheet]) -> None:
    rows = sum(len(rows) for name, rows in workbook.items() if name != "Summary")
    assert rows == sum(filing.rows for filing in world.versions(DAY))


@pytest.mark.parametrize("form", AMOUNTS)
def test_line_1_is_the_sum_of_the_schedules_rows(workbook: dict[str, Sheet], form: str) -> None:
    lines = summary(workbook)
    sums = sum_rows(workbook, form)
    assert len(sums) > 3
    assert sums == {key: lines[key][f"{form} 1"] for key in sums}


def test_each_460_has_every_line_once_and_in_order(workbook: dict[str, Sheet]) -> None:
    expected = [f"{form} {item}" for form, items in LINES.items() for item in items]
    assert all(list(lines) == expected for lines in summary(workbook).values())
    assert len(workbook["Summary"]) == len(expected) * len(summary(workbook))


def test_the_lines_of_the_summary_page_follow_from_each_other(workbook: dict[str, Sheet]) -> None:
    for lines in summary(workbook).values():
        page = {int(name[5:]): cents for name, cents in lines.items() if name.startswith("F460")}
        assert (page[3], page[5]) == (page[1] + page[2], page[3] + page[4])
        assert (page[8], page[11]) == (page[6] + page[7], page[8] + page[9] + page[10])
        assert page[16] == page[12] + page[13] + page[14] - page[15]
        assert (page[1], page[4], page[6], page[9]) == (lines["A 3"], lines["C 3"], lines["E 4"], lines["F 3"])


def test_cash_goes_on_from_the_period_before(workbook: dict[str, Sheet]) -> None:
    lines = {key: value for key, value in summary(workbook).items() if key[2] == "000"}
    followed = 0
    for (filer, name, _, _, end), before in lines.items():
        for (other, named, _, start, _), after in lines.items():
            if (filer, name) == (other, named) and (start - end).days == 1:
                assert after["F460 12"] == before["F460 16"]
                followed += 1
    assert followed > 2


def test_cells_have_the_types_of_the_real_ones(workbook: dict[str, Sheet]) -> None:
    row = workbook["A-Contributions"][0]
    kinds = {name: type(row[name]) for name in ("Filer_ID", "Report_Num", "Rpt_Date", "From_Date", "Tran_Date1")}
    assert kinds == {
        "Filer_ID": str,
        "Report_Num": str,
        "Rpt_Date": datetime,
        "From_Date": datetime,
        "Tran_Date1": type(None),
    }
    assert row["Tran_Self"] == "n"
    assert {row["Filer_ID"] for row in workbook["Summary"]} >= {"Pending"}


def test_late_reports_have_no_period_but_a_number_of_their_own(workbook: dict[str, Sheet]) -> None:
    rows = [*workbook["497"], *workbook["496"]]
    assert {(row["From_Date"], row["Thru_Date"]) for row in rows} == {(None, None)}
    assert all(row["Rpt_ID_Num"].startswith("L-") for row in rows)


@pytest.mark.parametrize(
    ("sheet", "names"),
    [
        ("E-Expenditure", ("Payee_NamL", "Payee_City", "Payee_State", "Payee_Zip4", "Amount")),
        ("B1-Loans", ("Lndr_NamL", "Lndr_NamF", "Loan_City", "Loan_ST", "Loan_EMP", "Loan_Date2")),
        ("497", ("Enty_NamL", "Enty_ST", "Ctrib_Date", "Amount")),
        ("496", ("Cand_NamL", "Office_Cd", "Exp_Date", "Sup_Opp_Cd")),
        ("G-Expenditure", ("Agent_NamL", "G_From_E_F")),
        ("A-Contributions", ("Tran_NamL", "Tran_State", "Tran_Amt1")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cells_are_filled_under_their_sheets_names(
    workbook: dict[str, Sheet], sheet: str, names: tuple[str, ...]
) -> None:
    assert [name for name in names if not workbook[sheet][0][name]] == []


def test_the_csv_sheets_have_the_rows_of_the_workbook(world: World, workbook: dict[str, Sheet], tmp_path: Path) -> None:
    paths = write_netfile_sheets(tmp_path, world, DAY)
    assert [path.stem for path in paths] == list(SHEETS)
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        amounts = [[row.get("Amount"), row.get("Tran_ID")] for row in rows]
        expected = [[row.get("Amount"), row.get("Tran_ID")] for row in workbook[path.stem]]
        assert [[float(amount) if amount else None, key] for amount, key in amounts] == expected


def test_a_summary_line_that_disagrees_can_be_planted(tmp_path: Path) -> None:
    world = finance_world(1, "CSD", 2026, 400, errors=["summary"])
    workbook = read(write_netfile_excel(tmp_path / "year.xlsx", world, DAY))
    lines, sums = summary(workbook), sum_rows(workbook, "E")
    wrong = {key: lines[key]["E 1"] - sums[key] for key in sums if lines[key]["E 1"] != sums[key]}
    assert [(key[1], off) for key, off in wrong.items()] == [(world.planted[0].report.committee.name, 10_000)]


def test_an_empty_amount_cell_leaves_its_sum_short_of_the_summary(tmp_path: Path) -> None:
    world = finance_world(1, "CSD", 2026, 400, errors=["empty_amount"])
    workbook = read(write_netfile_excel(tmp_path / "year.xlsx", world, DAY))
    lines, sums = summary(workbook), sum_rows(workbook, "A")
    wrong = [key for key in sums if lines[key]["A 1"] != sums[key]]
    empty = [group(row) for row in workbook["A-Contributions"] if row["Tran_Amt1"] is None]
    assert wrong == empty != []
