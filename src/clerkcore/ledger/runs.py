"""What was run, how it ended, and what is held: the tables job_tracking and run_scopes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, not_, or_, select, update

from clerkcore.errors import LedgerError
from clerkcore.ledger.rows import fetch_rows, insert_row, update_row
from clerkcore.ledger.stored import (
    Hold,
    HoldState,
    StoredRun,
    dump_json,
    run_values,
    scope_values,
    stored_hold,
    stored_run,
)
from clerkcore.ledger.tables import job_tracking, run_scopes
from clerkcore.models import COMPARING_NOTHING, Outcome, Run
from clerkcore.times import to_text

_REPLACING = (Outcome.CHANGED, Outcome.FRESH, Outcome.HELD)
_NEWEST = 5


def open_run(
    conn: Connection,
    job: str,
    subdomain: str,
    source: str,
    holder: str,
    options: Mapping[str, Any],
    *,
    of_run: int | None = None,
    job_id: int | None = None,
    above: int = 0,
    at: datetime,
) -> int:
    """Note that a run begins and return its id; `of_run` is the run that an accept or undo is about.

    The id is greater than `above`, the greatest that the site's databases know: a ledger that was
    made anew or restored must not give an id out twice.
    """
    values = {"job_type": job, "subdomain": subdomain, "source": source, "status": "running", "holder": holder}
    more = {"options": dump_json(dict(options)), "of_run": of_run, "job_id": job_id, "started_at": to_text(at)}
    newest = conn.scalar(select(func.max(job_tracking.c.id))) or 0
    if above <= newest:
        return insert_row(conn, job_tracking, {**values, **more})
    insert_row(conn, job_tracking, {"id": above + 1, **values, **more})
    if conn.dialect.name == "postgresql":
        # SQLite counts on from the greatest id by itself.
        conn.execute(select(func.setval(func.pg_get_serial_sequence(job_tracking.name, "id"), above + 1)))
    return above + 1


def close_run(conn: Connection, run: Run) -> bool:
    """Write how a run ended and return True; a run that is closed already stays as it is.

    Open holds of the same scopes from earlier runs are replaced, unless a scope failed or was skipped, or what the run
    read is older than what was held: an old file says nothing about what the source holds since.
    """
    if not update_row(conn, job_tracking, {"id": run.run_id, "status": "running"}, run_values(run)):
        _stored_row(conn, run.run_id)
        return False
    if run.scopes:
        conn.execute(insert(run_scopes), scope_values(run))
    if run.scopes and run.compares:
        _replace_holds(conn, run)
    return True


def set_hold_state(conn: Connection, run_id: int, scope: str, state: HoldState) -> None:
    """Note what became of a hold; LedgerError when this scope of the run was not held."""
    held = (run_scopes.c.run_id == run_id, run_scopes.c.scope == scope, run_scopes.c.hold_state.is_not(None))
    if not conn.execute(update(run_scopes).where(*held).values(hold_state=state)).rowcount:
        holds = ", ".join(f"{hold.run_id} {hold.result.scope}" for hold in open_holds(conn)[:_NEWEST])
        remedy = f"open holds: {holds}" if holds else "nothing is held"
        raise LedgerError(f"run {run_id} did not hold scope {scope!r}", remedy=remedy)


def get_run(conn: Connection, run_id: int) -> StoredRun:
    """Return one run; LedgerError names the newest ones when there is none of this id."""
    _stored_row(conn, run_id)
    return _load(conn, select(job_tracking).where(job_tracking.c.id == run_id))[0]


def list_runs(
    conn: Connection,
    *,
    subdomain: str | None = None,
    source: str | None = None,
    outcome: Outcome | None = None,
    job_id: int | None = None,
    limit: int,
) -> list[StoredRun]:
    """Return the newest runs first."""
    query = select(job_tracking).order_by(job_tracking.c.id.desc()).limit(limit)
    wanted = {"subdomain": subdomain, "source": source, "outcome": outcome and str(outcome), "job_id": job_id}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(job_tracking.c[name] == value)
    return _load(conn, query)


def last_starts(
    conn: Connection, job_type: str, subdomains: Collection[str], options: Mapping[str, Any]
) -> dict[str, str]:
    """Return when runs of a job that asked for all of this, or for everything, last began at each of these sites."""
    asked = {dump_json({}), dump_json(dict(options))}
    query = select(job_tracking.c.subdomain, func.max(job_tracking.c.started_at)).where(
        job_tracking.c.subdomain.in_(sorted(subdomains)),
        job_tracking.c.job_type == job_type,
        job_tracking.c.options.in_(sorted(asked)),
        job_tracking.c.of_run.is_(None),
    )
    rows = conn.execute(query.group_by(job_tracking.c.subdomain))
    return {subdomain: started_at for subdomain, started_at in rows}  # noqa: C416 - rows are no pairs to mypy


def unfinished_runs(conn: Connection, subdomain: str) -> list[StoredRun]:
    """Return the runs of a site that were opened and never closed, oldest first."""
    unfinished = (job_tracking.c.status == "running", job_tracking.c.subdomain == subdomain)
    return _load(conn, select(job_tracking).where(*unfinished).order_by(job_tracking.c.id))


def newest_runs(conn: Connection) -> list[StoredRun]:
    """Return the newest run of each source of each site that compared the source with its rows."""
    preparing = or_(*(job_tracking.c.job_type.endswith(stage) for stage in COMPARING_NOTHING))
    newest = select(func.max(job_tracking.c.id)).where(not_(preparing))
    newest = newest.group_by(job_tracking.c.subdomain, job_tracking.c.source)
    query = select(job_tracking).where(job_tracking.c.id.in_(newest))
    return _load(conn, query.order_by(job_tracking.c.subdomain, job_tracking.c.source))


def open_holds(conn: Connection) -> list[Hold]:
    """Return what is held and waits for somebody, oldest first."""
    about = [job_tracking.c[name] for name in ("job_type", "subdomain", "source", "started_at")]
    query = select(run_scopes, *about).join(job_tracking, job_tracking.c.id == run_scopes.c.run_id)
    query = query.where(run_scopes.c.hold_state == "open").order_by(run_scopes.c.run_id, run_scopes.c.position)
    return [stored_hold(row) for row in fetch_rows(conn, query)]


def _stored_row(conn: Connection, run_id: int) -> Row[Any]:
    row = conn.execute(select(job_tracking).where(job_tracking.c.id == run_id)).one_or_none()
    if row is None:
        newest = conn.scalars(select(job_tracking.c.id).order_by(job_tracking.c.id.desc()).limit(_NEWEST))
        known = ", ".join(str(number) for number in newest)
        raise LedgerError(f"no run {run_id}", remedy=f"newest runs: {known}" if known else "nothing has run yet")
    return row


def _replace_holds(conn: Connection, run: Run) -> None:
    stored = _stored_row(conn, run.run_id)
    same = select(job_tracking.c.id).where(
        job_tracking.c.subdomain == stored.subdomain,
        job_tracking.c.source == stored.source,
        job_tracking.c.id < run.run_id,
    )
    open_before = (run_scopes.c.hold_state == "open", run_scopes.c.run_id.in_(same))
    # Only an operator dates a capture: what was fetched is what the source holds now, whatever the clock says.
    dated = bool(stored.of_run or json.loads(stored.options).get("taken_at"))
    for result in run.scopes:
        if result.outcome in _REPLACING:
            replaced = [*open_before, run_scopes.c.scope == result.scope]
            if dated and result.capture:
                # The id of a capture begins with the time it was taken.
                replaced.append(run_scopes.c.capture <= result.capture)
            conn.execute(update(run_scopes).where(*replaced).values(hold_state="replaced"))


def _load(conn: Connection, query: Select[Any]) -> list[StoredRun]:
    chosen = query.with_only_columns(job_tracking.c.id)
    rows = select(run_scopes).where(run_scopes.c.run_id.in_(chosen))
    scopes: dict[int, list[Mapping[str, Any]]] = {}
    for scope in fetch_rows(conn, rows.order_by(run_scopes.c.run_id, run_scopes.c.position)):
        scopes.setdefault(scope["run_id"], []).append(scope)
    return [stored_run(row, scopes.get(row["id"], ())) for row in fetch_rows(conn, query)]
