"""What becomes of each record: of rosters, of the index and of turnout."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_texas.adapter import Texas
from clerk_state_texas.counties import COUNTIES, COUNTY_IDS, read_county
from clerk_state_texas.rosters import county_of, county_page
from clerk_state_texas.words import find_party, read_moment
from clerkcore import Aside, Parsed, Record, Rejected, SiteError, SourceError
from clerkcore.rosters import make_scope
from clerkcore.testing import Ended
from clerkcore.testing.shelf import parse_files

pytest_plugins = ["clerkcore.testing.fixtures"]

Rows = list[dict[str, Any]]
SAMPLES = Path(__file__).parent / "samples" / "later"
EVR = make_scope("EVR", "90501", "2026-05-18", party="REP", election_day="2026-05-26")
FINAL = make_scope("ELECTION_DAY", "90501", "2026-05-26", party="", election_day="2026-05-26")
TURNOUT = make_scope("EVR_TURNOUT", "90501", "2026-05-18")
INDEX = make_scope("ELECTIONS", "")
HEADER = '"tx_county_name","voter_name","id_voter","voting_method","tx_precinct_code"\n'
COUNTY_HEADER = '"VOTER_NAME","VUID","VOTING_METHOD","PRECINCT"\n'
FLAT = (
    "election_id,report_date,county,county_id,registered_voters,in_person_votes_on_date,total_in_person_votes,"
    "total_mail_votes,roster_available,source\n"
)


def parse(scope: Any, body: str | bytes, name: str = "file.csv", **config: Any) -> list[Parsed]:
    data = body.encode() if isinstance(body, str) else body
    return parse_files(Texas(config), scope, {name: data})


def values(scope: Any, body: str | bytes, name: str = "file.csv", **config: Any) -> list[dict[str, Any]]:
    items = parse(scope, body, name, **config)
    assert all(isinstance(item, Record) for item in items), items
    return [dict(item.values) for item in items if isinstance(item, Record)]


def rejected(scope: Any, body: str | bytes) -> Rejected:
    (item,) = parse(scope, body)
    assert isinstance(item, Rejected)
    return item


def refusal(scope: Any, body: str | bytes, name: str = "file.csv") -> str:
    with pytest.raises(SourceError) as caught:
        parse(scope, body, name)
    return str(caught.value)


ROW = {
    "election_id": "90501",
    "vote_date": "2026-05-18",
    "party": "REP",
    "voter_id": "0000000042",
    "voting_method": "early",
    "county": "DEWITT",
    "precinct": "S 19.4",
}


def test_a_voter_becomes_this_row() -> None:
    assert values(EVR, HEADER + '"DE WITT","VOTER, JO\nANN","0000000042","IN-PERSON","S 19.4"\n') == [ROW]


def test_names_are_kept_where_the_site_keeps_them() -> None:
    body = HEADER + '"DeWitt","VOTER, JO\nANN","0000000042","In-Person","S 19.4"\r\n'
    assert values(EVR, body, keep=["voter_name"]) == [{**ROW, "voter_name": "VOTER, JO\nANN"}]


def test_only_names_can_be_kept() -> None:
    with pytest.raises(SiteError, match=r"\[sources\.texas\]: keep cannot be \['voter_address'\] \(name columns of"):
        parse(EVR, HEADER, keep=["voter_address"])


def test_a_countys_own_file_is_of_the_county_in_its_name() -> None:
    body = COUNTY_HEADER + '"VOTER, JO ANN","0000000042","IN-PERSON","S 19.4"\n'
    assert values(EVR, body, "DEWITT.csv") == [ROW]


def test_a_countys_own_file_must_have_its_name() -> None:
    message = refusal(EVR, COUNTY_HEADER + '"A, B","0000000042","IN-PERSON","1"\n', "download.csv")
    assert message == (
        "texas download.csv: has no column of counties, and its name tells no county"
        " (name a county's file by its county, such as HARRIS.csv)"
    )


@pytest.mark.parametrize(
    ("scope", "word", "method"),
    [
        (EVR, "IN-PERSON", "early"),
        (EVR, "mail-in", "absentee-mail"),
        (FINAL, "IN-PERSON", "election-day"),
        (FINAL, "MAIL-IN", "absentee-mail"),
    ],
)
def test_voting_methods_are_the_words_of_nist(scope: Any, word: str, method: str) -> None:
    (row,) = values(scope, HEADER + f'"HARRIS","A, B","0000000042","{word}","1"\n')
    assert (row["voting_method"], row["party"]) == (method, "REP" if scope is EVR else None)


def test_nuls_and_bytes_that_are_no_utf_8_harm_nothing() -> None:
    body = HEADER.encode() + b'"HAR\0RIS","A\xff, B","0000000042","IN-PERSON","\0 7\xe9"\n'
    (row,) = values(EVR, body)
    assert (row["county"], row["precinct"]) == ("HARRIS", "7\ufffd")


@pytest.mark.parametrize("voter_id", ["000000042", "00000000421", "000000O042", "", "\uff10000000042"])
def test_an_id_that_is_not_of_10_digits_is_rejected_without_telling_it(voter_id: str) -> None:
    item = rejected(EVR, HEADER + f'"HARRIS","A, B","{voter_id}","IN-PERSON","1"\n')
    assert (item.rule, item.message, item.column) == ("bad_voter_id", "is not an id of 10 digits", "voter_id")


@pytest.mark.parametrize(
    ("line", "rule", "value"),
    [
        ('"ATLANTIS","A, B","0000000042","IN-PERSON","1"', "unknown_county", "ATLANTIS"),
        ('"HARRIS","A, B","0000000042","CARRIER PIGEON","1"', "bad_voting_method", "CARRIER PIGEON"),
        ('"HARRIS","A, B","0000000042","IN-PERSON"', "ragged_row", ""),
        ('"HARRIS","A, B","0000000042","IN-PERSON",', "ragged_row", ""),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str, rule: str, value: str) -> None:
    item = rejected(EVR, f"{HEADER}{line}\n")
    assert (item.rule, item.value) == (rule, value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('"tx_county_name","voter_name","voting_method"\n', "texas file.csv: lacks the column 'id_voter' or 'VUID'"),
        ("a\rb\n", "texas file.csv: "),
        (HEADER + '"HARRIS","A, B","0000000042","IN-PERSON",', "the file ends in the middle of it (it was cut off"),
    ],
    ids=["no id", "a header of two lines", "cut in its last field"],
)
def test_a_file_that_is_no_roster_is_refused(body: str, message: str) -> None:
    told = refusal(EVR, body)
    assert told.startswith("texas file.csv")
    assert message in told


def test_a_bad_id_is_nowhere_in_quarantine(
    make_texas: Callable[..., str], update: Callable[..., Ended], query: Callable[..., Rows], tmp_path: Path
) -> None:
    make_texas()
    lines = [f'"HARRIS","A, B","{number:010d}","IN-PERSON","1"\n' for number in range(40)]
    path = tmp_path / "statewide.csv"
    path.write_text(HEADER + "".join(lines) + '"HARRIS","A, B","12345O7890","IN-PERSON","1"\n')
    ended = update("--source", "EVR", "--election", "90501", "--date", "2026-05-18", "--from", path)
    assert (ended.exit_code, ended.line["added"], ended.line["quarantined"]) == (0, 40, 1)
    (kept,) = query("SELECT * FROM _clerk_quarantine")
    assert "12345O7890" not in json.dumps(kept)


@pytest.mark.parametrize(
    ("spelling", "county"),
    [("DE WITT", "DEWITT"), ("La  Salle", "LASALLE"), ("MC LENNAN", "MCLENNAN"), ("ELPASO", "EL PASO")],
)
def test_counties_are_known_by_other_spellings(spelling: str, county: str) -> None:
    assert read_county(spelling) == county


def test_counties_are_numbered_in_the_states_order() -> None:
    assert (len(COUNTIES), len(set(COUNTIES))) == (254, 254)
    named = ("ANDERSON", "ELLIS", "EL PASO", "HARRIS", "ZAVALA")
    assert [COUNTY_IDS[county] for county in named] == ["1", "70", "71", "101", "254"]


def test_the_page_of_every_county_tells_it() -> None:
    assert [county_of(county_page(county)) for county in COUNTIES] == list(COUNTIES)


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("2026 REPUBLICAN PRIMARY RUNOFF ELECTION", "REP"),
        ("2024 Democratic Primary", "DEM"),
        ("2024 NOVEMBER GENERAL ELECTION", ""),
        ("REPUBLICAN AND DEMOCRATIC JOINT PRIMARY", ""),
        ("REPUBLICAN TOWN SPECIAL ELECTION", ""),
    ],
)
def test_the_party_follows_from_the_elections_name(name: str, party: str) -> None:
    assert find_party(name) == party


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("05/18/2026", "2026-05-18T05:00:00Z"),
        ("2026-12-01", "2026-12-01T06:00:00Z"),
        ("05/18/2026 03:04 PM", "2026-05-18T20:04:00Z"),
        ("2026-05-18T20:04:00Z", "2026-05-18T20:04:00Z"),
        ("soon", None),
        ("12/31/9999 11:00 PM", None),
        (7, None),
        (None, None),
    ],
)
def test_times_are_those_of_austin(text: object, moment: str | None) -> None:
    assert read_moment(text) == moment


def test_an_election_becomes_this_row() -> None:
    first, *_ = values(INDEX, (SAMPLES / "elections.json").read_bytes())
    assert first == {
        "election_id": "90501",
        "name": "2026 REPUBLICAN PRIMARY RUNOFF ELECTION",
        "election_date": "2026-05-26",
        "election_type": "EV",
        "party": "REP",
        "first_early_day": "2026-05-18",
        "last_early_day": "2026-05-20",
        "certified": 0,
        "published_at": "2026-05-19T05:00:00Z",
    }


def test_local_elections_are_listed_where_they_look_like_elections() -> None:
    document = json.loads((SAMPLES / "elections.json").read_text())
    document["elections_local"] = [{**document["elections"][0], "id": "L 1"}, {"authority": "CITY OF AUSTIN"}]
    *_, local, unknown = parse(INDEX, json.dumps(document))
    assert isinstance(local, Record)
    assert local.values["election_id"] == "L 1"
    assert isinstance(unknown, Aside)
    assert (unknown.rule, unknown.values) == (
        "unknown_local_election",
        {"election": '{"authority": "CITY OF AUSTIN"}'},
    )


def test_a_countys_turnout_becomes_this_row() -> None:
    rows = values(TURNOUT, (SAMPLES / "turnout.json").read_bytes())
    assert rows[1] == {
        "election_id": "90501",
        "vote_date": "2026-05-18",
        "published_at": "2026-05-19T05:00:00Z",
        "county": "DEWITT",
        "county_id": "62",
        "registered_voters": 1001,
        "in_person_on_date": 12,
        "in_person_total": 12,
        "mail_total": 1,
    }


def test_totals_that_are_not_told_stay_empty() -> None:
    document = json.loads((SAMPLES / "turnout.json").read_text())
    document["turnout_by_county"][0].update(total_mail_votes_for_election=None, registered_voters="1,234")
    (row, *_) = values(TURNOUT, json.dumps(document))
    assert (row["mail_total"], row["registered_voters"]) == (None, 1234)


@pytest.mark.parametrize("figure", ["n/a", "1.5", 1.5, True, [], {}, 10**30, "9" * 40])
def test_a_figure_that_is_none_is_rejected(figure: object) -> None:
    document = json.loads((SAMPLES / "turnout.json").read_text())
    document["turnout_by_county"][0]["registered_voters"] = figure
    first, *others = parse(TURNOUT, json.dumps(document))
    assert isinstance(first, Rejected)
    assert (first.rule, first.column, len(others)) == ("bad_registered_voters", "registered_voters", 5)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("election_id", 90502, "is of election 90502, not 90501 (name the election of the file with --election)"),
        ("early_voting_date", "2026-05-19", "is of 2026-05-19, not 2026-05-18 (name the day of the file with --date)"),
        ("turnout_by_county", {}, "has no list 'turnout_by_county' ("),
        ("turnout_by_county", [{"name": "HARRIS"}], "lacks 'registered_voters', 'in_person_votes_on_date', "),
    ],
)
def test_a_turnout_of_something_else_is_refused(key: str, value: object, message: str) -> None:
    document = json.loads((SAMPLES / "turnout.json").read_text())
    assert refusal(TURNOUT, json.dumps({**document, key: value})).startswith(f"texas file.csv: {message}")


def test_the_flattened_csv_is_read_too() -> None:
    line = "90501,05/18/2026,EL PASO,71,30786,5,2390,,true,civix\n"
    assert values(TURNOUT, FLAT + line) == [
        {
            "election_id": "90501",
            "vote_date": "2026-05-18",
            "county": "EL PASO",
            "county_id": "71",
            "registered_voters": 30786,
            "in_person_on_date": 5,
            "in_person_total": 2390,
            "mail_total": None,
        }
    ]


def test_a_flattened_csv_of_another_day_is_refused() -> None:
    message = refusal(TURNOUT, f"{FLAT}90501,2026-05-19,HARRIS,101,1,1,1,1,true,civix\n")
    assert message.startswith("texas file.csv line 2: is of 2026-05-19, not 2026-05-18")


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=8)
)
def test_whatever_stands_in_a_county_each_county_is_told(anything: object) -> None:
    document = json.loads((SAMPLES / "turnout.json").read_text())
    for county, key in zip(document["turnout_by_county"], ("name", "id", "registered_voters"), strict=False):
        county[key] = anything
    document["turnout_by_county"][5] = anything
    told = 6
    with suppress(SourceError):
        told = len(parse(TURNOUT, json.dumps(document)))
    assert told == 6


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_error_or_records(body: bytes) -> None:
    for scope in (EVR, TURNOUT, INDEX, make_scope("TURNOUT_WORKBOOK", "2020G")):
        for data in (body, HEADER.encode() + body):
            with suppress(SourceError):
                parse(scope, data)
