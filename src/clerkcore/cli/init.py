"""clerk init: a new installation."""

from __future__ import annotations

from pathlib import Path

import click

from clerkcore.installation import create_installation


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@click.pass_context
def init(ctx: click.Context, folder: Path | None) -> None:
    """Make an installation in DIR, or complete and upgrade it, e.g. clerk init ~/civic"""
    root = (folder or ctx.obj.root).expanduser().resolve()
    made = create_installation(root)
    for path in made:
        click.echo(f"made {path}")
    if not made:
        click.echo(f"{root} is complete")
    click.echo("Next: clerk sites import --pilots, or clerk sites add SUBDOMAIN --name NAME --state XX --kind city;")
    click.echo("clerk states update --due brings in the states that sites/states.json names")
