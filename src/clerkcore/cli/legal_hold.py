"""clerk legal-hold: sites of which nothing may be removed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time

import click

from clerkcore.cli.options import NUMBER, json_option
from clerkcore.cli.output import add_row, ago, clean, make_table, print_json, show_table
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.ledger import EVERY_SITE, LegalHold, lift_legal_hold, list_legal_holds, place_legal_hold
from clerkcore.times import now, to_text


@click.group("legal-hold")
def legal_hold() -> None:
    """Say of which sites nothing may be pruned, collected, redacted or removed."""


@legal_hold.command()
@click.argument("site", required=False)
@click.option("--all", "everything", is_flag=True, help="On every site, those added later too.")
@click.option("--reason", required=True, help="Why, such as the number of a case.")
@click.option("--by", "placed_by", required=True, help="Who places it.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day (UTC) of it; without, until lifted.")
@click.pass_obj
def place(
    installation: Installation,
    site: str | None,
    everything: bool,
    reason: str,
    placed_by: str,
    until: datetime | None,
) -> None:
    """Place a hold, e.g. clerk legal-hold place sandiego.ca --reason "recount 2026" --by Ann --until 2027-03-31"""
    if bool(site) == everything:
        raise UsageError("name a site, or --all", remedy="clerk legal-hold place sandiego.ca --reason WHY --by WHO")
    subdomain = installation.site(site).subdomain if site else EVERY_SITE
    ends = datetime.combine(until, time.max, UTC) if until else None
    with installation.ledger.write() as connection:
        hold = place_legal_hold(connection, subdomain, reason, placed_by, expires_at=ends, at=now())
    click.echo(f"{_tell_site(hold)}: nothing may be removed, by legal hold {hold.id}{_tell_end(hold)}")


def _tell_site(hold: LegalHold) -> str:
    return hold.subdomain or "every site"


def _tell_end(hold: LegalHold) -> str:
    return f" until {to_text(hold.expires_at)}" if hold.expires_at else ""


@legal_hold.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that have ended too.")
@json_option
@click.pass_obj
def list_all(installation: Installation, everything: bool, as_json: bool) -> None:
    """List the holds in force, e.g. clerk legal-hold list --all"""
    with installation.ledger.read() as connection:
        holds = list_legal_holds(connection, at=None if everything else now())
    if as_json:
        for hold in holds:
            print_json(asdict(hold))
        return
    table = make_table("Id", "Site", "Reason", "By", "Since", "Ends")
    for hold in holds:
        cells = (hold.id, _tell_site(hold), hold.reason, hold.placed_by, ago(hold.placed_at), _state(hold))
        add_row(table, cells, "" if hold.binds(now()) else "dim")
    if holds:
        show_table(table)
    else:
        click.echo("There is no legal hold.")


def _state(hold: LegalHold) -> str:
    if hold.lifted_at:
        return f"lifted by {hold.lifted_by} {ago(hold.lifted_at)}"
    return to_text(hold.expires_at) if hold.expires_at else "when lifted"


@legal_hold.command()
@click.argument("hold_id", metavar="ID", type=NUMBER)
@click.option("--by", "lifted_by", required=True, help="Who lifts it.")
@click.pass_obj
def lift(installation: Installation, hold_id: int, lifted_by: str) -> None:
    """End a hold, e.g. clerk legal-hold lift 3 --by Ann"""
    with installation.ledger.write() as connection:
        hold = lift_legal_hold(connection, hold_id, lifted_by, at=now())
    click.echo(clean(f"legal hold {hold.id} on {_tell_site(hold)} is lifted by {hold.lifted_by}"))
