"""clerk prune: rows past their time, by the settings of [retention]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, make_table, print_json, show_table, warn_of_errors
from clerkcore.times import to_text
from clerkcore.upkeep.old_rows import Pruning
from clerkcore.upkeep.pruning import plan_pruning
from clerkcore.upkeep.pruning import prune as prune_rows
from clerkcore.upkeep.retention import PRUNABLE


@click.command()
@click.option("--yes", is_flag=True, help="Remove what is shown; without it nothing is.")
@click.option("--subdomain", metavar="SITE", help="Only rows of this site.")
@json_option
@click.pass_context
def prune(ctx: click.Context, yes: bool, subdomain: str | None, as_json: bool) -> None:
    """Show which rows are past their time, and with --yes remove them, e.g. clerk prune --subdomain sandiego.ca"""
    if subdomain is not None:
        subdomain = ctx.obj.site(subdomain).subdomain
    found = list((prune_rows if yes else plan_pruning)(ctx.obj, subdomain))
    told = [pruning for pruning in found if not pruning.error]
    if as_json:
        for pruning in told:
            print_json(_describe(pruning))
    else:
        _show(told, bool(ctx.obj.settings.retention))
    ctx.exit(warn_of_errors([pruning.error for pruning in found if pruning.error]))


def _show(found: Sequence[Pruning], ruled: bool) -> None:
    if not ruled:
        tables = ", ".join(prunable.name for prunable in PRUNABLE)
        click.echo(f"Every row is kept for good. [retention] in clerk.toml may name: {tables}")
        return
    table = make_table("Site", "Where", "Table", "Older than", "Removed" if _done(found) else "Would go", "Stay")
    for pruning in found:
        stay = ", ".join(f"{count:,}: {why}" for why, count in pruning.kept.items())
        day = to_text(pruning.before)[:10]
        add_row(table, (pruning.site or "-", pruning.place, pruning.table, day, f"{pruning.rows:,}", stay))
    show_table(table)
    if not _done(found) and any(pruning.rows for pruning in found):
        click.echo("Nothing was removed; to remove it: clerk prune --yes")


def _done(found: Sequence[Pruning]) -> bool:
    return any(pruning.done for pruning in found)


def _describe(pruning: Pruning) -> dict[str, Any]:
    told = {name: getattr(pruning, name) for name in ("table", "where", "site", "place", "before", "rows", "kept")}
    return {**told, "removed": pruning.done}
