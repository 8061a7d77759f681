"""clerk ledger: where the ledger is, and moving it between SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import asdict

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.ledger import create_ledger
from clerkcore.ledger.copy import TableSum
from clerkcore.ledger.describe import LedgerFacts, describe_ledger
from clerkcore.upkeep.relocation import copy_from, copy_to


@click.group()
def ledger() -> None:
    """Show the ledger, bring it up to date, and move it to another database."""


@ledger.command()
@json_option
@click.pass_obj
def show(installation: Installation, as_json: bool) -> None:
    """Show where the ledger is, its revision, its rows and its size, e.g. clerk ledger show"""
    facts = describe_ledger(installation.ledger_url)
    if as_json:
        print_json({**asdict(facts), "state": facts.state})
        return
    _show(facts)


def _show(facts: LedgerFacts) -> None:
    click.echo(clean(f"{facts.where}: revision {facts.revision or 'none'} ({facts.state}), {facts.bytes:,} bytes"))
    table = make_table("Table", "Rows")
    for name, rows in facts.rows.items():
        add_row(table, (name, f"{rows:,}"))
    show_table(table)


@ledger.command()
@click.pass_obj
def migrate(installation: Installation) -> None:
    """Make the ledger's tables, or bring them up to date, e.g. clerk ledger migrate

    The database may be an empty one that database_url names. It makes no backup; `clerk upgrade` does.
    """
    url = installation.ledger_url
    create_ledger(url).dispose()
    facts = describe_ledger(url)
    click.echo(clean(f"{facts.where}: revision {facts.revision}"))


@ledger.command()
@click.option("--to", "target", metavar="URL", help="Copy this installation's ledger into an empty one.")
@click.option("--from", "source", metavar="URL", help="Fill this installation's ledger, which is empty, from another.")
@json_option
@click.pass_obj
def copy(installation: Installation, target: str | None, source: str | None, as_json: bool) -> None:
    """Copy all rows to or from another ledger and compare, e.g. clerk ledger copy --to postgresql://clerk@db/clerk

    URL is postgresql://USER@HOST/NAME, with the password as secret database_password, or sqlite:////PATH/civic.db.
    Everything is copied in one transaction, or nothing where the two differ afterwards. Nobody may be working on a
    site meanwhile.
    """
    if (target is None) == (source is None):
        raise UsageError("say --to URL or --from URL, one of them", remedy="see: clerk ledger copy --help")
    compared = copy_to(installation, target) if target else copy_from(installation, source or "")
    _print_compared(compared, as_json)
    if target and not as_json:
        click.echo("The two are the same. Next: set database_url to the new ledger and move civic.db away.")


def _print_compared(compared: list[TableSum], as_json: bool) -> None:
    if as_json:
        for each in compared:
            print_json(asdict(each))
        return
    table = make_table("Table", "Rows", "Checksum on both sides")
    for each in compared:
        add_row(table, (each.table, f"{each.rows:,}", each.sha256))
    show_table(table)
