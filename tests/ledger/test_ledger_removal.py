"""Legal holds, tombstones, pruning, and sites that go or get another name, on every database of the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from clerkcore.errors import LedgerError
from clerkcore.ledger import (
    EVERY_SITE,
    Ledger,
    LegalHold,
    Tombstone,
    budget_mark,
    change_mark,
    close_run,
    hash_rows,
    lift_legal_hold,
    list_legal_holds,
    list_tombstones,
    open_run,
    place_legal_hold,
    record_event,
    record_tombstone,
    refuse_legal_hold,
    rename_site,
    start_clock,
)
from clerkcore.ledger.pruning import aged_rows, read_guard, remove_rows, why_spared
from clerkcore.ledger.removal import forget_site, site_rows
from clerkcore.ledger.tables import alert_members, alerts, events, job_tracking, jobs, marks, metadata, schedules
from clerkcore.models import Outcome, Run, ScopeResult
from clerkcore.times import to_text

SITE = "alameda.ca"
HASH = "ab" * 32


@pytest.fixture(autouse=True)
def _sites(add_sites: Callable[..., None]) -> None:
    add_sites(SITE, "tx")


def test_a_hold_binds_its_site_until_it_is_lifted_or_ends(ledger: Ledger, now: datetime) -> None:
    day = timedelta(days=1)
    with ledger.write() as conn:
        first = place_legal_hold(conn, SITE, "recount", "Ann", expires_at=now + day, at=now)
        second = place_legal_hold(conn, EVERY_SITE, "audit", "Bob", at=now)
        assert list_legal_holds(conn, subdomain=SITE, at=now) == [first, second]
        assert list_legal_holds(conn, subdomain="tx", at=now) == [second]
        assert list_legal_holds(conn, subdomain=SITE, at=now + day) == [second]
        lifted = lift_legal_hold(conn, second.id, "Cid", at=now)
        assert lifted == LegalHold(2, EVERY_SITE, "audit", "Bob", now, None, now, "Cid")
        assert list_legal_holds(conn, at=now + day) == []
        assert list_legal_holds(conn) == [first, lifted]


def test_a_held_site_is_refused_with_the_hold_named(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        refuse_legal_hold(conn, SITE, at=now)
        place_legal_hold(conn, SITE, "recount", "Ann", at=now)
        refuse_legal_hold(conn, "tx", at=now)
        with pytest.raises(LedgerError) as caught:
            refuse_legal_hold(conn, SITE, at=now)
    assert str(caught.value) == (
        "nothing of 'alameda.ca' may be removed: legal hold 1 by Ann: recount"
        " (clerk legal-hold lift 1, once nothing forbids it)"
    )


def test_a_tombstone_is_read_back_as_it_was_written(ledger: Ledger, now: datetime) -> None:
    about: dict[str, Any] = {"subdomain": SITE, "records": 3, "sha256": HASH, "reason": "why", "removed_by": "who"}
    with ledger.write() as conn:
        number = record_tombstone(conn, "pruned", "events", **about, details={"where": "ledger"}, at=now)
        record_tombstone(conn, "collected", "raw archive", **about, at=now)
    written = Tombstone(number, now, "pruned", SITE, "events", 3, HASH, "why", "who", {"where": "ledger"})
    with ledger.read() as conn:
        assert list_tombstones(conn, kind="pruned", subdomain=SITE, limit=9) == [written]
        assert len(list_tombstones(conn, limit=9)) == 2


def test_rows_hash_alike_whatever_the_order_of_their_columns() -> None:
    assert hash_rows([{"a": 1, "b": "\u00e9"}]) == hash_rows([{"b": "\u00e9", "a": 1}])
    assert hash_rows([{"a": 1}, {"a": 2}]) != hash_rows([{"a": 2}, {"a": 1}])


def add_run(conn: Any, now: datetime, outcome: Outcome, of_run: int | None = None) -> int:
    run_id = open_run(conn, "finance.etl", SITE, "netfile", "me", {}, of_run=of_run, at=now)
    scope = ScopeResult("2026", outcome)
    close_run(conn, Run(run_id, "finance.etl", SITE, "netfile", outcome, (scope,), now, 1.0))
    return run_id


def test_a_run_that_is_held_the_newest_or_spoken_of_is_spared(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        plain, spoken = add_run(conn, now, Outcome.FAILED), add_run(conn, now, Outcome.FAILED)
        held = add_run(conn, now, Outcome.HELD, of_run=spoken)
        newest = add_run(conn, now, Outcome.FAILED)
        guard = read_guard(conn, now)
        rows = list(aged_rows(conn, "job_tracking", "finished_at", now + timedelta(days=1)))
        assert [(row["id"], why_spared("job_tracking", row, guard, ())) for row in rows] == [
            (newest, "newest of its kind"),
            (held, "open hold"),
            (spoken, "another run is about it"),
            (plain, ""),
        ]
        removed = remove_rows(conn, "job_tracking", [plain])
        assert {name: [row.get("id", row.get("run_id")) for row in rows] for name, rows in removed.items()} == {
            "run_scopes": [plain],
            "job_tracking": [plain],
        }
        assert list(conn.scalars(select(job_tracking.c.id).order_by(job_tracking.c.id))) == [spoken, held, newest]


def fill(conn: Any, now: datetime) -> None:
    """Write a row about the site into every table that names one."""
    moment = to_text(now)
    start_clock(conn, SITE, "finance.etl", now)
    add_run(conn, now, Outcome.HELD)
    record_event(conn, "disk.budget", "too large", subdomain=SITE, at=now)
    waiting = {"status": "waiting", "queue": "high", "asked_by": "me", "created_at": moment, "not_before": moment}
    conn.execute(insert(jobs).values(job_type="finance.etl", subdomain=SITE, **waiting))
    due = {"origin": "default", "next_due_at": moment, "updated_at": moment}
    conn.execute(insert(schedules).values(subdomain=SITE, job_type="finance.etl", **due))
    seen = {"severity": "info", "status": "active", "title": "T", "detected_at": moment, "last_seen_at": moment}
    conn.execute(insert(alerts).values(id=1, cause="c", type="t", subdomain=SITE, **seen))
    member = {"source": "netfile", "job_type": "finance.etl", "since": moment}
    conn.execute(insert(alert_members).values(alert_id=1, subdomain=SITE, **member))
    place_legal_hold(conn, SITE, "recount", "Ann", at=now)
    about: dict[str, Any] = {"records": 1, "sha256": HASH, "reason": "why", "removed_by": "who"}
    record_tombstone(conn, "pruned", "events", subdomain=SITE, **about, at=now)
    change_mark(conn, budget_mark(SITE), "exceeded", "ok", at=now)


def naming(conn: Any, subdomain: str) -> set[str]:
    """The tables that name a site."""
    named = [table for table in metadata.sorted_tables if "subdomain" in table.c]
    found = {table.name for table in named if conn.execute(select(table).where(table.c.subdomain == subdomain)).first()}
    marked = conn.scalar(select(marks.c.value).where(marks.c.name == budget_mark(subdomain)))
    return found | ({"marks"} if marked else set())


def test_a_renamed_site_takes_all_its_rows_along(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        fill(conn, now)
        before = naming(conn, SITE)
        rename_site(conn, SITE, "other.ca", at=now)
        assert (naming(conn, SITE), naming(conn, "other.ca")) == (set(), before)
    assert {"jobs", "schedules", "alerts", "alert_members", "legal_holds", "tombstones", "marks"} <= before


def test_a_forgotten_site_leaves_its_history_and_nothing_that_waits(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        fill(conn, now)
        rows = site_rows(conn, SITE)
        forget_site(conn, SITE, "Ann", at=now)
        history = {"job_tracking", "events", "jobs", "alerts", "alert_members", "legal_holds", "tombstones"}
        assert naming(conn, SITE) == history
        assert naming(conn, "tx") == {"sites", "site_sources"}
        assert read_guard(conn, now).hold_runs == frozenset()
        assert conn.execute(select(jobs.c.status, jobs.c.message)).one() == ("cancelled", "the site was removed")
        assert conn.execute(select(alerts.c.status, alerts.c.resolved_by)).one() == ("resolved", "Ann")
        assert conn.scalar(select(events.c.subdomain)) == SITE
    filled = {name for name, found in rows.items() if found}
    assert filled == history | {"sites", "site_sources", "clocks", "schedules", "run_scopes"}


def test_only_a_change_of_a_mark_is_told(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        states = ["ok", "exceeded", "exceeded", "ok", "ok"]
        assert [change_mark(conn, "disk.low", state, "ok", at=now) for state in states] == [0, 1, 0, 1, 0]
