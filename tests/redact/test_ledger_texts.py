"""A redacted key stands in no text of the ledger any more; everything else stays, and what waits can go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, select

from clerkcore.interfaces import Column, Table
from clerkcore.jobs.ledger_texts import PLACES, withhold_texts
from clerkcore.ledger import (
    Ledger,
    Member,
    NewJob,
    add_alert,
    add_notification,
    close_run,
    create_ledger,
    get_alert,
    get_job,
    join_alert,
    ledger_url,
    list_events,
    list_notifications,
    open_job,
    open_run,
    record_event,
    save_alert,
    save_site,
)
from clerkcore.ledger.tables import metadata, run_scopes
from clerkcore.models import Counts, Kind, Outcome, Run, ScopeResult, Site, TableChange
from clerkcore.notify.incidents import cause_of
from clerkcore.notify.words import compose, read_content, write_content
from clerkcore.store.redactions import WITHHELD, passing_redaction

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECRET = "SMITHJOHN99"
SAID = f"row of filer {SECRET} has a bad date"
FILERS = Table("filers", key=("filer",), columns=(Column("filer"),), title="Filers", description="Who files")
PAIRS = Table("pairs", key=("a", "b"), columns=(Column("a"), Column("b")), title="Pairs", description="Two words")
OUR_WORDS = {
    "alert_members": {"subdomain", "source", "job_type", "since", "recovered_at"},
    "alerts": {"type", "severity", "status", "subdomain", "source", "detected_at", "last_seen_at", "resolved_at"}
    | {"resolved_by", "assigned_to", "acknowledged_by", "acknowledged_at", "snoozed_until", "reminded_at", "rule"},
    "clocks": {"subdomain", "job", "last_started_at", "last_finished_at", "last_outcome", "last_changed_at"},
    "events": {"at", "kind", "severity", "subdomain", "source"},
    # Which agency a site asks for, and when: no record of anybody.
    "finance_metadata": {"subdomain", "source", "agency_id", "agency_shortcut", "agency_name"}
    | {"last_checked_at", "last_changed_at"},
    "job_tracking": {"job_type", "subdomain", "source", "status", "outcome", "holder", "started_at", "finished_at"},
    "jobs": {"job_type", "subdomain", "queue", "status", "outcome", "asked_by", "created_at", "not_before"}
    | {"started_at", "finished_at", "holder", "token"},
    "leases": {"subdomain", "holder", "token", "job", "acquired_at", "heartbeat_at", "expires_at"},
    # Why somebody decided so, in that person's words: the reason is itself the record.
    "legal_holds": {"subdomain", "reason", "placed_by", "placed_at", "expires_at", "lifted_at", "lifted_by"},
    "marks": {"name", "value", "at"},
    "notifications": {"kind", "channel", "status", "created_at", "not_before", "sent_at"},
    # Names of scopes and captures are the source's plan, and say where to look.
    "run_scopes": {"scope", "outcome", "capture", "base", "hold_state"},
    "schedules": {"subdomain", "job_type", "dedup_key", "cron", "time_zone", "quiet", "origin", "next_due_at"}
    | {"updated_at", "updated_by"},
    "site_sources": {"subdomain", "source"},
    "sites": {"subdomain", "name", "state", "kind", "created_at", "updated_at", "host"},
    "tombstones": {"at", "kind", "subdomain", "target", "sha256", "reason", "removed_by", "details"},
}
"""Columns of text that hold ids, times, names of people who decide, and words of our own."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with create_ledger(ledger_url(tmp_path)) as made:
        with made.write() as connection:
            for subdomain in ("a.ca", "b.ca"):
                save_site(connection, Site(subdomain, subdomain, "CA", Kind.CITY), at=NOW)
        yield made


def withhold(ledger: Ledger, table: Table = FILERS, **key: str) -> int:
    with ledger.write() as connection:
        return withhold_texts(connection, "a.ca", "netfile", passing_redaction(table, key or {"filer": SECRET}))


