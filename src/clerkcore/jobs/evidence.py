"""What the databases of a site remember about its runs: findings and rejected records."""

from __future__ import annotations

from typing import Any

from clerkcore.installation import Installation
from clerkcore.jobs.trial import rejected_records
from clerkcore.ledger import StoredRun, get_run
from clerkcore.models import Outcome
from clerkcore.store.database import read_database
from clerkcore.store.quarantine import list_evidence

MOST_FINDINGS = 1000


def read_findings(installation: Installation, subdomain: str, run_id: int) -> list[dict[str, Any]]:
    """Return what the checks of a run found, in the order they found it."""
    return list(reversed(_read(installation, subdomain, "_clerk_findings", run_id, MOST_FINDINGS)))


def read_quarantine(
    installation: Installation, subdomain: str, run_id: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Return the rejected records of a site's applied runs, newest first."""
    return _read(installation, subdomain, "_clerk_quarantine", run_id, limit)


def run_quarantine(installation: Installation, run_id: int, limit: int = 100) -> list[dict[str, Any]]:
    """Return the rejected records of one run; those of a run that was held are found by parsing it again."""
    with installation.ledger.read() as connection:
        stored = get_run(connection, run_id)
    found = read_quarantine(installation, stored.run.site, run_id, limit) + _held(installation, stored)
    return [{"site": stored.run.site, **row} for row in found[:limit]]


def _held(installation: Installation, stored: StoredRun) -> list[dict[str, Any]]:
    held = [scope for scope in stored.run.scopes if scope.outcome is Outcome.HELD and scope.counts.quarantined]
    return [row for scope in held for row in rejected_records(installation, stored, scope)]


def _read(
    installation: Installation, subdomain: str, table: str, run_id: int | None, limit: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in installation.folder(subdomain).databases():
        with read_database(path) as connection:
            found += list_evidence(connection, table, run_id=run_id, limit=limit)
    return found
