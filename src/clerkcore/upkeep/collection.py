"""Collecting the raw archive: what may go is taken away under the site's lease, and leaves a tombstone."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.fetch.durable import name_disk_errors
from clerkcore.installation import Installation
from clerkcore.jobs.holding import HeldSite, hold_site
from clerkcore.ledger import hash_names, record_event, record_tombstone, refuse_legal_hold
from clerkcore.times import now
from clerkcore.upkeep.spare import Collection, plan_collection

COMMAND = "clerk raw collect"
CHECKED_EVERY = 500
"""Files removed between two looks at the lease."""


def collect_sites(
    installation: Installation, subdomains: Iterable[str], at: datetime | None = None
) -> Iterator[Collection]:
    """Collect the archive of each site under its lease; one that is busy or cannot be told stops no other.

    `at` is the moment that ages are counted to: now, where none is given.
    """
    for subdomain in subdomains:
        yield _collect_site(installation, subdomain, at)


def _collect_site(installation: Installation, subdomain: str, at: datetime | None) -> Collection:
    try:
        with hold_site(installation, subdomain, "collect") as held:
            return _collect(held, at)
    except ClerkError as error:
        return Collection(subdomain, error=error)


def _collect(held: HeldSite, at: datetime | None) -> Collection:
    installation, subdomain = held.installation, held.site.subdomain
    plan = plan_collection(installation, held.site, at)
    if not plan.going and not plan.downloads:
        return plan
    moment = now()
    counts = {"captures": len(plan.going), "downloads": len(plan.downloads), "bytes": plan.bytes}
    held.check()
    with installation.ledger.write() as connection:
        # Before anything goes: a collection that is killed has taken no more than its tombstone says.
        refuse_legal_hold(connection, subdomain, at=moment)
        tombstone = record_tombstone(
            connection,
            "collected",
            "raw archive",
            subdomain=subdomain,
            records=len(plan.downloads),
            sha256=hash_names(plan.downloads),
            reason=_tell_settings(installation),
            removed_by=COMMAND,
            details={**counts, "sources": Counter(shelved.kept.source for shelved in plan.going)},
            at=moment,
        )
    with name_disk_errors(installation.folder(subdomain).raw):
        _remove(held, plan)
    with installation.ledger.write() as connection:
        message = (
            f"{len(plan.going)} captures and {len(plan.downloads)} downloads, {plan.bytes:,} bytes, are gone"
            f" from the raw archive: tombstone {tombstone}"
        )
        data = {**counts, "tombstone": tombstone}
        record_event(connection, "raw.collected", message, subdomain=subdomain, data=data, at=now())
    return replace(plan, done=True)


def _tell_settings(installation: Installation) -> str:
    settings = installation.settings
    return f"raw.keep_days = {settings.raw_keep_days:g}, raw.max_bytes = {settings.raw_max_bytes}"


def _remove(held: HeldSite, plan: Collection) -> None:
    """Take the manifests away before the downloads, so that none ever names a file that is gone."""
    folders = {shelved.manifest.parent for shelved in plan.going}
    _unlink(held, [shelved.manifest for shelved in plan.going])
    for folder in folders:
        # Made durable, or a power cut might bring manifests back whose downloads are gone.
        _sync(folder)
        with suppress(OSError):  # where it still holds captures
            folder.rmdir()
    _unlink(held, [plan.shelf.blobs[name].path for name in sorted(plan.downloads)])


def _unlink(held: HeldSite, paths: list[Path]) -> None:
    for number, path in enumerate(paths):
        if number % CHECKED_EVERY == 0:
            held.check()
        path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
