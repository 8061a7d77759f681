"""clerk quarantine: the records that were rejected, and their release."""

from __future__ import annotations

import click

from clerkcore.cli.options import NUMBER, json_option
from clerkcore.cli.output import add_row, make_table, print_json, print_runs, show_table, warn_of_errors
from clerkcore.cli.progress import show_progress
from clerkcore.installation import Installation
from clerkcore.jobs.evidence import Evidence, read_quarantine, run_quarantine
from clerkcore.jobs.release import release_run


@click.group()
def quarantine() -> None:
    """Show the records that were rejected, and release what is read well by now."""


@quarantine.command("list")
@click.option("--subdomain", metavar="SITE", help="Only this site.")
@click.option("--run", "run_id", type=NUMBER, help="Only this run, held ones too.")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="How many, newest first."
)
@json_option
@click.pass_context
def list_all(ctx: click.Context, subdomain: str | None, run_id: int | None, limit: int, as_json: bool) -> None:
    """List rejected records with file, line, rule and value, e.g. clerk quarantine list --run 7"""
    found = run_quarantine(ctx.obj, run_id, limit) if run_id else _read(ctx.obj, subdomain, limit)
    if as_json:
        for row in found.rows:
            print_json(row)
    else:
        _show(found)
    ctx.exit(warn_of_errors(found.broken))


def _read(installation: Installation, subdomain: str | None, limit: int) -> Evidence:
    sites = [installation.site(subdomain)] if subdomain else installation.sites()
    return read_quarantine(installation, [site.subdomain for site in sites], limit=limit)


def _show(found: Evidence) -> None:
    table = make_table("Run", "Site", "Source", "Scope", "File", "Line", "Rule", "Value", "Message")
    for row in found.rows:
        names = ("run_id", "site", "source", "scope", "page", "line", "rule", "value", "message")
        add_row(table, [row[name] for name in names])
    if found.rows:
        show_table(table)
    else:
        click.echo("Nothing is in quarantine.")


@quarantine.command()
@click.argument("run_id", type=NUMBER, metavar="RUN")
@click.option("--scope", default="", help="Only this scope of the run.")
@json_option
@click.pass_context
def release(ctx: click.Context, run_id: int, scope: str, as_json: bool) -> None:
    """Read the rejected records of a run again and apply what is read well now, e.g. clerk quarantine release 7"""
    with show_progress() as report:
        run = release_run(ctx.obj, run_id, scope, report)
    ctx.exit(print_runs([run], as_json))
