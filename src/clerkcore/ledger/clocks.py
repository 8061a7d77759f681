"""When each job last began and ended at each site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from clerkcore.ledger.rows import fetch_rows, read_time, save_row, update_row
from clerkcore.ledger.tables import clocks
from clerkcore.models import Outcome
from clerkcore.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one job at one site; a clock exists from the job's first start."""

    subdomain: str
    job: str
    last_started_at: datetime
    last_finished_at: datetime | None
    last_outcome: Outcome | None
    last_run_id: int | None
    last_changed_at: datetime | None


def start_clock(conn: Connection, subdomain: str, job: str, at: datetime) -> None:
    """Note that a job begins, which puts the site last in this job's order."""
    save_row(conn, clocks, {"subdomain": subdomain, "job": job}, {"last_started_at": to_text(at)})


def finish_clock(
    conn: Connection, subdomain: str, job: str, outcome: Outcome, run_id: int | None, at: datetime, changed: bool
) -> None:
    """Note how a job ended, and whether it changed any data."""
    now = to_text(at)
    key = {"subdomain": subdomain, "job": job}
    values = {"last_finished_at": now, "last_outcome": str(outcome), "last_run_id": run_id}
    if changed:
        values["last_changed_at"] = now
    if not update_row(conn, clocks, key, values):
        conn.execute(insert(clocks).values(**key, **values, last_started_at=now))


def list_clocks(conn: Connection, *, subdomain: str | None = None, job: str | None = None) -> list[Clock]:
    """Return the clocks of a site, of a job, or all, by subdomain and job."""
    query = select(clocks).order_by(clocks.c.subdomain, clocks.c.job)
    if subdomain is not None:
        query = query.where(clocks.c.subdomain == subdomain)
    if job is not None:
        query = query.where(clocks.c.job == job)
    return [_clock(row) for row in fetch_rows(conn, query)]


def _clock(row: dict[str, Any]) -> Clock:
    return Clock(
        subdomain=row["subdomain"],
        job=row["job"],
        last_started_at=from_text(row["last_started_at"]),
        last_finished_at=read_time(row["last_finished_at"]),
        last_outcome=Outcome(row["last_outcome"]) if row["last_outcome"] else None,
        last_run_id=row["last_run_id"],
        last_changed_at=read_time(row["last_changed_at"]),
    )
