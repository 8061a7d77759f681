"""What an operator asks and says of schedules."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clerkcore.ledger import ledger_url, open_ledger, open_run
from clerkcore.testing.clerk import Clerk
from clerkcore.times import from_text

LAST = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)


def note_run(clerk: Clerk, subdomain: str, at: datetime) -> None:
    with open_ledger(ledger_url(clerk.root)) as ledger, ledger.write() as connection:
        open_run(connection, "finance.etl", subdomain, "netfile", "a test", {}, at=at)


@pytest.fixture
def alameda(clerk: Clerk, add_site: Callable[..., None]) -> Clerk:
    """`clerk` with one site where finance.etl last began at 5:30."""
    add_site("alameda.ca")
    note_run(clerk, "alameda.ca", LAST)
    return clerk


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "updated_at"}


def set_times(clerk: Clerk, *words: str) -> dict[str, Any]:
    done = clerk("schedule", "set", "alameda.ca", "finance.etl", *words, "--by", "ann", "--json")
    assert done.exit_code == 0, done.stderr
    return done.line


def test_the_list_says_when_each_job_is_due_and_why(alameda: Clerk) -> None:
    (row,) = alameda("schedule", "list", "--json").lines
    assert without_times(row) == {
        "site": "alameda.ca",
        "job": "finance.etl",
        "dedup_key": "",
        "when": "every 24 h",
        "every_hours": 24.0,
        "cron": "",
        "time_zone": "UTC",
        "jitter_minutes": 0,
        "quiet": "",
        "origin": "default",
        "enabled": True,
        "next_due_at": "2026-11-25T05:30:00.000000Z",
        "next_local": "2026-11-25T05:30:00+00:00",
        "failures": 0,
        "updated_by": "",
    }


def test_the_list_shows_the_zone_of_each_schedule_and_utc(alameda: Clerk) -> None:
    set_times(alameda, "--cron", "0 6 * * *", "--time-zone", "America/Los_Angeles", "--off")
    head, line = alameda("schedule", "list").stdout.splitlines()
    assert head.split() == ["Site", "Job", "When", "Set", "by", "Next", "UTC", "Failures"]
    words = "alameda.ca finance.etl 0 6 * * * America/Los_Angeles ann Tue 2026-11-24 06:00 PST 2026-11-24 14:00 off"
    assert line.split() == words.split()


def test_a_site_that_never_ran_is_due_at_once_whatever_is_set(clerk: Clerk, add_site: Callable[..., None]) -> None:
    add_site("alameda.ca")
    due = from_text(set_times(clerk, "--cron", "0 9 15 JAN,APR,JUL,OCT *")["next_due_at"])
    assert abs(due - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("words", "when", "due"),
    [
        (["--every", "4h"], "every 4 h", "2026-11-24T09:30:00.000000Z"),
        (["--every", "30m"], "every 30 min", "2026-11-24T06:00:00.000000Z"),
        (["--every", "1d"], "every 24 h", "2026-11-25T05:30:00.000000Z"),
        (["--cron", "0 6 * * *"], "0 6 * * * UTC", "2026-11-24T06:00:00.000000Z"),
        (
            ["--cron", "0 9 15 JAN,APR,JUL,OCT *", "--time-zone", "America/Los_Angeles"],
            "0 9 15 JAN,APR,JUL,OCT * America/Los_Angeles",
            "2027-01-15T17:00:00.000000Z",
        ),
        (
            ["--every", "1h", "--quiet", "05:00-08:00"],
            "every 1 h, not 05:00-08:00 UTC",
            "2026-11-24T08:00:00.000000Z",
        ),
    ],
)
def test_the_next_turn_is_counted_from_the_last_start(alameda: Clerk, words: list[str], when: str, due: str) -> None:
    row = set_times(alameda, *words)
    assert (row["when"], row["next_due_at"], row["origin"], row["updated_by"]) == (when, due, "operator", "ann")
    (listed,) = alameda("schedule", "list", "--json").lines
    assert listed == row


def test_what_is_not_said_stays_as_it_is(alameda: Clerk) -> None:
    set_times(alameda, "--cron", "0 6 * * *", "--quiet", "22:00-05:00", "--jitter", "30", "--off")
    row = set_times(alameda, "--quiet", "")
    assert (row["when"], row["enabled"]) == ("0 6 * * * UTC, spread over 30 min", False)


def test_what_was_changed_and_by_whom_is_an_event(alameda: Clerk) -> None:
    set_times(alameda, "--every", "4h", "--off")
    connection = sqlite3.connect(alameda.root / "civic.db")
    (event,) = connection.execute("SELECT subdomain, message, data FROM events WHERE kind = 'schedule.changed'")
    connection.close()
    assert (*event[:2], json.loads(event[2])) == (
        "alameda.ca",
        "finance.etl at alameda.ca: every 4 h, off (before: every 24 h), by ann",
        {"job_type": "finance.etl", "before": "every 24 h", "after": "every 4 h, off", "by": "ann"},
    )


def test_a_schedule_goes_back_to_its_default(alameda: Clerk) -> None:
    (before,) = alameda("schedule", "list", "--json").lines
    set_times(alameda, "--cron", "0 6 * * *", "--off")
    row = alameda("schedule", "reset", "alameda.ca", "finance.etl", "--by", "ann", "--json").line
    assert without_times(row) == {**without_times(before), "updated_by": "ann"}


def test_all_sites_of_a_job_are_set_at_once(alameda: Clerk, add_site: Callable[..., None]) -> None:
    add_site("berkeley.ca")
    rows = alameda("schedule", "set", "--all", "finance.etl", "--every", "6h", "--json").lines
    assert sorted((row["site"], row["when"]) for row in rows) == [
        ("alameda.ca", "every 6 h"),
        ("berkeley.ca", "every 6 h"),
    ]


def test_where_one_site_cannot_be_set_none_is(alameda: Clerk, add_site: Callable[..., None]) -> None:
    add_site("berkeley.ca")
    alameda("sites", "disable", "berkeley.ca")
    done = alameda("schedule", "set", "alameda.ca", "berkeley.ca", "finance.etl", "--every", "6h")
    assert done.exit_code == 2
    assert done.stderr == (
        "Error: finance.etl is not for berkeley.ca: it is disabled, or has no source of this job"
        " (clerk sites show berkeley.ca)\n"
    )
    assert [row["when"] for row in alameda("schedule", "list", "--json").lines] == ["every 24 h"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["alameda.ca", "finance.etl"],
            "nothing is to be changed (say --every, --cron, --time-zone, --jitter, --quiet or --off)",
        ),
        (["finance.etl", "--off"], "say which sites (name them, or pass --all)"),
        (["alameda.ca", "finance.etl", "--all", "--off"], "choose sites in one way only (name them, or pass --all)"),
        (
            ["alameda.ca", "finance.etl", "--every", "4h", "--cron", "0 6 * * *"],
            "a timing is an interval or a cron expression, and not both (say every 4 h, or 0 6 * * *)",
        ),
        (["alameda.ca", "finance.etl", "--every", "4 days"], "'4 days' is no interval (write it as 30m, 4h or 1d)"),
        (
            ["alameda.ca", "finance.etl", "--every", "400d"],
            "an interval of 9600.0 hours is not between a minute and 8,784 hours (write it as 4)",
        ),
        (
            ["alameda.ca", "finance.etl", "--cron", "0 0 30 2 *"],
            "'0 0 30 2 *' is no cron expression: bad day-of-month"
            " (write it as 0 6 * * * (every day at 6:00), with dates that exist)",
        ),
        (
            ["alameda.ca", "finance.etl", "--time-zone", "Mars/Olympus"],
            "there is no time zone 'Mars/Olympus' (write it as America/Los_Angeles or UTC)",
        ),
        (
            ["alameda.ca", "finance.etl", "--quiet", "night"],
            "'night' are no quiet hours (write them as 22:00-06:00)",
        ),
        (["alameda.ca", "finance.x", "--off"], "there is no job 'finance.x' (jobs: finance.etl, states.update)"),
        (["nosuch.ca", "finance.etl", "--off"], "the ledger has no site 'nosuch.ca' (sites: alameda.ca)"),
    ],
)
def test_times_that_make_no_sense_are_refused(alameda: Clerk, words: list[str], message: str) -> None:
    done = alameda("schedule", "set", *words)
    assert (done.exit_code, done.stderr) == (2, f"Error: {message}\n")
    assert [row["when"] for row in alameda("schedule", "list", "--json").lines] == ["every 24 h"]


def test_the_next_starts_of_all_sites_come_in_their_order(alameda: Clerk, add_site: Callable[..., None]) -> None:
    add_site("berkeley.ca")
    begun = datetime.now(UTC).replace(microsecond=0)
    note_run(alameda, "berkeley.ca", begun)
    note_run(alameda, "alameda.ca", begun)
    alameda("schedule", "set", "alameda.ca", "finance.etl", "--every", "2h")
    alameda("schedule", "set", "berkeley.ca", "finance.etl", "--every", "3h")
    rows = alameda("schedule", "next", "--count", "4", "--json").lines
    assert [(row["site"], from_text(row["starts_at"]) - begun) for row in rows] == [
        ("alameda.ca", timedelta(hours=2)),
        ("berkeley.ca", timedelta(hours=3)),
        ("alameda.ca", timedelta(hours=4)),
        ("alameda.ca", timedelta(hours=6)),
    ]


def test_what_is_off_or_disabled_starts_nothing(alameda: Clerk, add_site: Callable[..., None]) -> None:
    add_site("berkeley.ca")
    alameda("schedule", "set", "alameda.ca", "finance.etl", "--off")
    alameda("schedule", "list")
    alameda("sites", "disable", "berkeley.ca")
    done = alameda("schedule", "next")
    assert done.stdout.splitlines()[1:] == ["Nothing is scheduled: clerk sites list"]
