"""Districts are imported, and their totals follow the map and the rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.rosters.conftest import HEADER, State, Statelet, districts, roster

from clerkcore.errors import UsageError
from clerkcore.fetch import Archive, OfflineClient
from clerkcore.rosters import make_scope

MONDAY, TUESDAY = "2026-05-18", "2026-05-19"


@pytest.fixture
def state(folder: Path) -> State:
    """A site that holds four voters of three precincts."""
    state = State(folder, shrink_limit=1.0, quarantine_limit=1.0)
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "ADAMS 1003 P S2", "BROWN 1004 M S1"))
    return state


def import_map(state: State, *lines: str) -> None:
    state.load(districts(*lines), "", "DISTRICTS")


def totals(state: State) -> list[tuple[object, ...]]:
    return state.ask(
        "SELECT district_type, district, basis, voting_method, vote_date, ballots FROM district_totals"
        " ORDER BY district_type, vote_date, district, basis, voting_method"
    )


def test_without_a_map_there_are_no_district_totals(state: State) -> None:
    assert totals(state) == []


def test_a_precinct_stands_before_its_county_and_that_before_none(state: State) -> None:
    import_map(state, "congress ADAMS S1 4", "congress ADAMS  5")
    assert totals(state) == [
        ("congress", "", "none", "absentee-mail", MONDAY, 1),
        ("congress", "4", "precinct", "early", MONDAY, 2),
        ("congress", "5", "county", "early", MONDAY, 1),
    ]


def test_a_total_tells_its_scope_and_election(state: State) -> None:
    import_map(state, "congress BROWN S1 4")
    assert state.query("SELECT * FROM district_totals WHERE district = '4'") == [
        {
            "source": "statelet",
            "scope": f"7/EVR/{MONDAY}",
            "election_id": "7",
            "district_type": "congress",
            "district": "4",
            "basis": "precinct",
            "party": "REP",
            "voting_method": "absentee-mail",
            "vote_date": MONDAY,
            "ballots": 1,
            "run_id": 2,
            "removed_run_id": None,
        }
    ]


@pytest.mark.parametrize("anywhere", ["", "*", "  "])
def test_an_empty_precinct_or_a_star_stands_for_the_whole_county(state: State, anywhere: str) -> None:
    state.load(f"district_type,county,precinct,district\ncongress,adams,{anywhere},5\n", "", "DISTRICTS")
    assert state.bench("", "DISTRICTS").rows()["district_map"] == [
        {"district_type": "congress", "county": "ADAMS", "precinct": "", "district": "5"}
    ]
    assert totals(state)[1] == ("congress", "5", "county", "early", MONDAY, 3)


def test_ballots_without_a_precinct_are_of_their_county(state: State) -> None:
    state.load(f"{HEADER}CLAY,x,2001,P,\n", TUESDAY)
    import_map(state, "congress CLAY S1 4", "congress CLAY * 5")
    assert totals(state)[-1] == ("congress", "5", "county", "early", TUESDAY, 1)


def test_a_precinct_that_both_write_with_two_spaces_is_the_same(state: State) -> None:
    state.load(f"{HEADER}CLAY,x,2001,P,S  1 \n", TUESDAY)
    state.load("district_type,county,precinct,district\ncongress,CLAY, S  1,4\n", "", "DISTRICTS")
    assert totals(state)[-1] == ("congress", "4", "precinct", "early", TUESDAY, 1)


def test_each_kind_of_district_sums_to_all_ballots(state: State) -> None:
    import_map(state, "congress ADAMS S1 4", "house ADAMS * 11", "house BROWN S1 12")
    ask = "SELECT district_type, sum(ballots) FROM district_totals GROUP BY 1 ORDER BY 1"
    assert state.ask(ask) == [("congress", 4), ("house", 4)]


def test_an_import_counts_the_rosters_of_every_day(state: State) -> None:
    state.load(roster("ADAMS 1005 P S1", "ADAMS 1001 P S1"), TUESDAY)
    import_map(state, "congress ADAMS * 4", "congress BROWN * 4")
    assert totals(state) == [
        ("congress", "4", "county", "absentee-mail", MONDAY, 1),
        ("congress", "4", "county", "early", MONDAY, 3),
        ("congress", "4", "county", "early", TUESDAY, 1),
    ]


def test_a_roster_loaded_after_the_map_is_counted(state: State) -> None:
    import_map(state, "congress ADAMS * 4", "congress BROWN * 5")
    state.load(roster("ADAMS 1001 P S1", "BROWN 1004 M S1", "BROWN 1005 M S1"))
    assert totals(state) == [
        ("congress", "4", "county", "early", MONDAY, 1),
        ("congress", "5", "county", "absentee-mail", MONDAY, 2),
    ]


def test_a_voter_whose_counting_moves_is_moved_between_districts(state: State) -> None:
    import_map(state, "congress ADAMS * 4", "congress BROWN * 5")
    state.load(roster("BROWN 1003 P S1"), TUESDAY)
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S1", "BROWN 1004 M S1"), MONDAY)
    assert [row for row in totals(state) if row[3] == "early"] == [
        ("congress", "4", "county", "early", MONDAY, 2),
        ("congress", "5", "county", "early", TUESDAY, 1),
    ]


def test_another_map_counts_everything_again(state: State) -> None:
    import_map(state, "congress ADAMS S1 4", "congress ADAMS S2 4", "congress BROWN S1 5")
    import_map(state, "congress ADAMS S1 4", "congress ADAMS S2 5", "congress BROWN S1 5")
    assert [(row[1], row[3], row[5]) for row in totals(state)] == [
        ("4", "early", 2),
        ("5", "absentee-mail", 1),
        ("5", "early", 1),
    ]


def test_a_kind_that_the_new_map_lacks_is_counted_no_more(state: State) -> None:
    import_map(state, "congress ADAMS * 4", "house ADAMS * 11")
    import_map(state, "house ADAMS * 11")
    assert {row[0] for row in totals(state)} == {"house"}


def test_an_undo_of_a_map_brings_back_the_totals_by_the_map_before(state: State) -> None:
    import_map(state, "congress ADAMS * 4")
    before = totals(state)
    import_map(state, "congress ADAMS * 5", "congress BROWN * 6")
    state.undo(3, "", "DISTRICTS")
    assert totals(state) == before


def test_an_undo_of_the_first_map_leaves_no_district_totals(state: State) -> None:
    import_map(state, "congress ADAMS * 4")
    state.undo(2, "", "DISTRICTS")
    assert totals(state) == []


def test_columns_that_nobody_asked_for_are_left_alone(state: State) -> None:
    text = "note,district,district_type,precinct,county\nhello,4,congress,S1, brown \n"
    state.load(text, "", "DISTRICTS")
    assert state.bench("", "DISTRICTS").rows()["district_map"] == [
        {"district_type": "congress", "county": "BROWN", "precinct": "S1", "district": "4"}
    ]


def test_a_map_without_a_column_is_refused_and_changes_nothing(state: State) -> None:
    import_map(state, "congress ADAMS * 4")
    before = totals(state)
    message = state.refused("district_type,county,precinct,number\ncongress,ADAMS,S1,4\n", "", "DISTRICTS")
    assert message.startswith("statelet file.csv: lacks the column 'district'; columns it has instead: number")
    assert totals(state) == before


@pytest.mark.parametrize(
    ("line", "column"),
    [("congress ADAMS S2 ", "district"), (" ADAMS S2 4", "district_type"), ("congress  S2 4", "county")],
    ids=["district", "kind", "county"],
)
def test_a_line_that_lacks_something_goes_to_quarantine(state: State, line: str, column: str) -> None:
    import_map(state, "congress ADAMS S1 4", line)
    ask = "SELECT scope, line, rule, column_name, value, message FROM _clerk_quarantine"
    assert state.ask(ask) == [("DISTRICTS", 3, f"bad_{column}", column, "", f"{column} is empty")]


def test_two_districts_of_one_precinct_go_to_quarantine_both(state: State) -> None:
    import_map(state, "congress ADAMS S1 4", "congress ADAMS S1 5", "congress BROWN S1 6")
    ask = "SELECT line, rule, message FROM _clerk_quarantine"
    message = "the capture holds different records of district_type congress, county ADAMS, precinct S1"
    assert state.ask(ask) == [(2, "conflicting_key", message), (3, "conflicting_key", message)]


def test_districts_are_never_fetched(folder: Path) -> None:
    with pytest.raises(UsageError, match="districts are imported, not fetched"):
        Statelet().fetch(make_scope("DISTRICTS", ""), OfflineClient(Archive(folder)))
