"""Release from quarantine: a run of its own, which reads once more what an earlier one rejected."""

from __future__ import annotations

import sqlite3

from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.evidence import read_run
from clerkcore.jobs.holding import HeldSite, hold_site
from clerkcore.jobs.orders import Report
from clerkcore.jobs.runner import record_run
from clerkcore.ledger import StoredRun
from clerkcore.models import Run, ScopeResult
from clerkcore.road.run import run_release
from clerkcore.store.database import read_database
from clerkcore.store.runs import read_base


def release_run(installation: Installation, run_id: int, scope: str, report: Report) -> Run:
    """Parse again what a run rejected, with today's plugin and settings, and apply what is now read well.

    `scope` narrows it to one; UsageError when nothing of the run is in quarantine, or the rows rest on another by now.
    """
    stored = read_run(installation, run_id)
    with hold_site(installation, stored.run.site, "release") as held:
        scopes = _released(held, stored, scope, report)
        return record_run(
            held,
            "release",
            stored.run.source,
            lambda work: run_release(work, scopes),
            options={"run": run_id, **({"scope": scope} if scope else {})},
            report=report,
            load=lambda: installation.source(held.site, stored.run.source),
            of_run=run_id,
        )


def _released(held: HeldSite, stored: StoredRun, scope: str, report: Report) -> list[ScopeResult]:
    source = held.installation.source(held.site, stored.run.source)
    database = held.installation.folder(held.site.subdomain).database(source.database)
    if "open" in stored.hold_states.values():
        run_id = stored.run.run_id
        raise UsageError(f"run {run_id} is held, and nothing of it was applied", remedy=f"clerk accept {run_id}")
    with read_database(database) as connection:
        wanted = [result for result in _named(stored, scope) if _count(connection, stored.run, result.scope)]
        if not wanted:
            raise UsageError(f"run {stored.run.run_id} put nothing into quarantine", remedy="clerk quarantine list")
        moved = {result.scope: _moved(connection, stored.run, result.scope) for result in wanted}
    standing = [result for result in wanted if moved[result.scope] is None]
    errors = [error for error in moved.values() if error]
    if not standing:
        raise errors[0]
    for error in errors:
        report(f"passed over: {error}")
    return standing


def _named(stored: StoredRun, scope: str) -> list[ScopeResult]:
    found = [result for result in stored.run.scopes if scope in ("", result.scope)]
    if not found:
        known = ", ".join(result.scope for result in stored.run.scopes) or "none"
        raise UsageError(f"run {stored.run.run_id} has no scope {scope!r}", remedy=f"its scopes: {known}")
    return found


def _count(connection: sqlite3.Connection, run: Run, scope: str) -> int:
    found: int = connection.execute(
        "SELECT count(*) FROM _clerk_quarantine WHERE run_id = ? AND source = ? AND scope = ?",
        (run.run_id, run.source, scope),
    ).fetchone()[0]
    return found


def _moved(connection: sqlite3.Connection, run: Run, scope: str) -> UsageError | None:
    """Return the error that says on what the rows rest by now; None where it is the run."""
    base = read_base(connection, run.source, scope)
    if base is None or not base.capture:
        return UsageError("the rows rest on no capture any more", where=f"{run.source} {scope}", remedy="pull again")
    if base.run_id == run.run_id:
        return None
    return UsageError(
        f"the rows rest on run {base.run_id} by now, not on run {run.run_id}",
        where=f"{run.source} {scope}",
        remedy=f"clerk quarantine list --run {base.run_id}",
    )
