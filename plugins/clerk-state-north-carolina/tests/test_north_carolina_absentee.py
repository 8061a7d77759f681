"""What becomes of the lines of an absentee file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_north_carolina.absentee import absentee_format, read_status
from clerkcore import Page, Rejected
from clerkcore.rosters import RosterFormat
from clerkcore.testing import Ended

Files = dict[str, Callable[..., bytes]]
Load = Callable[..., Ended]
Query = Callable[[str], list[dict[str, Any]]]
Quarantine = Callable[[Ended], list[tuple[Any, ...]]]

LIVE = (
    "SELECT voter_id, vote_date, voting_method, county, precinct, party, ballot_status, election_id, voter_name,"
    " voter_address FROM roster WHERE removed_run_id IS NULL ORDER BY voter_id"
)
ROW = {
    "voter_id": "AA1",
    "vote_date": "2024-10-01",
    "voting_method": "absentee-mail",
    "county": "WAKE",
    "precinct": "01-01",
    "party": "UNA",
    "ballot_status": "accepted",
    "election_id": "20241105",
    "voter_name": None,
    "voter_address": None,
}
PAGE = Page("absentee_20241105.csv", "", io.BytesIO)
NOBODY = {"voter_name": None, "voter_address": None}


def open_file(body: bytes) -> tuple[RosterFormat, bytes, bytes]:
    """Return the format of a file, its header and its only line."""
    header, line, _ = body.split(b"\r\n")
    return absentee_format("20241105", "2024-11-05", "north_carolina"), header, line


def test_a_line_becomes_this_row_without_name_and_address(load: Load, files: Files, query: Query) -> None:
    load(files["absentee"]({}))
    assert query(LIVE) == [ROW]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"ballot_req_type": "ONE-STOP"}, {"voting_method": "early"}),
        ({"ballot_req_type": " early   voting "}, {"voting_method": "early"}),
        ({"ballot_req_type": "MILITARY"}, {"voting_method": "uocava"}),
        ({"ballot_req_type": ""}, {"voting_method": "unknown"}),
        ({"ballot_rtn_dt": ""}, {"vote_date": "2024-09-20"}),
        ({"ballot_rtn_status": ""}, {"ballot_status": "not returned"}),
        ({"ballot_rtn_status": "WITNESS INFO  INCOMPLETE "}, {"ballot_status": "witness info incomplete"}),
        ({"ballot_rtn_status": "ACCEPTED - CURED"}, {"ballot_status": "accepted"}),
        ({"ballot_request_party": "REP"}, {"party": "REP"}),
        ({"voter_party_code": "", "precinct_desc": ""}, {"party": None, "precinct": None}),
        ({"county_desc": "new  hanover"}, {"county": "NEW HANOVER"}),
        ({"ncid": "  AA1 \0", "precinct_desc": "01-01      "}, {}),
        ({"election_dt": ""}, {}),
    ],
)
def test_a_column_is_read_so(files: Files, told: dict[str, str], expected: dict[str, str | None]) -> None:
    form, header, line = open_file(files["absentee"](told))
    (values,) = form.open_page(PAGE, header)([line])
    assert isinstance(values, tuple)
    assert {**NOBODY, **dict(zip(form.columns, values, strict=True))} == {**ROW, **expected}


@pytest.mark.parametrize(
    ("told", "rule", "column", "message"),
    [
        ({"ncid": "1"}, "bad_voter_id", "voter_id", "the value, which is sensitive, broke this rule"),
        ({"ballot_rtn_dt": "10/32/2024"}, "bad_vote_date", "vote_date", "'10/32/2024' is not a date"),
        ({"ballot_req_type": "FAX"}, "bad_voting_method", "voting_method", "'FAX' is no way of voting that is known"),
        (
            {"election_dt": "03/05/2024"},
            "other_election",
            "election_id",
            "is of the election of 03/05/2024, not of 2024-11-05",
        ),
    ],
)
def test_what_cannot_be_read_goes_to_quarantine(
    load: Load, files: Files, quarantine: Quarantine, told: dict[str, str], rule: str, column: str, message: str
) -> None:
    others = [{"ncid": f"BB{number}"} for number in range(30)]
    ended = load(files["absentee"](*others, told))
    assert (ended.line["added"], ended.line["quarantined"]) == (30, 1)
    assert quarantine(ended) == [(rule, column, 32, message)]


def test_an_unknown_county_holds_the_run(load: Load, files: Files) -> None:
    others = [{"ncid": f"BB{number}"} for number in range(30)]
    ended = load(files["absentee"](*others, {"county_desc": "ELSEWHERE"}))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "the file names counties that there are not: 'ELSEWHERE' (1 records)" in ended.line["message"]


def test_a_line_twice_counts_once(load: Load, files: Files) -> None:
    ended = load(files["absentee"]({}, {}, {"ncid": "AA1 "}))
    assert [ended.line[name] for name in ("read", "added", "duplicates")] == [3, 1, 2]


def test_a_spoilt_ballot_and_the_next_one_of_the_same_day_contradict_each_other(load: Load, files: Files) -> None:
    others = [{"ncid": f"BB{number}"} for number in range(50)]
    ended = load(files["absentee"](*others, {"ballot_rtn_status": "SPOILED"}, {}))
    assert (ended.line["added"], ended.line["quarantined"]) == (50, 2)


def test_a_ballot_that_comes_back_moves_its_row(load: Load, files: Files, query: Query) -> None:
    others = [{"ncid": f"BB{number}"} for number in range(9)]
    load(files["absentee"](*others, {"ballot_rtn_dt": "", "ballot_rtn_status": ""}))
    ended = load(files["absentee"](*others, {}))
    assert [ended.line[name] for name in ("added", "disappeared", "unchanged")] == [1, 1, 9]
    assert query("SELECT county, ballots FROM turnout_totals WHERE vote_date = '2024-10-01'") == [
        {"county": "WAKE", "ballots": 10}
    ]


def test_requests_are_no_turnout(load: Load, files: Files, query: Query) -> None:
    load(files["absentee"]({"ncid": "AA2", "ballot_rtn_dt": "", "ballot_rtn_status": ""}, {}))
    assert query("SELECT vote_date, ballots FROM turnout_totals") == [{"vote_date": "2024-10-01", "ballots": 1}]


def test_an_older_file_has_tabs_and_no_column_of_the_election(load: Load, query: Query) -> None:
    header = "county_desc\tncid\tballot_req_type\tballot_rtn_dt\tballot_rtn_status"
    load(f"{header}\nWAKE\tAA1\tMAIL\t10/01/2024\tACCEPTED\n".encode())
    assert query(LIVE) == [{**ROW, "precinct": None, "party": None}]


def test_latin_1_is_read(load: Load, files: Files, query: Query) -> None:
    load(files["absentee"]({"precinct_desc": "PEÑA"}))
    assert query(LIVE) == [{**ROW, "precinct": "PEÑA"}]


def test_stray_quotes_spoil_no_line(load: Load, files: Files, query: Query) -> None:
    body = files["absentee"]({"voter_street_address": "HERE"}, {"ncid": "AA2"})
    ended = load(body.replace(b'"HERE"', b'"1 "A", "B" ST"'))
    assert ended.line["quarantined"] == 0
    assert [row["voter_id"] for row in query(LIVE)] == ["AA1", "AA2"]


def test_an_open_quote_costs_its_own_line_alone(load: Load, files: Files, quarantine: Quarantine) -> None:
    rows = [{"ncid": f"BB{number}"} for number in range(30)]
    body = files["absentee"](*rows[:3], {"voter_city": "HERE"}, *rows[3:])
    ended = load(body.replace(b',"HERE","",', b',"HERE,,'))
    assert (ended.line["added"], ended.line["quarantined"]) == (30, 1)
    (rejected,) = quarantine(ended)
    assert (rejected[0], rejected[2]) == ("ragged_row", 5)


def test_a_ballot_far_outside_the_election_holds_the_run(load: Load, files: Files) -> None:
    ended = load(files["absentee"]({"ballot_rtn_dt": "10/01/2022"}))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "ballots are of days outside the election of 2024-11-05: 2022-10-01 (1)" in ended.line["message"]


def test_a_missing_column_is_named(load: Load, files: Files) -> None:
    ended = load(files["absentee"]({}).replace(b"ballot_rtn_status", b"status"))
    assert ended.exit_code == 1
    assert "lacks the column 'ballot_rtn_status' or 'rtn_status'; of the " in ended.line["message"]


@settings(max_examples=50, deadline=None)
@given(lines=st.lists(st.binary(max_size=40), max_size=8))
def test_any_line_is_a_row_a_rejected_record_or_blank(lines: list[bytes]) -> None:
    header = b"county_desc,ncid,ballot_req_type,ballot_rtn_dt,ballot_rtn_status"
    form = absentee_format("20241105", "2024-11-05", "north_carolina")
    read = form.open_page(PAGE, header)
    given_lines = [line.replace(b"\n", b"") for line in lines]
    results = read([*given_lines, b"WAKE,AA1,MAIL,10/01/2024,ACCEPTED"])
    assert len(results) == len(lines) + 1
    assert results[-1] == ("AA1", "2024-10-01", "absentee-mail", "WAKE", None, None, "accepted", "20241105")
    assert all(result is None or isinstance(result, tuple | Rejected) for result in results)


def test_the_same_status_is_told_however_it_is_spaced() -> None:
    assert {read_status(text) for text in ("PENDING  CURE", " pending cure\0")} == {"pending cure"}
