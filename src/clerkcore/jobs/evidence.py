"""What the databases of a site remember about its runs: findings and rejected records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from clerkcore.errors import LedgerError, StoreError, UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.trial import rejected_records
from clerkcore.ledger import StoredRun, get_run, list_events
from clerkcore.models import Outcome
from clerkcore.store.database import read_database
from clerkcore.store.quarantine import list_evidence

MOST_FINDINGS = 1000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the readable databases remember, and the errors of those that cannot be read."""

    rows: list[dict[str, Any]]
    broken: list[StoreError]


def read_run(installation: Installation, run_id: int) -> StoredRun:
    """Return a run as the ledger has it; UsageError names the newest ones when there is none of this id."""
    with installation.ledger.read() as connection:
        try:
            return get_run(connection, run_id)
        except LedgerError as error:
            raise UsageError(error.message, remedy=error.remedy) from error


def read_findings(installation: Installation, subdomain: str, run_id: int) -> Evidence:
    """Return what the checks of a run found, in the order they found it."""
    found = _read(installation, [subdomain], "_clerk_findings", run_id, MOST_FINDINGS)
    return Evidence(found.rows[::-1], found.broken)


def read_tracebacks(installation: Installation, run_id: int) -> list[str]:
    """Return where in a plugin's code a run broke, for the plugin's author."""
    with installation.ledger.read() as connection:
        events = list_events(connection, run_id=run_id, limit=MOST_FINDINGS)
    return [event.data["traceback"] for event in events if "traceback" in event.data]


def read_quarantine(
    installation: Installation, subdomains: Iterable[str], run_id: int | None = None, limit: int = 100
) -> Evidence:
    """Return the rejected records of the applied runs of some sites, newest first."""
    found = _read(installation, subdomains, "_clerk_quarantine", run_id, limit)
    newest = sorted(found.rows, key=itemgetter("run_id"), reverse=True)
    return Evidence(newest[:limit], found.broken)


def run_quarantine(installation: Installation, run_id: int, limit: int = 100) -> Evidence:
    """Return the rejected records of one run; those of a run that was held are found by parsing it again."""
    stored = read_run(installation, run_id)
    applied = read_quarantine(installation, [stored.run.site], run_id, limit)
    held = [{"site": stored.run.site, **row} for row in _held(installation, stored)]
    return Evidence([*applied.rows, *held][:limit], applied.broken)


def _held(installation: Installation, stored: StoredRun) -> list[dict[str, Any]]:
    held = [scope for scope in stored.run.scopes if scope.outcome is Outcome.HELD and scope.counts.quarantined]
    return [row for scope in held for row in rejected_records(installation, stored, scope)]


def _read(
    installation: Installation, subdomains: Iterable[str], table: str, run_id: int | None, limit: int
) -> Evidence:
    found = Evidence([], [])
    for subdomain in subdomains:
        for path in installation.folder(subdomain).databases():
            try:
                with read_database(path) as connection:
                    rows = list_evidence(connection, table, run_id=run_id, limit=limit)
            except StoreError as error:
                found.broken.append(error)
            else:
                found.rows.extend({"site": subdomain, **row} for row in rows)
    return found
