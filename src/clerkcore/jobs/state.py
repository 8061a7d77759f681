"""The state of an installation: for each site and source what ran last, and the command that helps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clerkcore.errors import SettingsError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.selection import disabled_states
from clerkcore.ledger import (
    Hold,
    Lease,
    StoredRun,
    holder_is_dead,
    list_leases,
    list_sites,
    newest_runs,
    open_holds,
)
from clerkcore.models import Counts, Outcome
from clerkcore.times import now


@dataclass(frozen=True, slots=True)
class State:
    """One line of `clerk status`; `outcome` is "never", "running" or how the last run ended."""

    site: str
    source: str
    outcome: str
    run_id: int | None
    at: datetime | None
    counts: Counts
    findings: int
    held: int
    message: str
    command: str


def read_states(installation: Installation) -> list[State]:
    """Return the state of every source of every site, by site and source.

    Left out are sites that schedules leave out: disabled ones, and those of disabled states that never ran.
    """
    off = _disabled(installation)
    with installation.ledger.read() as connection:
        rows = list_sites(connection)
        newest = {(stored.run.site, stored.run.source): stored for stored in newest_runs(connection)}
        holds = open_holds(connection)
        busy = {lease.subdomain for lease in list_leases(connection) if _is_live(lease)}
    return [
        _state(installation, row.subdomain, source, newest.get((row.subdomain, source)), holds, row.subdomain in busy)
        for row in rows
        if row.enabled and (row.subdomain not in off or any((row.subdomain, name) in newest for name in row.sources))
        for source in row.sources or ("",)
    ]


def _disabled(installation: Installation) -> frozenset[str]:
    """Return the sites of disabled states, which nothing runs; a broken states.json is told elsewhere."""
    try:
        return disabled_states(installation, STATES)
    except SettingsError:
        return frozenset()


def _is_live(lease: Lease) -> bool:
    return lease.expires_at > now() and not holder_is_dead(lease.holder)


def _state(
    installation: Installation, site: str, source: str, stored: StoredRun | None, holds: list[Hold], busy: bool
) -> State:
    held = [hold for hold in holds if (hold.site, hold.source) == (site, source)]
    load = _load_command(installation, source, site)
    if stored is None:
        message = "has no source" if not source else "never ran"
        return State(site, source, "never", None, None, Counts(), 0, 0, message, load)
    run = stored.run
    outcome = str(stored.outcome) if stored.outcome else "running" if busy else "died"
    command = f"clerk runs show {held[0].run_id}" if held else _helping(stored, outcome, load)
    message = run.message
    if source and installation.family(source) is None:
        message, command = f"no plugin offers it; what it brought is kept. Last: {message}", load
    return State(
        site, source, outcome, run.run_id, run.started_at, run.counts, run.findings, len(held), message, command
    )


def _helping(stored: StoredRun, outcome: str, load: str) -> str:
    if outcome == "died":
        return load
    if stored.outcome is Outcome.FAILED and stored.of_run is None:
        return load
    # A refused accept or undo says itself what to do instead.
    return f"clerk runs show {stored.run.run_id}" if stored.run.findings or stored.outcome is Outcome.FAILED else ""


def _load_command(installation: Installation, source: str, site: str) -> str:
    family = installation.family(source)
    if family:
        return f"{family.command} {site}"
    return "clerk plugins list" if source else f"clerk sites show {site}"
