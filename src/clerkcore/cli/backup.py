"""clerk backup: consistent copies of the databases and what describes them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import FAILED, clean, print_json
from clerkcore.cli.progress import show_progress
from clerkcore.upkeep.backup import Backup, make_backup, plan_backup


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path), metavar="[DIR]")
@click.option("--subdomain", "subdomains", multiple=True, metavar="SITE", help="Only this site; may be repeated.")
@click.option("--raw", is_flag=True, help="The raw downloads too, as links where that can be.")
@json_option
@click.pass_context
def backup(ctx: click.Context, folder: Path | None, subdomains: tuple[str, ...], raw: bool, as_json: bool) -> None:
    """Copy the ledger, the site databases and the settings into a new folder below DIR, e.g. clerk backup /mnt/safe

    DIR is backups/ in the root where none is named. Others may go on working meanwhile. Secrets are never copied.
    What is damaged or newer than this clerk is named and left out, and the command ends with 1.
    """
    with show_progress() as progress:
        plan = plan_backup(ctx.obj, subdomains, raw=raw)
        made = make_backup(ctx.obj, plan, folder, report=progress)
    if as_json:
        _print_lines(made)
    else:
        _print(made)
    for path in made.leftovers:
        click.echo(clean(f"Warning: {path} was left by a backup that was killed; it can be deleted"), err=True)
    ctx.exit(FAILED if made.manifest.problems else 0)


def _print(made: Backup) -> None:
    files = made.manifest.files
    click.echo(clean(f"{made.folder}: {len(files)} files, {made.manifest.bytes:,} bytes"))
    for problem in made.manifest.problems:
        click.echo(clean(f"left out: {problem.path}: {problem.message}"))
    click.echo("Secrets are not in it: keep what stands in the folder of secrets elsewhere.")


def _print_lines(made: Backup) -> None:
    for file in made.manifest.files:
        print_json(asdict(file))
    for problem in made.manifest.problems:
        print_json({"path": problem.path, "problem": problem.message})
    print_json({"backup": made.folder, "files": len(made.manifest.files), "bytes": made.manifest.bytes})
