"""clerk states: election data of states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clerkcore.cli.options import dry_run_option, from_option, json_option, read_selection, selection_options
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_progress, show_table
from clerkcore.cli.work import run_order, warn_of_plugins
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.orders import Order
from clerkcore.jobs.trial import Trial, try_source
from clerkcore.models import Request
from clerkcore.times import now

FIRST_ROWS = 5


@click.group()
def states() -> None:
    """Bring the election data of states in.

    From cron, every four hours: 0 */4 * * * clerk states update --all
    """


def _request(source: str, election: str, date: str) -> Request:
    given = {"data_source": source, "election": election, "date": date}
    return Request(now().date(), options={name: value for name, value in given.items() if value})


source_option = click.option("--source", default="", help="Only this data source, such as VbmVoted.")
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
@dry_run_option
@json_option
@click.pass_context
def update(ctx: click.Context, /, source: str, election: str, date: str, **options: Any) -> None:
    """Fetch, compare and apply, e.g. clerk states update fl --source VbmVoted"""
    selection = read_selection(options["sites"], options["named"], options["everything"], options["next_site"])
    with show_progress() as report:
        order = Order(
            family=STATES,
            stage="update",
            request=_request(source, election, date),
            report=report,
            files=options["files"],
            dry_run=options["dry_run"],
        )
        code = run_order(ctx.obj, order, selection, options["as_json"])
    ctx.exit(code)


@states.command("list")
@json_option
@click.pass_obj
def list_adapters(installation: Installation, as_json: bool) -> None:
    """List the adapters and the sites that use them, e.g. clerk states list"""
    warn_of_plugins(installation)
    sites = installation.sites()
    table = make_table("Adapter", "What it brings", "Plugin", "Sites")
    for name, offer in installation.plugins.offers[STATES.hook].items():
        using = [site.subdomain for site in sites if name in site.sources]
        if as_json:
            print_json({"adapter": name, "help": offer.ref.help, "plugin": offer.plugin, "sites": using})
        add_row(table, (name, offer.ref.help, offer.plugin, ", ".join(using) or "-"))
    if not as_json:
        show_table(table)


@states.command("try")
@click.argument("adapter")
@click.option("--from", "file", required=True, type=click.Path(exists=True, path_type=Path), help="A file you saved.")
@source_option
@election_option
@date_option
@json_option
@click.pass_obj
def try_adapter(
    installation: Installation, adapter: str, file: Path, source: str, election: str, date: str, as_json: bool
) -> None:
    """Parse a file and write nothing, e.g. clerk states try florida --from FILE --source VbmVoted --election 49894"""
    trial = try_source(installation, STATES, adapter, _request(source, election, date), file)
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
        click.echo(f"\n{name}, first {min(len(rows), FIRST_ROWS)}:")
        for row in rows[:FIRST_ROWS]:
            click.echo("  " + clean(", ".join(f"{key}={value}" for key, value in row.items() if value is not None)))
    if trial.quarantine:
        click.echo("\nquarantine:")
    for item in trial.quarantine:
        click.echo(f"  {item['page']} line {item['line']}: {clean(item['rule'])}: {clean(item['message'])}")
