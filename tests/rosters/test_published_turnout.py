"""What was counted stands beside what the state publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.rosters.conftest import State, published, roster

MONDAY, TUESDAY = "2026-05-18", "2026-05-19"


@pytest.fixture
def state(folder: Path) -> State:
    """A site that holds three voters of Monday and two of Tuesday, one of them for the second time."""
    state = State(folder)
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "BROWN 1003 M S1"), MONDAY)
    state.load(roster("ADAMS 1004 M S1", "ADAMS 1001 P S1"), TUESDAY)
    return state


def publish(state: State, day: str, *lines: str) -> Any:
    return state.load(published(*lines), day, "TURNOUT")


def verified(state: State) -> int:
    """Return how many records the newest run verified."""
    return int(state.ask("SELECT records_verified FROM data_update_log ORDER BY id DESC LIMIT 1")[0][0])


def found(state: State) -> list[tuple[object, ...]]:
    return state.ask(
        f"SELECT severity, message, table_name, expected, actual FROM _clerk_findings WHERE run_id = {state.run}"
        " AND check_name = 'published_turnout'"
    )


def test_published_figures_are_told_by_channel(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 ")
    assert state.query("SELECT * FROM published_figures ORDER BY county, channel") == [
        {
            "source": "statelet",
            "election_id": "7",
            "county": county,
            "channel": channel,
            "vote_date": MONDAY,
            "value": value,
        }
        for county, channel, value in [("ADAMS", "in_person", 2), ("ADAMS", "mail", 0), ("BROWN", "in_person", 0)]
    ]


def test_figures_are_counted_up_to_each_published_day_each_voter_once(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0")
    publish(state, TUESDAY, "ADAMS 2 1")
    assert state.ask("SELECT county, channel, vote_date, value FROM counted_figures ORDER BY 3, 1, 2") == [
        ("ADAMS", "all", MONDAY, 2),
        ("ADAMS", "in_person", MONDAY, 2),
        ("BROWN", "all", MONDAY, 1),
        ("BROWN", "mail", MONDAY, 1),
        ("ADAMS", "all", TUESDAY, 3),
        ("ADAMS", "in_person", TUESDAY, 2),
        ("ADAMS", "mail", TUESDAY, 1),
        ("BROWN", "all", TUESDAY, 1),
        ("BROWN", "mail", TUESDAY, 1),
    ]


def test_nothing_is_set_beside_the_count_where_nothing_is_published(state: State) -> None:
    for view in ("published_figures", "counted_figures", "turnout_check"):
        assert state.ask(f"SELECT * FROM {view}") == []


def test_the_check_sets_every_published_figure_beside_the_count(state: State) -> None:
    publish(state, TUESDAY, "ADAMS 2 3", "BROWN 0 1", "CLAY 4 0")
    ask = "SELECT county, channel, published, counted, difference FROM turnout_check ORDER BY 1, 2"
    assert state.ask(ask) == [
        ("ADAMS", "in_person", 2, 2, 0),
        ("ADAMS", "mail", 3, 1, -2),
        ("BROWN", "in_person", 0, 0, 0),
        ("BROWN", "mail", 1, 1, 0),
        ("CLAY", "in_person", 4, 0, -4),
        ("CLAY", "mail", 0, 0, 0),
    ]


def test_the_check_follows_the_roster(state: State) -> None:
    publish(state, MONDAY, "ADAMS 3 0")
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "ADAMS 1009 P S1", "BROWN 1003 M S1"), MONDAY)
    assert state.ask("SELECT channel, difference FROM turnout_check") == [("in_person", 0), ("mail", 0)]


def test_nothing_is_verified_where_nothing_is_published(state: State) -> None:
    assert state.ask("SELECT records_verified FROM data_update_log") == [(0,), (0,)]


def test_rows_of_counties_that_agree_in_person_and_by_mail_are_verified(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 2")
    assert verified(state) == 1
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1"), MONDAY)
    assert verified(state) == 2


def test_a_county_that_agrees_in_person_alone_verifies_nothing(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 7")
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1"), MONDAY)
    assert verified(state) == 0


def test_a_county_that_is_not_published_verifies_nothing(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0")
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S2"), MONDAY)
    assert verified(state) == 2


def test_figures_of_the_second_day_are_compared_with_both_days(state: State) -> None:
    publish(state, TUESDAY, "ADAMS 2 1", "BROWN 0 1")
    assert (verified(state), found(state)) == (2, [])
    state.load(roster("ADAMS 1004 M S1", "ADAMS 1001 P S2"), TUESDAY)
    assert verified(state) == 2


def test_counties_that_agree_leave_no_finding(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 1")
    assert found(state) == []


def test_a_county_off_by_one_is_found_with_both_figures(state: State) -> None:
    publish(state, MONDAY, "ADAMS 3 0", "BROWN 0 1")
    message = "1 of 2 counties differ from the published figure: ADAMS in_person 2 against 3"
    assert found(state) == [("warning", message, "turnout_totals", "3", "2")]


def test_a_roster_loaded_after_the_report_is_compared_too(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 1")
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "BROWN 1003 M S1", "BROWN 1005 M S1"), MONDAY)
    message = "1 of 2 counties differ from the published figure: BROWN mail 2 against 1"
    assert found(state) == [("warning", message, "turnout_totals", "1", "2")]


def test_the_largest_differences_are_named_first_and_no_more_than_five(state: State) -> None:
    publish(state, MONDAY, *(f"C{number} {number} 0" for number in range(1, 8)))
    (finding,) = found(state)
    assert finding[1] == (
        "7 of 7 counties differ from the published figure: C7 in_person 0 against 7, C6 in_person 0 against 6,"
        " C5 in_person 0 against 5, C4 in_person 0 against 4, C3 in_person 0 against 3 and 2 more"
    )


def test_a_report_without_a_roster_is_not_compared(folder: Path) -> None:
    state = State(folder / "bare")
    publish(state, MONDAY, "ADAMS 2 0")
    assert (state.findings(), verified(state)) == ([], 0)


def test_cumulative_totals_that_fall_are_noted_and_accepted(folder: Path) -> None:
    state = State(folder / "bare")
    publish(state, MONDAY, "ADAMS 20 5", "BROWN 9 0")
    result = publish(state, TUESDAY, "ADAMS 18 5", "BROWN 10 0")
    message = "in_person_total falls on 1 county-days: ADAMS 20 to 18 on 2026-05-19"
    assert state.findings() == [("falling_total", "info", message)]
    assert str(result.outcome) == "changed"


def test_a_county_that_drops_out_of_the_report_is_held(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 1", "CLAY 0 0")
    result = publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 1", "DADE 0 0")
    message = "1 of 3 rows of county_turnout vanished, and none may; not applied"
    assert (str(result.outcome), result.message) == ("held", message)
    assert state.ask("SELECT county FROM county_turnout_effective") == [("ADAMS",), ("BROWN",), ("CLAY",)]


def test_an_unchanged_roster_is_still_verified(state: State) -> None:
    publish(state, MONDAY, "ADAMS 2 0")
    publish(state, MONDAY, "ADAMS 2 0", "BROWN 0 1")
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "BROWN 1003 M S1"), MONDAY)
    logged = state.ask(
        "SELECT records_verified FROM data_update_log WHERE data_source = 'EVR' ORDER BY id DESC LIMIT 1"
    )
    assert logged == [(3,)]
