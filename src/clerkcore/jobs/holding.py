"""Holding a site: its lease, kept alive while the work goes on, and what may be done under it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from clerkcore.errors import LeaseLost
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.jobs.recording import close_held_run, open_held_run
from clerkcore.jobs.recovery import close_left_runs
from clerkcore.ledger import Heartbeat, Lease, acquire, check, holder_name, release
from clerkcore.models import Outcome, Run, Site
from clerkcore.times import now


def make_pace(installation: Installation) -> Pace:
    """Return the pace that all sites and sources of one command keep together."""
    return Pace(installation.settings.http_delay, installation.settings.http_concurrency)


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

    def record(self, name: str, outcome: Outcome, message: str, remedy: str = "") -> Run:
        """Write down how something that is no source has ended, as a run of this name, and return it."""
        self.check()
        run_id = open_held_run(self, self.lease.job, name, {})
        run = Run(run_id, self.lease.job, self.site.subdomain, name, outcome, (), now(), 0.0, message, remedy)
        close_held_run(self, run, (), lambda _line: None)
        return run


def own_host(installation: Installation) -> str:
    """Return the machine that sites are bound to; empty where the ledger is a file, which only one machine has."""
    return "" if installation.ledger.path else installation.host


@contextmanager
def hold_site(
    installation: Installation, subdomain: str, job: str, lease: Lease | None = None, pace: Pace | None = None
) -> Iterator[HeldSite]:
    """Hold a site's lease while the block runs; first closes what a dead process left open."""
    ledger, seconds = installation.ledger, installation.settings.lease_seconds
    held = lease or acquire(ledger, subdomain, job, holder_name(), seconds, now(), own_host(installation))
    try:
        site = installation.site(subdomain)
        with Heartbeat(ledger, held, seconds) as heartbeat:
            close_left_runs(installation, subdomain)
            yield HeldSite(installation, site, held, heartbeat.lost, pace or make_pace(installation))
    finally:
        release(ledger, held)
