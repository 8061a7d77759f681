"""Which sites a job is for: named ones, all, or the one whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clerkcore.errors import UsageError
from clerkcore.installation import Family, Installation
from clerkcore.ledger import Lease, claim_next, holder_name, list_sites
from clerkcore.times import now


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line said about sites; exactly one of the three ways."""

    named: tuple[str, ...] = ()
    everything: bool = False
    next_site: bool = False

    def check(self) -> None:
        """Refuse no choice at all, and more than one."""
        ways = bool(self.named) + self.everything + self.next_site
        if ways != 1:
            raise UsageError(
                "say which sites" if not ways else "choose sites in one way only",
                remedy="name them, or pass --all or --next-site",
            )


def select_sites(installation: Installation, family: Family, selection: Selection) -> Sequence[str]:
    """Return the subdomains meant by name or --all; --all leaves out disabled sites and those without a source."""
    if selection.named:
        return [installation.site(name).subdomain for name in dict.fromkeys(selection.named)]
    offered = set(installation.plugins.names(family.hook))
    with installation.ledger.read() as connection:
        rows = list_sites(connection)
    return [row.subdomain for row in rows if row.enabled and offered.intersection(row.sources)]


def find_orphans(installation: Installation, source: str = "") -> list[tuple[str, str]]:
    """Return (site, source) of what enabled sites ask for and no plugin offers; of one source when it is named.

    Of which family such a source is nobody can tell, so that no job may pass it over in silence.
    """
    return [
        (site.subdomain, name)
        for site in installation.sites()
        if site.enabled
        for name in installation.orphan_sources(site)
        if source in ("", name)
    ]


def claim_site(installation: Installation, family: Family, job: str) -> Lease | None:
    """Claim the site whose clock for this job is oldest; None when every site is busy or there is none."""
    sources = installation.plugins.names(family.hook)
    seconds = installation.settings.lease_seconds
    return claim_next(installation.ledger, job, sources, holder_name(), seconds, now())
