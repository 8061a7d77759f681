"""The names of reports, and which one replaces which."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_finance_netfile.reports import Report, find_replaced, name_filer, name_report, read_cover
from clerkcore import Location

AT = Location("book.xlsx", 2)
DAYS = st.sampled_from(["", "2026-01-01", "2026-06-30", "2026-07-31"])
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["000", "001", "1", "-", "_", "~", "1-460-20260101", "Pending", "10/20/26", "~2F", "000-x"]
)
NUMBERS = st.from_regex(r"\A(00[0-9]|[0-9]{1,2})\Z")


def make_report(
    number: str = "000",
    *,
    filer: str = "9946101",
    name: str = "Parks",
    start: str = "2026-01-01",
    end: str = "2026-06-30",
    filed: str = "2026-07-31",
    form: str = "A",
    ref: str | None = None,
) -> Report:
    cover = {"Filer_ID": filer, "Filer_NamL": name, "Report_Num": number, "Rpt_Date": filed}
    return name_report(read_cover({**cover, "From_Date": start, "Thru_Date": end}), form, ref, AT)


REPORTS = st.builds(
    make_report, TEXTS, filer=TEXTS, name=TEXTS.map(lambda text: f"n{text}"), start=DAYS, end=DAYS, filed=DAYS,
    form=st.sampled_from(["A", "F460", "F461P5", "F461", "F465P3"]),
) | st.builds(
    make_report, TEXTS, filer=TEXTS, name=TEXTS.map(lambda text: f"n{text}"), start=DAYS, end=DAYS, filed=DAYS,
    form=st.sampled_from(["F496", "F496P3", "F497P1"]), ref=st.none() | TEXTS.filter(str.strip),
)  # fmt: skip


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (make_report("001", filer="1405474"), "1405474-460-20260101-20260630-001"),
        (make_report(form="F461P5"), "9946101-461-20260101-20260630-000"),
        (make_report(form="F450"), "9946101-450-20260101-20260630-000"),
        (make_report(form="F497P2", start="", end="", ref="10/20/26"), "9946101-497-20260731-000-10~2F20~2F26"),
        (make_report(form="F496", ref="LCR-1"), "9946101-496-20260731-20260101_20260630-000-LCR-1"),
        (make_report(form="F496P3", start="", end=""), "9946101-496-20260731-000"),
        (make_report(start="", end=""), "9946101-460-20260731-000"),
        (make_report("", start="", end="", filed=""), "9946101-460-_-_"),
        (make_report(filer="99-1330"), "99~2D1330-460-20260101-20260630-000"),
        (make_report(filer="", name="Ann Example"), "noid_ann_example_5cd7de17-460-20260101-20260630-000"),
    ],
)
def test_a_report_is_named_by_filer_form_and_period_or_day(report: Report, expected: str) -> None:
    assert report.filing_id == expected


@given(REPORTS)
def test_a_name_can_stand_in_an_address(report: Report) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", report.filing_id)


@given(REPORTS, REPORTS)
def test_two_reports_share_a_name_only_where_the_export_tells_no_difference(one: Report, other: Report) -> None:
    def told(report: Report) -> tuple[object, ...]:
        cover = report.cover
        late = report.family in ("496", "497")
        filed = cover.filed_on if late or not (cover.start and cover.end) else None
        return cover.filer, report.family, cover.start, cover.end, filed, cover.report_num, report.ref

    assert (one.filing_id == other.filing_id) == (told(one) == told(other))


@pytest.mark.parametrize("placeholder", ["", "Pending", "PENDING", "Applied", "0000000", "n/a"])
def test_a_placeholder_is_no_number(placeholder: str) -> None:
    assert name_filer(placeholder or None, "Ann  EXAMPLE") == "noid_ann_example_5cd7de17"
    assert name_filer(placeholder or None, "安") == name_filer(None, "安") != name_filer(None, "全")


@given(st.lists(NUMBERS, max_size=8, unique_by=int), st.randoms())
def test_each_version_replaces_the_one_before_it_whatever_their_order(numbers: list[str], random: object) -> None:
    reports = [make_report(number) for number in numbers]
    in_order = sorted(reports, key=lambda report: int(report.cover.report_num or ""))
    random.shuffle(reports)  # type: ignore[attr-defined]
    assert find_replaced(reports) == {later.filing_id: earlier.filing_id for earlier, later in pairwise(in_order)}


@given(st.lists(REPORTS, max_size=20))
def test_a_chain_never_forks_never_joins_and_never_leaves_its_filer_and_form(reports: list[Report]) -> None:
    by_name = {report.filing_id: report for report in reports}
    replaced = find_replaced(by_name.values())
    assert len(set(replaced.values())) == len(replaced)
    for later, earlier in replaced.items():
        assert later != earlier
        assert by_name[later].cover.filer == by_name[earlier].cover.filer
        assert by_name[later].family == by_name[earlier].family
        assert by_name[later].chain == by_name[earlier].chain
        assert by_name[later].unnumbered == by_name[earlier].unnumbered


@pytest.mark.parametrize(
    "versions",
    [
        [make_report("000", start="", end=""), make_report("001", start="", end="")],
        [make_report("000"), make_report("001", end="2026-05-31")],
        [make_report("000"), make_report("001", filer="9946102")],
        [make_report("000"), make_report("001", form="F461P5")],
        [make_report("000"), make_report("final")],
        [make_report("000", form="F496P3"), make_report("001", form="F496P3")],
        [make_report("000", form="F496", ref="1"), make_report("001", form="F496", ref="2")],
        [make_report("000", form="F497P1", ref="1"), make_report("001", form="F496", ref="1")],
        [make_report("000", form="F497P1", ref="1"), make_report("001", filer="9946102", form="F497P1", ref="1")],
        [make_report("000", form="F497P1"), make_report("001", form="F497P1", filed="2026-08-01")],
    ],
    ids=["no period", "another period", "another filer", "another form", "no number", "no own number",
         "another own number",
         "another late form", "another filer of a late report", "late reports without an own number"],
)  # fmt: skip
def test_reports_that_nothing_ties_together_replace_each_other_not(versions: list[Report]) -> None:
    assert find_replaced(versions) == {}
