"""When a site is next due for a job: its schedule's turn, or another attempt of what failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.defaults import default_timing
from clerkcore.jobs.types import load_job_type
from clerkcore.ledger import get_schedule, last_starts, list_jobs
from clerkcore.times import from_text
from clerkcore.timing import next_start


@dataclass(frozen=True, slots=True)
class Turn:
    """When a site is next due: `at` is None where nothing was planned yet, `failures` counts failed attempts in a row.

    `error` says why that cannot be told; the site is then due, so that the failure is seen.
    """

    site: str
    at: datetime | None = None
    failures: int = 0
    error: ClerkError | None = None

    def is_due(self, moment: datetime) -> bool:
        """Whether the time has come."""
        return self.at is None or self.at <= moment


def read_turn(installation: Installation, job: str, subdomain: str) -> Turn:
    """Return when a site is next due for a job that schedules ask for."""
    with installation.ledger.read() as connection:
        schedule = get_schedule(connection, subdomain, job)
        waiting = list_jobs(connection, subdomain=subdomain, job_type=job, statuses=["waiting"], limit=1)
        began = last_starts(connection, job, [subdomain], {}).get(subdomain)
    if waiting and not waiting[0].dedup_key:
        return Turn(subdomain, waiting[0].not_before, max(waiting[0].attempts, schedule.failures if schedule else 0))
    if schedule:
        return Turn(subdomain, schedule.next_due_at, schedule.failures)
    if began is None:
        return Turn(subdomain)
    # Nothing is planned before the first tick; what it will plan is told already.
    timing = default_timing(installation, load_job_type(installation, job), installation.site(subdomain))
    return Turn(subdomain, next_start(timing, from_text(began), subdomain))
