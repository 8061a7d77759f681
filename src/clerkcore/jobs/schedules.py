"""What an operator asks and says of schedules: which there are, what comes next, other times."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.defaults import default_timing, sync_schedules
from clerkcore.jobs.types import Demand, fit_of, load_job_type, load_job_types, sites_left_out
from clerkcore.ledger import (
    Schedule,
    due_schedules,
    get_schedule,
    last_starts,
    list_schedules,
    record_event,
    save_schedule,
)
from clerkcore.services import JobType
from clerkcore.times import from_text, now
from clerkcore.timing import Timing, allowed_at, check_timing, describe, next_start


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be another way in a schedule; None leaves it as it is."""

    every_hours: float | None = None
    cron: str | None = None
    time_zone: str | None = None
    jitter_minutes: int | None = None
    quiet: str | None = None
    enabled: bool | None = None

    def of(self, timing: Timing) -> Timing:
        """Return a timing with this change; SettingsError where that cannot be used."""
        given = {name: value for name, value in asdict(self).items() if value is not None and name != "enabled"}
        if self.every_hours is not None and self.cron is None:
            given["cron"] = ""
        if self.cron is not None and self.every_hours is None:
            given["every_hours"] = None
        return check_timing(replace(timing, **given))


@dataclass(frozen=True, slots=True)
class Start:
    """A start that is to come, where nothing delays it."""

    at: datetime
    subdomain: str
    job_type: str
    timing: Timing


def read_schedules(
    installation: Installation, *, subdomain: str | None = None, job_type: str | None = None
) -> list[Schedule]:
    """Return the schedules of a site, of a kind of job, or all, the soonest due first.

    SiteError for a site that is unknown, UsageError for such a job.
    """
    if subdomain is not None:
        installation.site(subdomain)
    for each in _types(installation, job_type):
        sync_schedules(installation, Demand(each))
    with installation.ledger.read() as connection:
        return list_schedules(connection, subdomain=subdomain, job_type=job_type)


def coming_starts(
    installation: Installation, count: int, *, subdomain: str | None = None, job_type: str | None = None
) -> list[Start]:
    """Return the next starts of all sites in their order; what is due already starts now, or after quiet hours."""
    moment = now()
    soonest = _soonest(installation, count, subdomain, job_type)
    heap = [(allowed_at(each.timing, max(each.next_due_at, moment)), number) for number, each in enumerate(soonest)]
    heapq.heapify(heap)
    starts: list[Start] = []
    while heap and len(starts) < count:
        at, number = heap[0]
        schedule = soonest[number]
        starts.append(Start(at, schedule.subdomain, schedule.job_type, schedule.timing))
        heapq.heapreplace(heap, (next_start(schedule.timing, at, schedule.subdomain), number))
    return starts


def _soonest(installation: Installation, count: int, subdomain: str | None, job_type: str | None) -> list[Schedule]:
    found: list[Schedule] = []
    for each in _types(installation, job_type):
        sync_schedules(installation, Demand(each))
        limit = count if subdomain is None else None
        with installation.ledger.read() as connection:
            found += due_schedules(
                connection,
                each.name,
                "",
                fit_of(installation, each),
                without=sites_left_out(installation, each),
                until=None,
                limit=limit,
            )
    return [schedule for schedule in found if subdomain in (None, schedule.subdomain)]


def change_schedules(
    installation: Installation, subdomains: Sequence[str], job_type: str, change: Change, by: str
) -> list[Schedule]:
    """Set when a job is due at sites, at all that have it when none is named, and return the schedules.

    Each is due anew by its last start; a site where the job never ran stays due. All are changed or none:
    SettingsError for a timing that cannot be used, UsageError for a site that the job is not for.
    """
    if change == Change():
        raise UsageError(
            "nothing is to be changed", remedy="say --every, --cron, --time-zone, --jitter, --quiet or --off"
        )
    kind, named = _prepare(installation, subdomains, job_type)
    with installation.ledger.write() as connection:
        chosen = _chosen(connection, kind, named)
        return [_save(connection, old, _changed(connection, old, change, by)) for old in chosen]


def reset_schedules(installation: Installation, subdomains: Sequence[str], job_type: str, by: str) -> list[Schedule]:
    """Give sites back the times that the settings say, all when none is named, and return the schedules."""
    kind, named = _prepare(installation, subdomains, job_type)
    with installation.ledger.read() as connection:
        names = [schedule.subdomain for schedule in _chosen(connection, kind, named)]
    timings = {name: default_timing(installation, kind, installation.site(name)) for name in names}
    with installation.ledger.write() as connection:
        return [
            _save(connection, old, _default(connection, old, timings[old.subdomain], by))
            for old in _chosen(connection, kind, names)
        ]


def _types(installation: Installation, name: str | None) -> list[JobType]:
    return load_job_types(installation)[0] if name is None else [load_job_type(installation, name)]


def _prepare(installation: Installation, subdomains: Sequence[str], job_type: str) -> tuple[JobType, list[str]]:
    kind = load_job_type(installation, job_type)
    named = [installation.site(name).subdomain for name in dict.fromkeys(subdomains)]
    sync_schedules(installation, Demand(kind))
    return kind, named


def _chosen(connection: Connection, kind: JobType, named: Sequence[str]) -> list[Schedule]:
    if not named:
        found = list_schedules(connection, job_type=kind.name)
        return [schedule for schedule in found if not schedule.dedup_key]
    return [_existing(connection, kind, name) for name in named]


def _existing(connection: Connection, kind: JobType, subdomain: str) -> Schedule:
    schedule = get_schedule(connection, subdomain, kind.name)
    if schedule is None:
        raise UsageError(
            f"{kind.name} is not for {subdomain}: it is disabled, or has no source of this job",
            remedy=f"clerk sites show {subdomain}",
        )
    return schedule


def _changed(connection: Connection, old: Schedule, change: Change, by: str) -> Schedule:
    timing = change.of(old.timing)
    enabled = old.enabled if change.enabled is None else change.enabled
    return _due_anew(connection, replace(old, timing=timing, enabled=enabled, origin="operator", updated_by=by))


def _default(connection: Connection, old: Schedule, timing: Timing, by: str) -> Schedule:
    return _due_anew(connection, replace(old, timing=timing, enabled=True, origin="default", updated_by=by))


def _due_anew(connection: Connection, schedule: Schedule) -> Schedule:
    moment = now()
    began = last_starts(connection, schedule.job_type, [schedule.subdomain], {}).get(schedule.subdomain)
    if began:
        due = next_start(schedule.timing, from_text(began), schedule.subdomain)
    else:  # there is nothing to count from, and the first turn is now
        due = allowed_at(schedule.timing, moment)
    return replace(schedule, next_due_at=due, updated_at=moment)


def _save(connection: Connection, old: Schedule, new: Schedule) -> Schedule:
    save_schedule(connection, new)
    before, after = _tell(old), _tell(new)
    record_event(
        connection,
        "schedule.changed",
        f"{new.job_type} at {new.subdomain}: {after} (before: {before}), by {new.updated_by}",
        subdomain=new.subdomain,
        data={"job_type": new.job_type, "before": before, "after": after, "by": new.updated_by},
        at=new.updated_at,
    )
    return new


def _tell(schedule: Schedule) -> str:
    return describe(schedule.timing) + ("" if schedule.enabled else ", off")
