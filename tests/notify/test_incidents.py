"""When an alert fires, whom it joins, when it is recalled and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from clerkcore.ledger import list_events, list_members

if TYPE_CHECKING:
    from tests.notify.conftest import Town


def members(town: Town, alert_id: int = 1) -> dict[str, bool]:
    """Whether each site of an alert still fails."""
    with town.installation.ledger.read() as conn:
        return {member.subdomain: member.recovered_at is None for member in list_members(conn, alert_id)}


def test_a_failure_fires_one_alert_and_its_recovery_is_told_once(town: Town) -> None:
    town.run("a.ca", "failed", "NetFile answered 500")
    town.update()
    town.run("a.ca", "failed", "NetFile answered 502")
    town.update()
    town.run("a.ca", "fresh")
    town.update()
    town.run("a.ca", "fresh")
    town.update()
    [alert] = town.alerts
    assert (alert.title, alert.severity, alert.status) == ("netfile fails at a.ca", "critical", "resolved")
    assert (alert.description, alert.occurrences, alert.resolved_by) == ("NetFile answered 500", 2, "")
    assert [(each.kind, each.subject) for each in town.told()] == [
        ("fired", "netfile fails at a.ca"),
        ("recovered", "Recovered: netfile fails at a.ca"),
    ]


def test_each_change_of_state_is_an_event(town: Town) -> None:
    town.run("a.ca", "failed", "no answer")
    town.update()
    town.run("a.ca", "changed")
    town.update()
    with town.installation.ledger.read() as conn:
        found = [event for event in list_events(conn, limit=99) if event.kind.startswith("alert.")]
    assert [(event.kind, event.severity, event.subdomain, event.source, event.message) for event in found] == [
        ("alert.fired", "error", "a.ca", "netfile", "netfile fails at a.ca"),
        ("alert.recovered", "info", "a.ca", "netfile", "Recovered: netfile fails at a.ca"),
    ]


def test_what_fails_again_after_its_recovery_is_a_new_alert(town: Town) -> None:
    for outcome in ("failed", "fresh", "failed"):
        town.run("a.ca", outcome)
        town.update()
    assert town.kinds == [(1, "fired"), (1, "recovered"), (2, "fired")]


def test_what_began_and_ended_between_two_looks_is_kept_and_not_told(town: Town) -> None:
    town.run("a.ca", "failed")
    town.run("a.ca", "fresh")
    town.update()
    assert [alert.status for alert in town.alerts] == ["resolved"]
    assert town.kinds == []


def test_an_alert_waits_for_as_many_failures_in_a_row_as_the_setting_says(make_town: Callable[..., Town]) -> None:
    town = make_town(notify_after=3)
    for outcome in ("failed", "failed", "fresh", "failed", "skipped", "failed"):
        town.run("a.ca", outcome)
        town.update()
    assert town.alerts == []
    town.run("a.ca", "failed", "for the third time")
    town.update()
    assert [(alert.description, alert.rule) for alert in town.alerts] == [("for the third time", "3 failures in a row")]


def test_a_run_whose_process_died_is_a_failure(town: Town) -> None:
    town.run("a.ca", "failed", "its process died; nothing was applied", kind="run.recovered")
    town.update()
    assert [alert.description for alert in town.alerts] == ["its process died; nothing was applied"]


@pytest.mark.parametrize("job", ["finance.extract", "finance.transform", "accept", "undo"])
def test_steps_of_something_else_and_decisions_of_people_are_not_told(town: Town, job: str) -> None:
    town.run("a.ca", "failed", job=job)
    town.update()
    assert town.alerts == []


def test_a_job_that_could_not_begin_is_an_alert_until_any_source_of_it_ran(town: Town) -> None:
    town.tell("job.failed", "site.toml: not TOML", subdomain="a.ca", job_id=1, job_type="finance.etl", attempt=1)
    town.update()
    town.run("a.ca", "changed")
    town.update()
    assert [(alert.title, alert.status) for alert in town.alerts] == [("finance.etl fails at a.ca", "resolved")]


def test_one_outage_of_a_hundred_sites_is_one_alert_one_mail_and_one_recovery(town: Town) -> None:
    sites = [f"site{number}.ca" for number in range(100)]
    town.add(*sites)
    for number, site in enumerate(sites):
        town.run(
            site, "failed", f"https://netfile.com:8{number:03}/api/{site}: {number} of {site} answered {500 + number}"
        )
    town.update()
    for site in sites[1:]:
        town.run(site, "fresh")
    town.update()
    assert [alert.status for alert in town.alerts] == ["active"]
    town.run(sites[0], "fresh")
    town.update()
    assert [(alert.title, alert.status, alert.occurrences) for alert in town.alerts] == [
        ("netfile fails at 100 sites", "resolved", 100)
    ]
    assert [(each.kind, each.subject) for each in town.told()] == [
        ("fired", "netfile fails at 100 sites"),
        ("recovered", "Recovered: netfile fails at 100 sites"),
    ]
    assert dict(town.told()[0].content["facts"])["Sites"].endswith("site15.ca, site16.ca, site17.ca and 90 more")


def test_another_trouble_of_another_site_is_another_alert(town: Town) -> None:
    town.add("b.ca")
    town.run("a.ca", "failed", "no answer")
    town.run("b.ca", "failed", "the header has changed")
    town.update()
    assert town.kinds == [(1, "fired"), (2, "fired")]


def test_a_failing_source_opens_no_second_alert_whatever_its_trouble_turns_into(town: Town) -> None:
    town.run("a.ca", "failed", "no answer")
    town.update()
    town.run("a.ca", "failed", "the header has changed")
    town.update()
    assert [(alert.description, alert.occurrences) for alert in town.alerts] == [("no answer", 2)]


def test_a_site_that_recovers_and_fails_again_stays_in_the_open_alert(town: Town) -> None:
    town.add("b.ca")
    town.run("a.ca", "failed", "no answer")
    town.run("b.ca", "failed", "no answer")
    town.update()
    town.run("a.ca", "fresh")
    town.update()
    assert members(town) == {"a.ca": False, "b.ca": True}
    town.run("a.ca", "failed", "the header has changed")
    town.update()
    assert members(town) == {"a.ca": True, "b.ca": True}
    assert town.kinds == [(1, "fired")]


def test_a_hold_is_an_alert_until_nothing_of_the_source_is_held(town: Town) -> None:
    run_id = town.run("a.ca", "held", "40 % of the rows would go")
    town.update()
    town.run("a.ca", "failed", "no answer")
    town.update()
    town.accept(run_id)
    town.update()
    assert [(alert.title, alert.severity, alert.status) for alert in town.alerts] == [
        ("netfile is held at a.ca", "warning", "resolved"),
        ("netfile fails at a.ca", "critical", "active"),
    ]
    assert list(town.told()[0].content["commands"]) == ["clerk runs show 1", "clerk accept 1", "clerk alerts ack 1"]


def test_a_held_run_ends_a_failure(town: Town) -> None:
    town.run("a.ca", "failed", "no answer")
    town.update()
    town.run("a.ca", "held", "too many rows would go")
    town.update()
    assert town.kinds == [(1, "fired"), (1, "recovered"), (2, "fired")]


def test_holds_that_arrive_together_are_one_alert_and_one_of_the_next_day_is_another(town: Town) -> None:
    town.add("b.ca", "c.ca")
    town.run("a.ca", "held", "40 rows would go")
    town.run("b.ca", "held", "70 rows would go")
    town.update()
    town.wait(hours=20)
    town.run("c.ca", "held", "7 rows would go")
    town.update()
    assert [alert.title for alert in town.alerts] == ["netfile is held at 2 sites", "netfile is held at c.ca"]


def test_a_disk_budget_is_an_alert_until_the_site_is_within_it(town: Town) -> None:
    town.tell("disk.budget", "a.ca takes 2 GB", severity="warning", subdomain="a.ca")
    town.update()
    town.tell("disk.budget", "a.ca takes 1 GB", subdomain="a.ca")
    town.update()
    assert [(alert.title, alert.status) for alert in town.alerts] == [("a.ca is above its disk budget", "resolved")]
    assert town.kinds == [(1, "fired"), (1, "recovered")]


def test_an_active_alert_is_recalled_until_somebody_looks(town: Town) -> None:
    town.run("a.ca", "failed")
    for _ in range(3):
        town.update(hours=23)
    assert town.kinds == [(1, "fired"), (1, "reminder")]


def test_reminders_of_zero_hours_are_never(make_town: Callable[..., Town]) -> None:
    town = make_town(notify_remind_hours=0.0, channels={"hook": {"type": "webhook", "url": "https://hook.invalid"}})
    town.run("a.ca", "failed")
    town.update(days=1)
    town.update(days=30)
    assert town.kinds == [(1, "fired")]


def test_what_broke_while_nothing_could_be_told_is_told_when_a_channel_is_there(make_town: Callable[..., Town]) -> None:
    make_town().run("a.ca", "failed")
    quiet = make_town(notify_enabled=False, channels={"hook": {"type": "webhook", "url": "https://hook.invalid"}})
    quiet.update()
    assert [alert.status for alert in quiet.alerts] == ["active"]
    assert quiet.kinds == []
    loud = make_town(channels={"hook": {"type": "webhook", "url": "https://hook.invalid"}})
    loud.update()
    assert loud.kinds == [(1, "fired")]


def test_a_channel_takes_only_the_severities_it_is_for(make_town: Callable[..., Town]) -> None:
    url = "https://hook.invalid"
    town = make_town(
        channels={
            "all": {"type": "webhook", "url": url},
            "pager": {"type": "webhook", "url": url, "only": ["critical"]},
        }
    )
    town.run("a.ca", "held")
    town.run("a.ca", "failed")
    town.update()
    assert [(alert.type, each.channel) for alert in town.alerts for each in town.told(alert.id)] == [
        ("held", "all"),
        ("failed", "all"),
        ("failed", "pager"),
    ]
