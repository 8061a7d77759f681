"""clerk restore: a backup checked, and put back."""

from __future__ import annotations

from pathlib import Path

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import FAILED, clean, print_json
from clerkcore.cli.progress import show_progress
from clerkcore.errors import UsageError
from clerkcore.upkeep.manifest import DATABASES
from clerkcore.upkeep.restore import Restored, restore_backup
from clerkcore.upkeep.verify import Verified, verify_backup


@click.command()
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--verify", is_flag=True, help="Check every hash, integrity and row count, and change nothing.")
@click.option("--subdomain", "subdomains", multiple=True, metavar="SITE", help="Only this site; may be repeated.")
@click.option("--replace", is_flag=True, help="Move what stands in the way to a folder replaced-TIME in the root.")
@json_option
@click.pass_context
def restore(
    ctx: click.Context, backup: Path, verify: bool, subdomains: tuple[str, ...], replace: bool, as_json: bool
) -> None:
    """Check a backup, or put it back into the root, e.g. clerk restore backups/clerk-20261124T060000Z --verify

    A backup is checked before anything is written, and a file that is the same already is left alone. Each site is
    restored under its lease. Stop the scheduler, workers and servers before the ledger is replaced.
    """
    if verify and replace:
        raise UsageError("--verify changes nothing", remedy="leave out --verify or --replace")
    with show_progress() as progress:
        if verify:
            checked = verify_backup(backup, subdomains, progress)
        else:
            restored = restore_backup(ctx.obj, backup, subdomains, replace=replace, report=progress)
    if verify:
        ctx.exit(_print_verified(checked, as_json))
    _print_restored(restored, as_json)


def _print_verified(checked: Verified, as_json: bool) -> int:
    bad = {problem.path: problem.message for problem in checked.problems}
    if as_json:
        for file in checked.files:
            print_json({"path": file.path, "kind": file.kind, "rows": file.rows, "problem": bad.get(file.path, "")})
        for path in sorted(bad.keys() - {file.path for file in checked.files}):
            print_json({"path": path, "problem": bad[path]})
        return FAILED if bad else 0
    for path, message in bad.items():
        click.echo(clean(f"{path} {message}"))
    for problem in checked.manifest.problems:
        click.echo(clean(f"not in the backup: {problem.path}: {problem.message}"))
    rows = sum(sum(file.rows.values()) for file in checked.files if file.kind in DATABASES)
    verdict = f"{len(bad)} problems" if bad else "all as the manifest says"
    click.echo(clean(f"{checked.folder}: {len(checked.files)} files, {rows:,} rows, {verdict}"))
    return FAILED if bad else 0


def _print_restored(restored: Restored, as_json: bool) -> None:
    if as_json:
        aside = str(restored.aside or "")
        print_json({"restored": restored.restored, "same": restored.same, "aside": aside, "notes": restored.notes})
        return
    for path in restored.restored:
        if "/raw/" not in path:
            click.echo(clean(f"restored {path}"))
    click.echo(f"{len(restored.restored)} files restored, {restored.same} were the same already")
    if restored.aside:
        click.echo(clean(f"what they replaced is in {restored.aside}"))
    for note in restored.notes:
        click.echo(clean(note))
    click.echo("Next: clerk upgrade, clerk sites import, clerk doctor; secrets are in no backup")
