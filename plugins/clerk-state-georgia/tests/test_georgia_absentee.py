"""What becomes of the lines of an absentee file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_georgia.absentee import AbsenteeFormat, read_kept
from clerk_state_georgia.adapter import Georgia
from clerkcore import Page, Record, Rejected, SourceError, UsageError
from clerkcore.rosters import make_scope
from clerkcore.testing.shelf import parse_files

MakeCsv = Callable[..., bytes]
SCOPE = make_scope("ABSENTEE", "A-12601")
ROW = {
    "voter_id": "00468991",
    "vote_date": "2026-10-20",
    "voting_method": "absentee-mail",
    "county": "Appling",
    "precinct": "1B",
    "party": None,
    "ballot_status": "accepted",
    "election_id": "A-12601",
}


def parse(body: bytes, **config: Any) -> list[Any]:
    return parse_files(Georgia(config), SCOPE, {"STATEWIDE.csv": body})


def test_a_line_becomes_this_row(make_csv: MakeCsv) -> None:
    (record,) = parse(make_csv([{}]))
    assert record.values == ROW


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Ballot Style": "early  in-person"}, {"voting_method": "early"}),
        ({"Ballot Style": "IN PERSON"}, {"voting_method": "early"}),
        ({"Ballot Style": "MAILED"}, {"voting_method": "absentee-mail"}),
        ({"Ballot Style": "ELECTRONIC BALLOT DELIVERY"}, {"voting_method": "uocava"}),
        ({"Ballot Style": ""}, {"voting_method": "unknown"}),
        ({"Ballot Status": "R"}, {"ballot_status": "rejected"}),
        ({"Ballot Status": "C"}, {"ballot_status": "cancelled"}),
        ({"Ballot Status": "s"}, {"ballot_status": "spoiled"}),
        ({"Ballot Status": "I"}, {"ballot_status": "pending"}),
        ({"Ballot Status": " "}, {"ballot_status": "pending"}),
        ({"Ballot Return Date": ""}, {"vote_date": "2026-10-05"}),
        ({"Ballot Return Date": "", "Ballot Issued Date": " "}, {"vote_date": "2026-09-01"}),
        ({"County": "MCDUFFIE"}, {"county": "McDuffie"}),
        ({"Party": "REPUBLICAN"}, {"party": "REPUBLICAN"}),
        ({"Voter Registration #": "0012345678"}, {"voter_id": "0012345678"}),
    ],
    ids=str,
)
def test_a_column_is_read_so(make_csv: MakeCsv, changes: dict[str, str], expected: dict[str, str]) -> None:
    (record,) = parse(make_csv([changes]))
    assert record.values == {**ROW, **expected}


def test_an_application_that_was_not_answered_is_pending_on_its_day(make_csv: MakeCsv) -> None:
    unanswered = {"Application Status": "", "Ballot Status": "", "Ballot Issued Date": "", "Ballot Return Date": ""}
    (record,) = parse(make_csv([unanswered]))
    assert record.values == {**ROW, "ballot_status": "pending", "vote_date": "2026-09-01"}


NO_DATES = {"Ballot Return Date": "", "Ballot Issued Date": "", "Application Date": ""}


@pytest.mark.parametrize(
    ("changes", "rule", "message", "value"),
    [
        (NO_DATES, "no_date", "has no date of return, issue or application", ""),
        ({"Ballot Return Date": "13/45/2026"}, "bad_vote_date", "'13/45/2026' is not a date", "13/45/2026"),
        ({"Voter Registration #": "0046A991"}, "bad_voter_id", "is not a registration number of eight digits", None),
        ({"Voter Registration #": "468991"}, "bad_voter_id", "is not a registration number of eight digits", None),
        ({"County": "ALACHUA"}, "unknown_county", "'ALACHUA' is no county that is known", "ALACHUA"),
        ({"Ballot Style": "DRONE"}, "bad_voting_method", "'DRONE' is no ballot style that is known", "DRONE"),
        ({"Ballot Status": "Z"}, "bad_ballot_status", "'Z' is no ballot status that is known", "Z"),
    ],
    ids=["no date", "bad date", "letters", "lost zeros", "county", "style", "status"],
)
def test_a_line_that_cannot_be_read_is_rejected(
    make_csv: MakeCsv, changes: dict[str, str], rule: str, message: str, value: str | None
) -> None:
    good, rejected = parse(make_csv([{}, changes]))
    assert good.values == ROW
    assert (rejected.rule, rejected.message) == (rule, message)
    assert value is None or rejected.value == value


def test_39_columns_in_another_order_and_case_are_read_alike(make_csv: MakeCsv) -> None:
    names = next(csv.reader(io.StringIO(make_csv([]).decode("latin-1"))))
    whole = make_csv([{"Post #": "7"}], header=["Post #", *reversed(names)])
    head, _, rest = whole.partition(b"\r\n")
    (record,) = parse(head.lower() + b"\r\n" + rest)
    assert record.values == ROW


def test_names_and_addresses_are_dropped_unless_they_are_kept(make_csv: MakeCsv) -> None:
    (record,) = parse(make_csv([{}]), keep=["voter_address", "voter_name"])
    kept = {"voter_name": "ANA B PEÑA", "voter_address": "12 OAK ST BAXLEY GA 31513-0001"}
    assert record.values == {**ROW, **kept}


def test_what_cannot_be_kept_is_told() -> None:
    with pytest.raises(UsageError, match="keep names 'birthdays', which is nothing that can be kept") as told:
        read_kept({"keep": ["voter_name", "birthdays"]})
    assert told.value.remedy == "keep = ['voter_name', 'voter_address'], or one of them"


def test_a_column_that_is_only_asked_where_another_is_blank_is_missed_too(make_csv: MakeCsv) -> None:
    body = make_csv([{}]).replace(b"Application Date", b"Applied On")
    with pytest.raises(SourceError, match=r"STATEWIDE.csv: lacks the column 'Application Date'; its first line has"):
        parse(body)


def test_400_columns_are_refused(make_csv: MakeCsv) -> None:
    names = next(csv.reader(io.StringIO(make_csv([]).decode("latin-1"))))
    body = make_csv([{}], header=[*names, *(f"More {number}" for number in range(400))])
    with pytest.raises(SourceError, match="has 438 columns, and no roster has more than 300"):
        parse(body)


def test_a_file_cut_in_its_last_field_is_refused(make_csv: MakeCsv) -> None:
    body = make_csv([{}, {"Party": "REPUBLICAN"}])[:-5]
    with pytest.raises(SourceError, match="ends without the end of its last line") as told:
        parse(body)
    assert told.value.remedy == "it was cut off; fetch it again"


def test_a_web_page_is_refused() -> None:
    with pytest.raises(SourceError, match=r"georgia STATEWIDE.csv: answered with an HTML page instead of data"):
        parse(b"<!DOCTYPE html><html>Checking that you are human, please wait</html>")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
def test_any_line_is_a_row_rejected_or_nothing(lines: list[bytes]) -> None:
    form = AbsenteeFormat({"election_id": "A-12601"}, "georgia", ("voter_name", "voter_address"))
    header = (
        b"County,Voter Registration #,Ballot Status,Application Date,Ballot Issued Date,Ballot Return Date,"
        b"Ballot Style,County Precinct,Party,Last Name,City"
    )
    read = form.open_page(Page("any.csv", "", io.BytesIO), header)
    results = read(lines)
    assert len(results) == len(lines)
    assert all(r is None or isinstance(r, Rejected) or len(r) == len(form.columns) for r in results)  # type: ignore[arg-type]


def test_lines_are_numbered_as_in_the_file(make_csv: MakeCsv) -> None:
    items = parse(make_csv([{}, {"Ballot Status": "Z"}]))
    assert [(type(item), item.at.page, item.at.line) for item in items] == [
        (Record, "STATEWIDE.csv", 2),
        (Rejected, "STATEWIDE.csv", 3),
    ]
