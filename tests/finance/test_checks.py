"""Checks of filings: what is found names the filer, the filing, the rows and both sums, and mends nothing."""

from __future__ import annotations

import json

import pytest

from clerkcore import Scope

from .conftest import Desk, gift, late, line

WHO = "Ada Demo for Mayor 2026, filing 1"


def page(**amounts: int | None) -> list[tuple[str, dict[str, object]]]:
    """A Form 460 summary page that adds up, but for what is said of its lines."""
    sound: dict[str, int | None] = {"l1": 100, "l2": 20, "l3": 120, "l4": 5, "l5": 125, "l6": 60, "l7": 1, "l8": 61}
    sound |= {"l9": 2, "l10": 3, "l11": 66}
    return [line("1", "F460", name[1:], cents) for name, cents in {**sound, **amounts}.items()]  # type: ignore[misc]


def test_a_sound_summary_page_makes_no_finding(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), *page())
    assert desk.findings("form_460_identity") == []


@pytest.mark.parametrize(
    ("wrong", "message", "expected", "actual"),
    [
        ({"l3": 121, "l5": 126}, "line 3 of its summary page is not the sum of lines 1 + 2", "$1.20", "$1.21"),
        ({"l5": 1}, "line 5 of its summary page is not the sum of lines 3 + 4", "$1.25", "$0.01"),
        ({"l8": 0, "l11": 5}, "line 8 of its summary page is not the sum of lines 6 + 7", "$0.61", "$0.00"),
        ({"l11": -66}, "line 11 of its summary page is not the sum of lines 8 + 9 + 10", "$0.66", "-$0.66"),
    ],
    ids=["3", "5", "8", "11"],
)
def test_a_summary_page_that_does_not_add_up_is_told_and_kept(
    desk: Desk, wrong: dict[str, int], message: str, expected: str, actual: str
) -> None:
    result = desk.load(gift("1", "1", 100), *page(**wrong))
    (found,) = desk.findings("form_460_identity")
    assert (found["message"], found["expected"], found["actual"]) == (f"{WHO}: {message}", expected, actual)
    assert (found["severity"], str(result.outcome)) == ("warning", "changed")


def test_an_empty_cell_of_a_summary_page_is_not_judged(desk: Desk) -> None:
    """On a paper amendment it may mean "unchanged", not zero."""
    desk.load(gift("1", "1", 100), *page(l2=None))
    assert desk.findings("form_460_identity") == []


@pytest.mark.parametrize("form", ["A", "C", "E", "I"])
def test_rows_that_do_not_add_up_to_line_1_are_told_with_both_sums(desk: Desk, form: str) -> None:
    rows = [gift("1", "1", 100, form_type=form), gift("1", "2", 30, form_type=form)]
    desk.load(*rows, line("1", form, "1", 150))
    (found,) = desk.findings("summary_line_1")
    assert found["message"] == f"{WHO}: the 2 rows of schedule {form} do not add up to line 1 of its summary page"
    assert (found["expected"], found["actual"]) == ("$1.50", "$1.30")


def test_rows_without_an_amount_are_named(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", None), gift("1", "3", None), line("1", "A", "1", 150))
    (found,) = desk.findings("summary_line_1")
    assert found["message"].endswith("of its summary page; without an amount: 2, 3")
    assert json.loads(found["row_keys"]) == ["1/A/2", "1/A/3"]


def test_rows_that_add_up_make_no_finding(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", None), line("1", "A", "1", 100), line("1", "C", "1", 0))
    assert desk.findings("summary_line_1") == []


def test_an_amended_filing_is_checked_against_its_own_page(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), line("1", "A", "1", 100))
    desk.load(gift("2", "1", 100), gift("2", "2", 50), line("2", "A", "1", 100), on=2)
    (found,) = desk.findings("summary_line_1")
    assert found["message"].startswith("Ada Demo for Mayor 2026, filing 2: the 2 rows of schedule A")


def test_money_in_the_future_is_told(desk: Desk) -> None:
    desk.load(gift("1", "1", 100, calculated_date="2026-08-02"), gift("1", "2", 100, calculated_date="2026-06-30"))
    (found,) = desk.findings("date_in_future")
    assert found["message"] == f"{WHO}: 1 row of $1.00 dated after the day the data was taken: A 1 on 2026-08-02"
    assert json.loads(found["row_keys"]) == ["1/A/1"]


def test_a_date_before_the_law_is_told(desk: Desk) -> None:
    desk.load(gift("1", "1", 100, calculated_date="1926-02-01"))
    (found,) = desk.findings("date_impossible")
    assert "dated before the Political Reform Act of 1974: A 1 on 1926-02-01" in found["message"]


def test_a_date_after_the_period_of_a_460_is_told(desk: Desk) -> None:
    desk.load(gift("1", "1", 100, calculated_date="2026-07-03"), late("9", "1", 5, calculated_date="2026-07-03"))
    (found,) = desk.findings("date_after_period")
    assert found["message"] == f"{WHO}: 1 row of $1.00 dated after the period of the filing: A 1 on 2026-07-03"


def test_equal_rows_of_one_filing_are_told_as_possible_duplicates(desk: Desk) -> None:
    same = {"tran_naml": "Bo Test"}
    desk.load(gift("1", "1", 100, **same), gift("1", "2", 100, **same), gift("1", "3", 101, **same))
    (found,) = desk.findings("possible_duplicate")
    assert found["message"] == f"{WHO}: 1 group of equal rows on schedule A, $1.00 if each stood once: 1 = 2"
    assert found["severity"] == "info"


def test_a_clean_filing_makes_no_finding_at_all(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), *page(), line("1", "A", "1", 100))
    assert desk.ask("SELECT * FROM _clerk_findings") == []


