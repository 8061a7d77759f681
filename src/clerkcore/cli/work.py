"""Running an order from the command line and printing its runs."""

from __future__ import annotations

from collections.abc import Iterator

import click

from clerkcore.cli.output import FAILED, clean, print_runs
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.orders import Order
from clerkcore.jobs.runner import run_claimed, run_sites
from clerkcore.jobs.selection import Selection, claim_site, find_orphans, select_sites
from clerkcore.models import Run
from clerkcore.times import now


def run_order(installation: Installation, order: Order, selection: Selection, as_json: bool) -> int:
    """Run an order on the selected sites, print its runs, return the exit code."""
    if order.files and (selection.everything or selection.next_site or len(selection.named) != 1):
        raise UsageError("files belong to one site", remedy="name it, as in: etl sandiego.ca --from FILE")
    if order.request.taken_at:
        _check_taken(order)
    if order.dry_run and selection.next_site:
        raise UsageError("--dry-run takes no turn", remedy="name the site, or pass --all")
    warn_of_plugins(installation)
    passed_over = not selection.named and _tell_orphans(installation, order.source)
    code = print_runs(_runs(installation, order, selection), as_json)
    return FAILED if passed_over else code


def _check_taken(order: Order) -> None:
    if not order.files:
        raise UsageError("--taken dates files, and none is named", remedy="name them with --from")
    if order.request.taken_at and order.request.taken_at > now():
        raise UsageError("--taken lies in the future", remedy="give the day on which the files were saved")


def _tell_orphans(installation: Installation, source: str) -> bool:
    orphans = find_orphans(installation, source)
    for site, name in orphans:
        click.echo(clean(f"Error: {site}: source {name!r}: no plugin offers it: clerk plugins list"), err=True)
    return bool(orphans)


def _runs(installation: Installation, order: Order, selection: Selection) -> Iterator[Run]:
    if not selection.next_site:
        yield from run_sites(installation, order, select_sites(installation, order.family, selection))
        return
    lease = claim_site(installation, order.family, order.job)
    if lease is None:
        click.echo("No site to do: none has such a source, or all are being worked on.", err=True)
    else:
        yield from run_claimed(installation, order, lease)


def warn_of_plugins(installation: Installation) -> None:
    """Name every plugin that cannot be used; the others work all the same."""
    for plugin, notes in installation.plugins.problems.items():
        for note in notes:
            click.echo(clean(f"Warning: plugin {plugin}: {note}"), err=True)
