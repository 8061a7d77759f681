"""Questions about states: what is configured, how the last update of each ended and when the next is due."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from clerkcore.errors import ClerkError, StoreError, UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.defaults import read_interval
from clerkcore.jobs.due import Turn, read_turn
from clerkcore.jobs.state import State, read_states
from clerkcore.ledger import SiteRow, list_sites
from clerkcore.models import Counts
from clerkcore.rosters.adapter import DATABASE
from clerkcore.sites import StateEntry
from clerkcore.store.database import read_database

DISABLED = "disabled"
NO_SITE = "no site"


@dataclass(frozen=True, slots=True)
class Followed:
    """An adapter at work for a state: by states.json, by a site of its own, or by neither so far.

    `entry` and `row` are None where states.json or the ledger does not know it.
    """

    adapter: str
    site: str
    entry: StateEntry | None
    row: SiteRow | None

    @property
    def enabled(self) -> bool:
        """Whether schedules take it: both states.json and the site may say no."""
        return (self.entry is None or self.entry.enabled) and (self.row is None or self.row.enabled)

    @property
    def code(self) -> str:
        """The state's code; empty for an adapter without any."""
        return self.entry.code if self.entry else self.row.state if self.row else ""

    @property
    def name(self) -> str:
        """The state's name."""
        return self.entry.name if self.entry else self.row.name if self.row else ""


def list_followed(installation: Installation) -> list[Followed]:
    """Return the states of states.json in its order, then other sites of adapters, then adapters without any."""
    with installation.ledger.read() as connection:
        rows = {row.subdomain: row for row in list_sites(connection)}
    offered = installation.plugins.names(STATES.hook)
    found: list[Followed] = []
    for entry in installation.states:
        row = rows.pop(entry.site, None)
        own = [name for name in row.sources if name in offered or name == entry.adapter] if row else []
        found += [Followed(adapter, entry.site, entry, row) for adapter in own or [entry.adapter]]
    for row in rows.values():
        found += [Followed(adapter, row.subdomain, None, row) for adapter in row.sources if adapter in offered]
    used = {followed.adapter for followed in found}
    return [*found, *(Followed(adapter, "", None, None) for adapter in offered if adapter not in used)]


def effective_settings(installation: Installation, followed: Followed) -> tuple[float, list[str]]:
    """Return how often an adapter is asked for its state, in hours, and for which data sources; empty means all.

    ClerkError where the site's settings cannot be used.
    """
    entry = followed.entry
    if followed.row is None:
        return (entry.interval_hours, list(entry.data_sources)) if entry else (STATES.interval_hours, [])
    site = installation.site(followed.site)
    hours = read_interval(installation, STATES.interval_hours, site, followed.adapter).total_seconds() / 3600
    wanted = installation.config(site, followed.adapter).get("data_sources", [])
    return hours, [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)]


@dataclass(frozen=True, slots=True)
class Logged:
    """What the update log says of a run, its scopes together."""

    added: int
    updated: int
    verified: int
    disappeared: int


@dataclass(frozen=True, slots=True)
class StateStatus:
    """One line of `clerk states status`.

    `outcome` is how the last run ended, or "never", "running", "disabled" or "no site". `next_due` is None where
    nothing is planned, and in the past where it is due.
    """

    state: str
    name: str
    site: str
    adapter: str
    enabled: bool
    outcome: str
    run_id: int | None
    last_update: datetime | None
    changes: Logged
    held: int
    failures: int
    next_due: datetime | None
    due: bool
    message: str
    command: str


def read_status(
    installation: Installation, sites: Collection[str], moment: datetime, broken: list[StoreError]
) -> Iterator[StateStatus]:
    """Yield the status of every state, or of those of the named sites; databases that cannot be read go to `broken`."""
    followed = [each for each in list_followed(installation) if each.site]
    known = {each.site for each in followed}
    for name in sites:
        if name not in known:
            site = installation.site(name).subdomain
            raise UsageError(f"{site!r} is no site of a state", remedy=f"sites: {', '.join(sorted(known)) or 'none'}")
    ran = {(state.site, state.source): state for state in read_states(installation)}
    for each in followed:
        if not sites or each.site in sites:
            yield _status(installation, each, ran.get((each.site, each.adapter)), moment, broken)


