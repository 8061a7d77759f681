"""Which scopes follow from a site's settings, and what an operator is told where one is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clerk_state_georgia.adapter import Georgia
from clerk_state_georgia.addresses import address_of
from clerkcore import Request, Scope, Site, UsageError
from clerkcore.fetch import Archive, OfflineClient
from clerkcore.models import Kind

SITE = Site("ga", "Georgia", "GA", Kind.STATE)
DAY = "2026-11-03"
COLUMNS = {"county": 0, "ballots_total": 1}


def plan(settings: dict[str, Any], **options: str) -> list[Scope]:
    source = Georgia({"election": "A-12601", **settings})
    return list(source.plan(SITE, Request(date(2026, 10, 1), options=options), OfflineClient(Archive(Path("none")))))


def test_the_data_sources_that_have_an_address_are_pulled() -> None:
    settings = {"election_date": DAY, "absentee_url": "https://example.org/a", "endpoints": {"TURNOUT": "t.pdf"}}
    assert plan({**settings, "turnout_columns": COLUMNS}) == [
        Scope(
            "A-12601/ABSENTEE",
            {"data_source": "ABSENTEE", "election_id": "A-12601", "election_date": "", "election_day": DAY},
        ),
        Scope(f"A-12601/TURNOUT/{DAY}", {"data_source": "TURNOUT", "election_id": "A-12601", "election_date": DAY}),
    ]


def test_a_day_that_is_asked_for_stands_before_the_one_that_is_set() -> None:
    (scope,) = plan({"election_date": DAY}, data_source="HISTORY", date="2026-12-01")
    assert scope.name == "A-12601/HISTORY/2026-12-01"


def test_the_absentee_file_needs_no_day() -> None:
    (scope,) = plan({}, data_source="ABSENTEE")
    assert scope.params == {"data_source": "ABSENTEE", "election_id": "A-12601", "election_date": ""}


@pytest.mark.parametrize(
    ("settings", "options", "message", "remedy"),
    [
        (
            {},
            {},
            "georgia knows no address: the state gives its files to people only",
            "set absentee_url, history_url, turnout_url, or save a file and name it: --source ABSENTEE --from FILE",
        ),
        (
            {"election_date": ""},
            {"data_source": "HISTORY"},
            "HISTORY is of one election day, and none is set",
            'pass --date YYYY-MM-DD, or set election_date = "YYYY-MM-DD"',
        ),
        (
            {"election_date": "3.11.26"},
            {"data_source": "ABSENTEE"},
            "'3.11.26' is no day",
            'election_date = "2026-11-03"',
        ),
        (
            {"election_date": DAY},
            {"data_source": "TURNOUT"},
            "which columns of the PDF's tables are read is not set",
            "turnout_columns = {county = 0, registered_voters = 1, ballots_total = 4}, or headers in place of the"
            " numbers; columns: county, registered_voters, in_person_on_date, in_person_total, mail_on_date,"
            " mail_total, ballots_total",
        ),
        (
            {"election_date": DAY, "turnout_columns": COLUMNS, "turnout_strategy": "guess"},
            {"data_source": "TURNOUT"},
            "'guess' is none that is known",
            "one of: lines, text",
        ),
    ],
    ids=["no address", "no day", "bad day", "no columns", "no such strategy"],
)
def test_a_setting_that_is_missing_is_told(
    settings: dict[str, Any], options: dict[str, str], message: str, remedy: str
) -> None:
    with pytest.raises(UsageError) as told:
        plan(settings, **options)
    assert (told.value.message, told.value.remedy) == (message, remedy)


def test_an_address_is_filled_in_and_quoted() -> None:
    settings = {"absentee_url": "https://example.org/{year}/{election}.zip?on={date}"}
    assert address_of(settings, "ABSENTEE", "A/1", DAY) == "https://example.org/2026/A%2F1.zip?on=2026-11-03"


@pytest.mark.parametrize("base", ["https://example.org/ga", "https://example.org/ga/"])
def test_an_endpoint_lies_below_the_base(base: str) -> None:
    settings = {"base_url": base, "endpoints": {"HISTORY": "{election}.txt"}}
    assert address_of(settings, "HISTORY", "A-1", DAY) == "https://example.org/ga/A-1.txt"


def test_an_address_that_is_not_set_is_told() -> None:
    with pytest.raises(UsageError, match="georgia knows no address of ABSENTEE: the state gives its files to") as told:
        address_of({}, "ABSENTEE", "A-1", DAY)
    assert told.value.remedy == "set absentee_url, or save the file and name it: --source ABSENTEE --from FILE"


def test_an_address_that_needs_a_day_is_told() -> None:
    with pytest.raises(UsageError, match="absentee_url asks for the year of the election, which is not set"):
        address_of({"absentee_url": "https://example.org/{year}.zip"}, "ABSENTEE", "A-1", "")
