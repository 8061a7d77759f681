"""What a person decides about a run: accept what it held, undo what it applied."""

from __future__ import annotations

from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.evidence import read_run
from clerkcore.jobs.holding import hold_site
from clerkcore.jobs.orders import Report
from clerkcore.jobs.runner import record_run
from clerkcore.ledger import set_hold_state
from clerkcore.models import Outcome, Run
from clerkcore.road.run import run_accept, run_undo


def accept_run(installation: Installation, run_id: int, report: Report) -> Run:
    """Apply what a run held, by a run of its own; UsageError when it holds nothing any more."""
    stored = read_run(installation, run_id)
    held_scopes = [scope for scope in stored.run.scopes if stored.hold_states.get(scope.scope) == "open"]
    if not held_scopes:
        states = ", ".join(f"{scope}: {state}" for scope, state in stored.hold_states.items())
        raise UsageError(
            f"run {run_id} holds nothing{f' any more ({states})' if states else ''}", remedy="clerk status"
        )
    with hold_site(installation, stored.run.site, "accept") as held:
        run = record_run(
            held,
            "accept",
            stored.run.source,
            lambda work: run_accept(work, held_scopes),
            options={"run": run_id},
            report=report,
            load=lambda: installation.source(held.site, stored.run.source),
            of_run=run_id,
        )
        applied = {scope.scope for scope in run.scopes if scope.outcome in (Outcome.CHANGED, Outcome.FRESH)}
        with installation.ledger.write() as connection:
            for scope in applied:
                set_hold_state(connection, run_id, scope, "accepted")
    return run


def undo_run(installation: Installation, run_id: int, report: Report) -> Run:
    """Take back what a run applied, by a run of its own."""
    stored = read_run(installation, run_id)
    with hold_site(installation, stored.run.site, "undo") as held:
        return record_run(
            held,
            "undo",
            stored.run.source,
            lambda work: run_undo(work, run_id),
            options={"run": run_id},
            report=report,
            load=lambda: installation.source(held.site, stored.run.source),
            of_run=run_id,
        )
