"""clerk states: election data of states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clerkcore.cli.options import (
    dry_run_option,
    from_option,
    json_option,
    read_selection,
    selection_options,
    taken_option,
)
from clerkcore.cli.output import clean, print_json
from clerkcore.cli.progress import show_progress
from clerkcore.cli.states_elections import diff, elections
from clerkcore.cli.states_overview import list_states, log, status
from clerkcore.cli.work import run_order
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.orders import Order
from clerkcore.jobs.trial import TableDifference, Trial, try_source
from clerkcore.models import Request
from clerkcore.times import now

FIRST_ROWS = 5


@click.group()
def states() -> None:
    """Bring the election data of states in, and ask what it says.

    sites/states.json names the states, their adapters and how often each is asked. From cron, every few minutes:
    */5 * * * * clerk states update --due. It runs what is due by each state's own interval, and retries sooner what
    failed. One line for all, 0 */4 * * * clerk states update --all, asks every state every four hours.
    """


def _request(source: str, election: str, date: str, **more: Any) -> Request:
    given = {"data_source": source, "election": election, "date": date}
    return Request(now().date(), options={name: value for name, value in given.items() if value}, **more)


source_option = click.option("--source", default="", help="Only this data source, such as EVR or VbmVoted.")
election_option = click.option("--election", default="", help="The state's id of an election; else the site's.")
date_option = click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=lambda _ctx, _option, value: value.date().isoformat() if value else "",
    help="A day of the election, where files are by day.",
)


@states.command()
@selection_options
@source_option
@election_option
@date_option
@from_option
@taken_option
@dry_run_option
@json_option
@click.pass_context
def update(ctx: click.Context, /, source: str, election: str, date: str, **options: Any) -> None:
    """Fetch, compare and apply, e.g. clerk states update --due, or clerk states update fl --source VbmVoted

    An enabled state of sites/states.json that has no site yet gets one. A file that you saved is loaded with
    clerk states update --subdomain tx --source EVR --election ID --date YYYY-MM-DD --from FILE
    """
    selection = read_selection(options)
    with show_progress() as report:
        order = Order(
            family=STATES,
            stage="update",
            request=_request(source, election, date, taken_at=options["taken"]),
            report=report,
            advance=report.advance,
            files=options["files"],
            dry_run=options["dry_run"],
        )
        code = run_order(ctx.obj, order, selection, options["as_json"])
    ctx.exit(code)


@states.command("try")
@click.argument("adapter")
@click.option("--from", "file", required=True, type=click.Path(exists=True, path_type=Path), help="A file you saved.")
@click.option("--against", type=click.Path(exists=True, path_type=Path), help="An older file, to compare it with.")
@source_option
@election_option
@date_option
@json_option
@click.pass_obj
def try_adapter(
    installation: Installation, /, adapter: str, file: Path, against: Path | None, as_json: bool, **narrowed: str
) -> None:
    """Parse a file and write nothing, e.g. clerk states try florida --from FILE --source VbmVoted --election 49894

    With --against OLDFILE, tell what the adapter finds changed since that file. Ids and names of voters are hidden.
    """
    trial = try_source(installation, STATES, adapter, _request(**narrowed), file, against)
    if as_json:
        print_json(trial.to_json())
    else:
        _print_trial(trial)


def _print_trial(trial: Trial) -> None:
    facts = trial.facts
    usable = facts.read - facts.duplicates - facts.quarantined - facts.aside
    click.echo(
        f"{facts.read:,} records read: {usable:,} usable, {facts.duplicates:,} duplicates,"
        f" {facts.quarantined:,} quarantined, {facts.aside:,} set aside"
    )
    for name, rows in trial.rows.items():
        if rows:
            click.echo(f"\n{name}, first {min(len(rows), FIRST_ROWS)}:")
        for row in rows[:FIRST_ROWS]:
            click.echo(f"  {_tell_row(row)}")
    if trial.quarantine:
        click.echo("\nquarantine:")
    for item in trial.quarantine:
        click.echo(f"  {item['page']} line {item['line']}: {clean(item['rule'])}: {clean(item['message'])}")
    for name, difference in (trial.changes or {}).items():
        _print_difference(name, difference)


def _tell_row(row: dict[str, Any]) -> str:
    return clean(", ".join(f"{key}={value}" for key, value in row.items() if value is not None))


def _print_difference(name: str, found: TableDifference) -> None:
    click.echo(f"\n{name}: {found.added:,} added, {found.changed:,} changed, {found.disappeared:,} disappeared")
    for kind in ("added", "changed", "disappeared"):
        for row in [row for row in found.rows if row["kind"] == kind][:FIRST_ROWS]:
            told = {key: value for key, value in row.items() if key not in ("kind", "before", "after")}
            moved = [f"{key}: {row['before'][key]} -> {value}" for key, value in row.get("after", {}).items()]
            click.echo(clean("; ".join([f"  {kind}: {_tell_row(told)}", *moved])))


for command in (list_states, status, log, elections, diff):
    states.add_command(command)
