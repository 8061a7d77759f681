"""A voter who is listed more than once counts once, and the overlap is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.rosters.conftest import State, roster, voters

MONDAY, TUESDAY, WEDNESDAY = "2026-05-18", "2026-05-19", "2026-05-20"


@pytest.fixture
def state(folder: Path) -> State:
    return State(folder, shrink_limit=1.0, turnover_limit=1.0)


def overlaps(state: State) -> list[tuple[object, ...]]:
    """Voter, day of the row that counts for nothing, day and county of the one that counts."""
    return state.ask(
        "SELECT voter_id, vote_date, voting_method, counted_date, counted_county FROM roster_overlaps"
        " ORDER BY vote_date, voting_method, voter_id"
    )


def effective(state: State) -> list[tuple[object, ...]]:
    return state.ask("SELECT voter_id, vote_date, voting_method, county FROM roster_effective ORDER BY voter_id")


def test_a_voter_of_two_days_counts_on_the_first(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1"), TUESDAY)
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("ADAMS", "early", TUESDAY, 1, 2)]
    assert effective(state) == [("1001", MONDAY, "early", "ADAMS"), ("1002", TUESDAY, "early", "ADAMS")]


def test_a_voter_of_two_days_is_a_finding(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    result = state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1"), TUESDAY)
    message = f"1 ballots are of voters listed twice, also in 7/EVR/{MONDAY} (1); each voter counts once"
    assert (str(result.outcome), result.findings, state.findings()) == ("changed", 1, [("overlap", "warning", message)])


def test_an_overlap_tells_both_rows(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 M S2"), TUESDAY)
    assert state.query("SELECT * FROM roster_overlaps") == [
        {
            "source": "statelet",
            "scope": f"7/EVR/{TUESDAY}",
            "voter_id": "1001",
            "vote_date": TUESDAY,
            "voting_method": "absentee-mail",
            "election_id": "7",
            "county": "BROWN",
            "precinct": "S2",
            "party": "REP",
            "counted_scope": f"7/EVR/{MONDAY}",
            "counted_date": MONDAY,
            "counted_county": "ADAMS",
            "run_id": 2,
            "removed_run_id": None,
        }
    ]


def test_a_voter_of_two_counties_is_a_finding_that_names_both(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1", "BROWN 1002 P S1", "CLAY 1003 P S1"), TUESDAY)
    assert state.findings()[1:] == [
        ("two_counties", "warning", "2 voters are listed in two counties: ADAMS and BROWN (2)"),
        ("missing_county", "warning", "counties of the day before are not in it: ADAMS (2 the day before)"),
    ]


def test_a_voter_of_two_counties_counts_in_the_first(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("BROWN", "early", TUESDAY, 0, 1)]


def test_a_voter_of_two_methods_on_one_day_counts_by_the_first_in_the_alphabet(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1001 M S1"))
    assert overlaps(state) == [("1001", MONDAY, "early", MONDAY, "ADAMS")]
    assert effective(state) == [("1001", MONDAY, "absentee-mail", "ADAMS")]


def test_a_voter_of_three_days_leaves_two_overlaps_with_the_first(state: State) -> None:
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        state.load(roster("ADAMS 1001 P S1"), day)
    assert overlaps(state) == [
        ("1001", TUESDAY, "early", MONDAY, "ADAMS"),
        ("1001", WEDNESDAY, "early", MONDAY, "ADAMS"),
    ]


def test_the_later_row_counts_once_the_earlier_one_is_gone(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    state.load(roster("ADAMS 1002 P S1"), MONDAY)
    assert overlaps(state) == []
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("BROWN", "early", TUESDAY, 1, 1)]


def test_an_overlap_goes_with_the_later_row(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1", "BROWN 1002 P S1"), TUESDAY)
    state.load(roster("BROWN 1002 P S1"), TUESDAY)
    assert overlaps(state) == []
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("BROWN", "early", TUESDAY, 1, 1)]


def test_an_earlier_day_that_arrives_late_takes_the_counting_over(state: State) -> None:
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    assert overlaps(state) == [("1001", TUESDAY, "early", MONDAY, "ADAMS")]
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("BROWN", "early", TUESDAY, 0, 1)]


def test_an_undo_of_the_earlier_day_moves_the_counting_and_its_own_undo_moves_it_back(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    before = overlaps(state), state.turnout()
    state.undo(1, MONDAY)
    assert (overlaps(state), state.turnout()) == ([], [("BROWN", "early", TUESDAY, 1, 1)])
    state.undo(3, MONDAY)
    assert (overlaps(state), state.turnout()) == before


def test_an_undo_of_the_later_day_takes_the_overlap_away(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    state.undo(2, TUESDAY)
    assert (overlaps(state), state.turnout()) == ([], [("ADAMS", "early", MONDAY, 1, 1)])


def test_an_overlap_follows_the_county_of_the_row_that_counts(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    state.load(roster("CLAY 1001 P S1"), MONDAY)
    assert overlaps(state) == [("1001", TUESDAY, "early", MONDAY, "CLAY")]


def test_an_overlap_follows_its_own_row(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.load(roster("BROWN 1001 P S1"), TUESDAY)
    state.load(roster("CLAY 1001 P S7"), TUESDAY)
    assert state.ask("SELECT county, precinct FROM roster_overlaps") == [("CLAY", "S7")]
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1), ("CLAY", "early", TUESDAY, 0, 1)]


def test_a_voter_of_another_election_is_no_overlap(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1"), MONDAY)
    state.election = "71"
    state.load(roster("ADAMS 1001 P S1"), TUESDAY)
    assert (overlaps(state), state.findings()) == ([], [])


def test_nothing_is_found_where_every_voter_is_listed_once(state: State) -> None:
    state.load(roster(*voters("ADAMS", 1001, 3)), MONDAY)
    state.load(roster(*voters("ADAMS", 1004, 3)), TUESDAY)
    assert (overlaps(state), state.findings()) == ([], [])