def test_a_schedule_without_any_row_does_not_add_up_to_line_1(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), line("1", "A", "1", 100), line("1", "E", "1", 500_000), line("1", "C", "1", 0))
    (found,) = desk.findings("summary_line_1")
    assert found["message"] == f"{WHO}: schedule E has no rows that add up to line 1 of its summary page"
    assert (found["expected"], found["actual"]) == ("$5,000.00", "$0.00")
    assert json.loads(found["row_keys"]) == ["1/E/1"]


def test_summary_pages_alone_are_not_checked_against_rows(desk: Desk) -> None:
    desk.load(*page(), line("1", "E", "1", 500_000))
    assert desk.findings("summary_line_1") == []


def test_possible_duplicates_are_named_where_a_tran_id_has_spaces(desk: Desk) -> None:
    desk.load(gift("1", "INC 1", 100, tran_naml="S"), gift("1", "INC 2", 100, tran_naml="S"))
    (found,) = desk.findings("possible_duplicate")
    assert found["message"].endswith(": INC 1 = INC 2")
    assert json.loads(found["row_keys"]) == ["1/A/INC 1", "1/A/INC 2"]


OTHER = {"filer_local_id": "F2", "filer_state_id": "1400002", "filer_name": "Bo for Council"}


def crossed(desk: Desk) -> list[tuple[str, str, str]]:
    rows = desk.findings("cross_check")
    return [(row["message"].partition(":")[0], row["expected"], row["actual"]) for row in rows]


def test_a_filer_that_the_cross_check_lacks_is_told(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100), gift("2", "1", 300, **OTHER))
    two_sources.load(gift("1", "1", 100), source="twin")
    assert crossed(two_sources) == [("Bo for Council (1400002), 2026", "$3.00 of county", "- of twin")]


def test_a_filer_that_the_believed_source_lacks_is_told(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("1", "1", 100), gift("2", "1", 300, **OTHER), source="twin")
    assert crossed(two_sources) == [("Bo for Council (1400002), 2026", "- of county", "$3.00 of twin")]


def test_a_filer_of_no_money_that_one_source_lacks_is_no_difference(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100), gift("2", "1", 0, **OTHER))
    two_sources.load(gift("1", "1", 100), source="twin")
    assert crossed(two_sources) == []


def test_both_sums_are_told_where_two_sources_differ(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100), gift("1", "2", 40, form_type="E"))
    two_sources.load(gift("1", "1", 130), gift("1", "2", 40, form_type="E"), source="twin")
    (found,) = two_sources.findings("cross_check")
    assert found["message"] == (
        "Ada Demo for Mayor 2026 (1400001), 2026: contributions differ between county, which the totals read, and twin"
    )
    assert (found["expected"], found["actual"]) == ("$1.00 of county", "$1.30 of twin")


def test_a_year_that_one_source_lacks_is_not_compared(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.benches["twin"].scope = Scope("2025", {"year": "2025"})
    two_sources.load(
        gift("9", "1", 5, calculated_date="2025-02-01", filing_start="2025-01-01", filing_end="2025-06-30"),
        source="twin",
    )
    assert crossed(two_sources) == []


def test_a_filer_whose_number_is_written_with_a_hyphen_is_the_same_filer(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100, filer_state_id="99-1330"))
    two_sources.load(gift("1", "1", 100, filer_state_id="991330"), source="twin")
    assert crossed(two_sources) == []


def test_a_filer_whose_number_is_zeros_is_not_compared(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("1", "1", 100), gift("2", "1", 5, **{**OTHER, "filer_state_id": "0000000"}), source="twin")
    assert crossed(two_sources) == []
