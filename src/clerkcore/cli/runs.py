"""clerk runs, accept and undo: what ran, what it changed, and the decisions about it."""

from __future__ import annotations

from typing import Any

import click

from clerkcore.cli.options import NUMBER, json_option
from clerkcore.cli.output import (
    STYLES,
    add_row,
    ago,
    clean,
    describe_run,
    make_table,
    print_json,
    print_runs,
    show_table,
    warn_of_errors,
)
from clerkcore.cli.progress import show_progress
from clerkcore.installation import Installation
from clerkcore.jobs.decisions import accept_run, undo_run
from clerkcore.jobs.evidence import Evidence, read_findings, read_run, read_tracebacks
from clerkcore.ledger import StoredRun, list_runs
from clerkcore.models import ChangeSet, Counts, Outcome, ScopeResult
from clerkcore.road.words import tell_changes, tell_evidence


@click.group()
def runs() -> None:
    """Show what ran and what it changed."""


@runs.command("list")
@click.option("--subdomain", metavar="SITE", help="Only this site.")
@click.option("--source", help="Only this source.")
@click.option("--outcome", type=click.Choice([str(outcome) for outcome in Outcome]), help="Only runs that ended so.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 1_000_000), help="How many, newest first."
)
@json_option
@click.pass_obj
def list_all(
    installation: Installation,
    subdomain: str | None,
    source: str | None,
    outcome: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the newest runs, e.g. clerk runs list --outcome failed"""
    wanted = Outcome(outcome) if outcome else None
    with installation.ledger.read() as connection:
        found = list_runs(connection, subdomain=subdomain, source=source, outcome=wanted, limit=limit)
    table = make_table("Run", "When", "Job", "Site", "Source", "Outcome", "Message")
    for stored in found:
        if as_json:
            print_json(_describe(stored))
            continue
        run = stored.run
        outcome_text = str(stored.outcome or "running")
        cells = (run.run_id, ago(run.started_at), run.job, run.site, run.source, outcome_text, run.message)
        add_row(table, cells, STYLES[run.outcome] if stored.outcome else "")
    if not as_json:
        show_table(table)


def _describe(stored: StoredRun) -> dict[str, Any]:
    return {
        **describe_run(stored.run),
        "status": stored.status,
        "outcome": str(stored.outcome) if stored.outcome else None,
        "holder": stored.holder,
        "options": dict(stored.options),
        "of_run": stored.of_run,
        "holds": dict(stored.hold_states),
    }


@runs.command()
@click.argument("run_id", type=NUMBER, metavar="RUN")
@json_option
@click.pass_context
def show(ctx: click.Context, run_id: int, as_json: bool) -> None:
    """Show one run with its change set in words, e.g. clerk runs show 7"""
    stored = read_run(ctx.obj, run_id)
    found = read_findings(ctx.obj, stored.run.site, run_id)
    if as_json:
        print_json({**_describe(stored), "found": found.rows, "tracebacks": read_tracebacks(ctx.obj, run_id)})
    else:
        _print_stored(stored, found)
        for trace in read_tracebacks(ctx.obj, run_id):
            click.echo("\n" + "\n".join(clean(line) for line in trace.splitlines()))
    ctx.exit(warn_of_errors(found.broken))


def _print_stored(stored: StoredRun, found: Evidence) -> None:
    run = stored.run
    about = f" of run {stored.of_run}" if stored.of_run else ""
    head = f"run {run.run_id}: {run.job}{about} on {run.site}, source {run.source}: {stored.outcome or 'running'}"
    click.echo(clean(head))
    click.echo(
        f"started {run.started_at:%Y-%m-%d %H:%M:%S} UTC by {_tell_holder(stored.holder)}, {run.duration_seconds:.1f} s"
    )
    if not run.scopes:
        click.echo(clean(run.message))
    for scope in run.scopes:
        _print_scope(scope, stored.hold_states.get(scope.scope, ""))
        for finding in found.rows:
            if finding["scope"] == scope.scope:
                sides = f" (expected {finding['expected']}, found {finding['actual']})" if finding["expected"] else ""
                click.echo(clean(f"  {finding['severity']}: {finding['check_name']}: {finding['message']}{sides}"))
    helps = _what_helps(stored)
    if helps:
        click.echo(f"What helps: {clean(helps)}")


def _tell_holder(holder: str) -> str:
    """Return a holder's host and process; what else tells it apart is for machines, and in --json."""
    parts = holder.split(":")
    return f"{parts[0]}, process {parts[-2]}" if len(parts) > 2 else holder


def _what_helps(stored: StoredRun) -> str:
    states = set(stored.hold_states.values())
    if "open" in states:
        run_id = stored.run.run_id
        return f"clerk accept {run_id} applies it all the same; a newer capture of the source replaces the hold"
    if states:
        return f"nothing to do: what this run held was {' and '.join(sorted(states))}"
    return stored.run.remedy


def _print_scope(scope: ScopeResult, hold: str) -> None:
    state = f", hold {hold}" if hold else ""
    click.echo(f"\n{clean(scope.scope)}: {scope.outcome}{state}")
    if scope.outcome in (Outcome.FAILED, Outcome.SKIPPED, Outcome.HELD) or not scope.tables:
        click.echo(clean(f"  {scope.message}"))
    if scope.tables:
        click.echo(clean(f"  {tell_changes(ChangeSet(scope.counts, scope.tables))}"))
    for note in scope.notes:
        click.echo(clean(f"  {note}"))
    counts = scope.counts
    if counts.read:
        click.echo(f"  {_tell_counts(counts)}")
    if scope.capture:
        click.echo(f"  capture {scope.capture}{f', base {scope.base}' if scope.base else ''}")


def _tell_counts(counts: Counts) -> str:
    parts = [
        f"{counts.added:,} added",
        f"{counts.changed:,} changed",
        f"{counts.unchanged:,} unchanged",
        *filter(None, [tell_evidence(counts)]),
    ]
    return f"{counts.read:,} read: {', '.join(parts)}; {counts.disappeared:,} disappeared"


@click.command()
@click.argument("run_id", type=NUMBER, metavar="RUN")
@json_option
@click.pass_context
def accept(ctx: click.Context, run_id: int, as_json: bool) -> None:
    """Apply what a run held, after you looked at it, e.g. clerk accept 7"""
    with show_progress() as report:
        run = accept_run(ctx.obj, run_id, report)
    ctx.exit(print_runs([run], as_json))


@click.command()
@click.argument("run_id", type=NUMBER, metavar="RUN")
@json_option
@click.pass_context
def undo(ctx: click.Context, run_id: int, as_json: bool) -> None:
    """Take back what a run applied; its capture will not be loaded again by itself, e.g. clerk undo 7"""
    with show_progress() as report:
        run = undo_run(ctx.obj, run_id, report)
    ctx.exit(print_runs([run], as_json))