def alert(ledger: Ledger, subdomain: str = "a.ca", source: str = "netfile", said: str = SAID) -> int:
    """Add an alert that somebody took a note on, and that waits to be told."""
    member = Member(subdomain, source, "finance.etl")
    with ledger.write() as connection:
        number = add_alert(
            connection,
            cause=cause_of("failed", source, said + subdomain),
            type="failed",
            severity="critical",
            member=member,
            title=f"{said}: {source} fails",
            description=said,
            details={"job": "finance.etl", "run": 5, "remedy": said},
            rule="a failure",
            at=NOW,
        )
        join_alert(connection, number, member, 5, NOW)
        save_alert(connection, number, notes=[{"at": "now", "by": "Ann", "action": "assigned", "note": said}])
        message = compose("fired", get_alert(connection, number), [])
        add_notification(
            connection,
            alert_id=number,
            kind="fired",
            channel="mail",
            subject=message.title + said,
            content=write_content(message),
            at=NOW,
        )
    return number


def run_failed(ledger: Ledger, subdomain: str = "a.ca", source: str = "netfile", said: str = SAID) -> int:
    """Record a run that failed, with a scope that brought a few rows."""
    with ledger.write() as connection:
        run_id = open_run(connection, "finance.etl", subdomain, source, "me", {"files": [said]}, at=NOW)
        counts = Counts(read=7, added=7)
        table = TableChange("filers", counts, added_by_group={said: 3, "Ann": 4})
        scope = ScopeResult("2026", Outcome.FAILED, counts, tables=(table,), message=said, remedy=said, notes=(said,))
        run = Run(run_id, "finance.etl", subdomain, source, Outcome.FAILED, (scope,), NOW, 1.0, said, said)
        close_run(connection, run)
    return run_id


def ask(ledger: Ledger, number: int, said: str = SAID, **options: Any) -> int:
    """Ask for a job; `number` tells it from others."""
    wanted = {"file": said, "years": [number], **options}
    with ledger.write() as connection:
        new = NewJob("finance.etl", "a.ca", "finance", "me", json.dumps(wanted), wanted)
        return open_job(connection, new, NOW)[0].id


def tables_with(ledger: Ledger, word: str) -> list[str]:
    with ledger.read() as connection:
        rows = {table.name: connection.execute(select(table)).all() for table in metadata.sorted_tables}
    return sorted(name for name, found in rows.items() if word in str(found))


def test_every_text_of_the_ledger_is_looked_through_or_known_to_be_our_own() -> None:
    looked_through = {place.table.name: {*place.texts, *place.documents, *place.identities} for place in PLACES}
    texts = {
        table.name: {column.name for column in table.columns if isinstance(column.type, Text)}
        for table in metadata.sorted_tables
    }
    known = {name: OUR_WORDS.get(name, set()) | looked_through.get(name, set()) for name in texts}
    assert texts == known
    assert all(not OUR_WORDS[name] & columns for name, columns in looked_through.items())


def test_no_row_of_the_site_tells_the_key(ledger: Ledger) -> None:
    alert(ledger)
    run_failed(ledger)
    ask(ledger, 2026)
    with ledger.write() as connection:
        record_event(connection, "run.traceback", SAID, subdomain="a.ca", source="netfile", data={"t": SAID}, at=NOW)
    places = ["alerts", "events", "job_tracking", "jobs", "notifications", "run_scopes"]
    assert tables_with(ledger, SECRET) == places
    assert (withhold(ledger), tables_with(ledger, SECRET)) == (6, [])
    assert withhold(ledger) == 0


def test_what_tells_of_no_source_is_looked_through(ledger: Ledger) -> None:
    alert(ledger, source="")
    run_failed(ledger, source="")
    with ledger.write() as connection:
        record_event(connection, "job.failed", SAID, subdomain="a.ca", data={"job_id": 5, "attempt": 1}, at=NOW)
    withhold(ledger)
    assert tables_with(ledger, SECRET) == []
    with ledger.read() as connection:
        [event] = list_events(connection, limit=9)
    assert (event.message, event.data) == (WITHHELD, {"job_id": 5, "attempt": 1})


