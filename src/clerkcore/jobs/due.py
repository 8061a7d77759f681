"""When each site is next due for a job: its interval after the last start, or sooner after a failure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerkcore.errors import ClerkError, SettingsError
from clerkcore.installation import Family, Installation
from clerkcore.jobs.orders import Order
from clerkcore.jobs.selection import select_sites
from clerkcore.ledger import StoredRun, holder_is_dead, list_runs
from clerkcore.models import Outcome, Site
from clerkcore.sites import MOST_HOURS
from clerkcore.times import now

INTERVAL = "update_interval_hours"
FIRST_RETRY = timedelta(minutes=5)
LOOK_BACK = 30  # runs of a source; those of saved files among them say nothing of when the source was last asked


@dataclass(frozen=True, slots=True)
class Turn:
    """When a site is next due: `at` is None where it never ran, `failures` counts failed runs since one that did not.

    `error` says why that cannot be told; the site is then due, so that the failure is seen.
    """

    site: str
    at: datetime | None = None
    failures: int = 0
    error: ClerkError | None = None

    def is_due(self, moment: datetime) -> bool:
        """Whether the time has come."""
        return self.at is None or self.at <= moment


def due_turns(installation: Installation, order: Order) -> tuple[list[Turn], list[Turn]]:
    """Return the sites whose time for this order has come, longest overdue first, and those it has not come for."""
    moment = now()
    turns = [_turn(installation, order, name) for name in select_sites(installation, order.family)]
    turns.sort(key=lambda turn: (turn.at is not None, turn.at or moment, turn.site))
    due = [turn for turn in turns if turn.is_due(moment)]
    return due, turns[len(due) :]


def still_due(installation: Installation, order: Order, turns: Sequence[Turn]) -> Iterator[str]:
    """Yield the sites of due turns one by one, without those that another process has done meanwhile."""
    for turn in turns:
        if _turn(installation, order, turn.site).is_due(now()):
            yield turn.site


def _turn(installation: Installation, order: Order, subdomain: str) -> Turn:
    try:
        return read_turn(installation, order.family, order.job, installation.site(subdomain), order.options)
    except ClerkError as error:
        return Turn(subdomain, error=error)


def read_turn(
    installation: Installation, family: Family, job: str, site: Site, options: Mapping[str, object] | None = None
) -> Turn:
    """Return when a site is next due: when the first of its sources is.

    A run counts when it asked for all that this order asks for: an import of files does not, nor does a run for
    another data source or year. SettingsError where an interval is no number.
    """
    turns = []
    for source in installation.family_sources(site, family):
        with installation.ledger.read() as connection:
            runs = list_runs(connection, subdomain=site.subdomain, source=source, limit=LOOK_BACK)
        counted = [stored for stored in runs if _counts(stored, job, options or {})]
        turns.append(plan_turn(site.subdomain, counted, read_interval(installation, family, site, source)))
    failures = max((turn.failures for turn in turns), default=0)
    times = [turn.at for turn in turns if turn.at]
    return Turn(site.subdomain, min(times) if times and len(times) == len(turns) else None, failures)


def _counts(stored: StoredRun, job: str, options: Mapping[str, object]) -> bool:
    same = not stored.options or dict(stored.options) == dict(options)
    return same and stored.run.job == job and stored.of_run is None


def plan_turn(subdomain: str, runs: Collection[StoredRun], interval: timedelta) -> Turn:
    """Return when a source is next due by its runs, newest first.

    After a failure that is 5 minutes after the start, doubled for each failure before it, and never later than the
    interval says.
    """
    newest = next(iter(runs), None)
    if newest is None:
        return Turn(subdomain)
    failures = 0
    for stored in runs:
        if not _failed(stored):
            break
        failures += 1
    wait = min(interval, FIRST_RETRY * 2 ** (failures - 1)) if failures else interval
    return Turn(subdomain, newest.run.started_at + wait, failures)


def _failed(stored: StoredRun) -> bool:
    return stored.outcome is Outcome.FAILED or (stored.outcome is None and holder_is_dead(stored.holder))


def read_interval(installation: Installation, family: Family, site: Site, source: str) -> timedelta:
    """Return how long a source rests between two runs; SettingsError where its setting is no number of hours."""
    value = installation.config(site, source).get(INTERVAL, family.interval_hours)
    try:
        # As text too, for that is what `clerk sites add --set` writes.
        hours = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        hours = math.nan
    if not 0 < hours <= MOST_HOURS:
        raise SettingsError(
            f"{value!r} is not a positive number of hours, {MOST_HOURS:,} at most",
            where=f"{site.subdomain}: [sources.{source}] {INTERVAL}",
            remedy="write it as 4 or 0.5, in site.toml or clerk.toml",
        )
    return timedelta(hours=hours)
