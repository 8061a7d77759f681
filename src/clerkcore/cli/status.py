"""clerk status: one screen that says what ran, what is held, what failed, and what helps."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import click
from rich.text import Text

from clerkcore.cli.options import json_option
from clerkcore.cli.output import STYLES, add_row, ago, clean, make_table, print_json, show_table
from clerkcore.cli.work import warn_of_plugins
from clerkcore.installation import Installation
from clerkcore.jobs.overview import read_overview, tell_overview
from clerkcore.jobs.state import State, read_states
from clerkcore.models import Outcome

LONGEST_MESSAGE = 70


@click.command()
@json_option
@click.pass_obj
def status(installation: Installation, as_json: bool) -> None:
    """Show what ran last on every site, and the command that helps, e.g. clerk status"""
    warn_of_plugins(installation)
    states = read_states(installation)
    if as_json:
        for state in states:
            print_json(asdict(state))
        return
    table = make_table("Site", "Source", "Last run", "Outcome", "Changes", "Held", "Message", "What helps")
    for state in states:
        add_row(table, _cells(state))
    show_table(table)
    click.echo(f"\n{_summary(states)}")
    for line in tell_overview(read_overview(installation)) if states else ():
        click.echo(clean(line))


def _cells(state: State) -> tuple[object, ...]:
    counts = state.counts
    changes = f"+{counts.added:,} ~{counts.changed:,} -{counts.disappeared:,}" if counts.differs else ""
    style = STYLES[Outcome(state.outcome)] if state.outcome in list(Outcome) else ""
    message = clean(state.message)
    short = message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
    return (
        state.site,
        state.source or "-",
        ago(state.at),
        Text(state.outcome, style=style),
        changes,
        state.held or "",
        short,
        state.command,
    )


def _summary(states: list[State]) -> str:
    if not states:
        return "No sites yet: clerk sites import --pilots"
    outcomes = Counter(state.outcome for state in states)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    return f"{len({state.site for state in states})} sites, {len(states)} sources: {told}"