def test_an_alert_of_several_sites_is_looked_through_with_all_that_is_told_of_it(ledger: Ledger) -> None:
    number = alert(ledger, "b.ca")
    with ledger.write() as connection:
        join_alert(connection, number, Member("a.ca", "netfile", "finance.etl"), 6, NOW)
        save_alert(connection, number, subdomain="")
        record_event(connection, "alert.assigned", f"Ann: {SAID}", data={"alert": number}, at=NOW)
        record_event(connection, "notification.given_up", f"{SAID!r}: no server", at=NOW)
    withhold(ledger)
    assert tables_with(ledger, SECRET) == []


def test_other_sites_and_sources_keep_their_words(ledger: Ledger) -> None:
    for subdomain, source in (("b.ca", "netfile"), ("a.ca", "other")):
        alert(ledger, subdomain, source)
        run_failed(ledger, subdomain, source)
        with ledger.write() as connection:
            record_event(connection, "odd", SAID, subdomain=subdomain, source=source, at=NOW)
    with ledger.write() as connection:
        record_event(connection, "backup.made", SAID, at=NOW)
    assert withhold(ledger) == 0


def test_what_waits_to_be_told_can_still_be_told(ledger: Ledger) -> None:
    number = alert(ledger)
    withhold(ledger)
    with ledger.read() as connection:
        [waiting] = list_notifications(connection, number)
    message = read_content(waiting)
    assert (waiting.status, waiting.subject, message.title) == ("waiting", WITHHELD, "netfile fails at this machine")
    assert (message.kind, message.text, message.facts[-1], message.commands[-1], message.at) == (
        "fired",
        WITHHELD,
        ("What helps", WITHHELD),
        f"clerk alerts ack {number}",
        NOW,
    )


def test_an_alert_keeps_who_decided_what(ledger: Ledger) -> None:
    number = alert(ledger)
    withhold(ledger)
    with ledger.read() as connection:
        found = get_alert(connection, number)
    assert (found.details, found.notes) == (
        {"job": "finance.etl", "run": 5, "remedy": WITHHELD},
        ({"at": "now", "by": "Ann", "action": "assigned", "note": WITHHELD},),
    )


def test_the_cause_of_an_alert_hashes_its_words_no_more(ledger: Ledger) -> None:
    number, other = alert(ledger), alert(ledger, said="nothing to see")
    withhold(ledger)
    with ledger.read() as connection:
        causes = [get_alert(connection, one).cause for one in (number, other)]
    assert causes == ["failed:netfile:0000000000000001", cause_of("failed", "netfile", "nothing to seea.ca")]


def test_jobs_that_wait_stay_apart_and_keep_what_they_are_to_do(ledger: Ledger) -> None:
    asked = [ask(ledger, year, data_source=SECRET, only="netfile") for year in (2025, 2026)]
    kept = ask(ledger, 2025, said="x")
    withhold(ledger)
    with ledger.read() as connection:
        found = [get_job(connection, number) for number in (*asked, kept)]
    ours = {"data_source": SECRET, "only": "netfile"}
    assert [(job.dedup_key, job.options) for job in found] == [
        (f"{WITHHELD} (1)", {"file": WITHHELD, "years": [2025], **ours}),
        (f"{WITHHELD} (2)", {"file": WITHHELD, "years": [2026], **ours}),
        ('{"file": "x", "years": [2025]}', {"file": "x", "years": [2025]}),
    ]


def test_counts_of_a_group_stay_without_its_name(ledger: Ledger) -> None:
    run_failed(ledger)
    withhold(ledger)
    with ledger.read() as connection:
        [tables] = connection.scalars(select(run_scopes.c.tables))
    assert json.loads(tables)[0]["added_by_group"] == {WITHHELD: 3, "Ann": 4}


def test_words_that_give_a_key_away_together_all_go(ledger: Ledger) -> None:
    with ledger.write() as connection:
        data = {"x": "one Smith", "y": ["and Jones"], "z": "more", "job_id": 7}
        record_event(connection, "odd", "Smith", subdomain="a.ca", data=data, at=NOW)
    withhold(ledger, PAIRS, a="Smith", b="Jones")
    with ledger.read() as connection:
        [event] = list_events(connection, limit=9)
    assert (event.message, event.data) == ("Smith", {"x": WITHHELD, "y": [WITHHELD], "z": WITHHELD, "job_id": 7})
