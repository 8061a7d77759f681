"""What an installation is at beside its sources: ticks, jobs that wait, alerts and messages nobody got."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerkcore.installation import Installation
from clerkcore.jobs.planning import SCHEDULER
from clerkcore.ledger import (
    count_alerts,
    count_jobs,
    count_notifications,
    get_mark,
    list_schedules,
    mark_set_at,
)
from clerkcore.times import now

QUIET = timedelta(hours=1)
"""How long no tick may come before that is worth a line."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the whole: `last_tick` is None where nothing ever ticked, `next_due_at` where nothing is planned."""

    jobs: dict[str, int]
    last_tick: datetime | None
    ticked_by: str
    next_due_at: datetime | None
    next_site: str
    next_job: str
    alerts: dict[str, int]
    unsent: int


def read_overview(installation: Installation) -> Overview:
    """Return the state of the whole installation."""
    with installation.ledger.read() as connection:
        jobs = count_jobs(connection)
        alerts = count_alerts(connection)
        messages = count_notifications(connection)
        soonest = list_schedules(connection, enabled=True, limit=1)
        ticked_at, ticked_by = mark_set_at(connection, SCHEDULER), get_mark(connection, SCHEDULER) or ""
    return Overview(
        jobs=_sum_by_last(jobs),
        last_tick=ticked_at,
        ticked_by=ticked_by,
        next_due_at=soonest[0].next_due_at if soonest else None,
        next_site=soonest[0].subdomain if soonest else "",
        next_job=soonest[0].job_type if soonest else "",
        alerts={status: sum(n for (each, _), n in alerts.items() if each == status) for status, _ in alerts},
        unsent=sum(number for key, number in messages.items() if "sent" not in key),
    )


def _sum_by_last(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, status), number in counts.items():
        found[status] = found.get(status, 0) + number
    return found


def tell_overview(overview: Overview) -> Iterator[str]:
    """Yield the lines of a status that are worth reading, each with the command that helps."""
    waiting, running = (overview.jobs.get(status, 0) for status in ("waiting", "running"))
    if waiting or running:
        yield f"Jobs: {waiting} waiting, {running} running: clerk jobs list"
    active = {status: number for status, number in overview.alerts.items() if status != "resolved" and number}
    if active:
        told = ", ".join(f"{number} {status}" for status, number in sorted(active.items()))
        yield f"Alerts: {told}: clerk alerts list"
    if overview.unsent:
        yield f"Messages that nobody got: {overview.unsent}: clerk alerts list"
    yield from _tell_tick(overview, now())


def _tell_tick(overview: Overview, moment: datetime) -> Iterator[str]:
    if overview.last_tick is None:
        yield "No schedule has run yet: clerk schedule install cron, or clerk jobs run --due"
    elif overview.next_due_at and max(overview.next_due_at, overview.last_tick) < moment - QUIET:
        yield f"No tick since {overview.last_tick:%Y-%m-%d %H:%M} UTC, and sites are due: clerk schedule installed"
    elif overview.next_due_at:
        due = f"{overview.next_due_at:%Y-%m-%d %H:%M} UTC"
        yield f"Next: {overview.next_job} of {overview.next_site} at {due}: clerk schedule next"
