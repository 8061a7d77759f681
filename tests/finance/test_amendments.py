"""Amendments: told by the publisher or inferred, and taken back with the run that brought them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import BYSTANDERS, Desk, filing, gift, late, line

OLD = [gift("1", str(number), 1000 + number) for number in range(12)]
NEW = [
    *(gift("2", str(number), 1000 + number) for number in range(10)),
    gift("2", "10", 1010, tran_dscr="corrected"),
    gift("2", "99", 1011, tran_naml="Donor 11"),
    gift("2", "100", 5),
]


def states(desk: Desk) -> dict[str, tuple[Any, ...]]:
    rows = desk.ask("SELECT filing_id, superseded_by, basis, in_force, original FROM filing_states ORDER BY filing_id")
    return {row.pop("filing_id"): tuple(row.values()) for row in rows}


def test_a_filing_that_came_back_under_a_new_number_is_told_as_amended(desk: Desk) -> None:
    desk.load(*OLD)
    result = desk.load(*NEW, on=2)
    assert result.notes == ("filing 1 amended by 2: 10 rows unchanged, 1 edited, 1 renumbered, 1 new (inferred)",)
    assert result.message == (
        "13 transactions added (A 13); 12 transactions disappeared (A 12); 1 filing added; 1 filing disappeared."
        " filing 1 amended by 2: 10 rows unchanged, 1 edited, 1 renumbered, 1 new (inferred)"
    )
    assert states(desk) == {"1": ("2", "inferred", 0, 1), "2": (None, None, 1, 0)}


def test_old_rows_say_what_superseded_them(desk: Desk) -> None:
    desk.load(*OLD)
    desk.load(*NEW, on=2)
    told = "SELECT tran_id, kind, columns, superseded_by, new_tran_id FROM superseded_transactions"
    assert desk.ask(f"{told} WHERE kind <> 'unchanged' ORDER BY kind") == [
        {"tran_id": "10", "kind": "edited", "columns": "tran_dscr", "superseded_by": "2", "new_tran_id": "10"},
        {"tran_id": "11", "kind": "renumbered", "columns": None, "superseded_by": "2", "new_tran_id": "99"},
    ]


def test_a_filing_whose_rows_all_come_back_is_no_turnover(desk: Desk) -> None:
    """Without the amendment, twelve of twelve rows replaced would be held."""
    desk.load(*OLD)
    assert str(desk.load(*NEW, on=2).outcome) == "changed"


def test_a_filing_that_comes_back_with_no_equal_row_is_held_as_turnover(desk: Desk) -> None:
    desk.load(*OLD)
    result = desk.load(*(gift("2", f"n{number}", 7 + number) for number in range(12)), on=2)
    assert (str(result.outcome), result.message) == (
        "held",
        "12 of 12 rows of transactions would be replaced (limit 50%); not applied",
    )


NOT_INFERRED = {
    "no equal row": [gift("2", "1", 7)],
    "another filer": [gift("2", "1", 1001, filer_local_id="F2")],
    "another period": [gift("2", "1", 1001, filing_end="2026-05-31")],
    "another form": [gift("2", "1", 1001, form_type="F461P5")],
}


@pytest.mark.parametrize("new", NOT_INFERRED.values(), ids=NOT_INFERRED)
def test_what_only_looks_alike_is_no_amendment(desk: Desk, new: list[Any]) -> None:
    desk.load(gift("1", "1", 1001), *BYSTANDERS)
    assert desk.load(*new, *BYSTANDERS, on=2).notes == ()
    assert desk.ask("SELECT * FROM amendments") == []


def test_late_reports_are_never_merged(desk: Desk) -> None:
    desk.load(late("1", "1", 1001), *BYSTANDERS)
    assert desk.load(late("2", "1", 1001), *BYSTANDERS, on=2).notes == ()


def test_a_filing_that_vanishes_before_the_other_appears_is_no_amendment(desk: Desk) -> None:
    desk.load(gift("1", "1", 1), *BYSTANDERS)
    assert str(desk.load(*BYSTANDERS, on=2).outcome) == "changed"
    assert desk.load(gift("2", "1", 1), *BYSTANDERS, on=3).notes == ()


def test_of_two_candidates_the_one_with_more_equal_rows_took_the_place(desk: Desk) -> None:
    desk.load(gift("1", "1", 1), gift("1", "2", 2), *BYSTANDERS)
    more = [gift("3", "1", 1), gift("3", "2", 2)]
    desk.load(gift("2", "1", 1), *more, *BYSTANDERS, on=2)
    assert desk.ask("SELECT filing_id, amended_by FROM amendments") == [{"filing_id": "1", "amended_by": "3"}]


def test_two_filings_of_one_period_are_paired_one_for_one(desk: Desk) -> None:
    desk.load(gift("1", "1", 1), gift("2", "2", 2), *BYSTANDERS)
    result = desk.load(gift("3", "1", 1), gift("4", "2", 2), *BYSTANDERS, on=2)
    assert result.notes == (
        "filing 1 amended by 3: 1 row unchanged (inferred)",
        "filing 2 amended by 4: 1 row unchanged (inferred)",
    )


def test_an_amendment_of_an_amendment_is_told_once_each(desk: Desk) -> None:
    desk.load(gift("1", "1", 1), *BYSTANDERS)
    desk.load(gift("2", "1", 1), *BYSTANDERS, on=2)
    result = desk.load(gift("3", "1", 1), *BYSTANDERS, on=3)
    assert result.notes == ("filing 2 amended by 3: 1 row unchanged (inferred)",)
    assert [row["amended_by"] for row in desk.ask("SELECT amended_by FROM amendments ORDER BY 1")] == ["2", "3"]
    assert [row["original"] for row in desk.ask("SELECT original FROM filing_states ORDER BY filing_id")] == [
        1,
        0,
        0,
        1,
    ]


def test_what_the_publisher_says_of_amendments_is_taken_from_it(desk: Desk) -> None:
    told = [filing("1-000", filed_on="2026-07-01"), filing("1-001", filed_on="2026-07-20", amends_filing_id="1-000")]
    result = desk.load(gift("1-000", "1", 100), gift("1-001", "1", 150), *told)
    assert result.notes == ("filing 1-000 amended by 1-001: 0 rows unchanged, 1 edited",)
    assert states(desk) == {"1-000": ("1-001", "reported", 0, 1), "1-001": (None, None, 1, 0)}
    assert desk.ask("SELECT superseded_on FROM filing_states WHERE filing_id = '1-000'") == [
        {"superseded_on": "2026-07-20"}
    ]


def test_an_undo_takes_the_amendment_back(desk: Desk) -> None:
    desk.load(*OLD)
    before = {table: desk.ask(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in ("filer_totals", "amendments")}
    desk.load(*NEW, on=2)
    desk.undo()
    after = {table: desk.ask(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in before}
    assert states(desk) == {"1": (None, None, 1, 1)}
    assert [{**row, "run_id": 0} for row in after["filer_totals"]] == [
        {**row, "run_id": 0} for row in before["filer_totals"]
    ]
    assert after["amendments"] == []


def test_an_undo_of_the_undo_brings_it_back(desk: Desk) -> None:
    desk.load(*OLD)
    desk.load(*NEW, on=2)
    desk.undo()
    desk.undo()
    assert states(desk) == {"1": ("2", "inferred", 0, 1), "2": (None, None, 1, 0)}
    assert [row["amended_by"] for row in desk.ask("SELECT amended_by FROM amendments")] == ["2"]


def test_a_withdrawn_filing_ends_without_a_successor(desk: Desk) -> None:
    desk.load(gift("1", "1", 1), *BYSTANDERS)
    desk.load(*BYSTANDERS, on=5)
    assert desk.ask("SELECT ended_on, superseded_by, in_force FROM filing_states WHERE filing_id = '1'") == [
        {"ended_on": "2026-08-05", "superseded_by": None, "in_force": 0}
    ]


def test_an_unchanged_pull_computes_nothing_anew(desk: Desk) -> None:
    desk.load(*OLD, line("1", "A", "1", 1))
    desk.load(*OLD, line("1", "A", "1", 1), on=2)
    assert {row["run_id"] for row in desk.ask("SELECT run_id FROM filer_totals")} == {1}


FORK = [
    filing("1", filed_on="2026-07-01"),
    filing("2", filed_on="2026-07-05", amends_filing_id="1"),
    filing("3", filed_on="2026-07-09", amends_filing_id="1"),
]


def test_of_two_that_amend_the_same_filing_the_later_follows_the_other(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), gift("2", "1", 100), gift("3", "1", 100), *FORK)
    assert states(desk) == {
        "1": ("2", "reported", 0, 1),
        "2": ("3", "reported", 0, 0),
        "3": (None, None, 1, 0),
    }


def test_a_filing_whose_amendment_is_withdrawn_holds_again(desk: Desk) -> None:
    first, amendment = gift("1", "1", 100), gift("2", "1", 150)
    desk.load(first, amendment, filing("2", amends_filing_id="1"), *BYSTANDERS)
    desk.load(first, *BYSTANDERS, on=5)
    assert states(desk)["1"] == (None, None, 1, 1)
    assert held(desk, "1") == [("2026-08-05", None)]
    assert held(desk, "2") == [("2026-08-01", "2026-08-05")]


def held(desk: Desk, filing_id: str) -> list[tuple[Any, ...]]:
    asked = f"SELECT held_from, held_until FROM filing_days WHERE filing_id = '{filing_id}' ORDER BY 1"
    return [tuple(row.values()) for row in desk.ask(asked)]


def test_a_filing_that_came_back_held_twice_and_is_the_first_version(desk: Desk) -> None:
    first, other = gift("1", "1", 100), gift("2", "1", 200)
    desk.load(first, *BYSTANDERS)
    desk.load(other, *BYSTANDERS, on=2)
    desk.load(first, *BYSTANDERS, on=3)
    assert held(desk, "1") == [("2026-08-01", "2026-08-02"), ("2026-08-03", None)]
    assert states(desk)["1"] == (None, None, 1, 1)
    assert states(desk)["2"] == (None, None, 0, 0)


def test_filings_that_amend_each_other_in_a_circle_all_hold(desk: Desk) -> None:
    circle = [filing("1", amends_filing_id="2"), filing("2", amends_filing_id="1")]
    desk.load(gift("1", "1", 100), gift("2", "1", 100), *circle)
    assert states(desk) == {"1": (None, None, 1, 1), "2": (None, None, 1, 1)}
