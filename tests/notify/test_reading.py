"""Events are read one at a time: what cannot be taken is passed over, and what is no failure raises no alert."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from clerkcore.ledger import set_mark
from clerkcore.notify.pump import pump

if TYPE_CHECKING:
    from tests.notify.conftest import Town


def test_a_hold_seen_again_in_another_job_hours_later_joins_the_alert_that_is_open(town: Town) -> None:
    town.run("a.ca", "held", "40 of 900 rows would go")
    town.update()
    town.wait(hours=3)
    town.run("a.ca", "held", "41 of 900 rows would go", job="finance.load")
    town.update()
    assert [(alert.title, alert.occurrences) for alert in town.alerts] == [("netfile is held at a.ca", 2)]
    assert town.kinds == [(1, "fired")]
    assert town.reports == []


def test_an_event_that_cannot_be_read_is_reported_and_passed_over(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.tell("job.failed", "broken", subdomain="a.ca", job_type="finance.etl", attempt="first")
    town.run("a.ca", "failed", "no answer")
    with caplog.at_level(logging.ERROR, logger="clerkcore"):
        town.update()
        town.update()
    line = (
        "event 1, job.failed of a.ca, could not be brought into the alerts and is passed over: "
        "ValueError: invalid literal for int() with base 10: 'first'"
    )
    assert town.reports == [line]
    assert [(record.message, record.facts["message"]) for record in caplog.records] == [  # type: ignore[attr-defined]
        ("event passed over", line)
    ]
    assert [alert.title for alert in town.alerts] == ["netfile fails at a.ca"]


def test_nothing_is_left_of_an_event_that_the_ledger_refuses_half_way(town: Town) -> None:
    town.add("b.ca")
    with town.installation.ledger.write() as conn:
        refuse = "BEFORE INSERT ON alert_members WHEN NEW.subdomain = 'b.ca' BEGIN SELECT RAISE(ABORT, 'not b'); END"
        conn.execute(text(f"CREATE TRIGGER refuse {refuse}"))
    town.run("b.ca", "failed", "the header has changed")
    town.run("a.ca", "failed", "no answer")
    town.update()
    assert town.reports == [
        "event 1, run.failed of b.ca, could not be brought into the alerts and is passed over: IntegrityError: not b"
    ]
    assert [(alert.title, alert.occurrences) for alert in town.alerts] == [("netfile fails at a.ca", 1)]
    assert town.kinds == [(1, "fired")]


def test_a_ledger_in_trouble_passes_no_event_over(town: Town) -> None:
    town.run("a.ca", "failed", "no answer")
    with town.installation.ledger.write() as conn:
        conn.execute(text("ALTER TABLE alert_members RENAME TO away"))
    town.pump()
    assert [line.split(" [")[0] for line in town.reports] == [
        f"the alerts could not be brought up to date: {town.installation.ledger.where}: "
        "the ledger answered: no such table: alert_members"
    ]
    with town.installation.ledger.write() as conn:
        conn.execute(text("ALTER TABLE away RENAME TO alert_members"))
    town.update()
    assert [alert.title for alert in town.alerts] == ["netfile fails at a.ca"]


def test_whatever_breaks_in_the_reading_is_reported_and_logged_and_ends_no_work(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    with town.installation.ledger.write() as conn:
        set_mark(conn, "alerts", "no number", town.at)
    with caplog.at_level(logging.ERROR, logger="clerkcore"):
        town.pump()
    told = "ValueError: invalid literal for int() with base 10: 'no number'"
    assert town.reports == [f"the alerts could not be brought up to date: {told}"]
    [record] = caplog.records
    facts = record.facts  # type: ignore[attr-defined]
    assert (record.message, facts["message"]) == ("alerts broke", told)
    assert facts["traceback"].startswith("Traceback")


def test_an_interrupt_passes_through(town: Town) -> None:
    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    town.tell("job.failed", "broken", subdomain="a.ca", job_type="finance.etl", attempt="first")
    with pytest.raises(KeyboardInterrupt):
        pump(town.installation, interrupt)


def test_a_run_that_somebody_cancelled_is_no_alert(town: Town) -> None:
    town.run("a.ca", "skipped", "its job was cancelled; nothing was applied", kind="run.cancelled")
    town.update()
    assert town.alerts == []


def test_a_run_that_somebody_cancelled_neither_counts_nor_ends_a_row_of_failures(
    make_town: Callable[..., Town],
) -> None:
    town = make_town(notify_after=2)
    town.run("a.ca", "failed", "no answer")
    town.run("a.ca", "skipped", "its job was cancelled", kind="run.cancelled")
    town.update()
    assert town.alerts == []
    town.run("a.ca", "failed", "no answer")
    town.update()
    town.run("a.ca", "skipped", "its job was cancelled", kind="run.cancelled")
    town.update()
    assert [(alert.title, alert.status, alert.occurrences) for alert in town.alerts] == [
        ("netfile fails at a.ca", "active", 1)
    ]
