"""The voter history, counted by county."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_north_carolina.history import parse_history
from clerkcore import Page, Record
from clerkcore.testing import Ended

Files = dict[str, Callable[..., bytes]]
Load = Callable[..., Ended]
Query = Callable[[str], list[dict[str, Any]]]
Quarantine = Callable[[Ended], list[tuple[Any, ...]]]

MIXED = (
    *({"voting_method": "ABSENTEE ONESTOP"},) * 3,
    *({"voting_method": "ABSENTEE BY MAIL"},) * 2,
    {"voting_method": "IN-PERSON"},
    {"voting_method": "TRANSFER"},
    {"county_desc": "YANCEY"},
    {"election_lbl": "03/05/2024", "election_desc": "03/05/2024 PRIMARY"},
)


@pytest.fixture
def history(load: Load, files: Files) -> Callable[..., Ended]:
    def run(*rows: dict[str, str], **changes: bytes) -> Ended:
        body = files["history"](*rows)
        for old, new in changes.items():
            body = body.replace(old.encode(), new)
        return load(body, "HISTORY", "ncvhis_Statewide.txt")

    return run


def test_ballots_are_counted_by_county_and_kind(history: Callable[..., Ended], query: Query) -> None:
    ended = history(*MIXED)
    assert (ended.exit_code, ended.line["added"]) == (0, 4)
    columns = "vote_date, county, county_id, in_person_total, mail_total, ballots_total, election_id"
    found = [tuple(row.values()) for row in query(f"SELECT {columns} FROM county_turnout ORDER BY county, vote_date")]
    assert found == [
        ("2024-11-04", "WAKE", "92", 3, None, None, "20241105"),
        ("2024-11-05", "WAKE", "92", None, 2, 7, "20241105"),
        ("2024-11-05", "YANCEY", "100", None, 0, 1, "20241105"),
    ]


def test_the_election_is_named_by_most_of_its_lines(history: Callable[..., Ended], query: Query) -> None:
    history(*MIXED, {"election_desc": "11/05/2024 MUNICIPAL"})
    assert query("SELECT election_id, name, election_date FROM elections") == [
        {"election_id": "20241105", "name": "11/05/2024 GENERAL", "election_date": "2024-11-05"}
    ]


def test_a_line_that_cannot_be_read_goes_to_quarantine(
    history: Callable[..., Ended], quarantine: Quarantine, run_clerk: Callable[..., Ended]
) -> None:
    ended = history(*MIXED, {"election_lbl": "soon"}, {"county_desc": "ELSEWHERE"}, {"election_lbl": ""})
    assert (ended.exit_code, ended.line["quarantined"]) == (3, 3)
    assert quarantine(ended) == [
        ("bad_election", "election_id", 11, "'soon' is not a date"),
        ("unknown_county", "county", 12, "'ELSEWHERE' is no county that is known"),
        ("bad_election", "election_id", 13, "names no election"),
    ]


def test_a_ragged_line_of_the_election_is_rejected_and_one_of_another_passes(
    history: Callable[..., Ended], quarantine: Quarantine
) -> None:
    rows: tuple[dict[str, str], ...] = ({"vtd_label": "TAB"}, {"vtd_label": "TAB", "election_lbl": "03/05/2024"}, {})
    ended = history(*rows, TAB=b"a\tb")
    assert quarantine(ended) == [("ragged_row", "", 2, "16 fields instead of 15")]


def test_an_election_that_is_not_in_it_yet_is_skipped(history: Callable[..., Ended]) -> None:
    ended = history({"election_lbl": "03/05/2024"})
    assert (ended.exit_code, ended.line["outcome"]) == (0, "skipped")
    assert ended.line["remedy"] == "the state adds an election weeks after it; see whether its day is right"


def test_a_missing_column_is_named(history: Callable[..., Ended]) -> None:
    ended = history({}, voting_method=b"method")
    assert ended.exit_code == 1
    assert "ncvhis_Statewide.txt: lacks the column 'voting_method' or 'voting_method_desc'" in ended.line["message"]


def test_a_file_that_ends_in_a_line_was_cut_off(load: Load, files: Files) -> None:
    ended = load(files["history"](*MIXED)[:-60], "HISTORY", "ncvhis_Statewide.txt")
    assert (ended.exit_code, ended.line["message"]) == (
        1,
        "north_carolina ncvhis_Statewide.txt: ends in the middle of a line",
    )


def test_a_county_that_is_gone_holds_the_run(history: Callable[..., Ended]) -> None:
    history(*MIXED)
    ended = history(*MIXED[:7])
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "rows of county_turnout vanished, and none may" in ended.line["message"]


def test_the_roster_is_compared_with_the_history(
    load: Load, history: Callable[..., Ended], files: Files, query: Query
) -> None:
    early = [{"ncid": f"AA{number}", "ballot_req_type": "ONE-STOP"} for number in range(3)]
    load(files["absentee"](*early, {"ncid": "BB1"}))
    history(*MIXED)
    found = query("SELECT county, channel, published, counted FROM turnout_check ORDER BY county, channel")
    assert [tuple(row.values()) for row in found] == [
        ("WAKE", "all", 7, 4),
        ("WAKE", "in_person", 3, 3),
        ("WAKE", "mail", 2, 1),
        ("YANCEY", "all", 1, 0),
        ("YANCEY", "mail", 0, 0),
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_lines_are_counted_or_told(lines: list[bytes]) -> None:
    header = b"election_lbl\tcounty_desc\tvoting_method\n"
    good = b"11/05/2024\tWAKE\tIN-PERSON\n"
    body = header + b"".join(line + b"\n" for line in lines) + good
    told = list(parse_history(Page("p", "", lambda: io.BytesIO(body)), "20241105", date(2024, 11, 5), "nc"))
    totals = [item.values["ballots_total"] for item in told if isinstance(item, Record) and "county" in item.values]
    assert totals == [1]