def _status(
    installation: Installation, each: Followed, ran: State | None, moment: datetime, broken: list[StoreError]
) -> StateStatus:
    turn = _next(installation, each)
    outcome, message, command = _tell(each, ran, turn)
    return StateStatus(
        state=each.code,
        name=each.name,
        site=each.site,
        adapter=each.adapter,
        enabled=each.enabled,
        outcome=outcome,
        run_id=ran.run_id if ran else None,
        last_update=ran.at if ran else None,
        changes=_logged(installation, each.site, ran, broken),
        held=ran.held if ran else 0,
        failures=turn.failures if turn else 0,
        next_due=turn.at if turn else None,
        due=turn is not None and turn.error is None and turn.is_due(moment),
        message=message,
        command=command,
    )


def _next(installation: Installation, each: Followed) -> Turn | None:
    """Return the next turn of a state that schedules take."""
    if not each.enabled or each.adapter not in installation.plugins.names(STATES.hook):
        return None
    if each.row is None:
        return Turn(each.site)
    try:
        return read_turn(installation, STATES.job, installation.site(each.site).subdomain)
    except ClerkError as error:
        return Turn(each.site, error=error)


def _tell(each: Followed, ran: State | None, turn: Turn | None) -> tuple[str, str, str]:
    """Return outcome, message and the command that helps."""
    if each.row and not each.row.enabled:
        return DISABLED, "the site is disabled", f"clerk sites enable {each.site}"
    if each.entry and not each.entry.enabled:
        outcome = ran.outcome if ran and ran.at else DISABLED
        return outcome, f"disabled in states.json: only clerk states update {each.site} runs it", ""
    if each.row is None:
        return NO_SITE, "states.json names it; its first update makes the site", f"clerk states update {each.site}"
    if turn and turn.error:
        return ran.outcome if ran else "never", str(turn.error), "clerk doctor"
    if ran is None:
        return "never", f"its site.toml has no [sources.{each.adapter}]", f"clerk sites show {each.site}"
    return ran.outcome, ran.message, ran.command


def _logged(installation: Installation, site: str, ran: State | None, broken: list[StoreError]) -> Logged:
    path = installation.folder(site).database(DATABASE)
    counts = ran.counts if ran else Counts()
    if ran and ran.run_id and path.is_file():
        try:
            with read_database(path) as connection:
                found = _sum_log(connection, ran.run_id)
        except StoreError as error:
            broken.append(error)
        else:
            if found:
                return found
    return Logged(counts.added, counts.changed, 0, counts.disappeared)


def _sum_log(connection: sqlite3.Connection, run_id: int) -> Logged | None:
    row = connection.execute(
        "SELECT count(*), coalesce(sum(records_added), 0), coalesce(sum(records_updated), 0),"
        " coalesce(sum(records_verified), 0), coalesce(sum(records_disappeared), 0)"
        " FROM data_update_log WHERE run_id = ?",
        (run_id,),
    ).fetchone()
    return Logged(*row[1:]) if row[0] else None


def read_log(
    installation: Installation, sites: Collection[str], state: str, since: str, limit: int, broken: list[StoreError]
) -> list[dict[str, Any]]:
    """Return the newest rows of the update logs of states, newest first, with the site of each.

    `state` is a code or empty for all; `since` is a day or time in ISO 8601, or empty.
    """
    rows: list[dict[str, Any]] = []
    for site, path in voter_databases(installation, sites):
        try:
            with read_database(path) as connection:
                rows += [{"site": site, **row} for row in _log_rows(connection, state, since, limit)]
        except StoreError as error:
            broken.append(error)
    rows.sort(key=lambda row: (row["run_timestamp"], row["id"]), reverse=True)
    return rows[:limit]


def voter_databases(installation: Installation, sites: Collection[str]) -> Iterator[tuple[str, Path]]:
    """Yield the databases of election data there are, of all sites or of those named, with their sites."""
    for site in [installation.site(name).subdomain for name in sites] or [s.subdomain for s in installation.sites()]:
        path = installation.folder(site).database(DATABASE)
        if path.is_file():
            yield site, path


def _log_rows(connection: sqlite3.Connection, state: str, since: str, limit: int) -> Iterator[Mapping[str, Any]]:
    found = connection.execute(
        "SELECT * FROM data_update_log WHERE (:state = '' OR state_code = :state) AND run_timestamp >= :since"
        " ORDER BY run_timestamp DESC, id DESC LIMIT :limit",
        {"state": state, "since": since, "limit": limit},
    )
    for row in found:
        yield {**dict(row), "details": json.loads(row["details"] or "[]")}
