"""Totals by county and precinct follow the rows, whatever becomes of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rosters.conftest import HEADER, MEMORY, MailState, State, districts, roster

from clerkcore.errors import UsageError

MONDAY, TUESDAY, WEDNESDAY = "2026-05-18", "2026-05-19", "2026-05-20"
OPEN = {"shrink_limit": 1.0, "turnover_limit": 1.0, "quarantine_limit": 1.0}


@pytest.fixture
def counted(make_open: State) -> State:
    """A site that holds three voters of one day."""
    make_open.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1"))
    return make_open


@pytest.fixture
def make_open(folder: Path) -> State:
    return State(folder, **OPEN)


def precincts(state: State) -> list[tuple[object, ...]]:
    return state.ask(
        "SELECT county, precinct, voting_method, vote_date, ballots, listed FROM precinct_totals"
        " ORDER BY vote_date, county, precinct, voting_method"
    )


def test_a_first_load_is_counted_by_county_and_precinct(counted: State) -> None:
    assert counted.turnout() == [("ADAMS", "early", MONDAY, 2, 2), ("BROWN", "absentee-mail", MONDAY, 1, 1)]
    assert precincts(counted) == [
        ("ADAMS", "S1", "early", MONDAY, 1, 1),
        ("ADAMS", "S2", "early", MONDAY, 1, 1),
        ("BROWN", "S1", "absentee-mail", MONDAY, 1, 1),
    ]


def test_a_total_tells_its_scope_election_and_party(counted: State) -> None:
    assert counted.query("SELECT * FROM turnout_totals WHERE county = 'BROWN'") == [
        {
            "source": "statelet",
            "scope": f"7/EVR/{MONDAY}",
            "election_id": "7",
            "county": "BROWN",
            "party": "REP",
            "voting_method": "absentee-mail",
            "vote_date": MONDAY,
            "ballots": 1,
            "listed": 1,
            "run_id": 1,
            "removed_run_id": None,
        }
    ]


def test_a_voter_who_is_added_is_added_to_the_totals(counted: State) -> None:
    counted.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1", "ADAMS 1004 P S2"))
    assert counted.turnout()[0] == ("ADAMS", "early", MONDAY, 3, 3)
    assert precincts(counted)[1] == ("ADAMS", "S2", "early", MONDAY, 2, 2)


def test_a_voter_of_another_precinct_moves_between_precincts_alone(counted: State) -> None:
    before = [row[:4] for row in counted.turnout()]
    counted.load(roster("ADAMS 1001 P S2", "ADAMS 1002 P S2", "BROWN 1003 M S1"))
    assert [row[:4] for row in counted.turnout()] == before
    assert precincts(counted)[0] == ("ADAMS", "S2", "early", MONDAY, 2, 2)


def test_a_voter_of_another_county_moves_between_counties(counted: State) -> None:
    counted.load(roster("CLAY 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1"))
    assert counted.turnout() == [
        ("ADAMS", "early", MONDAY, 1, 1),
        ("BROWN", "absentee-mail", MONDAY, 1, 1),
        ("CLAY", "early", MONDAY, 1, 1),
    ]


def test_a_county_whose_last_voter_disappears_has_no_total(counted: State) -> None:
    counted.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2"))
    assert counted.turnout() == [("ADAMS", "early", MONDAY, 2, 2)]


def test_a_voter_who_comes_back_is_counted_again(counted: State) -> None:
    before = counted.turnout()
    counted.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2"))
    counted.load(roster("ADAMS 1002 P S2", "ADAMS 1001 P S1", "BROWN 1003 M S1"))
    assert counted.turnout() == before


def test_an_undo_brings_the_totals_back(counted: State) -> None:
    before = counted.turnout(), precincts(counted)
    counted.load(roster("ADAMS 1001 P S2", "BROWN 1002 P S2", "CLAY 1004 M S9"))
    counted.undo(2)
    assert (counted.turnout(), precincts(counted)) == before


def test_an_undo_of_the_first_load_leaves_no_total(counted: State) -> None:
    counted.undo(1)
    assert (counted.turnout(), precincts(counted)) == ([], [])


def test_a_roster_that_was_taken_back_can_be_counted_anew(counted: State) -> None:
    counted.undo(1)
    counted.load(roster("ADAMS 1001 P S1"))
    assert counted.turnout() == [("ADAMS", "early", MONDAY, 1, 1)]


def test_an_earlier_day_that_is_loaded_again_late_leaves_the_later_day_alone(counted: State) -> None:
    counted.load(roster("ADAMS 1005 P S1"), TUESDAY)
    counted.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2", "BROWN 1003 M S1", "ADAMS 1006 P S1"))
    assert [row for row in counted.turnout() if row[0] == "ADAMS"] == [
        ("ADAMS", "early", MONDAY, 3, 3),
        ("ADAMS", "early", TUESDAY, 1, 1),
    ]


def test_a_roster_dated_before_the_rows_is_refused_and_not_counted(counted: State) -> None:
    before = counted.turnout()
    with pytest.raises(UsageError, match="keeps no history by filing, and its rows rest on a newer capture"):
        counted.bench().load({"file.csv": roster("ADAMS 1009 P S1").encode()}, datetime(2020, 1, 1, tzinfo=UTC))
    assert counted.turnout() == before


def test_ballots_without_a_precinct_are_counted_under_an_empty_one(state: State) -> None:
    state.load(f'{HEADER}ADAMS,"A",1001,P,\nADAMS,"B",1002,P,  \n')
    assert precincts(state) == [("ADAMS", "", "early", MONDAY, 2, 2)]


def test_exact_duplicates_count_once(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1001 P S1"))
    assert state.turnout() == [("ADAMS", "early", MONDAY, 1, 1)]


def test_ballots_that_were_not_accepted_count_for_nothing(mail_state: MailState) -> None:
    mail_state.load(
        "id,returned,status,county\n1001,5/4/2026,ok,ADAMS\n1002,5/4/2026,void,ADAMS\n1003,5/5/2026,ok,CLAY\n"
    )
    assert mail_state.turnout() == [
        ("ADAMS", "absentee-mail", "2026-05-04", 1, 1),
        ("CLAY", "absentee-mail", "2026-05-05", 1, 1),
    ]


def test_a_ballot_that_is_accepted_later_counts_from_then_on(mail_state: MailState) -> None:
    mail_state.load("id,returned,status,county\n1001,5/4/2026,ok,ADAMS\n1002,5/4/2026,void,ADAMS\n")
    mail_state.load("id,returned,status,county\n1001,5/4/2026,void,ADAMS\n1002,5/4/2026,ok,ADAMS\n")
    assert mail_state.turnout() == [("ADAMS", "absentee-mail", "2026-05-04", 1, 1)]
    assert mail_state.ask("SELECT voter_id FROM roster_effective") == [("1002",)]


@pytest.mark.parametrize("table", ["precinct_totals", "turnout_totals", "roster_overlaps", "district_totals"])
def test_a_computed_table_that_was_made_anew_is_filled_for_every_day(counted: State, table: str) -> None:
    counted.load(districts("congress ADAMS S1 4"), "", "DISTRICTS")
    counted.load(roster("ADAMS 1001 P S1", "ADAMS 1007 P S1"), TUESDAY)
    ask = f"SELECT * FROM {table} ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"
    before = [{**row, "run_id": 0} for row in counted.query(ask)]
    with closing(sqlite3.connect(counted.folder / "site" / "voters.db")) as connection:
        connection.execute(f"DROP TABLE {table}")
    counted.load(roster(), WEDNESDAY)
    assert [{**row, "run_id": 0} for row in counted.query(ask)] == before
    assert before


ROWS = st.tuples(
    st.sampled_from(["ADAMS", "BROWN"]), st.integers(1001, 1005), st.sampled_from("PM"), st.sampled_from(["S1", "S2"])
)
# A roster to load, or which of the day's runs is taken back: the newest that stands, or the newest of all.
STEPS = st.one_of(st.lists(ROWS, max_size=7), st.sampled_from(["undo", "redo"]))
SEQUENCES = st.lists(st.tuples(st.sampled_from([MONDAY, TUESDAY, WEDNESDAY]), STEPS), min_size=3, max_size=8)


@given(SEQUENCES)
@settings(max_examples=25, deadline=None)
def test_totals_equal_a_recount_after_any_loads_and_undos(
    sequence: list[tuple[str, list[tuple[str, ...]] | str]],
) -> None:
    with TemporaryDirectory(dir=MEMORY) as folder:
        state = State(Path(folder), **OPEN)
        state.load(districts("congress ADAMS S1 4", "congress BROWN * 5"), "", "DISTRICTS")
        for day, step in sequence:
            if isinstance(step, str):
                take_back(state, day, newest=step == "redo")
            else:
                state.load(roster(*(" ".join(map(str, row)) for row in step)), day)
            assert_recounted(state)


def take_back(state: State, day: str, *, newest: bool) -> None:
    standing = "1" if newest else "undoes_run_id IS NULL AND undone_by_run_id IS NULL"
    runs = state.ask(f"SELECT run_id FROM _clerk_runs WHERE scope = '7/EVR/{day}' AND {standing} ORDER BY run_id DESC")
    if runs:
        state.undo(runs[0][0], day)


RANKED = (
    "SELECT *, row_number() OVER (PARTITION BY voter_id ORDER BY vote_date, scope, voting_method) AS place"
    " FROM roster WHERE removed_run_id IS NULL"
)
COUNTIES = "scope, election_id, county, party, voting_method, vote_date"
PRECINCTS = f"{COUNTIES}, precinct"
DISTRICTS = (
    "SELECT CASE WHEN county = 'BROWN' THEN '5' WHEN precinct = 'S1' THEN '4' ELSE '' END AS district,"
    " sum(place = 1) FROM ({ranked}) GROUP BY 1 ORDER BY 1"
)


def assert_recounted(state: State) -> None:
    for table, group in (("turnout_totals", COUNTIES), ("precinct_totals", PRECINCTS)):
        counted = state.ask(f"SELECT {group}, ballots, listed FROM {table} ORDER BY {group}")
        assert counted == state.ask(
            f"SELECT {group}, sum(place = 1), count(*) FROM ({RANKED}) GROUP BY {group} ORDER BY {group}"
        )
    each = "SELECT voter_id, scope, vote_date, voting_method FROM"
    effective = state.ask(f"{each} roster_effective ORDER BY voter_id")
    assert effective == state.ask(f"{each} ({RANKED}) WHERE place = 1 ORDER BY voter_id")
    assert state.ask("SELECT coalesce(sum(ballots), 0) FROM turnout_totals") == [(len(effective),)]
    by_district = "SELECT district, sum(ballots) FROM district_totals GROUP BY district ORDER BY district"
    assert state.ask(by_district) == state.ask(DISTRICTS.format(ranked=RANKED))
