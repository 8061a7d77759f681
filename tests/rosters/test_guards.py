"""Rosters that look wrong are held or refused, and change nothing."""

from __future__ import annotations

import pytest
from tests.rosters.conftest import HEADER, MailState, State, roster, voters

MONDAY, TUESDAY = "2026-05-18", "2026-05-19"
WHERE = "statelet file.csv"
CUT = "the file ends in the middle of it (it was cut off; fetch it again)"


@pytest.fixture
def hundred(state: State) -> State:
    """A site that holds a hundred voters, three of them in CLAY and two in BROWN."""
    state.load(roster(*voters("ADAMS", 1001, 95), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2)))
    return state


def held(state: State, text: str, day: str = MONDAY) -> str:
    """Load what is held, which changes nothing; return the message."""
    tables = ("roster", "turnout_totals", "precinct_totals", "roster_overlaps", "_clerk_quarantine", "_clerk_findings")
    before = [state.query(f"SELECT * FROM {table}") for table in tables]
    result = state.load(text, day)
    assert str(result.outcome) == "held"
    assert [state.query(f"SELECT * FROM {table}") for table in tables] == before
    return str(result.message)


def test_the_file_of_yesterday_loaded_for_today_is_held_and_yesterday_named(hundred: State) -> None:
    again = roster(*voters("ADAMS", 1001, 95), *voters("CLAY", 2005, 3))
    assert held(hundred, again, TUESDAY) == (
        f"the source contradicts itself: 95 of 98 voters are listed in 7/EVR/{MONDAY} (95) already:"
        " the file may be that of another day; not applied"
    )


def test_a_held_roster_is_noted_in_the_update_log(hundred: State) -> None:
    held(hundred, roster(*voters("ADAMS", 1001, 95)), TUESDAY)
    assert hundred.ask("SELECT scope, held, records_before, records_after, records_verified FROM data_update_log") == [
        (f"7/EVR/{MONDAY}", 0, 0, 100, 0),
        (f"7/EVR/{TUESDAY}", 1, 0, 0, 0),
    ]


def test_half_of_the_voters_of_another_day_are_an_overlap_and_no_more(state: State) -> None:
    state.load(roster(*voters("ADAMS", 1001, 20)), MONDAY)
    assert str(state.load(roster(*voters("ADAMS", 1011, 20)), TUESDAY).outcome) == "changed"
    assert [row[0] for row in state.findings()] == ["overlap"]


def test_a_few_voters_may_all_be_of_another_day(state: State) -> None:
    state.load(roster(*voters("ADAMS", 1001, 9)), MONDAY)
    assert str(state.load(roster(*voters("ADAMS", 1001, 9)), TUESDAY).outcome) == "changed"


def test_a_county_that_loses_all_its_rows_is_held_and_named(hundred: State) -> None:
    assert held(hundred, roster(*voters("ADAMS", 1001, 97), *voters("BROWN", 3001, 2))) == (
        "no row of roster is left of CLAY (3); not applied"
    )


def test_a_county_of_two_voters_may_lose_them(hundred: State) -> None:
    result = hundred.load(roster(*voters("ADAMS", 1001, 95), *voters("CLAY", 2001, 3)))
    assert str(result.outcome) == "changed"


def test_a_roster_that_loses_more_than_two_in_a_hundred_is_held(hundred: State) -> None:
    left = roster(*voters("ADAMS", 1001, 92), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2))
    assert held(hundred, left) == "roster fell from 100 to 97 rows, 3 fewer (limit 2); not applied"


def test_a_roster_may_lose_two_in_a_hundred(hundred: State) -> None:
    left = roster(*voters("ADAMS", 1001, 93), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2))
    assert str(hundred.load(left).outcome) == "changed"


def test_a_roster_half_replaced_is_held(hundred: State) -> None:
    other = roster(*voters("ADAMS", 5001, 95), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2))
    assert held(hundred, other) == "95 of 100 rows of roster would be replaced (limit 50%); not applied"


def test_a_roster_with_too_many_bad_lines_is_held(state: State) -> None:
    text = roster(*voters("ADAMS", 1001, 9), "ADAMS 99999 P S1")
    result = state.load(text)
    assert (str(result.outcome), result.message) == (
        "held",
        "1 of 10 records were rejected (limit 5%), 1 of them by the rule bad_voter_id; not applied",
    )


