"""--due: what runs now, what waits, and how soon a failure is tried again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.jobs.due import Turn
from clerkcore.jobs.perform import plan_retry
from clerkcore.ledger.jobs import StoredJob
from clerkcore.ledger.schedules import Schedule
from clerkcore.timing import Timing

Clerk = Any  # the class of the fixture in conftest.py
HOUR = timedelta(hours=1)
START = datetime(2026, 5, 18, 12, tzinfo=UTC)
DUE = ("states", "update", "--due", "--json")
FLORIDA = {"enabled": True, "name": "Florida", "adapter": "florida", "update_interval_hours": 4}
OTHER = {"enabled": True, "name": "Other Florida", "adapter": "florida", "settings": {"election": "49894"}}


def job(attempts: int = 1, max_attempts: int = 99) -> StoredJob:
    return StoredJob(
        id=1,
        job_type="states.update",
        subdomain="fl",
        dedup_key="",
        queue="states",
        urgent=False,
        status="running",
        outcome=None,
        options={},
        asked_by="schedule",
        attempts=attempts,
        max_attempts=max_attempts,
        created_at=START,
        not_before=START,
        started_at=START,
        finished_at=None,
        holder="elsewhere",
        token="token",
        cancel_requested=False,
        retry_of=None,
        message="",
        remedy="",
    )


def planned(quiet: str = "") -> list[Schedule]:
    timing, due = Timing(4.0, quiet=quiet), START + 4 * HOUR
    return [Schedule("fl", "states.update", "", timing, True, "default", due, 0, START, "")]


def test_a_site_that_nothing_was_planned_for_is_due() -> None:
    assert Turn("fl").is_due(START)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160)])
def test_each_failure_doubles_the_wait(failures: int, minutes: int) -> None:
    assert plan_retry(job(), failures, planned()) == START + timedelta(minutes=minutes)


@pytest.mark.parametrize("failures", [7, 29, 10_000])
def test_no_retry_is_later_than_the_schedules_next_turn(failures: int) -> None:
    assert plan_retry(job(), failures, planned()) is None


def test_a_job_without_an_attempt_left_is_over() -> None:
    assert plan_retry(job(attempts=5, max_attempts=5), 1, planned()) is None


def test_nothing_is_tried_again_in_quiet_hours() -> None:
    assert plan_retry(job(), 1, planned("12:00-13:30")) == START + 1.5 * HOUR
    assert plan_retry(job(), 1, planned("12:00-17:00")) is None


@pytest.fixture
def states(fed: Clerk) -> Clerk:
    """`clerk` with Florida, simulated, in states.json."""
    write_states(fed, FL=FLORIDA)
    return fed


def write_states(clerk: Clerk, **states: Any) -> None:
    (clerk.root / "sites" / "states.json").write_text(json.dumps({"states": states}))


def pass_time(clerk: Clerk, hours: float) -> None:
    """Let everything have been begun and planned earlier by some hours."""
    columns = {"schedules": ["next_due_at"], "clocks": ["last_started_at"], "jobs": ["not_before", "started_at"]}
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection, connection:
        for table, names in columns.items():
            for name in names:
                for row_id, text in connection.execute(f"SELECT rowid, {name} FROM {table}").fetchall():
                    if text:
                        moved = datetime.fromisoformat(text) - timedelta(hours=hours)
                        values = (moved.isoformat(timespec="microseconds").replace("+00:00", "Z"), row_id)
                        connection.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", values)


def take_due(clerk: Clerk, *words: str, **environ: str) -> list[tuple[str, str]]:
    return [(run["site"], run["outcome"]) for run in clerk(*DUE, *words, **environ).rows]


def test_a_tick_runs_what_is_due_and_the_next_nothing_until_the_interval_has_passed(states: Clerk) -> None:
    assert take_due(states) == [("fl", "changed")]
    assert take_due(states) == []
    pass_time(states, 3.9)
    assert take_due(states) == []
    pass_time(states, 0.2)
    assert take_due(states) == [("fl", "fresh")]


def test_nothing_due_says_what_is_next_and_when_and_is_no_failure(states: Clerk) -> None:
    [run] = states(*DUE).rows
    at = datetime.fromisoformat(run["started_at"]) + 4 * HOUR
    ended = states(*DUE)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == f"Nothing is due; next is fl (Florida) at {at:%Y-%m-%d %H:%M} UTC.\n"


def test_nothing_at_all_says_so(states: Clerk) -> None:
    write_states(states)
    ended = states(*DUE)
    assert (ended.code, ended.out, ended.err) == (0, "", "No site to do: none has such a source.\n")


def test_a_failure_is_tried_again_after_five_minutes_then_ten(states: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(html=True)
    assert states(*DUE).code == 1
    for minutes in (5, 10):
        told = states(*DUE)
        assert (told.code, told.out) == (0, "")
        assert told.err.startswith("Nothing is due; next is fl (Florida) at ")
        pass_time(states, (minutes - 1) / 60)
        assert take_due(states) == []
        pass_time(states, 1.1 / 60)
        assert take_due(states) == [("fl", "failed")]
    assert states(*DUE).err.endswith(" UTC, after 3 failed runs.\n")
    simulator.faults = Faults()
    pass_time(states, 21 / 60)
    assert take_due(states) == [("fl", "changed")]
    pass_time(states, 1)
    assert take_due(states) == []


def test_one_states_failure_stops_no_other(states: Clerk) -> None:
    write_states(states, AL={**OTHER, "data_sources": ["Nosuch"]}, FL=FLORIDA)
    ended = states(*DUE)
    assert (ended.code, {run["site"]: run["outcome"] for run in ended.rows}) == (1, {"al": "failed", "fl": "changed"})
    pass_time(states, 0.1)
    assert take_due(states) == [("al", "failed")]


def test_what_is_held_ends_with_3_and_waits_for_the_interval(states: Clerk, simulator: Simulator) -> None:
    states(*DUE)
    simulator.faults = Faults(drop_share=0.5)
    pass_time(states, 4.1)
    ended = states(*DUE)
    assert (ended.code, [run["outcome"] for run in ended.rows]) == (3, ["held"])
    pass_time(states, 1)
    assert take_due(states) == []


@pytest.mark.parametrize("where", ["site.toml", "clerk.toml"])
def test_an_interval_of_its_own_stands_before_that_of_states_json(states: Clerk, where: str) -> None:
    states(*DUE)
    path = states.root / ("sites/fl/site.toml" if where == "site.toml" else "clerk.toml")
    path.write_text(path.read_text().replace("[sources.florida]", "[sources.florida]\nupdate_interval_hours = 0.5"))
    if where == "site.toml":
        states("sites", "import")
    pass_time(states, 0.6)
    assert take_due(states) == [("fl", "fresh")]


@pytest.mark.parametrize("value", ['"often"', "0", "-1", "true", "nan", "inf", "[4]", "9000"])
def test_an_interval_that_is_none_fails_its_own_site_alone(states: Clerk, value: str) -> None:
    write_states(states, AL=OTHER, FL=FLORIDA)
    states(*DUE)
    path = states.root / "sites" / "fl" / "site.toml"
    path.write_text(path.read_text() + f"update_interval_hours = {value}\n")
    pass_time(states, 5)
    ended = states(*DUE)
    outcomes = {run["site"]: (run["outcome"], run["message"]) for run in ended.rows}
    assert (ended.code, outcomes["al"][0], outcomes["fl"][0]) == (1, "fresh", "failed")
    assert outcomes["fl"][1].startswith("fl: [sources.florida] update_interval_hours: ")
    assert outcomes["fl"][1].endswith(" is not a positive number of hours, 8,784 at most")


def test_a_site_whose_file_is_broken_stops_no_other(states: Clerk) -> None:
    write_states(states, AL=OTHER, FL=FLORIDA)
    states(*DUE)
    (states.root / "sites" / "al" / "site.toml").write_text("name = ")
    pass_time(states, 5)
    ended = states(*DUE)
    assert (ended.code, {run["site"]: run["outcome"] for run in ended.rows}) == (1, {"al": "failed", "fl": "fresh"})


def test_a_file_that_was_loaded_by_hand_is_no_pull(states: Clerk, simulator: Simulator) -> None:
    states(*DUE)
    pass_time(states, 5)
    saved = states.root / "saved.txt"
    saved.write_bytes(simulator.answer("/countyballotreportfiles/Stats_49894_VbmVoted.txt", {}).body)
    assert states("states", "update", "fl", "--source", "VbmVoted", "--from", saved).code == 0
    assert take_due(states) == [("fl", "fresh")]


def test_narrowed_ticks_have_times_of_their_own(states: Clerk) -> None:
    narrowed = ("--source", "VbmVoted")
    assert [take_due(states, *narrowed), take_due(states, *narrowed)] == [[("fl", "changed")], []]
    assert take_due(states) == [("fl", "changed")]
    pass_time(states, 3)
    assert take_due(states, *narrowed) == []  # all that it asks for was asked three hours ago


def test_a_dry_run_takes_no_turn(states: Clerk) -> None:
    assert take_due(states, "--dry-run") == [("fl", "changed")]
    assert take_due(states) == [("fl", "changed")]


def test_disabled_sites_are_never_due(states: Clerk) -> None:
    states(*DUE)
    pass_time(states, 5)
    states("sites", "disable", "fl")
    assert states(*DUE).err == "No site to do: none has such a source.\n"


def test_finance_is_due_once_a_day_by_default(san_diego: Clerk) -> None:
    etl = ("finance", "etl", "--due", "--year", "2020", "--json")
    assert [run["outcome"] for run in san_diego(*etl).rows] == ["changed"]
    pass_time(san_diego, 23)
    assert san_diego(*etl).err.startswith("Nothing is due; next is sandiego.ca (Sandiego.Ca) at ")
    pass_time(san_diego, 1.1)
    assert [run["outcome"] for run in san_diego(*etl).rows] == ["fresh"]


def test_an_interval_that_sites_add_has_set_is_read(fed: Clerk) -> None:
    fed.add_site("sandiego.ca", "netfile.agency=CSD", "netfile.update_interval_hours=1")
    etl = ("finance", "etl", "--due", "--year", "2020", "--json")
    fed(*etl)
    pass_time(fed, 1.1)
    assert [run["outcome"] for run in fed(*etl).rows] == ["fresh"]


def test_a_broken_states_json_is_a_usage_error_that_stops_no_finance(san_diego: Clerk) -> None:
    (san_diego.root / "sites" / "states.json").write_text("{")
    refused = san_diego(*DUE)
    assert (refused.code, "sites/states.json: not valid JSON: " in refused.err) == (2, True)
    assert san_diego("finance", "etl", "--all", "--year", "2020").code == 0
