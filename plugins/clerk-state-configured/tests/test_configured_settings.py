"""Settings are checked as a whole; what is wrong is named by its key, with what may stand there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from clerk_state_configured.adapter import Configured
from clerk_state_configured.files import read_files
from clerk_state_configured.templates import read_template
from clerkcore.errors import SettingsError
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

TURNOUT = {"kind": "turnout", "values": {}, "columns": {"county": "C", "vote_date": "D", "ballots_total": "B"}}
FIXED = {"format": "fixed", "widths": {"A": 3}}
COLUMNS = {"voter_id": "A", "vote_date": "B", "voting_method": "C", "county": "D"}

WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown key": ({"delimeter": ";"}, "delimeter: unknown key", "known keys: data_source, kind, url, "),
    "no kind": ({"kind": None}, "kind: is missing", "one of: roster, turnout"),
    "kind": ({"kind": "people"}, "kind: 'people' is not known", "one of: roster, turnout"),
    "format": ({"format": "xls"}, "format: 'xls' is not known", "one of: csv, tsv, fixed, excel, json"),
    "encoding": ({"encoding": "ebcdic"}, "encoding: 'ebcdic' is not known", "one of: utf-8, latin-1, cp1252, utf-16"),
    "name": ({"data_source": "a b"}, "data_source: 'a b' is not a name of a data source", "letters, digits, _ and -"),
    "taken name": ({"data_source": "DISTRICTS"}, "data_source: 'DISTRICTS' is not a name", "and not DISTRICTS"),
    "not an address": ({"url": "ftp://x/y"}, "url: 'ftp://x/y' is not an http or https address", "it may hold {ele"),
    "a password": ({"url": "https://a:b@x/y"}, "url: 'https://a:b@x/y' has more than a host's name", "it may hold"),
    "another name": ({"url": "https://x/{year}"}, "url: 'https://x/{year}' names {year}, which is not known", "it may"),
    "an attribute": ({"url": "https://x/{date.year}"}, "url: 'https://x/{date.year}' names {date.year}", "it may hold"),
    "a directive": (
        {"url": "https://x/{date:%Q}", "by_day": True},
        "url: 'https://x/{date:%Q}' has %Q in {date:%Q}, which is not known",
        "it may hold {election}, {date} and {date:...} with %Y, %y, %m",
    ),
    "an open brace": ({"url": "https://x/{date"}, "url: 'https://x/{date' has a brace that is not closed", "it may"),
    "a day too many": ({"url": "https://x/{date}"}, "url: has {date}, though by_day is not true", "set by_day = true"),
    "no day": ({"by_day": True}, "url: lacks {date}, though by_day = true", "set by_day = true for a file of each"),
    "days": ({"days": 3}, "days: belongs to files by day", "set by_day = true"),
    "no flag": ({"quoted": "yes"}, "quoted: 'yes' is neither true nor false", "write true or false"),
    "delimiter": ({"delimiter": ", "}, "delimiter: ', ' cannot be used", "one character"),
    "key of another format": ({"sheet": "Daily"}, "sheet: does not belong to format 'csv'", "only with: excel"),
    "no widths": ({"format": "fixed"}, "widths: names 0 columns, not 1 to 300", "write widths = { COUNTY = 3"),
    "a width": ({**FIXED, "widths": {"A": "3"}}, "widths.A: '3' cannot be used", "a whole number from 1 to 10000"),
    "path": ({"format": "json", "path": "a..b"}, "path: 'a..b' has an empty part", 'write it as "results.items"'),
    "column": ({"columns": {"vuid": "A"}}, "columns.vuid: unknown key", "known keys: voter_id, vote_date, voting_met"),
    "alias": ({"columns": {**COLUMNS, "county": []}}, "columns.county: [] is not a list of texts", "write county = ["),
    "no voter": ({"columns": {"county": "C"}}, "columns: nothing gives voter_id", "add voter_id to columns"),
    "no date": (
        {"columns": {"voter_id": "A"}},
        "columns: nothing gives vote_date",
        "add vote_date to columns or constants, or set by_day = true",
    ),
    "twice": ({"constants": {"party": "REP"}}, "constants.party: stands in columns too", "take it out of one of them"),
    "constant": (
        {"constants": {"voter_id": "1"}},
        "constants.voter_id: unknown key",
        "known keys: vote_date, voting_m",
    ),
    "method": (
        {"values": {"voting_method": {"X": "by foot"}}},
        "values.voting_method.X: 'by foot' is not known",
        "one of: absentee-mail, absentee-in-person, early, ",
    ),
    "values of": ({"values": {"county": {"A": "B"}}}, "values.county: unknown key", "known keys: voting_method, party"),
    "pattern": ({"voter_id_pattern": "("}, "voter_id_pattern: '(' is no regular expression: ", r"such as '\d{10}'"),
    "date format": (
        {"date_formats": ["%m/%d"]},
        "date_formats: '%m/%d' does not name a year, a month and a day",
        "such",
    ),
    "date directive": (
        {"date_formats": ["%Q"]},
        "date_formats: '%Q' has %Q, which is not known; known: %%, %B",
        "such",
    ),
    "counties": ({"counties": {"A": " "}}, "counties.A: names no county", "write the county's name"),
    "a file of counties": ({"counties": 3}, "counties: 3 is not a list of texts", 'write counties = ["...", "..."]'),
    "keep": ({"keep": ["party"]}, "keep: 'party' is not known", "any of: voter_name, voter_address"),
    "kept nowhere": ({"keep": ["voter_address"]}, "keep: voter_address is in none of the columns", "name its column"),
    "optional": ({"optional": ["county"]}, "optional: 'county' is not known", "any of: precinct, party, voter_name"),
    "nothing counted": (
        {**TURNOUT, "columns": {"county": "C", "vote_date": "D"}},
        "columns: nothing is counted",
        "add",
    ),
    "of a turnout": ({**TURNOUT, "keep": ["voter_name"]}, "keep: does not belong to kind 'turnout'", "only with kind"),
    "a constant day": (
        {"columns": {"voter_id": "A", "voting_method": "M", "county": "C"}, "constants": {"vote_date": "soon"}},
        "constants.vote_date: 'soon' is not a date",
        "write it as 2026-11-03",
    ),
    "a constant county": (
        {
            "columns": {"voter_id": "A", "voting_method": "M", "vote_date": "D"},
            "constants": {"county": "Elsewhere"},
            "counties": ["Alameda"],
        },
        "constants.county: 'Elsewhere' is no county that is known",
        "one of those in counties",
    ),
}


@pytest.mark.parametrize(("changes", "message", "remedy"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(roster: dict[str, Any], changes: dict[str, Any], message: str, remedy: str) -> None:
    file = {key: value for key, value in {**roster, **changes}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        read_files({"files": [file]})
    assert str(caught.value).startswith(f"[sources.configured]: files[1].{message}")
    assert caught.value.remedy.startswith(remedy) or remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "[sources.configured]: files: no file is described"),
        ({"files": "a.csv"}, "[sources.configured]: files: no file is described"),
        ({"file": []}, "[sources.configured]: file: unknown key (known keys: election, election_day, data_sources, "),
        ({"about": {"author": "me"}}, "[sources.configured]: about.author: unknown key (known keys: title, publisher"),
        ({"files": [{}] * 51}, "[sources.configured]: files: describes 51 files (50 at most)"),
    ],
)
def test_what_is_wrong_above_the_files_is_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_files(config)
    assert str(caught.value).startswith(message)


def test_a_data_source_is_named_once(roster: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"files\[2\].data_source: 'VOTED' is there already"):
        read_files({"files": [roster, roster]})


def test_a_wrong_setting_fails_the_command_with_its_message(
    configure: Callable[..., str], roster: dict[str, Any], load: Callable[..., Ended]
) -> None:
    configure({**roster, "kind": "people"})
    ended = load(b"")
    assert ended.exit_code in (1, 2)
    assert "files[1].kind: 'people' is not known" in ended.stdout + ended.stderr


def test_an_election_id_that_could_be_a_path_is_refused(
    configure: Callable[..., str], roster: dict[str, Any], run_clerk: Clerk
) -> None:
    configure(roster)
    ended = run_clerk("states", "update", "example.ca", "--election", "../x", "--json")
    assert "'../x' cannot be an election's id" in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://x/{election}/{date}", "https://x/G%2026/2026-03-04"),
        ("https://x/{date:%m%d%y}-{date:%-m.%-d}.csv", "https://x/030426-3.4.csv"),
        ("https://x/{date:%B_%b_%j}?e={election}", "https://x/March_Mar_063?e=G%2026"),
    ],
)
def test_an_address_is_filled_in(template: str, expected: str) -> None:
    assert read_template(template).fill("G 26", date(2026, 3, 4)) == expected


def test_where_the_data_comes_from_may_be_told(roster: dict[str, Any]) -> None:
    about = Configured({"files": [roster], "about": {"publisher": "Example County"}}).about
    assert (about.publisher, about.title) == ("Example County", "Rosters and county turnout, as configured")
