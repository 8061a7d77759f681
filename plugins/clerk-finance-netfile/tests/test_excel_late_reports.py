"""Late reports (496, 497) of the Excel export: their own number says which one replaces which."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_finance_netfile.reports import Report, Reports, find_replaced, name_report, read_cover
from clerkcore import Location
from clerkcore.testing import Clerk, SiteMaker

sys.path.insert(0, str(Path(__file__).parent))

from excel_reading import BOOK, parse, pick
from excel_samples import HEADERS, make_csv, make_workbook, row

pytest_plugins = ["clerkcore.testing.fixtures"]

AT = Location("book.xlsx", 2)
FIRST, SECOND = {"Report_Num": "000"}, {"Report_Num": "001", "Rpt_Date": date(2026, 10, 25)}
NUMBERS = st.from_regex(r"\A(00[0-9]|[0-9]{1,2})\Z")
DAYS = st.dates(date(2026, 10, 1), date(2026, 10, 9))


def make_late(
    number: str = "000", filed: str = "2026-10-20", *, form: str = "F497P1", ref: str | None = "LCR-1", period: str = ""
) -> Report:
    cover = {"Filer_ID": "9946101", "Filer_NamL": "Parks", "Report_Num": number, "Rpt_Date": filed}
    return name_report(read_cover({**cover, "From_Date": period, "Thru_Date": period}), form, ref, AT)


def read_chains(reports: Sequence[Report]) -> dict[str, str]:
    """What replaces what, by day of filing and form of the rows."""
    names = {report.filing_id: f"{report.cover.filed_on} {report.ref}" for report in reports}
    return {names[later]: names[earlier] for later, earlier in find_replaced(reports).items()}


@pytest.mark.parametrize("form", ["F496", "F497P1"])
@pytest.mark.parametrize("period", ["", "2026-10-19"])
def test_an_amended_late_report_replaces_the_one_with_its_own_number(form: str, period: str) -> None:
    days = ("000", "2026-10-20"), ("1", "2026-10-20"), ("002", "2026-10-25")
    first, second, third = versions = [make_late(*each, form=form, period=period) for each in days]
    expected = {second.filing_id: first.filing_id, third.filing_id: second.filing_id}
    assert find_replaced(reversed(versions)) == expected


def test_an_amendment_may_correct_the_period_of_a_late_report() -> None:
    first, second = make_late(period="2026-10-18"), make_late("001", period="2026-10-19")
    assert find_replaced([first, second]) == {second.filing_id: first.filing_id}


def test_a_late_report_with_another_own_number_is_not_replaced() -> None:
    assert find_replaced([make_late(), make_late("001", ref="LCR-2")]) == {}


def test_two_originals_with_one_own_number_are_two_reports_and_each_keeps_its_amendments() -> None:
    days = ("000", "2026-10-01"), ("001", "2026-10-02"), ("000", "2026-10-05"), ("001", "2026-10-06")
    assert read_chains([make_late(*each) for each in days]) == {
        "2026-10-02 LCR-1": "2026-10-01 LCR-1",
        "2026-10-06 LCR-1": "2026-10-05 LCR-1",
    }


@given(st.lists(st.tuples(NUMBERS, DAYS.map(str)), max_size=8, unique_by=lambda each: each[0]), st.randoms())
def test_of_the_late_reports_with_one_own_number_as_many_hold_as_there_are_originals(
    versions: list[tuple[str, str]], random: Random
) -> None:
    reports = [make_late(*each) for each in versions]
    random.shuffle(reports)
    replaced = find_replaced(reports)
    originals = sum(int(number) == 0 for number, _ in versions)
    assert len(set(replaced.values())) == len(replaced)
    assert len(reports) - len(replaced) == max(originals, min(len(reports), 1))
    assert replaced == find_replaced(sorted(reports, key=lambda report: report.filing_id))


def test_contributions_of_an_amended_496_are_replaced_though_their_sheet_leaves_its_number_out() -> None:
    days = ("000", "2026-10-20"), ("001", "2026-10-25")
    numbered = [make_late(*each, form="F496") for each in days]
    first, second = unnumbered = [make_late(*each, form="F496P3", ref=None) for each in days]
    replaced = find_replaced([*unnumbered, *numbered])
    assert replaced[second.filing_id] == first.filing_id
    assert replaced[numbered[1].filing_id] == numbered[0].filing_id


def test_contributions_that_may_be_of_two_reports_of_the_day_are_not_replaced() -> None:
    days = ("000", "2026-10-20"), ("001", "2026-10-25")
    numbered = [make_late(*each, form="F496", ref=ref) for each in days for ref in ("LCR-1", "LCR-2")]
    unnumbered = [make_late(*each, form="F496P3", ref=None) for each in days]
    assert find_replaced([*numbered, *unnumbered]).keys() == {numbered[2].filing_id, numbered[3].filing_id}


@pytest.mark.parametrize("forms", [("F496", "F496P3"), ("F496P3", "F496")])
def test_a_496_without_an_own_number_borrows_none_whatever_the_order_of_sheets(forms: tuple[str, str]) -> None:
    reports = Reports()
    for day in (("000", "2026-10-20"), ("001", "2026-10-25")):
        reports.add(make_late(*day, form="F496"))
        for form in forms:
            reports.add(make_late(*day, form=form, ref=None))
    amends = {str(item.values["filing_id"]): item.values.get("amends_filing_id") for item in reports.records()}
    assert amends["9946101-496-20261025-001"] is None
    assert amends["9946101-496-20261025-001-LCR-1"] == "9946101-496-20261020-000-LCR-1"


def late(title: str, number: int, amount: float, *parts: dict[str, Any], **values: Any) -> dict[str, Any]:
    amounts = {"497": "Amount", "496": "Amount", "F496P3-Contributions": "Tran_Amt1"}
    days = {"497": "Ctrib_Date", "496": "Exp_Date", "F496P3-Contributions": "Tran_Date"}
    own = {} if title == "F496P3-Contributions" else {"Rpt_ID_Num": "10/20/26-1"}
    return row(title, number, {amounts[title]: amount, days[title]: date(2026, 10, 19)}, own, *parts, **values)


def test_a_workbook_s_late_filings_say_what_they_amend() -> None:
    sheets: dict[str, list[dict[str, Any]]] = {title: [] for title in HEADERS}
    for title in ("496", "497", "F496P3-Contributions"):
        sheets[title] = [late(title, 1, 500.0, FIRST), late(title, 1, 600.0, SECOND)]
    filings = pick(parse({BOOK: make_workbook(sheets)}), "filings")
    assert {filing["filing_id"]: filing.get("amends_filing_id") for filing in filings} == {
        "9946101-496-20261020-000": None,
        "9946101-496-20261025-001": "9946101-496-20261020-000",
        "9946101-496-20261020-000-10~2F20~2F26-1": None,
        "9946101-496-20261025-001-10~2F20~2F26-1": "9946101-496-20261020-000-10~2F20~2F26-1",
        "9946101-497-20261020-000-10~2F20~2F26-1": None,
        "9946101-497-20261025-001-10~2F20~2F26-1": "9946101-497-20261020-000-10~2F20~2F26-1",
    }


def test_an_amended_late_report_counts_once_in_totals(run_clerk: Clerk, make_site: SiteMaker, tmp_path: Path) -> None:
    make_site("example.ca", netfile_excel={"agency": "DEMO"})
    rows = [late("497", 1, 500.0, FIRST), late("497", 1, 600.0, SECOND)]
    (tmp_path / "late.csv").write_bytes(make_csv("497", rows))
    assert run_clerk("finance", "etl", "example.ca", "--year", "2026", "--from", tmp_path / "late.csv").exit_code == 0
    totals = run_clerk("finance", "totals", "--json").line
    assert totals["contributions_cents"] == 60000
    assert totals["filed_contributions_cents"] == 50000
    told = run_clerk("finance", "amendments", "--json").line
    assert (told["basis"], told["edited"], told["unchanged"]) == ("reported", 1, 0)
