"""What becomes of odd rows of the Excel export: read all the same, quarantined or set aside."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clerkcore import Aside

sys.path.insert(0, str(Path(__file__).parent))

from excel_reading import BOOK, parse, parse_rows, pick, rejected
from excel_samples import HEADERS, LATE, SPRING, ZOE, make_csv, make_sheets, make_table, make_workbook, row
from xlsx_writer import Cell, Day, write_xlsx


def test_schedule_a_that_a_spreadsheet_took_for_an_hour_stays_a() -> None:
    rows = [row("A-Contributions", n, Form_Type="00:00:00", Tran_Amt1=1.0) for n in range(3)]
    for parsed in (parse({"a.csv": make_csv("A-Contributions", rows)}), parse_rows("A-Contributions", *rows)):
        assert [r["form_type"] for r in pick(parsed, "transactions")] == ["A", "A", "A"]


def test_a_row_of_another_schedule_is_quarantined() -> None:
    parsed = parse_rows("A-Contributions", row("A-Contributions", 1), row("A-Contributions", 2, Form_Type="C"))
    assert rejected(parsed) == [
        ("bad_form_type", 3, "sheet A-Contributions: 'C' is no form of these contributions", "C")
    ]


def test_an_amount_is_read_as_the_spreadsheet_shows_it_and_a_blank_one_is_no_zero() -> None:
    amounts = {1: 18284.889999999999, 2: 0.1 + 0.2, 3: None, 4: "1,000.50", 5: -25, 6: 1e6}
    parsed = parse_rows("A-Contributions", *(row("A-Contributions", n, Tran_Amt1=a) for n, a in amounts.items()))
    assert [r.get("amount_cents") for r in pick(parsed, "transactions")] == [
        1828489,
        30,
        None,
        100050,
        -2500,
        100000000,
    ]


@pytest.mark.parametrize(
    ("values", "rule", "message", "value"),
    [
        ({"Tran_Amt1": 12.345}, "bad_tran_amt1_cents", "Tran_Amt1: '12.345' has fractions of a cent", "12.345"),
        ({"Tran_Amt1": "n/a"}, "bad_tran_amt1_cents", "Tran_Amt1: 'n/a' is not an amount of money", "n/a"),
        ({"Tran_Amt1": date(2026, 1, 2)}, "bad_tran_amt1_cents", "Tran_Amt1: '2026-01-02' is not an amount of money",
         "2026-01-02"),
        ({"Tran_Date": 46000}, "bad_tran_date", "Tran_Date: '46000' is not a date", "46000"),
        ({"Tran_Date": "02/30/2026"}, "bad_tran_date", "Tran_Date: '02/30/2026' is not a date", "02/30/2026"),
        ({"Tran_Date": Day(9999999)}, "bad_tran_date", "Tran_Date: '9999999' is not a date",
         "9999999"),
        ({"Thru_Date": "soon"}, "bad_cover", "Thru_Date: 'soon' is not a date", ""),
        ({"Tran_Self": "maybe"}, "bad_tran_self", "Tran_Self: 'maybe' is neither yes nor no", "maybe"),
        ({"Tran_ID": ""}, "bad_tran_id", "the row has no tran_id", ""),
        ({"Filer_ID": "", "Filer_NamL": ""}, "bad_cover", "Filer_ID: the filer has neither a number nor a name", ""),
        ({"Tran_Amt1": "=1+1"}, "formula",
         "Tran_Amt1 holds a formula, which is not evaluated", "=1+1"),
        ({"Tran_Adr1": "=1+1"}, "formula",
         "Tran_Adr1 holds a formula, which is not evaluated", "=1+1"),
        ({"Tran_Occ": "#REF!"}, "error_value", "Tran_Occ holds an error of the spreadsheet",
         "#REF!"),
    ],
    ids=lambda given: str(given)[:40],
)  # fmt: skip
def test_a_record_that_cannot_be_read_is_quarantined(
    values: dict[str, Any], rule: str, message: str, value: str
) -> None:
    parsed = parse_rows("A-Contributions", row("A-Contributions", 1), row("A-Contributions", 2, values))
    assert rejected(parsed) == [(rule, 3, f"sheet A-Contributions: {message}", value)]
    assert len(pick(parsed, "transactions")) == 1


def test_a_row_longer_than_its_header_is_quarantined() -> None:
    tables = {title: make_table(title, []) for title in HEADERS}
    tables["496"] += [[*make_table("496", [row("496", 1)])[1], "astray"], make_table("496", [row("496", 2)])[1]]
    parsed = parse({BOOK: write_xlsx(tables)})
    assert rejected(parsed) == [("ragged_row", 2, "sheet 496: column 32 has a value but no name", "astray")]
    assert len(pick(parsed, "transactions")) == 1


def test_an_unknown_column_is_left_out_and_an_unknown_sheet_is_set_aside() -> None:
    tables = {title: make_table(title, make_sheets()[title]) for title in HEADERS}
    tables["496"] = [[*line, "more"] for line in tables["496"]]
    tables["F450P5"] = [["Filer_ID"], ["1"]]
    parsed = parse({BOOK: write_xlsx(tables)})
    assert pick(parsed, "transactions") == pick(parse({BOOK: make_workbook()}), "transactions")
    assert [(item.rule, item.values) for item in parsed if isinstance(item, Aside)] == [
        ("unknown_sheet", {"sheet": "F450P5"})
    ]


def test_columns_may_stand_in_another_order() -> None:
    tables = {title: [line[::-1] for line in make_table(title, make_sheets()[title])] for title in HEADERS}
    assert pick(parse({BOOK: write_xlsx(tables)}), "transactions") == pick(
        parse({BOOK: make_workbook()}), "transactions"
    )


def test_filers_without_a_number_never_merge() -> None:
    people = [
        {"Filer_ID": number, "Filer_NamL": name}
        for number in ("Pending", "PENDING", "Applied", "0000000", "")
        for name in ("Ann Example", "Ben Example")
    ]
    rows = [row("Summary", n, person, Amount_A=1.0) for n, person in enumerate(people)]
    lines = pick(parse_rows("Summary", *rows), "summary_lines")
    assert len({line["filer_local_id"] for line in lines}) == 2
    assert {(line["filer_local_id"], line["filer_name"]) for line in lines} == {
        ("noid_ann_example_5cd7de17", "Ann Example"),
        ("noid_ben_example_40a3f806", "Ben Example"),
    }


def test_a_contribution_on_two_reports_of_a_day_is_one_and_different_ones_of_a_number_are_both_kept() -> None:
    title = "F496P3-Contributions"
    same = [row(title, 1, Tran_Amt1=10.0), row(title, 1, Tran_Amt1=10.0)]
    different = [row(title, 2, Tran_Amt1=10.0), row(title, 2, Tran_Amt1=20.0)]
    found = [
        pick(parse_rows(title, *same, *different), "transactions"),
        pick(parse_rows(title, *reversed(different), *same), "transactions"),
        pick(parse({"late.csv": make_csv(title, [*different, *same])}), "transactions"),
    ]
    told = [sorted((r["tran_id"], r["amount_cents"], r["filing_id"]) for r in rows) for rows in found]
    day = "9946101-496-20261020-000"
    assert told[0] == told[1] == told[2]
    assert [(tran, cents, filing.partition("~~")[0]) for tran, cents, filing in told[0]] == [
        ("DEMO1", 1000, day),
        ("DEMO1", 1000, day),
        ("DEMO2", 1000, f"{day}-"),
        ("DEMO2", 2000, f"{day}-"),
    ]
    assert len({filing for *_, filing in told[0]}) == 3


def test_a_workbook_that_counts_days_from_1904_is_read_so() -> None:
    rows = {title: make_table(title, []) for title in HEADERS}
    cover = {"Tran_Date": date(2026, 1, 1), "Rpt_Date": None}
    periods: dict[str, Cell] = dict.fromkeys(SPRING, "2026-06-30") | {"Elect_Date": None}
    rows["A-Contributions"] = make_table("A-Contributions", [row("A-Contributions", 1, ZOE, periods, cover)])
    (found,) = pick(parse({BOOK: write_xlsx(rows, date1904=True)}), "transactions")
    assert found["tran_date"] == "2026-01-01"


def test_late_reports_dated_the_year_before_are_no_wrong_year() -> None:
    rows = [row("497", n, {**LATE, "Rpt_Date": date(2025, 12, 31)}) for n in (1, 2)]
    rows += [row("497", n) for n in (3, 4)]
    assert len(pick(parse_rows("497", *rows), "transactions")) == 4
