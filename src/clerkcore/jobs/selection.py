"""Which sites a job is for: named ones, all, those that are due, or the one whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from clerkcore.errors import SettingsError, UsageError
from clerkcore.installation import STATES, Family, Installation
from clerkcore.jobs.holding import own_host
from clerkcore.ledger import (
    Lease,
    SiteBusy,
    SiteElsewhere,
    acquire,
    claim_next,
    holder_name,
    list_clocks,
    list_sites,
    release,
    start_clock,
)
from clerkcore.times import now

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line said about sites; exactly one of the four ways. `workers` sites are done at a time."""

    named: tuple[str, ...] = ()
    everything: bool = False
    next_site: bool = False
    due: bool = False
    workers: int = 0

    def check(self) -> None:
        """Refuse no choice at all, and more than one."""
        ways = bool(self.named) + self.everything + self.next_site + self.due
        if ways != 1:
            raise UsageError(
                "say which sites" if not ways else "choose sites in one way only",
                remedy="name them, or pass --all, --due or --next-site",
            )


def select_sites(installation: Installation, family: Family, named: Collection[str] = ()) -> Sequence[str]:
    """Return the subdomains that are named, or all; all are without disabled sites and states, and have a source."""
    if named:
        return [installation.site(name).subdomain for name in dict.fromkeys(named)]
    offered = set(installation.plugins.names(family.hook))
    off = disabled_states(installation, family)
    with installation.ledger.read() as connection:
        rows = list_sites(connection)
    return [
        row.subdomain for row in rows if row.enabled and row.subdomain not in off and offered.intersection(row.sources)
    ]


def disabled_states(installation: Installation, family: Family) -> frozenset[str]:
    """Return the sites of states that states.json disables: only by name may a job of states take them."""
    entries = installation.states if family is STATES else ()
    return frozenset(entry.site for entry in entries if not entry.enabled)


def find_orphans(installation: Installation, family: Family, source: str = "") -> list[tuple[str, str]]:
    """Return (site, source) of what enabled sites ask for and no plugin offers; of one source when it is named.

    Of which family such a source is nobody can tell, unless states.json names it, so that no job may pass it over in
    silence. Those of states.json are told by `make_state_sites`.
    """
    adapters = _state_adapters(installation, family)
    return [
        (site.subdomain, name)
        for site in installation.sites()
        if site.enabled
        for name in installation.orphan_sources(site)
        if source in ("", name) and (site.subdomain, name) not in adapters
    ]


def _state_adapters(installation: Installation, family: Family) -> set[tuple[str, str]]:
    try:
        return {(entry.site, entry.adapter) for entry in installation.states}
    except SettingsError:
        if family is STATES:
            raise
        return set()  # what is wrong with states.json is no matter of other families


def claim_site(installation: Installation, family: Family, job: str) -> Lease | None:
    """Claim the site whose clock for this job is oldest; None when every site is busy or there is none."""
    sources = installation.plugins.names(family.hook)
    seconds = installation.settings.lease_seconds
    if disabled_states(installation, family):
        return _claim_oldest(installation, select_sites(installation, family), job)
    return claim_next(installation.ledger, job, sources, holder_name(), seconds, now(), own_host(installation))


def _claim_oldest(installation: Installation, subdomains: Collection[str], job: str) -> Lease | None:
    """Claim one of some sites as `claim_next` does: the one that has waited longest and that nobody holds."""
    clocks = _started(installation, job)
    for subdomain in sorted(subdomains, key=lambda name: (clocks.get(name, _NEVER), name)):
        try:
            seconds = installation.settings.lease_seconds
            host = own_host(installation)
            lease = acquire(installation.ledger, subdomain, job, holder_name(), seconds, now(), host)
        except (SiteBusy, SiteElsewhere):
            continue
        if _started(installation, job).get(subdomain) == clocks.get(subdomain):
            with installation.ledger.write() as connection:
                start_clock(connection, subdomain, job, now())
            return lease
        # Another process did this site's turn since the clocks were read.
        release(installation.ledger, lease)
    return None


def _started(installation: Installation, job: str) -> dict[str, datetime]:
    with installation.ledger.read() as connection:
        return {clock.subdomain: clock.last_started_at for clock in list_clocks(connection, job=job)}
