"""How much of the disk a site takes, and whether that or the free space calls for somebody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clerkcore.installation import Installation
from clerkcore.ledger import FREE_SPACE, budget_mark, change_mark, record_event
from clerkcore.sites import SiteFolder
from clerkcore.times import now

WELL, WRONG = "ok", "exceeded"
_DATABASE = (".db", ".db-wal", ".db-shm")


@dataclass(frozen=True, slots=True)
class SiteSize:
    """Bytes that a site takes on the disk: its databases with their logs, its raw archive, and all else."""

    databases: int
    raw: int
    other: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.databases + self.raw + self.other


@dataclass(frozen=True, slots=True)
class DiskState:
    """How something stands: a site's size against its budget, or the free space against what must be left.

    Sizes are in bytes; `mark` is where the ledger keeps what was last told.
    """

    kind: Literal["disk.budget", "disk.low"]
    subdomain: str
    mark: str
    found: int
    limit: int
    exceeded: bool
    message: str
    remedy: str


def measure_site(folder: SiteFolder) -> SiteSize:
    """Return what the files of a site take; links are not followed, and what vanishes meanwhile is left out."""
    databases = raw = other = 0
    for path, size in _files(folder.path):
        if path.is_relative_to(folder.raw):
            raw += size
        elif path.name.endswith(_DATABASE):
            databases += size
        else:
            other += size
    return SiteSize(databases, raw, other)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            try:
                yield path, path.lstat().st_size
            except FileNotFoundError:
                continue


def read_disk(installation: Installation, subdomain: str = "") -> list[DiskState]:
    """Return how the free space stands and, where sites have a budget, the named one; nothing is written."""
    states = [_free(installation)]
    if subdomain and installation.settings.site_budget_bytes:
        states.append(_budget(installation, subdomain))
    return states


def check_disk(installation: Installation, subdomain: str) -> list[DiskState]:
    """Return what of the disk calls for somebody; an event tells each change, for the worse or back again."""
    states = read_disk(installation, subdomain)
    moment = now()
    with installation.ledger.write() as connection:
        for state in states:
            if change_mark(connection, state.mark, WRONG if state.exceeded else WELL, WELL, at=moment):
                record_event(
                    connection,
                    state.kind,
                    state.message,
                    severity="warning" if state.exceeded else "info",
                    subdomain=state.subdomain,
                    data={"bytes": state.found, "limit": state.limit, "exceeded": state.exceeded},
                    at=moment,
                )
    return [state for state in states if state.exceeded]


def _free(installation: Installation) -> DiskState:
    free, least = shutil.disk_usage(installation.root).free, installation.settings.min_free_bytes
    low = free < least
    message = f"only {free:,} bytes are free" if low else f"{free:,} bytes free"
    return DiskState("disk.low", "", FREE_SPACE, free, least, low, message, "free some space" if low else "")


def _budget(installation: Installation, subdomain: str) -> DiskState:
    size, budget = measure_site(installation.folder(subdomain)), installation.settings.site_budget_bytes
    over = size.total > budget
    took = f"takes {size.total:,} bytes ({size.databases:,} of databases, {size.raw:,} of raw archive)"
    message = f"{subdomain} {took}, {'more than' if over else 'within'} its budget of {budget:,}"
    remedy = f"clerk raw show {subdomain}, or raise disk.site_budget_bytes" if over else ""
    return DiskState("disk.budget", subdomain, budget_mark(subdomain), size.total, budget, over, message, remedy)
