from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_demo import Event, World, finance_world
from clerk_demo.amendments import KINDS
from clerk_demo.connect2 import COLUMNS

DAYS = 12
KEYS = ("NetFileKey", "FilingId")
Rows = dict[tuple[str, str], dict[str, str]]


@pytest.fixture(scope="module")
def world() -> World:
    return finance_world(1, "CSD", 2026, 300)


def events_of(world: World, kind: str, days: int = DAYS) -> list[Event]:
    return [event for day in range(days) for event in world.events(day) if event.kind == kind]


def rows_of(world: World, filing_id: str, day: int) -> Rows:
    rows = (row for row in world.connect2_rows(day) if row["FilingId"] == filing_id)
    return {(row["Form_Type"], row["Tran_Id"]): row for row in rows}


def both_sides(world: World, event: Event) -> tuple[Rows, Rows]:
    return rows_of(world, event.old_id, event.day - 1), rows_of(world, event.new_id, event.day)


def without_keys(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in COLUMNS if name not in KEYS)


def test_every_kind_happens_on_the_first_three_days(world: World) -> None:
    assert {event.kind for day in range(3) for event in world.events(day)} == set(KINDS)


def test_nothing_is_amended_on_day_0(world: World) -> None:
    assert world.events(0) == ()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(20, 400))
def test_the_counts_of_an_event_are_those_found_by_comparing_rows(seed: int, size: int) -> None:
    world = finance_world(seed, "CSD", 2026, size)
    for event in (event for day in range(5) for event in world.events(day)):
        old, new = both_sides(world, event)
        same = [key for key in old.keys() & new.keys() if without_keys(old[key]) == without_keys(new[key])]
        renumbered = {change.old_tran_id for change in event.changes if change.what == "renumbered"}
        assert (event.unchanged, event.unchanged + event.edited) == (len(same), len(old.keys() & new.keys()))
        assert event.dropped == len(old.keys() - new.keys()) - len(renumbered)
        assert event.new == len(new.keys() - old.keys()) - len(renumbered)


def test_an_edit_changes_the_columns_it_names_and_no_other(world: World) -> None:
    for event in (event for day in range(DAYS) for event in world.events(day)):
        old, new = both_sides(world, event)
        for change in (change for change in event.changes if change.what == "edited"):
            was, now = old[change.form, change.old_tran_id], new[change.form, change.new_tran_id]
            differing = {name for name in COLUMNS if name not in KEYS and was[name] != now[name]}
            assert differing == set(change.columns)


def test_texts_amounts_and_dates_are_edited(world: World) -> None:
    edited = {change.columns for event in events_of(world, "mixed") for change in event.changes if change.columns}
    assert edited == {("Tran_Dscr",), ("Calculated_Amount", "Tran_Amt1"), ("Calculated_Date", "Tran_Date")}


def test_a_mixed_amendment_has_changes_of_every_sort(world: World) -> None:
    event = events_of(world, "mixed")[0]
    assert {change.what for change in event.changes} == {"edited", "renumbered", "new", "dropped"}
    assert event.unchanged > 0


def test_a_renumbered_row_has_the_same_day_payee_and_amount(world: World) -> None:
    event = events_of(world, "mixed")[0]
    old, new = both_sides(world, event)
    (change,) = (change for change in event.changes if change.what == "renumbered")
    was, now = old[change.form, change.old_tran_id], new[change.form, change.new_tran_id]
    assert without_keys(was | {"Tran_Id": now["Tran_Id"]}) == without_keys(now) != without_keys(was)


def test_again_amends_a_filing_that_was_itself_an_amendment(world: World) -> None:
    (event,) = events_of(world, "again", 3)
    assert (event.version, event.old_id in {earlier.new_id for earlier in world.events(1)}) == (2, True)


def test_an_amendment_may_change_no_row_at_all(world: World) -> None:
    event = events_of(world, "equal")[0]
    old, new = both_sides(world, event)
    assert [without_keys(row) for row in old.values()] == [without_keys(row) for row in new.values()]
    assert not {row["NetFileKey"] for row in old.values()} & {row["NetFileKey"] for row in new.values()}


def test_an_amendment_may_keep_no_row_at_all(world: World) -> None:
    event = events_of(world, "other")[0]
    old, new = both_sides(world, event)
    assert not {(row["Tran_Date"], row["Tran_NamL"], row["Calculated_Amount"]) for row in old.values()} & {
        (row["Tran_Date"], row["Tran_NamL"], row["Calculated_Amount"]) for row in new.values()
    }
    assert not old.keys() & new.keys()


def test_a_withdrawn_filing_has_no_successor(world: World) -> None:
    event = events_of(world, "withdrawn")[0]
    assert (event.new_id, event.dropped) == ("", len(rows_of(world, event.old_id, event.day - 1)))
    assert event.report not in [filing.report for filing in world.in_force(event.day)]
    assert event.report not in [filing.report for filing in world.versions(event.day)]


def test_two_late_reports_of_one_committee_are_amended_on_the_same_day(world: World) -> None:
    events = events_of(world, "twins", 2)
    assert Counter((event.committee, event.report.form) for event in events).most_common(1)[0][1] == 2
    assert len({event.report.serial for event in events}) == 2


def test_all_versions_of_a_report_stay_and_are_numbered_from_0(world: World) -> None:
    numbers = defaultdict(list)
    for filing in world.versions(DAYS):
        numbers[filing.key].append(filing.version)
    assert all(versions == list(range(len(versions))) for versions in numbers.values())
    assert max(map(len, numbers.values())) >= 3


def test_large_worlds_see_more_amendments_a_day() -> None:
    assert len(finance_world(1, "CSD", 2026, 20_000).events(3)) > len(finance_world(1, "CSD", 2026, 300).events(3))
