"""What a tick asks of a ledger with very many sites is found by indexes: nothing is scanned or sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert

from clerkcore.ledger import (
    Fit,
    Ledger,
    NewJob,
    create_ledger,
    due_schedules,
    ledger_url,
    open_job,
    unscheduled_sites,
    waiting_jobs,
)
from clerkcore.ledger.tables import sites

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
JOB = "finance.etl"
Ask = Callable[[Connection], object]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """One for all of these tests: they look at plans, and each asks for sites of its own."""
    with create_ledger(ledger_url(tmp_path_factory.mktemp("plans"))) as ledger:
        yield ledger


@contextmanager
def explained() -> Iterator[list[str]]:
    """Collect the plans of all SELECT statements inside this block."""
    plans: list[str] = []

    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append("\n".join(row[3] for row in rows))

    event.listen(Engine, "before_cursor_execute", explain)
    yield plans
    event.remove(Engine, "before_cursor_execute", explain)


def due(conn: Connection) -> object:
    return due_schedules(conn, JOB, "", Fit(("netfile",)), without=["s9.ca"], until=NOW, limit=200)


def unplanned(conn: Connection) -> object:
    return unscheduled_sites(conn, JOB, "", Fit(("netfile",)), 500)


def waiting(conn: Connection) -> object:
    return waiting_jobs(conn, NOW, job_types=[JOB, "states.update"], dedup_key="", limit=1)


def waiting_here(conn: Connection) -> object:
    return waiting_jobs(conn, NOW, queues=["finance", "high"], host="a", limit=1)


@pytest.mark.parametrize("ask", [due, unplanned, waiting, waiting_here])
def test_a_tick_searches_indexes_and_sorts_nothing(ledger: Ledger, ask: Ask) -> None:
    with explained() as plans, ledger.read() as conn:
        ask(conn)
    assert plans
    assert [line for plan in plans for line in plan.splitlines() if "SCAN" in line or "TEMP B-TREE" in line] == []


def test_the_open_jobs_of_a_site_are_found_without_reading_its_history(ledger: Ledger) -> None:
    with explained() as plans, ledger.read() as conn:
        due(conn)
    searched = [line for line in plans[0].splitlines() if line.startswith("SEARCH jobs")]
    assert searched == ["SEARCH jobs USING INDEX idx_jobs_open (job_type=? AND subdomain=? AND dedup_key=?)"]


def test_a_job_that_is_open_is_found_without_reading_its_sites_history(ledger: Ledger) -> None:
    wanted = NewJob(JOB, "a.ca", "finance", "schedule")
    with ledger.write() as conn:
        open_job(conn, wanted, NOW)
        with explained() as plans:
            open_job(conn, wanted, NOW)
    assert plans == ["SEARCH jobs USING INDEX idx_jobs_open (job_type=? AND subdomain=? AND dedup_key=?)"]


@pytest.fixture(scope="module")
def homes(ledger: Ledger) -> None:
    """Sites on this machine, on another and on none, with a job each."""
    row = {"name": "S", "state": "CA", "kind": "city", "created_at": "", "updated_at": ""}
    hosts = {"here.ca": "a", "none.ca": "", "there.ca": "b"}
    with ledger.write() as conn:
        conn.execute(insert(sites), [{"subdomain": name, "host": host, **row} for name, host in hosts.items()])
        for name in hosts:
            open_job(conn, NewJob("homes", name, "finance", "schedule"), NOW)


@pytest.mark.usefixtures("homes")
@pytest.mark.parametrize(
    ("host", "found"), [("a", ["here.ca", "none.ca"]), ("", ["here.ca", "none.ca", "there.ca"])], ids=["one", "any"]
)
def test_a_machine_is_given_no_job_of_a_site_that_is_on_another(ledger: Ledger, host: str, found: list[str]) -> None:
    with ledger.read() as conn:
        jobs = waiting_jobs(conn, NOW, job_types=["homes"], host=host, limit=None)
    assert [job.subdomain for job in jobs] == found
