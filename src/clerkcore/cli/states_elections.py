"""clerk states elections and diff: what is loaded of an election, and what changed between two pulls of it."""

from __future__ import annotations

from dataclasses import asdict

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table
from clerkcore.installation import Installation
from clerkcore.jobs.elections import Election, list_elections
from clerkcore.jobs.net_changes import CountyChange, NetChange, read_net_change


@click.command()
@click.argument("site")
@json_option
@click.pass_obj
def elections(installation: Installation, site: str, as_json: bool) -> None:
    """List a state's elections and what of each is loaded, e.g. clerk states elections tx"""
    found = list_elections(installation, site)
    if as_json:
        for election in found:
            print_json(election.to_json())
        return
    table = make_table("Election", "Date", "Name", "Party", "Early voting", "Loaded", "Voters", "Newest pull")
    for election in found:
        add_row(table, _cells(election))
    show_table(table)
    if not found:
        click.echo(clean(f"{site} knows no elections yet"))


def _cells(election: Election) -> tuple[str, ...]:
    early = " to ".join(filter(None, (election.first_early_day, election.last_early_day)))
    loaded = [f"{name} ({count})" if count > 1 else name for name, count in election.data_sources.items()]
    return (
        election.election_id,
        election.election_date or "-",
        election.name or "-",
        election.party or "-",
        early or "-",
        ", ".join(loaded) or "-",
        "-" if election.ballots is None else f"{election.ballots:,}",
        election.newest_pull[:16].replace("T", " ") or "-",
    )


@click.command()
@click.argument("election")
@click.option("--between", nargs=2, required=True, metavar="A B", help="Two runs, or two days or times (UTC).")
@click.option("--site", default="", help="The site, where several have an election of this id.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many counties, those that changed most.")
@json_option
@click.pass_obj
def diff(
    installation: Installation, election: str, between: tuple[str, str], site: str, limit: int | None, as_json: bool
) -> None:
    """Tell what changed by county between two pulls, e.g. clerk states diff 58315 --between 2026-05-18 2026-05-19

    A and B are runs, as in --between 12 19, or times, as 2026-05-18T12:00: the rosters as they stood then, a day
    meaning its first moment. What came and went again in between counts as nothing.
    """
    found = read_net_change(installation, election, between, site)
    if as_json:
        for county in found.counties:
            print_json({"site": found.site, "election_id": election, **asdict(county)})
    else:
        _print_diff(found, limit)


def _print_diff(found: NetChange, limit: int | None) -> None:
    click.echo(clean(f"election {found.election_id} of {found.site}, after run {found.first} up to run {found.last}"))
    if not found.counties:
        click.echo("nothing changed")
        return
    table = make_table("County", "Added", "Changed", "Disappeared")
    shown = sorted(found.counties, key=_size, reverse=True)[:limit] if limit else found.counties
    for county in (*shown, _sum(found.counties)):
        add_row(table, (county.county, *(f"{n:,}" for n in (county.added, county.changed, county.disappeared))))
    show_table(table)
    if len(shown) < len(found.counties):
        click.echo(f"the {len(shown)} counties that changed most, of {len(found.counties)}")


def _size(county: CountyChange) -> int:
    return county.added + county.changed + county.disappeared


def _sum(counties: list[CountyChange]) -> CountyChange:
    return CountyChange(
        "(all)",
        sum(county.added for county in counties),
        sum(county.changed for county in counties),
        sum(county.disappeared for county in counties),
    )
