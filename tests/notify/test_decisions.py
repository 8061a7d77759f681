"""What people decide about alerts, by functions and by `clerk alerts`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from clerkcore.cli.alerts import alerts
from clerkcore.errors import ClerkError, LedgerError, SettingsError, UsageError
from clerkcore.ledger import list_events
from clerkcore.notify.decisions import acknowledge, assign, resolve, snooze
from clerkcore.times import now

if TYPE_CHECKING:
    from tests.notify.conftest import Town


@pytest.fixture
def failing(town: Town) -> Town:
    """An installation with alert 1, which was told."""
    town.at = now() - timedelta(minutes=5)
    town.run("a.ca", "failed", "no answer")
    town.update()
    return town


def clerk(town: Town, *words: str) -> Result:
    result = CliRunner().invoke(alerts, words, obj=town.installation)
    if isinstance(result.exception, ClerkError):
        raise result.exception
    return result


def test_who_acknowledges_an_alert_ends_its_reminders_and_hears_of_its_recovery(failing: Town) -> None:
    [alert] = acknowledge(failing.installation, [1], "ann", "asked NetFile")
    assert (alert.status, alert.acknowledged_by) == ("investigating", "ann")
    assert [(note["by"], note["action"], note["note"]) for note in alert.notes] == [
        ("ann", "acknowledged", "asked NetFile")
    ]
    failing.update(days=3)
    failing.run("a.ca", "fresh")
    failing.update()
    assert failing.kinds == [(1, "fired"), (1, "recovered")]


def test_a_snoozed_alert_is_quiet_until_its_end_and_then_recalled_at_once(failing: Town) -> None:
    snooze(failing.installation, [1], now() + timedelta(hours=30), "ann")
    failing.update(hours=29)
    assert [alert.status for alert in failing.alerts] == ["snoozed"]
    assert failing.kinds == [(1, "fired")]
    failing.update(hours=2)
    assert [alert.status for alert in failing.alerts] == ["active"]
    assert failing.kinds == [(1, "fired"), (1, "reminder")]
    failing.update(hours=1)
    assert failing.kinds == [(1, "fired"), (1, "reminder")]


def test_what_recovers_in_its_snooze_is_told_and_not_recalled(failing: Town) -> None:
    snooze(failing.installation, [1], now() + timedelta(hours=4), "ann")
    failing.run("a.ca", "fresh")
    failing.update()
    failing.update(hours=9)
    assert failing.kinds == [(1, "fired"), (1, "recovered")]


def test_what_fails_again_after_somebody_resolved_it_is_a_new_alert(failing: Town) -> None:
    [alert] = resolve(failing.installation, [1], "ann", "repaired")
    assert (alert.status, alert.resolved_by) == ("resolved", "ann")
    failing.at = now()
    failing.run("a.ca", "failed", "no answer")
    failing.update()
    assert failing.kinds == [(1, "fired"), (2, "fired")]


def test_every_decision_is_an_event(failing: Town) -> None:
    installation = failing.installation
    acknowledge(installation, [1], "ann")
    assign(installation, [1], "bob", "ann", "his source")
    resolve(installation, [1], "bob")
    with installation.ledger.read() as conn:
        found = [event for event in list_events(conn, limit=99) if "by" in event.data]
    assert [(event.kind, event.subdomain, event.message) for event in found] == [
        ("alert.acknowledged", "a.ca", "ann acknowledged alert 1, netfile fails at a.ca"),
        ("alert.assigned", "a.ca", "ann assigned alert 1, netfile fails at a.ca: to bob: his source"),
        ("alert.resolved", "a.ca", "bob resolved alert 1, netfile fails at a.ca"),
    ]


def test_a_list_with_a_mistake_in_it_changes_nothing(failing: Town) -> None:
    with pytest.raises(LedgerError, match=r"no alert 7 \(newest alerts: 1\)"):
        resolve(failing.installation, [1, 7], "ann")
    assert [alert.status for alert in failing.alerts] == ["active"]


def test_a_resolved_alert_is_decided(failing: Town) -> None:
    resolve(failing.installation, [1], "ann")
    with pytest.raises(UsageError, match=r"alert 1 is resolved already by ann \(see: clerk alerts list\)"):
        acknowledge(failing.installation, [1], "bob")


def test_the_commands_show_and_decide(failing: Town) -> None:
    assert clerk(failing, "ack", "1", "--by", "ann", "--note", "asked").output == (
        "alert 1 is investigating: netfile fails at a.ca\n"
    )
    assert clerk(failing, "assign", "1", "--to", "bob", "--by", "ann").output == (
        "alert 1 is investigating, assigned to bob: netfile fails at a.ca\n"
    )
    shown = clerk(failing, "show", "1").output
    for line in (
        "alert 1: netfile fails at a.ca\n",
        "critical, investigating; raised by the rule: a failure\n",
        "  failing: a.ca\n",
        "ann, acknowledged: asked\n",
        "What helps: look at it\n",
        " fired by hook: waiting\n",
    ):
        assert line in shown
    assert "netfile fails at a.ca  bob" in clerk(failing, "list").output
    assert clerk(failing, "resolve", "1", "--by", "bob").output.startswith("alert 1 is resolved by bob at ")
    assert "netfile" not in clerk(failing, "list").output
    assert "netfile" in clerk(failing, "list", "--all", "--subdomain", "a.ca").output


def test_the_list_is_json_lines_too(failing: Town) -> None:
    [line] = clerk(failing, "list", "--json").output.splitlines()
    row = json.loads(line)
    assert {name: row[name] for name in ("id", "type", "status", "source", "occurrences", "untold")} == {
        "id": 1,
        "type": "failed",
        "status": "active",
        "source": "netfile",
        "occurrences": 1,
        "untold": "hook, waiting",
    }


def test_what_an_upstream_wrote_cannot_drive_the_terminal(town: Town) -> None:
    town.run("a.ca", "failed", "\x1b]0;owned\x07\u202eno answer")
    town.update()
    shown = clerk(town, "list").output + clerk(town, "show", "1").output
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "a snooze needs an end (give --for 4h, or --until 2026-12-31T08:00, not both)"),
        (("--for", "4 hours"), "'4 hours' is no span of time (write it as 30m, 4h or 2d)"),
        (
            ("--until", "2020-01-01"),
            "2020-01-01T00:00:00.000000Z is past (name a time that is still to come, as --for 4h)",
        ),
    ],
)
def test_a_snooze_without_a_good_end_is_refused(failing: Town, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        clerk(failing, "snooze", "1", *words)
    assert str(caught.value) == message


def test_a_test_without_any_channel_says_how_to_have_one(make_town: Callable[..., Town]) -> None:
    with pytest.raises(SettingsError) as caught:
        clerk(make_town(), "test")
    assert str(caught.value) == "there is no channel (set smtp.host and notify.admin_emails, or [channels.NAME])"
