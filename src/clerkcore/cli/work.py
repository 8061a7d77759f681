"""Running an order from the command line and printing its runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from clerkcore.cli.output import FAILED, clean, print_runs
from clerkcore.errors import UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.due import Turn, due_turns, still_due
from clerkcore.jobs.orders import Order
from clerkcore.jobs.runner import run_claimed, run_sites, unrecorded
from clerkcore.jobs.selection import Selection, claim_site, find_orphans, select_sites
from clerkcore.jobs.sites import make_state_sites
from clerkcore.models import Outcome, Run
from clerkcore.times import now


def run_order(installation: Installation, order: Order, selection: Selection, as_json: bool) -> int:
    """Run an order on the selected sites, print its runs, return the exit code."""
    if order.files and len(selection.named) != 1:
        raise UsageError("files belong to one site", remedy="name it, as in: etl sandiego.ca --from FILE")
    if order.request.taken_at:
        _check_taken(order)
    if order.dry_run and selection.next_site:
        raise UsageError("--dry-run takes no turn", remedy="name the site, or pass --all")
    warn_of_plugins(installation)
    passed_over = _make_sites(installation, order, selection)
    passed_over |= not selection.named and _tell_orphans(installation, order)
    code = print_runs(_runs(installation, order, selection), as_json)
    return FAILED if passed_over else code


def _check_taken(order: Order) -> None:
    if not order.files:
        raise UsageError("--taken dates files, and none is named", remedy="name them with --from")
    if order.request.taken_at and order.request.taken_at > now():
        raise UsageError("--taken lies in the future", remedy="give the day on which the files were saved")


def _make_sites(installation: Installation, order: Order, selection: Selection) -> bool:
    """Make the sites that states.json names; returns whether one had to be passed over."""
    if order.family is not STATES:
        return False
    made, errors = make_state_sites(installation, selection.named)
    for site in made:
        click.echo(clean(f"made site {site.subdomain} ({site.name}), for states.json names it"), err=True)
    if selection.named and errors:
        raise next(iter(errors.values()))
    for error in errors.values():
        click.echo(clean(f"Error: {error}"), err=True)
    return bool(errors)


def _tell_orphans(installation: Installation, order: Order) -> bool:
    orphans = find_orphans(installation, order.family, order.source)
    for site, name in orphans:
        click.echo(clean(f"Error: {site}: source {name!r}: no plugin offers it: clerk plugins list"), err=True)
    return bool(orphans)


def _runs(installation: Installation, order: Order, selection: Selection) -> Iterator[Run]:
    if selection.due:
        yield from _due(installation, order)
        return
    if not selection.next_site:
        yield from run_sites(installation, order, select_sites(installation, order.family, selection.named))
        return
    lease = claim_site(installation, order.family, order.job)
    if lease is None:
        click.echo("No site to do: none has such a source, or all are being worked on.", err=True)
    else:
        yield from run_claimed(installation, order, lease)


def _due(installation: Installation, order: Order) -> Iterator[Run]:
    due, waiting = due_turns(installation, order)
    if not due:
        click.echo(clean(_tell_next(installation, waiting)), err=True)
    for turn in due:
        if turn.error:
            yield unrecorded(order.job, turn.site, "", Outcome.FAILED, turn.error)
    yield from run_sites(installation, order, still_due(installation, order, [turn for turn in due if not turn.error]))


def _tell_next(installation: Installation, waiting: Sequence[Turn]) -> str:
    if not waiting:
        return "No site to do: none has such a source."
    turn = waiting[0]
    names = {site.subdomain: site.name for site in installation.sites()}
    after = f", after {turn.failures} failed runs" if turn.failures > 1 else ", after a failed run" * turn.failures
    return f"Nothing is due; next is {turn.site} ({names.get(turn.site, '')}) at {turn.at:%Y-%m-%d %H:%M} UTC{after}."


def warn_of_plugins(installation: Installation) -> None:
    """Name every plugin that cannot be used; the others work all the same."""
    for plugin, notes in installation.plugins.problems.items():
        for note in notes:
            click.echo(clean(f"Warning: plugin {plugin}: {note}"), err=True)
