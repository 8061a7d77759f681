"""What is sensitive stays out of quarantine, messages and logs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.rosters.conftest import HEADER, State, roster, voters

HIDDEN = "the value, which is sensitive, broke this rule"
KEPT = ("_clerk_quarantine", "_clerk_asides", "_clerk_findings", "_clerk_runs", "_clerk_duplicates", "data_update_log")


def told(state: State) -> str:
    """Return all that the database keeps beside the rows."""
    return " ".join(repr(state.query(f"SELECT * FROM {table}")) for table in KEPT)


@pytest.mark.parametrize("voter_id", ["A234", "123", "12345", "1²34", "", "1 34", "-123"])
def test_an_id_that_is_none_goes_to_quarantine_without_its_value(state: State, voter_id: str) -> None:
    state.load(f'{roster(*voters("ADAMS", 1001, 30))}ADAMS,"NAME, A",{voter_id},P,S1\n')
    ask = "SELECT page, line, rule, column_name, value, message FROM _clerk_quarantine"
    assert state.ask(ask) == [("file.csv", 32, "bad_voter_id", "voter_id", "", HIDDEN)]
    assert state.turnout() == [("ADAMS", "early", "2026-05-18", 30, 30)]


def test_an_unknown_method_goes_to_quarantine_with_its_value(state: State) -> None:
    state.load(roster(*voters("ADAMS", 1001, 30), "ADAMS 4001 X S1"))
    ask = "SELECT line, rule, column_name, value, message FROM _clerk_quarantine"
    message = "'X' is no method that is known"
    assert state.ask(ask) == [(32, "bad_voting_method", "voting_method", "X", message)]


def test_lines_that_contradict_each_other_go_to_quarantine_without_the_voter(state: State) -> None:
    state.load(roster(*voters("ADAMS", 1001, 60), "ADAMS 4001 P S1", "CLAY 4001 P S2"))
    ask = "SELECT line, rule, column_name, value, message FROM _clerk_quarantine"
    message = "the capture holds different records of one voter_id, voting_method early"
    assert state.ask(ask) == [
        (62, "conflicting_key", "voting_method", "early", message),
        (63, "conflicting_key", "voting_method", "early", message),
    ]


BAD = (
    'ADAMS,"SECRET, A",7777X,P,S1',
    'ADAMS,"SECRET, A",77771,P,S1',
    'ADAMS,"SECRET, A",7777,P',
    'ADAMS,"SECRET, A",7777,P,S1,MORE',
    'DADE,"SECRET, A",7777,P,S1',
    'ADAMS,"SECRET, A",7777,X,S1',
    'ADAMS,"SECRET" A",7777,P,S1',
    'ADAMS,"SECRET',
    'ADAMS,"SECRET, A",7777,P,S1',
    'CLAY,"SECRET, B",7777,P,S1',
    "ADAMS,SEC\rRET,7777,P,S1",
)
GOOD = "CLAY,x,1001,P,S1"


@pytest.mark.parametrize("limit", [0.05, 1.0], ids=["for its bad lines", "for its county"])
def test_no_name_and_no_id_is_told_of_a_roster_that_is_held(make_state: Callable[..., State], limit: float) -> None:
    state = make_state(quarantine_limit=limit)
    state.load(roster("ADAMS 1001 P S1"), "2026-05-17")
    result = state.load(HEADER + "".join(f"{line}\n" for line in (*BAD, GOOD)))
    assert str(result.outcome) == "held"
    for secret in ("SECRET", "7777"):
        assert secret not in f"{result} {told(state)}"


def test_no_name_and_no_id_is_kept_of_bad_lines(make_state: Callable[..., State]) -> None:
    state = make_state(quarantine_limit=1.0)
    lines = (line for line in BAD if not line.startswith("DADE"))
    result = state.load(HEADER + "".join(f"{line}\n" for line in (*lines, GOOD)))
    # A stray quote and the open one after it make their two lines one record.
    assert (str(result.outcome), result.counts.quarantined, result.counts.added) == ("changed", len(BAD) - 2, 1)
    for secret in ("SECRET", "7777"):
        assert secret not in f"{result} {told(state)}"


@pytest.mark.parametrize("end", ['ADAMS,"SECRET', 'ADAMS,"SECRET, A",7777,'])
def test_no_name_is_told_of_a_line_that_was_cut(state: State, end: str) -> None:
    message = state.refused(roster("ADAMS 1001 P S1") + end)
    assert "SECRET" not in message
    assert "7777" not in message


def test_the_names_of_the_file_are_in_no_row(state: State) -> None:
    state.load(f'{HEADER}ADAMS,"SECRET, A",7777,P,S1\n')
    (row,) = state.bench().rows()["roster"]
    assert row == {
        "voter_id": "7777",
        "vote_date": "2026-05-18",
        "voting_method": "early",
        "county": "ADAMS",
        "precinct": "S1",
        "party": "REP",
        "ballot_status": None,
        "election_id": "7",
        "voter_name": None,
        "voter_address": None,
    }


def test_no_name_and_no_id_is_told_of_a_file_without_a_header(state: State) -> None:
    message = state.refused('ADAMS,"SECRET, A",7777,P,S1\nADAMS,"NAME, B",1002,P,S1\n')
    assert "SECRET" not in message
    assert "7777" not in message
