"""Holding a site: its lease, kept alive while the work goes on, and what may be done under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from clerkcore.errors import ClerkError, LeaseLost
from clerkcore.fetch import Pace
from clerkcore.installation import Installation
from clerkcore.jobs.recording import close_held_run, open_held_run
from clerkcore.jobs.recovery import close_left_runs
from clerkcore.ledger import Heartbeat, Lease, acquire, check, holder_name, release
from clerkcore.models import Outcome, Run, ScopeResult, Site
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

    @contextmanager
    def open_run(self, name: str, options: Mapping[str, Any] | None = None) -> Iterator[NamedRun]:
        """Open a run of what is no source for the work inside the block, and close it as the block says."""
        self.check()
        opened = NamedRun(open_held_run(self, self.lease.job, name, options or {}), self, name)
        try:
            yield opened
        except LeaseLost:
            # The new holder closes this run; this process may not write any more.
            raise
        except ClerkError as error:
            opened.end(Outcome.FAILED, str(error), remedy=error.remedy)
            raise
        except Exception as error:
            opened.end(Outcome.FAILED, f"{type(error).__name__}: {error}", remedy="report it to the plugin's author")
            raise
        finally:
            opened.close()


@dataclass
class NamedRun:
    """A run of a held site that is at work; what it comes to is a failure until it says otherwise."""

    run_id: int
    held: HeldSite
    name: str
    began: datetime = field(default_factory=now)
    outcome: Outcome = Outcome.FAILED
    message: str = "it ended without saying how"
    remedy: str = ""
    scopes: tuple[ScopeResult, ...] = ()

    def end(self, outcome: Outcome, message: str, *, remedy: str = "", scopes: Sequence[ScopeResult] = ()) -> None:
        """Say how it ended."""
        # A text from a badly decoded name may hold what no database takes.
        plain = message.encode("utf-8", "replace").decode()
        self.outcome, self.message, self.remedy, self.scopes = Outcome(outcome), plain, remedy, tuple(scopes)

    @property
    def run(self) -> Run:
        """The run as it ended."""
        held, seconds = self.held, (now() - self.began).total_seconds()
        return Run(
            run_id=self.run_id,
            job=held.lease.job,
            site=held.site.subdomain,
            source=self.name,
            outcome=self.outcome,
            scopes=self.scopes,
            started_at=self.began,
            duration_seconds=round(seconds, 3),
            message=self.message,
            remedy=self.remedy,
        )

    def close(self) -> None:
        """Write down how it ended, where this process still holds the site."""
        with suppress(LeaseLost):
            self.held.check()
            close_held_run(self.held, self.run, (), lambda _line: None)


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
