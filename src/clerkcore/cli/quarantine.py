"""clerk quarantine: the records that were rejected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, make_table, print_json, show_table
from clerkcore.installation import Installation
from clerkcore.jobs.evidence import read_quarantine, run_quarantine


@click.group()
def quarantine() -> None:
    """Show the records that were rejected."""


@quarantine.command("list")
@click.option("--subdomain", metavar="SITE", help="Only this site.")
@click.option("--run", "run_id", type=click.IntRange(min=1), help="Only this run, held ones too.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="How many, newest first.")
@json_option
@click.pass_obj
def list_all(installation: Installation, subdomain: str | None, run_id: int | None, limit: int, as_json: bool) -> None:
    """List rejected records with file, line, rule and value, e.g. clerk quarantine list --run 7"""
    rows = run_quarantine(installation, run_id, limit) if run_id else list(_rows(installation, subdomain, limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = make_table("Run", "Site", "Source", "Scope", "File", "Line", "Rule", "Value", "Message")
    for row in rows:
        names = ("run_id", "site", "source", "scope", "page", "line", "rule", "value", "message")
        add_row(table, [row[name] for name in names])
    if rows:
        show_table(table)
    else:
        click.echo("Nothing is in quarantine.")


def _rows(installation: Installation, subdomain: str | None, limit: int) -> Iterator[dict[str, Any]]:
    names = [installation.site(subdomain).subdomain] if subdomain else [s.subdomain for s in installation.sites()]
    for name in names:
        for row in read_quarantine(installation, name, limit=limit):
            yield {"site": name, **row}
