"""Closing runs that a dead process left open: the site database says what of them was applied."""

from __future__ import annotations

from clerkcore import logs
from clerkcore.errors import StoreBusy, StoreError
from clerkcore.installation import Installation
from clerkcore.ledger import StoredRun, close_run, record_event, unfinished_runs
from clerkcore.models import Outcome, Run, ScopeResult
from clerkcore.store.database import open_database, read_database, transaction
from clerkcore.store.runs import Applied, applications_of, newest_run_id
from clerkcore.times import now


def close_left_runs(installation: Installation, subdomain: str, reason: str = "") -> list[Run]:
    """Close every open run of a site; the caller holds the site's lease, so nobody works on them.

    With a `reason`, as that somebody cancelled them, they count as skipped and are no failure; else their process died.
    """
    with installation.ledger.read() as connection:
        left = unfinished_runs(connection, subdomain)
    return [_close(installation, stored, reason) for stored in left]


def _close(installation: Installation, stored: StoredRun, reason: str) -> Run:
    scopes = tuple(_result(a) for a in _applied(installation, stored.run.site, stored.run.run_id))
    why = reason or f"its process ({stored.holder}) died"
    done = ", ".join(scope.scope for scope in scopes)
    run = Run(
        run_id=stored.run.run_id,
        job=stored.run.job,
        site=stored.run.site,
        source=stored.run.source,
        outcome=Outcome.SKIPPED if reason else Outcome.FAILED,
        scopes=scopes,
        started_at=stored.run.started_at,
        duration_seconds=max((now() - stored.run.started_at).total_seconds(), 0.0),
        message=f"{why}; {f'applied before that: {done}' if done else 'nothing was applied'}",
        remedy="run it again",
    )
    with installation.ledger.write() as connection:
        close_run(connection, run)
        record_event(
            connection,
            "run.cancelled" if reason else "run.recovered",
            run.message,
            severity="info" if reason else "warning",
            subdomain=run.site,
            source=run.source,
            run_id=run.run_id,
            at=now(),
        )
    if not reason:
        logs.taken_over(run.site, stored.holder, run=run.run_id)
    return run


def _applied(installation: Installation, subdomain: str, run_id: int) -> list[Applied]:
    found: list[Applied] = []
    for path in installation.folder(subdomain).databases():
        try:
            # Opened for writing, this waits for the dead or late process's transaction to end: until then it is open
            # whether the run was applied, and afterwards that process finds its lease gone.
            with open_database(path) as connection, transaction(connection):
                found += applications_of(connection, run_id)
        except StoreBusy:
            raise
        except StoreError:
            # A database that cannot be read is reported by the run that needs it.
            continue
    return found


def greatest_run_id(installation: Installation, subdomain: str) -> int:
    """Return the greatest run id that any readable database of a site knows."""
    known = 0
    for path in installation.folder(subdomain).databases():
        try:
            with read_database(path) as connection:
                known = max(known, newest_run_id(connection))
        except StoreError:
            # A database that cannot be read is reported by the run that needs it.
            continue
    return known


def _result(applied: Applied) -> ScopeResult:
    return ScopeResult(
        applied.scope,
        Outcome.CHANGED if applied.counts.differs else Outcome.FRESH,
        applied.counts,
        applied.findings,
        applied.capture,
        message="applied before the process ended",
        tables=applied.tables,
    )