def test_an_unknown_county_is_held_and_named(hundred: State) -> None:
    lines = [*voters("ADAMS", 1001, 95), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2)]
    assert held(hundred, roster(*lines, "DADE 4001 P S1", "DADE 4002 P S1", "LIBERTY 4003 P S1")) == (
        "the source contradicts itself: the file names counties that there are not: 'DADE' (2 records),"
        " 'LIBERTY' (1 records); not applied"
    )


CUTS = {
    "inside quotes": 'ADAMS,"NAME',
    "between two fields": 'ADAMS,"NAME, A",1097,',
    "inside the first field": "AD",
    "inside quotes that hold a line end": 'ADAMS,"NAME\nA',
}


@pytest.mark.parametrize("end", CUTS.values(), ids=CUTS.keys())
def test_a_first_roster_that_is_cut_in_mid_line_is_refused(state: State, end: str) -> None:
    line = "3" if "\n" not in end else "4"
    assert state.refused(roster("ADAMS 1001 P S1") + end) == f"{WHERE} line {line}: {CUT}"


@pytest.mark.parametrize("end", CUTS.values(), ids=CUTS.keys())
def test_a_roster_that_is_cut_in_mid_line_is_refused_and_changes_nothing(hundred: State, end: str) -> None:
    before = hundred.bench().rows(), hundred.turnout()
    whole = roster(*voters("ADAMS", 1001, 95), *voters("CLAY", 2001, 3), *voters("BROWN", 3001, 2))
    assert hundred.refused(whole + end).endswith(f": {CUT}")
    assert (hundred.bench().rows(), hundred.turnout()) == before


def test_a_roster_whose_last_line_is_whole_but_not_ended_is_read(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "ADAMS 1002 P S2").removesuffix("\n"))
    assert state.turnout() == [("ADAMS", "early", MONDAY, 2, 2)]


REFUSED = {
    "empty": ("", "is empty (fetch it again)"),
    "white space": (" \r\n\r\n", "lacks the column 'id'; of the 1 fields in its first line it knows none"),
    "a page": ("<!DOCTYPE html>\n<html></html>\n", "answered with an HTML page instead of data"),
    "a page after blank lines": ("\ufeff\r\n <HTML>\n", "answered with an HTML page instead of data"),
    "400 columns": (",".join(f"c{n}" for n in range(400)) + "\n", "has 400 columns, and no roster has more than 300"),
    "a column renamed": (
        HEADER.replace("method", "how"),
        "lacks the column 'method'; of the 5 fields in its first line it knows COUNTY, ID, PRECINCT",
    ),
    "another delimiter": (
        HEADER.replace(",", "\t"),
        "lacks the column 'id'; of the 1 fields in its first line it knows none",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_roster_is_refused_and_changes_nothing(hundred: State, text: str, message: str) -> None:
    before = hundred.bench().rows()
    assert hundred.refused(text).removeprefix(f"{WHERE}: ").startswith(message)
    assert hundred.bench().rows() == before


def test_ballots_of_days_outside_the_election_are_held(mail_state: MailState) -> None:
    mail_state.load("election_id,election_date\n7,2026-05-26\n", data_source="ELECTIONS")
    ballots = ("1001,5/4/2026", "1002,5/4/2025", "1003,5/4/2025", "1004,7/1/2026")
    result = mail_state.load("id,returned,county\n" + "".join(f"{ballot},ADAMS\n" for ballot in ballots))
    assert (str(result.outcome), result.message) == (
        "held",
        "the source contradicts itself: ballots are of days outside the election of 2026-05-26: 2025-05-04 (2),"
        " 2026-07-01 (1); not applied",
    )


@pytest.mark.parametrize("day", ["2026-01-26", "2026-06-25"], ids=["120 days before", "30 days after"])
def test_a_ballot_may_come_in_long_before_or_some_weeks_after_the_election(mail_state: MailState, day: str) -> None:
    mail_state.load("election_id,election_date\n7,2026-05-26\n", data_source="ELECTIONS")
    assert str(mail_state.load(f"id,returned,county\n1001,{day},ADAMS\n").outcome) == "changed"


def test_ballots_of_an_election_whose_day_nobody_knows_are_taken(mail_state: MailState) -> None:
    assert str(mail_state.load("id,returned,county\n1001,5/4/1999,ADAMS\n").outcome) == "changed"


def test_a_county_of_the_day_before_that_is_missing_is_a_finding(hundred: State) -> None:
    hundred.load(roster(*voters("ADAMS", 6001, 9)), TUESDAY)
    message = "counties of the day before are not in it: CLAY (3 the day before), BROWN (2 the day before)"
    assert hundred.findings() == [("missing_county", "warning", message)]
