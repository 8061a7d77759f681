"""Totals as filed, as amended and as of a day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkcore import Scope
from clerkcore.finance.questions import Asked, read_candidates, read_totals
from clerkcore.finance.views import MOST_DONORS
from clerkcore.store.database import read_database

from .conftest import BYSTANDERS, YEAR, County, Desk, filing, gift, late, line

COUNTED = ("contributions_cents", "late_contributions_cents", "expenditures_cents", "support_cents", "oppose_cents")


def as_of(desk: Desk, day: str) -> dict[str, int]:
    bench = desk.benches["county"]
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        rows = read_totals(connection, Asked(as_of=day))
    return {row["filer_local_id"]: row["contributions_cents"] for row in rows}


def totals(desk: Desk, *columns: str) -> tuple[Any, ...]:
    (row,) = desk.ask(f"SELECT {', '.join(columns)} FROM totals_by_filer WHERE filer_local_id = 'F1'")
    return tuple(row.values())


def test_contributions_are_schedules_a_and_c(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", 20, form_type="C"), gift("1", "3", 5, form_type="I"))
    assert totals(desk, *COUNTED) == (120, 0, 0, 0, 0)


def test_expenditures_are_schedule_e_and_neither_d_nor_g(desk: Desk) -> None:
    desk.load(gift("1", "1", 100, form_type="E"), gift("1", "1", 100, form_type="D"), gift("1", "1", 1, form_type="G"))
    assert totals(desk, *COUNTED) == (0, 0, 100, 0, 0)


def test_only_ind_is_independent(desk: Desk) -> None:
    rows = [
        gift("1", str(number), 10**number, form_type="D", tran_code=code, sup_opp_cd=side, cand_naml="Bo Test")
        for number, (code, side) in enumerate([("IND", "S"), ("IND", "O"), ("MON", "S"), ("IKD", "S"), (None, "S")])
    ]
    desk.load(*rows)
    assert totals(desk, "support_cents", "oppose_cents") == (1, 10)
    assert [row["tran_id"] for row in desk.ask("SELECT tran_id FROM independent_expenditures ORDER BY 1")] == ["0", "1"]
    assert [row["tran_id"] for row in desk.ask("SELECT tran_id FROM committee_contributions ORDER BY 1")] == ["2", "3"]


def test_a_memo_is_not_added(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", 7, memo_code=1))
    assert totals(desk, "contributions_cents") == (100,)
    assert len(desk.ask("SELECT * FROM contributions")) == 1


def test_an_empty_amount_adds_nothing_and_is_counted(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", None))
    assert totals(desk, "contributions_cents") == (100,)
    assert desk.ask("SELECT row_count, blank_count FROM filing_totals") == [{"row_count": 2, "blank_count": 1}]


LATE = [
    late("9", "L1", 500, calculated_date="2026-03-03"),
    late("9", "L2", 70, "F497P2", calculated_date="2026-03-03"),
    late("8", "L3", 11, "F496", calculated_date="2026-03-03", sup_opp_cd="O", cand_naml="Bo Test"),
    late("8", "L4", 2, "F496P3", calculated_date="2026-03-03"),
]


def test_a_late_report_counts_while_no_460_covers_its_day(desk: Desk) -> None:
    desk.load(*LATE)
    assert totals(desk, *COUNTED) == (502, 502, 81, 0, 11)
    assert {row["kind"] for row in desk.ask("SELECT kind FROM contributions")} == {"late"}


def test_a_late_report_is_counted_once_against_the_next_460(desk: Desk) -> None:
    desk.load(*LATE)
    desk.load(*LATE, gift("1", "L1", 500, calculated_date="2026-03-03"), on=2)
    assert totals(desk, *COUNTED) == (500, 0, 0, 0, 0)
    assert [row["kind"] for row in desk.ask("SELECT kind FROM contributions")] == ["monetary"]


def test_a_460_of_another_period_or_filer_covers_no_late_report(desk: Desk) -> None:
    before = gift("1", "1", 100, filing_end="2026-02-28")
    others = gift("2", "1", 100, filer_local_id="F2")
    desk.load(*LATE, before, others)
    assert totals(desk, "contributions_cents", "late_contributions_cents") == (602, 502)


def test_a_late_row_in_two_late_reports_counts_once(desk: Desk) -> None:
    desk.load(
        late("9", "L1", 500), late("8", "L1", 500), late("7", "L1", 500, "F496P3"), late("7", "L2", 500, "F496P3")
    )
    assert totals(desk, "contributions_cents") == (1000,)


def test_as_filed_keeps_what_an_amendment_changed(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", 200))
    desk.load(gift("2", "1", 100), gift("2", "2", 250), on=2)
    assert totals(desk, "filed_contributions_cents", "contributions_cents") == (300, 350)


@pytest.mark.parametrize(
    ("day", "cents"), [("2026-07-31", {}), ("2026-08-01", {"F1": 300}), ("2026-08-04", {"F1": 300})]
)
def test_as_of_a_day_is_what_the_publisher_held_on_it(desk: Desk, day: str, cents: dict[str, int]) -> None:
    desk.load(gift("1", "1", 100), gift("1", "2", 200))
    desk.load(gift("2", "1", 100), gift("2", "2", 250), on=5)
    assert as_of(desk, day) == cents
    assert as_of(desk, "2026-08-05") == {"F1": 350}


@pytest.mark.parametrize(
    ("day", "cents"), [("2026-07-09", {}), ("2026-07-10", {"F1": 100}), ("2026-07-20", {"F1": 150})]
)
def test_as_of_a_day_goes_by_the_filing_date_where_the_publisher_says_it(
    desk: Desk, day: str, cents: dict[str, int]
) -> None:
    told = [filing("1-000", filed_on="2026-07-10"), filing("1-001", filed_on="2026-07-20", amends_filing_id="1-000")]
    desk.load(gift("1-000", "1", 100), gift("1-001", "1", 150), *told)
    assert as_of(desk, day) == cents


def test_as_of_a_day_a_late_report_counts_until_the_460_is_there(desk: Desk) -> None:
    desk.load(LATE[0])
    desk.load(LATE[0], gift("1", "L1", 400, calculated_date="2026-03-03"), on=5)
    assert (as_of(desk, "2026-08-04"), as_of(desk, "2026-08-05")) == ({"F1": 500}, {"F1": 400})


ROLLED_BACK = {"2026-08-01": 100, "2026-08-02": 200, "2026-08-03": 100, "2026-08-04": 100}
GAP = {"2026-08-01": 5, "2026-08-02": None, "2026-08-03": 5}


def test_as_of_each_day_an_amendment_that_is_taken_back_counts_while_it_held(desk: Desk) -> None:
    first, amendment = gift("1", "1", 100), gift("2", "1", 200)
    desk.load(first, *BYSTANDERS)
    desk.load(amendment, *BYSTANDERS, on=2)
    desk.load(first, *BYSTANDERS, on=3)
    assert {day: as_of(desk, day).get("F1") for day in ROLLED_BACK} == ROLLED_BACK
    assert totals(desk, "filed_contributions_cents", "contributions_cents") == (100, 100)


def test_as_of_a_day_on_which_a_filing_was_away_it_counts_nothing(desk: Desk) -> None:
    desk.load(gift("1", "1", 5), *BYSTANDERS)
    desk.load(*BYSTANDERS, on=2)
    desk.load(gift("1", "1", 5), *BYSTANDERS, on=3)
    assert {day: as_of(desk, day).get("F1") for day in GAP} == GAP


def test_the_order_of_arrival_changes_no_name(desk: Desk, tmp_path: Path) -> None:
    gone = {"filer_local_id": "G", "filer_name": "Gone", "filer_state_id": "999"}
    captures = {1: (gift("2", "1", 100, **gone), *BYSTANDERS), 2: tuple(BYSTANDERS)}
    other = Desk(tmp_path / "other", County)
    for number in (1, 2):
        desk.load(*captures[number], on=number)
        other.load(*captures[3 - number], on=3 - number)
    asked = "SELECT filer_name, filer_state_id FROM filer_totals WHERE filer_local_id = 'G'"
    assert desk.ask(asked) == other.ask(asked) == [{"filer_name": "Gone", "filer_state_id": "999"}]


def test_a_late_row_without_an_amount_or_a_filer_adds_nothing(desk: Desk) -> None:
    blank = late("8", "1", None, cand_naml="Demo", cand_namf="Ada")
    desk.load(blank, late("7", "1", 5, filer_local_id=None, filer_name=None), gift("1", "1", 100))
    assert totals(desk, "contributions_cents") == (100,)
    assert desk.ask("SELECT contributions_cents FROM filer_totals WHERE filer_local_id = ''") == [
        {"contributions_cents": 5}
    ]


@pytest.mark.parametrize("form", ["F461P5", "F465P3"])
def test_a_461_or_465_covers_no_late_report(desk: Desk, form: str) -> None:
    desk.load(*LATE, gift("1", "1", 500, form_type=form))
    assert totals(desk, *COUNTED) == (502, 502, 81, 0, 11)


def test_as_filed_a_late_report_that_is_filed_again_counts_as_it_was_first(desk: Desk) -> None:
    desk.load(late("9", "L1", 100))
    desk.load(late("8", "L1", 150), on=2)
    assert totals(desk, "filed_contributions_cents", "contributions_cents") == (100, 150)


def test_top_donors_are_those_of_each_year(desk: Desk) -> None:
    many = [gift("1", str(number), 100 + number) for number in range(MOST_DONORS + 1)]
    desk.load(*many, gift("1", "x", 7, tran_naml="The smallest"))
    smallest = "SELECT count(*) AS count, min(amount_cents) AS least FROM top_donors"
    assert desk.ask(smallest) == [{"count": MOST_DONORS, "least": 101}]


def test_the_filers_own_summary_page_stands_beside_the_rows(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), line("1", "F460", "5", 130), line("1", "F460", "11", 40), line("1", "A", "1", 100))
    assert totals(desk, "summary_contributions_cents", "summary_expenditures_cents") == (130, 40)
    assert desk.ask("SELECT form_type, summary_cents, itemised_cents, difference_cents FROM form_460_summary") == [
        {"form_type": "A", "summary_cents": 100, "itemised_cents": 100, "difference_cents": 0}
    ]


def test_totals_by_candidate_tell_for_against_and_the_own_committee(desk: Desk) -> None:
    about = {
        "cand_naml": "Demo",
        "cand_namf": "Ada",
        "filer_local_id": "F2",
        "filer_name": "Friends",
        "office_cd": "MAY",
    }
    rows = [
        gift("2", "1", 30, form_type="D", tran_code="IND", sup_opp_cd="S", **about),
        gift(
            "2",
            "2",
            4,
            form_type="D",
            tran_code="IND",
            sup_opp_cd="O",
            **{**about, "cand_naml": "ADA DEMO", "cand_namf": None},
        ),
        gift("2", "3", 500, form_type="D", tran_code="MON", sup_opp_cd="S", **about),
    ]
    desk.load(gift("1", "1", 100), gift("1", "2", 9, form_type="E"), *rows)
    columns = "candidate, support_cents, oppose_cents, given_cents, raised_cents, spent_cents, committees"
    assert desk.ask(f"SELECT {columns} FROM totals_by_candidate") == [
        {
            "candidate": "Ada Demo",
            "support_cents": 30,
            "oppose_cents": 4,
            "given_cents": 500,
            "raised_cents": 100,
            "spent_cents": 9,
            "committees": "Ada Demo for Mayor 2026",
        }
    ]
    bench = desk.benches["county"]
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        (then,) = read_candidates(connection, Asked(as_of="2026-08-01"))
        assert read_candidates(connection, Asked(as_of="2026-07-31")) == []
    assert (then["support_cents"], then["raised_cents"]) == (30, 100)


def test_donors_are_merged_by_name_with_their_variants(desk: Desk) -> None:
    desk.load(
        gift("1", "1", 100, tran_naml="Marriott International, Inc."),
        gift("1", "2", 50, tran_naml="MARRIOTT INTERNATIONAL INC"),
        gift("1", "3", 7, tran_naml="Boling", tran_namf="C. April"),
        gift("1", "4", 7, tran_naml="April Boling"),
    )
    found = desk.ask("SELECT variants, contributions, amount_cents FROM donors ORDER BY amount_cents DESC")
    assert [(row["contributions"], row["amount_cents"]) for row in found] == [(2, 150), (2, 14)]
    assert found[1]["variants"] in ('["C. April Boling","April Boling"]', '["April Boling","C. April Boling"]')


def test_money_is_told_by_week_zip_and_sector(desk: Desk) -> None:
    desk.load(
        gift("1", "1", 100, calculated_date="2026-02-04", tran_zip4="92101-1234", tran_occ="Attorney"),
        gift("1", "2", 50, calculated_date="2026-02-08", tran_zip4="92101", tran_emp="N/A", tran_occ="Retired"),
        gift("1", "3", 7, calculated_date="2026-02-09", tran_occ="n/a"),
    )
    assert desk.ask("SELECT week, amount_cents FROM money_by_week ORDER BY week") == [
        {"week": "2026-02-02", "amount_cents": 150},
        {"week": "2026-02-09", "amount_cents": 7},
    ]
    assert desk.ask("SELECT zip5, amount_cents FROM money_by_zip WHERE zip5 IS NOT NULL") == [
        {"zip5": "92101", "amount_cents": 150}
    ]
    assert {row["sector"]: row["amount_cents"] for row in desk.ask("SELECT * FROM money_by_sector")} == {
        "law": 100,
        "retired": 50,
        "not told": 7,
    }


def test_of_two_sources_of_one_year_the_first_named_is_believed(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100), source="twin")
    assert totals(two_sources, "source", "contributions_cents") == ("twin", 100)
    two_sources.load(gift("x", "1", 130))
    assert totals(two_sources, "source", "contributions_cents") == ("county", 130)
    assert len(two_sources.ask("SELECT * FROM contributions")) == 1


def test_differences_between_two_sources_are_findings(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("x", "1", 130), source="twin")
    (found,) = two_sources.findings("cross_check")
    assert (found["message"], found["expected"], found["actual"], found["severity"]) == (
        "Ada Demo for Mayor 2026 (1400001), 2026: contributions differ between county, which the totals read, and twin",
        "$1.00 of county",
        "$1.30 of twin",
        "warning",
    )


def test_two_sources_that_agree_make_no_finding(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("x", "1", 100), source="twin")
    assert two_sources.findings("cross_check") == []


def test_filers_without_an_id_are_told_apart_by_name(desk: Desk) -> None:
    without = {"filer_local_id": None, "filer_state_id": None}
    desk.load(
        gift("1", "1", 100, **without, filer_name="Friends of Ada"), gift("2", "1", 5, **without, filer_name="Yes on X")
    )
    assert desk.ask("SELECT filer_local_id, filer_name, contributions_cents FROM totals_by_filer") == [
        {"filer_local_id": "noid_friends_of_ada", "filer_name": "Friends of Ada", "contributions_cents": 100},
        {"filer_local_id": "noid_yes_on_x", "filer_name": "Yes on X", "contributions_cents": 5},
    ]


def test_a_candidate_without_a_committee_raised_nothing_that_is_known(desk: Desk) -> None:
    desk.load(gift("1", "1", 30, form_type="D", tran_code="IND", sup_opp_cd="S", cand_naml="Nobody", cand_namf="Known"))
    assert desk.ask("SELECT raised_cents, spent_cents, committees FROM totals_by_candidate") == [
        {"raised_cents": None, "spent_cents": None, "committees": None}
    ]


DECEMBER = late("9", "L1", 500, calculated_date="2025-12-30")


def test_a_late_report_of_december_does_not_count_while_the_year_before_is_unknown(desk: Desk) -> None:
    desk.load(DECEMBER, gift("1", "1", 100))
    assert totals(desk, "contributions_cents", "late_contributions_cents") == (100, 0)


def test_a_late_report_of_december_counts_while_the_year_before_is_there_and_does_not_cover_it(desk: Desk) -> None:
    bench = desk.benches["county"]
    bench.scope = Scope("2025", {"year": "2025"})
    desk.load(gift("0", "1", 7, calculated_date="2025-02-01", filing_start="2025-01-01", filing_end="2025-06-30"))
    bench.scope = YEAR
    desk.load(DECEMBER, gift("1", "1", 100))
    late_now = "SELECT late_contributions_cents AS cents FROM totals_by_filer WHERE year = 2026"
    assert desk.ask(late_now) == [{"cents": 500}]
