"""Running the sources of a held site: one run per source, and the site's clock."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from clerkcore import logs
from clerkcore.errors import ClerkError, JobCancelled, LeaseLost, UsageError
from clerkcore.installation import Installation
from clerkcore.interfaces import Source
from clerkcore.jobs.holding import HeldSite
from clerkcore.jobs.orders import Order, Report, take_road
from clerkcore.jobs.recording import close_held_run, open_held_run
from clerkcore.jobs.recovery import close_left_runs
from clerkcore.ledger import finish_clock, start_clock
from clerkcore.models import Outcome, Run, ScopeResult, Site
from clerkcore.road.work import Work
from clerkcore.times import now

Road = Callable[[Work], list[ScopeResult]]
MOST_TOLD = 3


def unrecorded(job: str, subdomain: str, source: str, outcome: Outcome, error: ClerkError) -> Run:
    """Return a run that never began, and so has no id in the ledger."""
    return Run(0, job, subdomain, source, outcome, (), now(), 0.0, _plain(error), error.remedy)


def _plain(error: ClerkError) -> str:
    return f"{error.where}: {error.message}" if error.where else error.message


def run_sources(order: Order, held: HeldSite) -> Iterator[Run]:
    """Run an order on each of a site's sources and yield the runs as they end; the site's clock tells of them."""
    installation, site = held.installation, held.site
    if not order.dry_run:
        with installation.ledger.write() as connection:
            start_clock(connection, site.subdomain, order.job, now())
    runs = []
    for source in _sources(installation, order, site):
        runs.append(run_source(held, order, source))
        yield runs[-1]
    if runs and not order.dry_run:
        outcome = Outcome.worst([run.outcome for run in runs])
        changed = any(run.outcome is Outcome.CHANGED for run in runs)
        with installation.ledger.write() as connection:
            finish_clock(connection, site.subdomain, order.job, outcome, runs[-1].run_id, now(), changed)


def _sources(installation: Installation, order: Order, site: Site) -> list[str]:
    names = installation.family_sources(site, order.family)
    wanted = [name for name in names if order.source in ("", name)]
    orphans = [name for name in installation.orphan_sources(site) if order.source in ("", name)]
    if order.files and len(wanted) > 1:
        raise UsageError(
            f"has several sources that could read the file: {', '.join(wanted)}",
            where=site.subdomain,
            remedy=f"say which: --source {wanted[0]}",
        )
    if wanted or orphans:
        return wanted + orphans
    raise ClerkError(
        f"has no {order.family.name} source{f' {order.source!r}' if order.source else ''}",
        where=site.subdomain,
        remedy=f"add [sources.NAME] to {installation.folder(site.subdomain).config}; offered: "
        + (", ".join(installation.plugins.names(order.family.hook)) or "none, see clerk plugins list"),
    )


def run_source(held: HeldSite, order: Order, name: str) -> Run:
    """Run an order for one source of a site and record it."""
    return record_run(
        held,
        order.job,
        name,
        lambda work: take_road(work, order),
        options=order.options,
        report=order.report,
        dry_run=order.dry_run,
        load=lambda: held.installation.source(held.site, name, order.family),
    )


def record_run(
    held: HeldSite,
    job: str,
    name: str,
    road: Road,
    *,
    options: Mapping[str, object],
    report: Report,
    load: Callable[[], Source],
    dry_run: bool = False,
    of_run: int | None = None,
) -> Run:
    """Open a run in the ledger, take the road, close it, tell the plugins; whatever happens it is closed."""
    started_at, clock = now(), time.monotonic()
    run_id = 0 if dry_run else open_held_run(held, job, name, options, of_run)
    try:
        with logs.bound(run=run_id or None, site=held.site.subdomain, source=name):
            end = _drive(name, lambda: road(_work(held, load(), run_id, job, report, dry_run)))
    except JobCancelled:
        close_left_runs(held.installation, held.site.subdomain, "its job was cancelled")
        raise
    except LeaseLost:
        # The new holder closes this run; this process may not write any more.
        raise
    except BaseException:
        close_left_runs(held.installation, held.site.subdomain, "it was interrupted")
        raise
    run = Run(
        run_id=run_id,
        job=job,
        site=held.site.subdomain,
        source=name,
        outcome=end.outcome,
        scopes=end.scopes,
        started_at=started_at,
        duration_seconds=round(time.monotonic() - clock, 3),
        message=end.message,
        remedy=end.remedy,
    )
    if not dry_run:
        close_held_run(held, run, end.tracebacks, report)
    return run


@dataclass(frozen=True)
class _End:
    """How the road ended, in a run's words."""

    outcome: Outcome
    message: str
    remedy: str
    scopes: tuple[ScopeResult, ...] = ()
    tracebacks: tuple[str, ...] = ()


def _drive(name: str, road: Callable[[], list[ScopeResult]]) -> _End:
    try:
        return _end(road())
    except LeaseLost:
        raise
    except ClerkError as error:
        return _End(Outcome.FAILED, _plain(error), error.remedy)
    except (Exception, SystemExit) as error:  # a plugin's bug must not stop the other sites
        message = f"source {name} broke: {type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))
        return _End(Outcome.FAILED, message, "report it to the plugin's author", tracebacks=(trace,))


def _end(scopes: list[ScopeResult]) -> _End:
    outcome = Outcome.worst([scope.outcome for scope in scopes])
    worst = next((scope for scope in scopes if scope.outcome is outcome), None)
    tracebacks = tuple(scope.traceback for scope in scopes if scope.traceback)
    return _End(outcome, _tell(scopes), worst.remedy if worst else "", tuple(scopes), tracebacks)


def _tell(scopes: list[ScopeResult]) -> str:
    if len(scopes) == 1:
        return scopes[0].message
    order = list(Outcome)
    worst = sorted(scopes, key=lambda scope: order.index(scope.outcome))[:MOST_TOLD]
    more = f"; and {len(scopes) - MOST_TOLD} more scopes" if len(scopes) > MOST_TOLD else ""
    return "; ".join(f"{scope.scope}: {scope.message}" for scope in worst) + more if scopes else "nothing to do"


def _work(held: HeldSite, source: Source, run_id: int, job: str, report: Report, dry_run: bool) -> Work:
    return Work(
        site=held.site,
        source=source,
        folder=held.installation.folder(held.site.subdomain),
        settings=held.installation.settings,
        run_id=run_id,
        job=job,
        dry_run=dry_run,
        report=report,
        check_lease=held.check,
        pace=held.pace,
    )
