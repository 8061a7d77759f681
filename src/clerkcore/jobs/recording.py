"""Runs in the ledger: opened before anything is done, closed with their events, told to plugins."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from clerkcore import logs
from clerkcore.jobs.orders import Report
from clerkcore.jobs.recovery import greatest_run_id
from clerkcore.ledger import close_run, open_run, record_event
from clerkcore.models import Outcome, Run
from clerkcore.times import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clerkcore.jobs.holding import HeldSite

_SEVERITIES = {Outcome.FAILED: "error", Outcome.HELD: "warning"}


def open_held_run(held: HeldSite, job: str, name: str, options: Mapping[str, object], of_run: int | None = None) -> int:
    """Open a run of a held site, with an id that no database of the site knows, and return the id."""
    known = greatest_run_id(held.installation, held.site.subdomain)
    with held.installation.ledger.write() as connection:
        return open_run(
            connection,
            job,
            held.site.subdomain,
            name,
            held.lease.holder,
            options,
            job_id=held.lease.job_id,
            of_run=of_run,
            above=known,
            at=now(),
        )


def close_held_run(held: HeldSite, run: Run, tracebacks: Iterable[str], report: Report) -> None:
    """Close a run, with its events, and tell the plugins; nothing where another process has closed it."""
    with held.installation.ledger.write() as connection:
        if not close_run(connection, run):
            # Another process took the site over, closed this run and told of it.
            return
        _record(connection, run, f"run.{run.outcome}", run.message, _SEVERITIES.get(run.outcome, "info"))
        for trace in tracebacks:
            _record(connection, run, "run.traceback", trace.strip().splitlines()[-1], "error", traceback=trace)
    logs.run_ended(run)
    _tell_plugins(held, run, report)


def _record(connection: Connection, run: Run, kind: str, message: str, severity: str, **data: str) -> None:
    record_event(
        connection,
        kind,
        message,
        severity=severity,
        subdomain=run.site,
        source=run.source,
        run_id=run.run_id,
        data=data,
        at=now(),
    )


def _tell_plugins(held: HeldSite, run: Run, report: Report) -> None:
    errors = held.installation.plugins.call_each(
        "after_update", installation=held.installation, site=held.site, run=run
    )
    for plugin, error in errors.items():
        message = f"plugin {plugin}: after_update failed: {type(error).__name__}: {error}"
        report(message)
        trace = "".join(traceback.format_exception(error))
        with held.installation.ledger.write() as connection:
            _record(connection, run, "hook.failed", message, "error", traceback=trace)
