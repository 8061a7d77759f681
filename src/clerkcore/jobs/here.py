"""Doing in this process what somebody asked for at the command line, as jobs of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clerkcore.errors import ClerkError
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.jobs.asking import ask_for_order, whoami
from clerkcore.jobs.holding import hold_site, make_pace
from clerkcore.jobs.orders import Order
from clerkcore.jobs.perform import BY_SCHEDULE, Doing, perform_job
from clerkcore.jobs.pool import Pool
from clerkcore.jobs.runner import run_sources, unrecorded
from clerkcore.ledger import Lease, SiteBusy
from clerkcore.models import Outcome, Run


def run_sites(installation: Installation, order: Order, subdomains: Iterable[str], workers: int = 1) -> Iterator[Run]:
    """Do an order on each site and yield its runs as they end: one site after the other, or `workers` at a time.

    What reads files of this process, or changes nothing, is done one after the other all the same.
    """
    if workers > 1 and order.repeatable and not order.dry_run:
        yield from _run_beside(installation, order, subdomains, workers)
        return
    pace = make_pace(installation)
    for subdomain in subdomains:
        if order.dry_run:
            yield from _try_out(installation, order, subdomain, pace)
        else:
            yield from _run_one(installation, order, subdomain, pace)


def run_claimed(installation: Installation, order: Order, lease: Lease) -> Iterator[Run]:
    """Do an order on the site whose turn was claimed."""
    yield from _run_one(installation, order, lease.subdomain, make_pace(installation), lease, BY_SCHEDULE)


def _run_one(
    installation: Installation,
    order: Order,
    subdomain: str,
    pace: Pace,
    lease: Lease | None = None,
    asked_by: str = "",
) -> Iterator[Run]:
    try:
        job, new = ask_for_order(installation, order, subdomain, asked_by or whoami())
    except ClerkError as error:
        yield unrecorded(order.job, subdomain, "", Outcome.FAILED, error)
        return
    # A job that waits for its next attempt stays one: only what is new and finds the site busy is over at once.
    doing = Doing(order.report, lambda held: run_sources(order, held), lease, pace, patient=not new)
    yield from perform_job(installation, job.id, doing)


def _run_beside(installation: Installation, order: Order, subdomains: Iterable[str], workers: int) -> Iterator[Run]:
    refused: list[Run] = []
    with Pool(installation, workers, order.report) as pool:
        yield from pool.perform(_ask(installation, order, subdomains, refused))
    yield from refused


def _ask(installation: Installation, order: Order, subdomains: Iterable[str], refused: list[Run]) -> Iterator[int]:
    for subdomain in subdomains:
        try:
            yield ask_for_order(installation, order, subdomain, whoami())[0].id
        except ClerkError as error:
            refused.append(unrecorded(order.job, subdomain, "", Outcome.FAILED, error))


def _try_out(installation: Installation, order: Order, subdomain: str, pace: Pace) -> Iterator[Run]:
    """Do a dry run: it is no job, for it is nothing that must not be lost."""
    try:
        with hold_site(installation, subdomain, order.job, None, pace) as held:
            yield from run_sources(order, held)
    except SiteBusy as error:
        yield unrecorded(order.job, subdomain, "", Outcome.SKIPPED, error)
    except ClerkError as error:
        yield unrecorded(order.job, subdomain, "", Outcome.FAILED, error)
    except (OSError, ValueError) as error:  # one site's folder must not stop the others
        problem = ClerkError(f"{type(error).__name__}: {error}", where=subdomain, remedy="see: clerk doctor")
        yield unrecorded(order.job, subdomain, "", Outcome.FAILED, problem)
