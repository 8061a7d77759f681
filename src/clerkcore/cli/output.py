"""Printing: results on stdout, progress on stderr, nothing an upstream wrote unescaped."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clerkcore.errors import ClerkError
from clerkcore.models import Outcome, Run, ScopeResult
from clerkcore.times import now, to_text

FAILED, HELD = 1, 3
PLAIN_WIDTH = 200
STYLES = {
    Outcome.FAILED: "bold red",
    Outcome.HELD: "yellow",
    Outcome.CHANGED: "green",
    Outcome.FRESH: "dim",
    Outcome.SKIPPED: "dim",
}


def clean(text: str) -> str:
    """Return text whose control and format characters cannot drive a terminal or reverse a line."""
    return "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in text.replace("\n", " "))


def print_json(value: Mapping[str, Any]) -> None:
    """Print one object as a line of JSON, in printable ASCII alone."""
    # DEL is the one control character that JSON leaves as it is.
    click.echo(json.dumps(value, default=_as_text).replace("\x7f", "\\u007f"))


def _as_text(value: object) -> str:
    return to_text(value) if isinstance(value, datetime) else str(value)


def describe_run(run: Run) -> dict[str, Any]:
    """Return a run as its JSON line."""
    counts = run.counts
    return {
        "run_id": run.run_id or None,
        "site": run.site,
        "source": run.source,
        "outcome": str(run.outcome),
        "scopes": [describe_scope(scope) for scope in run.scopes],
        "read": counts.read,
        "added": counts.added,
        "changed": counts.changed,
        "disappeared": counts.disappeared,
        "unchanged": counts.unchanged,
        "duplicates": counts.duplicates,
        "quarantined": counts.quarantined,
        "aside": counts.aside,
        "findings": run.findings,
        "duration_seconds": run.duration_seconds,
        "message": run.message,
        "remedy": run.remedy,
        "job": run.job,
        "started_at": to_text(run.started_at),
    }


def describe_scope(scope: ScopeResult) -> dict[str, Any]:
    """Return a scope of a run for its JSON line."""
    return {
        "scope": scope.scope,
        "outcome": str(scope.outcome),
        **asdict(scope.counts),
        "findings": scope.findings,
        "capture": scope.capture,
        "message": scope.message,
        "remedy": scope.remedy,
        "tables": [asdict(table) for table in scope.tables],
        "notes": list(scope.notes),
    }


def print_run(run: Run) -> None:
    """Print a run as it ended: one line, then what helps."""
    number = f"run {run.run_id}" if run.run_id else "no run"
    head = clean(f"{run.site} {run.source}".strip())
    ended = f"{head}: {run.outcome} ({number}, {run.duration_seconds:.1f} s)"
    if len(run.scopes) > 1:
        click.echo(ended)
        for scope in run.scopes:
            click.echo(f"  {clean(scope.scope)}: {scope.outcome}: {clean(scope.message)}")
    else:
        click.echo(f"{ended} {clean(run.message)}")
    if run.findings:
        click.echo(f"  {run.findings} findings: clerk runs show {run.run_id}")
    if run.remedy:
        click.echo(f"  {clean(run.remedy)}")


def print_runs(runs: Iterable[Run], as_json: bool) -> int:
    """Print runs as they end and return the exit code they ask for."""
    outcomes = []
    trouble: OSError | None = None
    for run in runs:
        outcomes.append(run.outcome)
        # What cannot be printed any more is done all the same; that is told at the end.
        trouble = trouble or _try_to_print(run, as_json)
    if trouble:
        raise trouble
    return exit_code(outcomes)


def _try_to_print(run: Run, as_json: bool) -> OSError | None:
    try:
        if as_json:
            print_json(describe_run(run))
        else:
            print_run(run)
    except OSError as error:
        return error
    return None


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """Return 1 when something failed, 3 when something is held, else 0."""
    seen = set(outcomes)
    if Outcome.FAILED in seen:
        return FAILED
    return HELD if Outcome.HELD in seen else 0


def warn_of_errors(errors: Sequence[ClerkError]) -> int:
    """Tell on stderr what was passed over because it is broken, and return the exit code that this asks for."""
    for error in errors:
        click.echo(clean(f"Warning: {error}"), err=True)
    return FAILED if errors else 0


def make_table(*columns: str) -> Table:
    """Return an empty table with these columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def add_row(table: Table, cells: Sequence[object], style: str = "") -> None:
    """Add a row whose cells are plain text, whatever they contain."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(clean(str(cell))) for cell in cells), style=style)


def show_table(table: Table) -> None:
    """Print a table, at a fixed width where stdout is no terminal."""
    terminal = sys.stdout.isatty()
    Console(width=None if terminal else PLAIN_WIDTH, no_color=not terminal or None).print(table)


def ago(moment: datetime | None) -> str:
    """Say how long ago something was."""
    if moment is None:
        return "never"
    seconds = max((now() - moment).total_seconds(), 0)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
