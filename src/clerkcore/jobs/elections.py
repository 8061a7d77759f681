"""The elections of a site: what the state says of each, and what of it is loaded."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass, field
from typing import Any

from clerkcore.errors import UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.rosters.adapter import DATABASE
from clerkcore.rosters.computed import TURNOUT_TOTALS
from clerkcore.rosters.tables import ELECTIONS
from clerkcore.store.database import read_database

# An index may list an election in several of its scopes; the newest run among them says what it is now.
_LISTED = (
    "SELECT election_id, election_date, name, party, first_early_day, last_early_day, max(run_id) AS run"
    " FROM elections WHERE removed_run_id IS NULL GROUP BY election_id"
)
_LOADED = (
    "SELECT DISTINCT l.election_id, l.data_source, s.scope, s.checked_at FROM _clerk_scopes s"
    " JOIN data_update_log l ON l.scope = s.scope WHERE s.capture <> '' AND l.election_id <> '' ORDER BY s.scope"
)
_BALLOTS = "SELECT election_id, sum(ballots) AS ballots FROM turnout_totals GROUP BY election_id"


@dataclass
class Election:
    """One election; `scopes` of it are loaded, `data_sources` counts them, `newest_pull` is when one was compared.

    `ballots` is None where no roster tells them.
    """

    election_id: str
    election_date: str = ""
    name: str = ""
    party: str = ""
    first_early_day: str = ""
    last_early_day: str = ""
    ballots: int | None = None
    newest_pull: str = ""
    data_sources: dict[str, int] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the election as its JSON line."""
        return asdict(self)


def list_elections(installation: Installation, subdomain: str) -> list[Election]:
    """Return the elections that a site's state lists or that are loaded, the newest first."""
    site = installation.site(subdomain).subdomain
    path = installation.folder(site).database(DATABASE)
    if not path.is_file():
        raise UsageError("has no election data yet", where=site, remedy=f"{STATES.command} {site}")
    with read_database(path) as connection:
        return _read(connection)


def _read(connection: sqlite3.Connection) -> list[Election]:
    made = {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema")}
    found: dict[str, Election] = {}
    if ELECTIONS.name in made:
        for row in connection.execute(_LISTED):
            told: dict[str, Any] = {name: row[name] or "" for name in row.keys() if name != "run"}  # noqa: SIM118 - a row, no dict
            found[row["election_id"]] = Election(**told)
    for row in connection.execute(_LOADED):
        election = found.setdefault(row["election_id"], Election(row["election_id"]))
        election.scopes.append(row["scope"])
        election.data_sources[row["data_source"]] = election.data_sources.get(row["data_source"], 0) + 1
        election.newest_pull = max(election.newest_pull, row["checked_at"])
    if TURNOUT_TOTALS.name in made:
        for row in connection.execute(_BALLOTS):
            found.setdefault(row["election_id"], Election(row["election_id"])).ballots = row["ballots"]
    return sorted(found.values(), key=lambda election: (election.election_date, election.election_id), reverse=True)
