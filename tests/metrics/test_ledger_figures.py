"""What the ledger counts, on every database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, text

from clerkcore.ledger import Ledger, save_site
from clerkcore.ledger.tables import alerts, job_tracking, jobs, marks, notifications, run_scopes, schedules
from clerkcore.metrics.collector import merge_sites
from clerkcore.metrics.ledger_figures import Lag, LedgerFigures, SourceFigures, _run_ends, read_figures
from clerkcore.models import Kind, Site
from clerkcore.times import to_text

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = NOW.timestamp()


def add_site(conn: Connection, subdomain: str, enabled: bool = True) -> None:
    save_site(conn, Site(subdomain, subdomain.title(), "CA", Kind.CITY, enabled, {"netfile": {}}), at=NOW)


def add(conn: Connection, table: Table, **values: Any) -> int:
    added: int = conn.execute(insert(table).values(**values).returning(*table.primary_key.columns)).scalar_one()
    return added


def add_run(conn: Connection, outcome: str | None, *, minute: int = 0, **values: Any) -> int:
    at = to_text(NOW + timedelta(minutes=minute))
    run = {
        "job_type": "finance.etl",
        "subdomain": "alameda.ca",
        "source": "netfile",
        "status": "finished" if outcome else "running",
        "outcome": outcome,
        "holder": "me",
        "started_at": at,
        "finished_at": at if outcome else None,
        "duration_seconds": 1.5 if outcome else None,
    }
    return add(conn, job_tracking, **{**run, **values})


@pytest.fixture
def count(ledger: Ledger) -> Callable[[Callable[[Connection], object]], LedgerFigures]:
    """Write something to a ledger with two sites, and count it."""

    def count(write: Callable[[Connection], object]) -> LedgerFigures:
        with ledger.write() as conn:
            add_site(conn, "alameda.ca")
            add_site(conn, "oz.ks", enabled=False)
            write(conn)
        with ledger.read() as conn:
            return read_figures(conn, NOW)

    return count


Count = Callable[[Callable[[Connection], object]], LedgerFigures]


def test_an_empty_ledger_has_sources_without_runs(count: Count) -> None:
    assert count(lambda conn: None) == LedgerFigures(
        sites={"alameda.ca": True, "oz.ks": False},
        runs={},
        durations={},
        sources={("alameda.ca", "netfile"): SourceFigures(), ("oz.ks", "netfile"): SourceFigures()},
        lags={},
        jobs={},
        alerts={},
        notifications={},
        tick=None,
    )


def test_runs_are_counted_by_job_and_outcome_when_they_have_ended(count: Count) -> None:
    def write(conn: Connection) -> None:
        for outcome in ("changed", "fresh", "fresh", "failed", None):
            add_run(conn, outcome)
        add_run(conn, "changed", job_type="states.update", duration_seconds=4.0)

    counted = count(write)
    assert counted.runs == {
        ("finance.etl", "changed"): 1,
        ("finance.etl", "fresh"): 2,
        ("finance.etl", "failed"): 1,
        ("states.update", "changed"): 1,
    }
    assert counted.durations == {"finance.etl": (4, 6.0), "states.update": (1, 4.0)}


@pytest.mark.parametrize(
    ("outcomes", "figures"),
    [
        (("failed", "failed"), (60, None, 2)),
        (("failed", "fresh", "failed", "failed"), (180, 60, 2)),
        (("changed", "failed", "skipped"), (120, 0, 1)),
        (("changed", "failed", "held"), (120, 0, 0)),
        (("changed", "failed", None), (60, 0, 1)),
    ],
    ids=["never worked", "worked once", "skipped says nothing", "held is no failure", "still running"],
)
def test_how_a_source_fares(
    count: Count, outcomes: tuple[str | None, ...], figures: tuple[int, int | None, int]
) -> None:
    counted = count(lambda conn: [add_run(conn, outcome, minute=n) for n, outcome in enumerate(outcomes)])
    last, success, failures = figures
    expected = SourceFigures(SECOND + last, None if success is None else SECOND + success, failures)
    assert counted.sources["alameda.ca", "netfile"] == expected


def test_what_a_person_decides_or_prepares_says_nothing_of_the_source(count: Count) -> None:
    def write(conn: Connection) -> None:
        held = add_run(conn, "held")
        add_run(conn, "failed", minute=1)
        add_run(conn, "changed", minute=2, job_type="undo", of_run=held)
        add_run(conn, "failed", minute=3, job_type="accept", of_run=held)
        add_run(conn, "failed", minute=4, job_type="finance.extract")

    assert count(write).sources["alameda.ca", "netfile"] == SourceFigures(SECOND + 180, None, 1)


def test_an_accepted_run_is_a_success(count: Count) -> None:
    def write(conn: Connection) -> None:
        add_run(conn, "changed", minute=1, job_type="accept", of_run=add_run(conn, "held"))

    assert count(write).sources["alameda.ca", "netfile"] == SourceFigures(SECOND + 60, SECOND + 60, 0)


def test_another_job_of_the_source_that_works_ends_its_failures(count: Count) -> None:
    def write(conn: Connection) -> None:
        add_run(conn, "failed", job_type="finance.load")
        add_run(conn, "fresh", minute=1)

    assert count(write).sources["alameda.ca", "netfile"] == SourceFigures(SECOND + 60, SECOND + 60, 0)


def test_open_holds_and_rejected_records_are_counted_by_source(count: Count) -> None:
    def write(conn: Connection) -> None:
        run_id = add_run(conn, "held", quarantined=3)
        add_run(conn, "fresh", quarantined=4)
        for scope, state in (("2024", "open"), ("2025", "accepted"), ("2026", "open")):
            values = {"run_id": run_id, "scope": scope, "position": 1, "outcome": "held", "hold_state": state}
            conn.execute(insert(run_scopes).values(values))

    assert count(write).sources["alameda.ca", "netfile"] == SourceFigures(SECOND, SECOND, 0, held=2, quarantined=7)


def test_runs_of_a_site_that_is_gone_are_counted_by_job_alone(count: Count) -> None:
    counted = count(lambda conn: add_run(conn, "failed", subdomain="gone.ca", quarantined=1))
    assert (set(counted.sources), counted.runs) == (
        {("alameda.ca", "netfile"), ("oz.ks", "netfile")},
        {("finance.etl", "failed"): 1},
    )


def test_lag_is_that_of_the_schedule_that_is_longest_past_its_time(count: Count) -> None:
    def write(conn: Connection) -> None:
        plan = {"job_type": "finance.etl", "origin": "default", "updated_at": to_text(NOW)}
        for subdomain, key, hours, enabled in (
            ("alameda.ca", "", -2, True),
            ("alameda.ca", "a", -1, True),
            ("alameda.ca", "b", 1, True),
            ("alameda.ca", "c", -90, False),
            ("oz.ks", "", -90, True),
        ):
            due = to_text(NOW + timedelta(hours=hours))
            values = {**plan, "subdomain": subdomain, "dedup_key": key, "next_due_at": due, "enabled": enabled}
            conn.execute(insert(schedules).values(values))
        later = {**plan, "subdomain": "alameda.ca", "job_type": "states.update", "next_due_at": to_text(NOW)}
        conn.execute(insert(schedules).values(later))

    assert count(write).lags == {"finance.etl": Lag(7200.0, 2), "states.update": Lag(0.0, 0)}


def test_jobs_alerts_notifications_and_the_last_tick(count: Count) -> None:
    at = to_text(NOW)

    def write(conn: Connection) -> None:
        times = {"created_at": at, "not_before": at}
        asked = {"job_type": "finance.etl", "subdomain": "alameda.ca", "queue": "finance", "asked_by": "me", **times}
        add(conn, jobs, **asked, status="waiting")
        add(conn, jobs, **asked, status="finished", outcome="fresh")
        seen = {"detected_at": at, "last_seen_at": at}
        add(conn, alerts, cause="c", type="failing", severity="warning", status="active", title="t", **seen)
        for status in ("sent", "sent", "waiting"):
            add(conn, notifications, kind="fired", channel="mail", status=status, subject="s", **times)
        conn.execute(insert(marks).values(name="scheduler", value="", at=at))

    counted = count(write)
    assert counted.jobs == {("finance.etl", "waiting"): 1, ("finance.etl", "finished"): 1}
    assert counted.alerts == {("active", "warning"): 1}
    assert counted.notifications == {("mail", "sent"): 2, ("mail", "waiting"): 1}
    assert counted.tick == SECOND


def test_the_newest_runs_are_found_by_an_index(ledger: Ledger) -> None:
    if not ledger.path:
        pytest.skip("the plan of an empty table says nothing on PostgreSQL")
    with ledger.read() as conn:
        query = _run_ends().compile(conn, compile_kwargs={"literal_binds": True})
        plan = [row[3] for row in conn.execute(text(f"EXPLAIN QUERY PLAN {query}")) if "job_tracking" in row[3]]
    assert len(plan) == 5
    assert all(" USING INDEX idx_job_tracking_newest" in step or "COVERING INDEX" in step for step in plan)


def test_many_sites_are_told_by_source_as_the_worst_of_them() -> None:
    assert merge_sites(
        {
            ("a.ca", "netfile"): SourceFigures(30.0, 20.0, 1, 1, 5),
            ("b.ca", "netfile"): SourceFigures(10.0, None, 4, 2, 0),
            ("c.ca", "netfile"): SourceFigures(20.0, 15.0, 0, 0, 1),
            ("tx", "texas"): SourceFigures(),
        }
    ) == {("", "netfile"): SourceFigures(10.0, 15.0, 4, 3, 6), ("", "texas"): SourceFigures()}
