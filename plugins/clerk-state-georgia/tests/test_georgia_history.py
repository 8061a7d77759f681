"""What becomes of the lines of a voter history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_georgia.adapter import Georgia
from clerk_state_georgia.counties import COUNTIES
from clerkcore import Record, SourceError, UsageError
from clerkcore.rosters import make_scope
from clerkcore.testing.shelf import parse_files

MakeLine = Callable[..., str]
MakeZip = Callable[[dict[str, bytes]], bytes]
SCOPE = make_scope("HISTORY", "A-12601", "2026-11-03")
ROW = {
    "election_id": "A-12601",
    "vote_date": "2026-11-03",
    "voter_id": "00468991",
    "voting_method": "election-day",
    "county": "Appling",
    "party": None,
}


def parse(*lines: str, ends: str = "\r\n", **config: Any) -> list[Any]:
    body = "".join(f"{line}{ends}" for line in lines).encode("latin-1")
    return parse_files(Georgia(config), SCOPE, {"history.txt": body})


def test_a_line_becomes_this_row(make_line: MakeLine) -> None:
    (record,) = parse(make_line("00468991"))
    assert record.values == ROW


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"flags": "YNN"}, {"voting_method": "unknown"}),
        ({"flags": "NYN"}, {"voting_method": "provisional"}),
        ({"flags": "YYY"}, {"voting_method": "provisional"}),
        ({"flags": "  Y"}, {"voting_method": "election-day"}),
        ({"county": 159}, {"county": "Worth"}),
        ({"county": 44}, {"county": "DeKalb"}),
        ({"party": "D"}, {"party": "DEMOCRAT"}),
        ({"party": "R"}, {"party": "REPUBLICAN"}),
        ({"party": "NP"}, {"party": "NON-PARTISAN"}),
        ({"party": "L"}, {"party": "L"}),
    ],
    ids=str,
)
def test_a_column_is_read_so(make_line: MakeLine, changes: dict[str, Any], expected: dict[str, str]) -> None:
    (record,) = parse(make_line("00468991", **changes))
    assert record.values == {**ROW, **expected}


def test_lines_of_another_election_and_blank_ones_are_no_records(make_line: MakeLine) -> None:
    items = parse(make_line("00468991", day="2024-11-05"), "", make_line("00468992"), ends="\n")
    assert [(item.values["voter_id"], item.at.line) for item in items] == [("00468992", 3)]


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("0010046A99120261103003  NNN", "bad_voter_id", "'0046A991' is not a registration number of eight digits"),
        ("160004689912026110300 3  NNN", "ragged_row", "28 characters instead of 27"),
        ("1600046899120261103003  NNN", "unknown_county", "'160' is no county that is known"),
        ("0010046899120261303003  NNN", "bad_vote_date", "'20261303' is not a date"),
        ("0010046899120261103003  NXN", "bad_voting_method", "'NXN' are not three flags of Y, N or blank"),
        ("0010046899120261103003  NN", "ragged_row", "26 characters instead of 27"),
        ("APPLING,00468991,11/03/2026", "bad_vote_date", "'68991,11' is not a date"),
        (
            "BACON,00468991,11/03/2026,GENERAL",
            "ragged_row",
            '33 characters instead of 27; a file with commas needs history_format = "csv"',
        ),
    ],
    ids=["letters", "long", "county", "date", "flags", "short", "a CSV of that length", "a CSV"],
)
def test_a_line_that_cannot_be_read_is_rejected(make_line: MakeLine, line: str, rule: str, message: str) -> None:
    good, rejected = parse(make_line("00468991"), line)
    assert good.values == ROW
    assert (rejected.rule, rejected.message) == (rule, message)


def test_a_last_line_that_was_cut_is_refused(make_line: MakeLine) -> None:
    with pytest.raises(SourceError, match=r"history.txt line 2: the file ends in the middle of it"):
        parse_files(Georgia(), SCOPE, {"history.txt": f"{make_line('00468991')}\n001004689".encode()})


def test_a_last_line_of_full_length_needs_no_end(make_line: MakeLine) -> None:
    assert len(parse_files(Georgia(), SCOPE, {"history.txt": make_line("00468991").encode()})) == 1


def test_a_history_in_a_zip_is_read(make_line: MakeLine, make_zip: MakeZip) -> None:
    body = make_zip({"2026.txt": f"{make_line('00468991')}\n".encode()})
    (record,) = parse_files(Georgia(), SCOPE, {"history.zip": body})
    assert isinstance(record, Record)
    assert record.values == ROW


@settings(max_examples=60, deadline=None)
@given(
    st.text("0123456789", min_size=8, max_size=8),
    st.integers(1, 159),
    st.sampled_from(["", "D", "R", "NP"]),
    st.text("YN ", min_size=3, max_size=3),
)
def test_whatever_is_written_is_read_again(voter: str, county: int, party: str, flags: str) -> None:
    (record,) = parse(f"{county:03}{voter}20261103003{party:2}{flags}")
    assert (record.values["voter_id"], record.values["county"]) == (voter, COUNTIES[county - 1])


CSV_HEADER = (
    "County Name,Voter Registration Number,Election Date,Election Type,Party,Ballot Style,Absentee,Provisional,"
    "Supplemental"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("APPLING,00468991,11/03/2026,GENERAL,,EARLY IN-PERSON,Y,N,N", {"voting_method": "early"}),
        ("APPLING,00468991,11/03/2026,GENERAL,DEMOCRAT,,N,N,N", {"party": "DEMOCRAT"}),
        ("APPLING,00468991,11/03/2026,GENERAL,,,Y,,N", {"voting_method": "unknown"}),
        ("APPLING,00468991,11/03/2026,GENERAL,,ELECTION DAY (PROVISIONAL),N,Y,N", {"voting_method": "provisional"}),
    ],
    ids=["early", "election day", "absentee", "provisional"],
)
def test_the_csv_is_read_where_the_site_says_so(line: str, expected: dict[str, str]) -> None:
    other = "APPLING,00468992,01/06/2026,SPECIAL,,,N,N,N"
    (record,) = parse(CSV_HEADER, other, line, history_format="csv")
    assert record.values == {**ROW, **expected}


def test_a_csv_without_the_column_absentee_is_refused() -> None:
    with pytest.raises(SourceError, match=r"lacks the column 'Absentee'; its first line has"):
        parse(CSV_HEADER.replace("Absentee,", ""), history_format="csv")


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(UsageError, match="'xml' is none that is known") as told:
        parse("", history_format="xml")
    assert told.value.remedy == "one of: fixed, csv"
