"""When a job is due where no operator said otherwise: what settings, states.json and a site's own file say."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from clerkcore.errors import ClerkError, SettingsError
from clerkcore.installation import Installation
from clerkcore.jobs.types import Demand, fit_of, sites_left_out, sources_of
from clerkcore.ledger import (
    Schedule,
    add_schedules,
    get_mark,
    last_starts,
    list_clocks,
    list_schedules,
    save_schedule,
    set_mark,
    unscheduled_sites,
)
from clerkcore.ledger.stored import dump_json
from clerkcore.models import Site
from clerkcore.services import JobType
from clerkcore.sites import MOST_HOURS
from clerkcore.times import from_text, now
from clerkcore.timing import Timing, allowed_at, check_timing, next_start

INTERVAL = "update_interval_hours"
BATCH = 500


def read_interval(installation: Installation, hours: float, site: Site, source: str) -> timedelta:
    """Return how long a source rests between two runs, `hours` where nothing says so.

    SettingsError where its setting is no number of hours.
    """
    value = installation.config(site, source).get(INTERVAL, hours)
    try:
        # As text too, for that is what `clerk sites add --set` writes.
        found = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        found = math.nan
    if not 0 < found <= MOST_HOURS:
        raise SettingsError(
            f"{value!r} is not a positive number of hours, {MOST_HOURS:,} at most",
            where=f"{site.subdomain}: [sources.{source}] {INTERVAL}",
            remedy="write it as 4 or 0.5, in site.toml or clerk.toml",
        )
    return timedelta(hours=found)


def default_timing(installation: Installation, job_type: JobType, site: Site | None) -> Timing:
    """Return when a job is due at a site: as often as the most frequent of its sources; SettingsError as above.

    Without a site, as often as the kind of job says.
    """
    offered = sources_of(installation, job_type) or ()
    names = [name for name in site.sources if name in offered] if site else []
    hours = [
        read_interval(installation, job_type.interval_hours, site, name).total_seconds() / 3600
        for name in names
        if site
    ]
    settings = installation.settings
    cron = "" if hours else job_type.cron
    timing = Timing(
        every_hours=None if cron else min(hours, default=job_type.interval_hours),
        cron=cron,
        time_zone=settings.time_zone,
        jitter_minutes=settings.jitter_minutes,
        quiet=settings.quiet,
    )
    return check_timing(timing, "[schedule] of clerk.toml")


def sync_schedules(installation: Installation, demand: Demand) -> None:
    """Plan a job at every enabled site it is for and has no schedule yet, and follow settings that have changed.

    Of the settings those of the whole installation are looked at; a changed site.toml is read by `clerk sites
    import`, and by the next run of its site.
    """
    _follow_settings(installation, demand.job_type)
    fit = fit_of(installation, demand.job_type)
    while True:
        with installation.ledger.read() as connection:
            found = unscheduled_sites(connection, demand.job_type.name, demand.key, fit, BATCH)
            began = last_starts(connection, demand.job_type.name, found, demand.options)
        if not found:
            return
        added = [_schedule(installation, demand, subdomain, began.get(subdomain)) for subdomain in found]
        with installation.ledger.write() as connection:
            add_schedules(connection, added)


def _schedule(installation: Installation, demand: Demand, subdomain: str, began: str | None) -> Schedule:
    timing, moment = _timing_or_plain(installation, demand.job_type, subdomain), now()
    due = next_start(timing, from_text(began), subdomain) if began else allowed_at(timing, moment)
    # Where a job is left out, as for disabled states, its schedule rests until that changes.
    enabled = subdomain not in sites_left_out(installation, demand.job_type)
    return Schedule(subdomain, demand.job_type.name, demand.key, timing, enabled, "default", due, 0, moment, "")


def _timing_or_plain(installation: Installation, job_type: JobType, subdomain: str) -> Timing:
    try:
        return default_timing(installation, job_type, installation.site(subdomain))
    except ClerkError:
        # It is due as often as others, so that its run says what is wrong with its settings.
        return default_timing(installation, job_type, None)


def refresh_schedules(installation: Installation, job_types: Collection[JobType], subdomain: str | None = None) -> None:
    """Plan anew what no operator has set, of one site or of all: from the last start, as settings say now."""
    for job_type in job_types:
        left_out = sites_left_out(installation, job_type)
        with installation.ledger.read() as connection:
            found = list_schedules(connection, subdomain=subdomain, job_type=job_type.name, origin="default")
            clocks = {clock.subdomain: clock for clock in list_clocks(connection, job=job_type.name)}
        for schedule in found:
            timing = _timing_or_plain(installation, job_type, schedule.subdomain)
            enabled = schedule.subdomain not in left_out
            if (timing, enabled) != (schedule.timing, schedule.enabled):
                clock = clocks.get(schedule.subdomain)
                due = next_start(timing, clock.last_started_at, schedule.subdomain) if clock else schedule.next_due_at
                _save(installation, schedule, timing, due, enabled)


def _save(installation: Installation, schedule: Schedule, timing: Timing, due: datetime, enabled: bool) -> None:
    changed = replace(schedule, timing=timing, next_due_at=due, enabled=enabled, updated_at=now())
    with installation.ledger.write() as connection:
        save_schedule(connection, changed)


def _follow_settings(installation: Installation, job_type: JobType) -> None:
    name, digest = f"schedules.{job_type.name}", _digest(installation)
    with installation.ledger.read() as connection:
        known = get_mark(connection, name)
    if known != digest:
        refresh_schedules(installation, [job_type])
        with installation.ledger.write() as connection:
            set_mark(connection, name, digest, now())


def _digest(installation: Installation) -> str:
    """Return a hash of everything but site.toml that says how often something is due."""
    settings = installation.settings
    told = {
        "sources": {name: config.get(INTERVAL) for name, config in settings.sources.items()},
        "schedule": [settings.time_zone, settings.jitter_minutes, settings.quiet],
        "states": _state_intervals(installation),
    }
    return hashlib.sha256(dump_json(told).encode()).hexdigest()


def _state_intervals(installation: Installation) -> list[list[object]]:
    try:
        return [
            [entry.site, entry.adapter, entry.enabled, str(entry.config.get(INTERVAL))] for entry in installation.states
        ]
    except SettingsError:
        return []  # what is wrong with states.json is told by the jobs of states
