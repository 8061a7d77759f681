"""Running a job: lease, recovery, clock, one run per source, events; one site's failure stops no other."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from clerkcore.errors import ClerkError, LeaseLost, UsageError
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.interfaces import Source
from clerkcore.jobs.orders import Order, Report, take_road
from clerkcore.jobs.recovery import close_left_runs, greatest_run_id
from clerkcore.ledger import (
    Heartbeat,
    Lease,
    SiteBusy,
    acquire,
    check,
    close_run,
    finish_clock,
    holder_name,
    open_run,
    record_event,
    release,
    start_clock,
)
from clerkcore.models import Outcome, Run, ScopeResult, Site
from clerkcore.road.work import Work
from clerkcore.times import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

Road = Callable[[Work], list[ScopeResult]]
MOST_TOLD = 3
_SEVERITIES = {Outcome.FAILED: "error", Outcome.HELD: "warning"}


def run_sites(installation: Installation, order: Order, subdomains: Iterable[str]) -> Iterator[Run]:
    """Run an order on each site in turn and yield its runs as they end."""
    pace = make_pace(installation)
    for subdomain in subdomains:
        yield from _run_alone(installation, order, subdomain, pace)


def run_claimed(installation: Installation, order: Order, lease: Lease) -> Iterator[Run]:
    """Run an order on a site that was claimed."""
    yield from _run_alone(installation, order, lease.subdomain, make_pace(installation), lease)


def make_pace(installation: Installation) -> Pace:
    """Return the pace that all sites and sources of one command keep together."""
    return Pace(installation.settings.http_delay, installation.settings.http_concurrency)


def _run_alone(
    installation: Installation, order: Order, subdomain: str, pace: Pace, lease: Lease | None = None
) -> Iterator[Run]:
    try:
        with hold_site(installation, subdomain, order.job, lease, pace) as held:
            yield from _run_site(installation, order, held)
    except SiteBusy as error:
        yield unrecorded(order.job, subdomain, "", Outcome.SKIPPED, error)
    except ClerkError as error:
        yield unrecorded(order.job, subdomain, "", Outcome.FAILED, error)
    except (OSError, ValueError) as error:  # one site's folder must not stop the others
        problem = ClerkError(f"{type(error).__name__}: {error}", where=subdomain, remedy="see: clerk doctor")
        yield unrecorded(order.job, subdomain, "", Outcome.FAILED, problem)


def unrecorded(job: str, subdomain: str, source: str, outcome: Outcome, error: ClerkError) -> Run:
    """Return a run that never began, and so has no id in the ledger."""
    return Run(0, job, subdomain, source, outcome, (), now(), 0.0, _plain(error), error.remedy)


def _plain(error: ClerkError) -> str:
    return f"{error.where}: {error.message}" if error.where else error.message


@dataclass(frozen=True)
class HeldSite:
    """A site that this process alone may write while it holds the lease."""

    installation: Installation
    site: Site
    lease: Lease
    lost: Event
    pace: Pace

    def check(self) -> None:
        """Raise LeaseLost when another process has taken over."""
        if self.lost.is_set():
            raise LeaseLost("the lease was not renewed in time", where=self.site.subdomain, remedy="run it again")
        check(self.installation.ledger, self.lease)


@contextmanager
def hold_site(
    installation: Installation, subdomain: str, job: str, lease: Lease | None = None, pace: Pace | None = None
) -> Iterator[HeldSite]:
    """Hold a site's lease while the block runs; first closes what a dead process left open."""
    ledger, seconds = installation.ledger, installation.settings.lease_seconds
    held = lease or acquire(ledger, subdomain, job, holder_name(), seconds, now())
    try:
        site = installation.site(subdomain)
        with Heartbeat(ledger, held, seconds) as heartbeat:
            close_left_runs(installation, subdomain)
            yield HeldSite(installation, site, held, heartbeat.lost, pace or make_pace(installation))
    finally:
        release(ledger, held)


def _run_site(installation: Installation, order: Order, held: HeldSite) -> Iterator[Run]:
    site = held.site
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
    run_id = 0 if dry_run else _open(held, job, name, options, of_run)
    try:
        end = _drive(name, lambda: road(_work(held, load(), run_id, job, report, dry_run)))
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
        _close(held, run, end.tracebacks, report)
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


def _open(held: HeldSite, job: str, name: str, options: Mapping[str, object], of_run: int | None) -> int:
    known = greatest_run_id(held.installation, held.site.subdomain)
    with held.installation.ledger.write() as connection:
        return open_run(
            connection,
            job,
            held.site.subdomain,
            name,
            held.lease.holder,
            options,
            of_run=of_run,
            above=known,
            at=now(),
        )


def _close(held: HeldSite, run: Run, tracebacks: Iterable[str], report: Report) -> None:
    with held.installation.ledger.write() as connection:
        if not close_run(connection, run):
            # Another process took the site over, closed this run and told of it.
            return
        _record(connection, run, f"run.{run.outcome}", run.message, _SEVERITIES.get(run.outcome, "info"))
        for trace in tracebacks:
            _record(connection, run, "run.traceback", trace.strip().splitlines()[-1], "error", traceback=trace)
    _tell_plugins(held, run, report)


def _record(connection: Connection, run: Run, kind: str, message: str, severity: str, **data: str) -> None:
    record_event(
        connection,
        kind,
        message,
        severity=severity,
        subdomain=run.site,
        source=run.source,
        run_id=run.run_id,
        data=data,
        at=now(),
    )


def _tell_plugins(held: HeldSite, run: Run, report: Report) -> None:
    errors = held.installation.plugins.call_each(
        "after_update", installation=held.installation, site=held.site, run=run
    )
    for plugin, error in errors.items():
        message = f"plugin {plugin}: after_update failed: {type(error).__name__}: {error}"
        report(message)
        trace = "".join(traceback.format_exception(error))
        with held.installation.ledger.write() as connection:
            _record(connection, run, "hook.failed", message, "error", traceback=trace)
