"""What waits is sent once, whatever fails in between."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from clerkcore.ledger import list_events
from clerkcore.ledger.tables import notifications
from clerkcore.times import now, to_text

if TYPE_CHECKING:
    from tests.notify.conftest import Hook, Mailbox, Town

PUMP = """
import sys
from pathlib import Path
from clerkcore.installation import Installation
from clerkcore.notify.pump import pump
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import BUILT_IN, Discovery, Plugin
from clerkcore.settings import Settings
plugin = Plugin("clerkcore", "", BUILT_IN, faces=("clerkcore.notify.channels",))
channels = {"hook": {"type": "webhook", "url": sys.argv[2]}}
settings = Settings(root=Path(sys.argv[1]), channels=channels, database_url=sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
pump(Installation(settings, Manager(Discovery((plugin,)))), print)
"""


def fail(town: Town, *subdomains: str, message: str = "no answer") -> None:
    """Let runs fail just now, by the real clock that a pump goes by."""
    town.at = now() - timedelta(minutes=len(subdomains) + 2)
    for subdomain in subdomains or ("a.ca",):
        town.run(subdomain, "failed", message)


def end_waiting(town: Town) -> None:
    """Let the time for another attempt come."""
    with town.installation.ledger.write() as conn:
        conn.execute(update(notifications).values(not_before=to_text(now())))


def test_a_failure_and_its_recovery_are_two_mails_in_all(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    fail(town)
    town.pump()
    town.pump()
    town.run("a.ca", "changed")
    town.pump()
    town.pump()
    assert [mail["Subject"] for mail in mailbox.mails] == [
        "[clerk] netfile fails at a.ca",
        "[clerk] Recovered: netfile fails at a.ca",
    ]
    assert [(each.status, each.attempts) for each in town.told()] == [("sent", 1), ("sent", 1)]
    assert town.reports == []


def test_a_mail_that_was_not_taken_is_kept_shown_and_sent_once_later(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    mailbox.refuse = "452 no space left"
    fail(town)
    town.pump()
    town.pump()
    [waiting] = town.told()
    assert (waiting.status, waiting.attempts, waiting.sent_at) == ("waiting", 1, None)
    assert waiting.message.endswith(
        "the mail was not taken: 452 no space left (check [smtp] in clerk.toml, then: clerk alerts test)"
    )
    assert len(town.reports) == 1
    assert town.reports[0].startswith("'netfile fails at a.ca' was not told by mail: 127.0.0.1:")
    mailbox.refuse = ""
    end_waiting(town)
    town.pump()
    town.pump()
    assert len(mailbox.mails) == 1
    assert [(each.status, each.attempts, each.message) for each in town.told()] == [("sent", 2, "")]


def test_a_recovery_is_never_told_before_its_beginning(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    mailbox.refuse = "452 no space left"
    fail(town)
    town.pump()
    mailbox.refuse = ""
    town.run("a.ca", "changed")
    town.pump()
    assert mailbox.mails == []
    end_waiting(town)
    town.pump()
    assert [mail["Subject"] for mail in mailbox.mails] == [
        "[clerk] netfile fails at a.ca",
        "[clerk] Recovered: netfile fails at a.ca",
    ]


def test_what_no_server_took_for_three_days_is_given_up_and_said_so(mailed: tuple[Town, Mailbox]) -> None:
    town, mailbox = mailed
    mailbox.refuse = "550 who are you"
    fail(town)
    town.pump()
    with town.installation.ledger.write() as conn:
        long_ago = to_text(now() - timedelta(days=3))
        conn.execute(update(notifications).values(not_before=long_ago, created_at=long_ago))
    town.pump()
    assert [each.status for each in town.told()] == ["given_up"]
    with town.installation.ledger.read() as conn:
        found = [event for event in list_events(conn, limit=99) if event.kind == "notification.given_up"]
    assert [(event.severity, dict(event.data)) for event in found] == [("error", {"alert": 1, "notification": 1})]
    assert found[0].message.endswith(
        "550 who are you (check [smtp] in clerk.toml, then: clerk alerts test); it is given up"
    )


def test_a_server_that_hangs_costs_one_timeout_however_much_waits(
    make_town: Callable[..., Town], smtp_settings: Callable[..., dict[str, Any]], silent_port: int
) -> None:
    town = make_town(**smtp_settings(silent_port, notify_timeout=0.3))
    town.add("b.ca", "c.ca")
    fail(town, message="no answer")
    town.run("b.ca", "failed", "the header has changed")
    town.run("c.ca", "failed", "a page is missing")
    begun = time.monotonic()
    town.pump()
    assert time.monotonic() - begun < 1.5
    assert [each.attempts for alert in (1, 2, 3) for each in town.told(alert)] == [1, 0, 0]
    assert "0.3 seconds" in town.told()[0].message


def test_a_broken_channel_stops_no_other(make_town: Callable[..., Town], hook: Hook) -> None:
    channels = {
        "a": {"type": "webhook", "url": {"secret": "nowhere"}},
        "b": {"type": "pigeon"},
        "c": {"url": hook.url},
        "d": {"type": "webhook", "url": hook.url},
    }
    town = make_town(channels=channels)
    fail(town)
    town.pump()
    assert len(hook.posts) == 1
    assert [(each.channel, each.status, each.message) for each in town.told()] == [
        (
            "a",
            "waiting",
            "the secret 'nowhere' is not set (set CLERK_SECRET_NOWHERE or write it to "
            f"{town.installation.root}/secrets/nowhere with mode 0600)",
        ),
        (
            "b",
            "waiting",
            "no installed plugin offers 'pigeon'; offered: apprise, mail, webhook (see: clerk plugins list)",
        ),
        ("c", "waiting", "channel c: it has no type; write type = 'webhook', or what a plugin offers"),
        ("d", "sent", ""),
    ]


def test_processes_that_pump_at_once_send_once(make_town: Callable[..., Town], hook: Hook, database_url: str) -> None:
    town = make_town(notify_enabled=False, database_url=database_url)
    town.add(*(f"site{number}.ca" for number in range(8)))
    for number in range(8):
        fail(town, f"site{number}.ca", message="trouble with column " + "x" * number)
    command = [sys.executable, "-c", PUMP, str(town.installation.root), hook.url, database_url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["", "", ""]
    assert sorted(post["clerk"]["alert"] for post in hook.posts) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_nothing_is_sent_where_notifications_are_off(make_town: Callable[..., Town], hook: Hook) -> None:
    town = make_town(notify_enabled=False, channels={"hook": {"type": "webhook", "url": hook.url}})
    fail(town)
    town.pump()
    assert hook.posts == []
    assert [alert.status for alert in town.alerts] == ["active"]


def test_a_ledger_that_cannot_be_used_is_reported_in_a_line(town: Town) -> None:
    (town.installation.root / "civic.db").write_bytes(b"no database" * 999)
    town.pump()
    [report] = town.reports
    assert report.startswith("the alerts could not be brought up to date: ")
