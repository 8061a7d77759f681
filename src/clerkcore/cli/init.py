"""clerk init: a new installation."""

from __future__ import annotations

from pathlib import Path

import click

from clerkcore.installation import Installation, create_installation
from clerkcore.settings import Settings, read_settings, variable


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@click.pass_context
def init(ctx: click.Context, folder: Path | None) -> None:
    """Make an installation in DIR, or complete and upgrade it, e.g. clerk init ~/civic"""
    root = (folder or ctx.obj.root).expanduser().resolve()
    there = _settings_of(root, ctx.obj.settings)
    server = Installation(there, ctx.obj.plugins).ledger_url if there.database_url else ""
    made = create_installation(root, server)
    for path in made:
        click.echo(f"made {path}")
    if server:
        click.echo("the ledger is on the server of database_url; see: clerk ledger show")
    if not made:
        click.echo(f"{root} is complete")
    click.echo("Next: clerk sites import --pilots, or clerk sites add SUBDOMAIN --name NAME --state XX --kind city;")
    click.echo("clerk states update --due brings in the states that sites/states.json names")


def _settings_of(root: Path, given: Settings) -> Settings:
    """Return the settings of the folder that was named, which has, or will have, a clerk.toml of its own."""
    if root == given.root:
        return given
    name = variable("database_url")
    said = {name: given.database_url} if given.origin("database_url") == name else {}
    return read_settings(root, {**given.secrets, **said})
