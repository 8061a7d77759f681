"""What no event tells: schedules that are behind, and which of them nothing will ever run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event, insert, update

from clerkcore.ledger import list_events, list_members
from clerkcore.ledger.conditions import Expected
from clerkcore.ledger.tables import jobs, schedules, site_sources, sites
from clerkcore.notify.expected import expected_jobs
from clerkcore.notify.watching import watch
from clerkcore.plugins import Plugin
from clerkcore.plugins.discovery import BUILT_IN
from clerkcore.times import to_text

if TYPE_CHECKING:
    from tests.notify.conftest import Town

CLOSED = "nothing runs it any more: its kind of job, source, state, site or schedule is off or gone"
BROKEN = """
from clerkcore import Ref, hookimpl

@hookimpl
def register_job_types():
    return [Ref("broken.job", "broken_jobs:Nothing", "Does not load")]
"""


def members(town: Town, alert_id: int = 1) -> dict[str, bool]:
    """Whether each site of an alert still fails."""
    with town.installation.ledger.read() as conn:
        return {member.subdomain: member.recovered_at is None for member in list_members(conn, alert_id)}


def schedule(town: Town, *subdomains: str, job: str = "finance.etl", key: str = "") -> None:
    values = {
        "job_type": job,
        "dedup_key": key,
        "every_hours": 24,
        "origin": "default",
        "next_due_at": to_text(town.at),
    }
    with town.installation.ledger.write() as conn:
        for subdomain in subdomains:
            conn.execute(insert(schedules).values(subdomain=subdomain, updated_at=to_text(town.at), **values))


def begin(town: Town, due_hours: float = 24) -> None:
    with town.installation.ledger.write() as conn:
        conn.execute(update(schedules).values(next_due_at=to_text(town.at + timedelta(hours=due_hours))))


def test_sites_behind_their_schedule_are_one_alert_until_they_have_begun(town: Town) -> None:
    town.add("b.ca")
    schedule(town, "a.ca", "b.ca")
    town.update(hours=23)
    assert town.alerts == []
    town.update(hours=2)
    town.update(hours=2)
    begin(town)
    town.update()
    assert [(alert.title, alert.description, alert.status) for alert in town.alerts] == [
        ("finance.etl is overdue at 2 sites", "finance.etl is more than 24 hours behind schedule", "resolved")
    ]
    assert town.kinds == [(1, "fired"), (1, "recovered")]


def test_a_site_that_is_late_again_stays_in_the_open_alert(town: Town) -> None:
    town.add("b.ca")
    schedule(town, "a.ca", "b.ca")
    town.update(hours=25)
    with town.installation.ledger.write() as conn:
        on_time = update(schedules).where(schedules.c.subdomain == "a.ca")
        conn.execute(on_time.values(next_due_at=to_text(town.at + timedelta(hours=1))))
    town.update()
    assert members(town) == {"a.ca": False, "b.ca": True}
    town.update(hours=26)
    assert members(town) == {"a.ca": True, "b.ca": True}
    assert [(alert.title, alert.occurrences) for alert in town.alerts] == [("finance.etl is overdue at 2 sites", 3)]


def test_a_job_that_runs_is_not_overdue(town: Town) -> None:
    schedule(town, "a.ca")
    times = {"created_at": to_text(town.at), "not_before": to_text(town.at)}
    about = {"job_type": "finance.etl", "subdomain": "a.ca", "queue": "finance", "asked_by": "schedule"}
    with town.installation.ledger.write() as conn:
        conn.execute(insert(jobs).values(status="running", **about, **times))
    town.update(hours=30)
    assert town.alerts == []


def test_overdue_hours_of_zero_is_never(make_town: Callable[..., Town]) -> None:
    town = make_town(notify_overdue_hours=0.0)
    schedule(town, "a.ca")
    town.update(days=30)
    assert town.alerts == []


def switch_off_site(town: Town) -> None:
    with town.installation.ledger.write() as conn:
        conn.execute(update(sites).where(sites.c.subdomain == "a.ca").values(enabled=False))


def switch_off_schedule(town: Town) -> None:
    with town.installation.ledger.write() as conn:
        conn.execute(update(schedules).where(schedules.c.subdomain == "a.ca").values(enabled=False))


def drop_source(town: Town) -> None:
    with town.installation.ledger.write() as conn:
        conn.execute(update(site_sources).where(site_sources.c.subdomain == "a.ca").values(source="unheard-of"))


def remove_site(town: Town) -> None:
    with town.installation.ledger.write() as conn:
        conn.execute(sites.delete().where(sites.c.subdomain == "a.ca"))


WAYS = pytest.mark.parametrize("leave_out", [switch_off_site, switch_off_schedule, drop_source, remove_site])


@WAYS
def test_what_nothing_will_run_is_not_overdue(town: Town, leave_out: Callable[[Town], None]) -> None:
    schedule(town, "a.ca")
    leave_out(town)
    town.update(days=3)
    assert town.alerts == []


@WAYS
def test_an_alert_about_what_nothing_runs_any_more_is_closed_with_a_note_and_no_word(
    town: Town, leave_out: Callable[[Town], None]
) -> None:
    schedule(town, "a.ca")
    town.update(days=3)
    leave_out(town)
    town.update(minutes=1)
    [alert] = town.alerts
    assert (alert.status, alert.resolved_at, alert.resolved_by) == ("resolved", town.at, "")
    assert alert.notes == ({"at": to_text(town.at), "by": "clerk", "action": "closed", "note": CLOSED},)
    assert town.kinds == [(1, "fired")]
    with town.installation.ledger.read() as conn:
        newest = list_events(conn, limit=99)[-1]
    assert (newest.kind, newest.message) == ("alert.closed", f"Closed: finance.etl is overdue at a.ca; {CLOSED}")


def test_an_alert_goes_on_for_the_sites_that_are_still_to_be_run(town: Town) -> None:
    town.add("b.ca")
    schedule(town, "a.ca", "b.ca")
    town.update(days=3)
    switch_off_site(town)
    town.update(minutes=1)
    assert members(town) == {"a.ca": False, "b.ca": True}
    begin(town)
    town.update()
    assert town.kinds == [(1, "fired"), (1, "recovered")]


def test_a_kind_of_job_that_no_plugin_offers_is_not_overdue(town: Town) -> None:
    schedule(town, "a.ca", job="gone.job")
    town.update(days=3)
    assert town.alerts == []


def test_a_turn_with_options_is_left_to_whoever_asks_with_them(town: Town) -> None:
    schedule(town, "a.ca", key='{"years":[2024]}')
    town.update(days=3)
    assert town.alerts == []


def test_a_kind_of_job_that_does_not_load_is_overdue_wherever_it_is_planned(
    make_town: Callable[..., Town], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_jobs.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    town = make_town(Plugin("broken", "", BUILT_IN, faces=("broken_jobs",)))
    schedule(town, "a.ca", job="broken.job")
    town.update(days=3)
    assert [alert.title for alert in town.alerts] == ["broken.job is overdue at a.ca"]


STATES = {
    "TX": {"enabled": False, "name": "Texas", "adapter": "texas_adapter", "site": "texas.election"},
    "FL": {"enabled": True, "name": "Florida", "adapter": "florida_adapter", "site": "florida.election"},
}


@pytest.mark.parametrize(
    ("text", "without"), [(json.dumps({"states": STATES}), ["texas.election"]), ("{", [])], ids=["as it says", "broken"]
)
def test_the_states_that_the_file_disables_are_left_out(town: Town, text: str, without: list[str]) -> None:
    folder = town.installation.root / "sites"
    folder.mkdir(exist_ok=True)
    (folder / "states.json").write_text(text)
    assert expected_jobs(town.installation) == [
        Expected("finance.etl", ["netfile", "netfile_campaign", "netfile_excel"]),
        Expected("states.update", [], without),
    ]


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count what SQLite does inside this block, in thousands of its instructions."""
    steps = [0]

    def count() -> None:
        steps[0] += 1

    def watch_it(_conn: Any, cursor: Any, *_: Any) -> None:
        cursor.connection.set_progress_handler(count, 1000)

    event.listen(Engine, "before_cursor_execute", watch_it)
    yield steps
    event.remove(Engine, "before_cursor_execute", watch_it)


def steps_of_watching(town: Town, prefix: str, number: int) -> int:
    """Let many sites be overdue and told of, and return what it takes to see that nothing is new."""
    names = [f"{prefix}{position}.ca" for position in range(number)]
    town.add(*names)
    schedule(town, *names)
    town.update(days=3)
    with counted() as steps, town.installation.ledger.read() as conn:
        assert not watch(conn, expected_jobs(town.installation), 24, town.at)
    return steps[0]


def test_ten_times_as_many_sites_that_are_overdue_take_ten_times_as_long_to_watch(town: Town) -> None:
    few = steps_of_watching(town, "few", 100)
    many = steps_of_watching(town, "many", 900)
    assert many < 20 * few
