"""clerk upgrade: the ledger and every site database brought to this version."""

from __future__ import annotations

from dataclasses import asdict

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import FAILED, clean, print_json
from clerkcore.cli.progress import show_progress
from clerkcore.upkeep.upgrade import Version, back_up_old, read_versions, upgrade_all


@click.command()
@click.option("--no-backup", is_flag=True, help="Upgrade without a backup of what will change.")
@json_option
@click.pass_context
def upgrade(ctx: click.Context, no_backup: bool, as_json: bool) -> None:
    """Bring the ledger and all site databases to this version of clerk, with a backup first, e.g. clerk upgrade

    Run it after a newer clerk was installed. Each site database is upgraded under its site's lease. What is newer
    than this clerk, damaged or in use is named, the others are done, and the command ends with 1.
    """
    versions = read_versions(ctx.obj)
    with show_progress() as progress:
        made = None if no_backup else back_up_old(ctx.obj, versions, progress)
    if made and not as_json:
        click.echo(clean(f"backed up in {made.folder}"))
    failed = done = 0
    for version in upgrade_all(ctx.obj, versions):
        failed += bool(version.problem)
        done += 1
        if as_json:
            print_json({**asdict(version), "backup": str(made.folder) if made else ""})
        else:
            click.echo(clean(_tell(version)))
    if not done and not as_json:
        click.echo("everything is of this version; nothing to do")
    ctx.exit(FAILED if failed else 0)


def _tell(version: Version) -> str:
    if not version.problem:
        return f"{version.what}: {version.was} -> {version.now}"
    remedy = f" ({version.remedy})" if version.remedy else ""
    return f"{version.what}: not upgraded: {version.problem}{remedy}"
