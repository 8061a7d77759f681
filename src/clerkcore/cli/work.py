"""Running an order from the command line and printing its runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from clerkcore.cli.output import FAILED, clean, print_json, print_runs
from clerkcore.errors import UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.asking import ask_for_order, hand_over, must_be_here, open_executor, whoami
from clerkcore.jobs.here import run_claimed, run_sites
from clerkcore.jobs.orders import Order
from clerkcore.jobs.planning import Tick, Ticked, due_sites, next_turn, run_due
from clerkcore.jobs.selection import Selection, claim_site, find_orphans, select_sites
from clerkcore.jobs.sites import make_state_sites
from clerkcore.jobs.types import Demand, demand_of
from clerkcore.logs import tell
from clerkcore.models import Run
from clerkcore.notify.pump import pump
from clerkcore.times import now


def run_order(installation: Installation, order: Order, selection: Selection, as_json: bool) -> int:
    """Run an order on the selected sites, print its runs, return the exit code."""
    _check(order, selection)
    warn_of_plugins(installation)
    passed_over = make_sites(installation, selection.named) if order.family is STATES else False
    passed_over |= not selection.named and _tell_orphans(installation, order)
    if selection.due or selection.next_site or must_be_here(installation, order):
        code = print_runs(_runs(installation, order, selection), as_json)
        pump(installation, order.report)
    else:
        code = _hand_over(installation, order, selection, as_json)
    return FAILED if passed_over else code


def _check(order: Order, selection: Selection) -> None:
    if order.files and len(selection.named) != 1:
        raise UsageError("files belong to one site", remedy="name it, as in: etl sandiego.ca --from FILE")
    if order.request.taken_at and not order.files:
        raise UsageError("--taken dates files, and none is named", remedy="name them with --from")
    if order.request.taken_at and order.request.taken_at > now():
        raise UsageError("--taken lies in the future", remedy="give the day on which the files were saved")
    if selection.due and not order.repeatable:
        raise UsageError(f"{order.job} is never due by itself", remedy="name the site, or pass --all or --next-site")
    if order.dry_run and selection.next_site:
        raise UsageError("--dry-run takes no turn", remedy="name the site, or pass --all")


def make_sites(installation: Installation, named: tuple[str, ...] = ()) -> bool:
    """Make the sites that states.json names; returns whether one had to be passed over."""
    made, errors = make_state_sites(installation, named)
    for site in made:
        click.echo(clean(f"made site {site.subdomain} ({site.name}), for states.json names it"), err=True)
    if named and errors:
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
    if selection.due and not order.dry_run:
        yield from _due(installation, order, selection)
        return
    if not selection.next_site:
        workers = selection.workers or installation.settings.parallel
        yield from run_sites(installation, order, _selected(installation, order, selection), workers)
        return
    lease = claim_site(installation, order.family, order.job)
    if lease is None:
        click.echo("No site to do: none has such a source, or all are being worked on.", err=True)
    else:
        yield from run_claimed(installation, order, lease)


def _selected(installation: Installation, order: Order, selection: Selection) -> Sequence[str]:
    if selection.due:
        return due_sites(installation, demand_of(installation, order))
    return select_sites(installation, order.family, selection.named)


def _due(installation: Installation, order: Order, selection: Selection) -> Iterator[Run]:
    demand, ticked, runs = demand_of(installation, order), Ticked(), 0
    for run in run_due(installation, Tick((demand,), parallel=selection.workers), order.report, ticked):
        runs += 1
        yield run
    if ticked.handed:
        tell("jobs handed over", executor=installation.settings.executor, jobs=ticked.handed)
    elif not runs:
        click.echo(clean(tell_next(installation, demand)), err=True)


def tell_next(installation: Installation, demand: Demand) -> str:
    """Say what comes next where nothing is due."""
    turn = next_turn(installation, demand)
    if turn is None:
        return "No site to do: none has such a source."
    names = {site.subdomain: site.name for site in installation.sites()}
    after = f", after {turn.failures} failed runs" if turn.failures > 1 else ", after a failed run" * turn.failures
    return f"Nothing is due; next is {turn.site} ({names.get(turn.site, '')}) at {turn.at:%Y-%m-%d %H:%M} UTC{after}."


def _hand_over(installation: Installation, order: Order, selection: Selection, as_json: bool) -> int:
    """Ask workers for what somebody asked for by hand, in the queue that goes before all others."""
    named = select_sites(installation, order.family, selection.named)
    jobs = [ask_for_order(installation, order, subdomain, whoami())[0] for subdomain in named]
    hand_over(installation, open_executor(installation), [job for job in jobs if job.status == "waiting"])
    for job in jobs:
        if as_json:
            print_json({"job_id": job.id, "job": job.job_type, "site": job.subdomain, "status": job.status})
        else:
            click.echo(f"{job.subdomain}: {job.job_type} is job {job.id}, {job.status}: clerk jobs show {job.id}")
    return 0


def warn_of_plugins(installation: Installation) -> None:
    """Name every plugin that cannot be used; the others work all the same."""
    for plugin, notes in installation.plugins.problems.items():
        for note in notes:
            click.echo(clean(f"Warning: plugin {plugin}: {note}"), err=True)
