"""What changed in the rosters of an election between two points in time, come and gone in between left out."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clerkcore.errors import StoreError, UsageError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.evidence import read_run
from clerkcore.jobs.states import voter_databases
from clerkcore.rosters.tables import ROSTER
from clerkcore.store.database import read_database
from clerkcore.times import to_text

LONGEST_RUN = 18  # digits of a run's number
MOST_NAMED = 5
# A row as it was after a run: the first image that a later run kept of it, else as it stands now. Where that is of a
# later run, the row was not there yet.
_NET = """
WITH image AS (
    SELECT id, run_id, row_key, before FROM _clerk_history
    WHERE run_id > :first AND table_name = 'roster' AND source = :source AND scope = :scope
),
after_first AS (SELECT row_key, before, min(id) FROM image GROUP BY row_key),
after_last AS (SELECT row_key, before, min(id) FROM image WHERE run_id > :last GROUP BY row_key),
standing AS (
    SELECT json_array({key}) AS row_key, * FROM roster WHERE source = :source AND scope = :scope
    AND (run_id > :first OR json_array({key}) IN (SELECT row_key FROM after_first))
),
pair AS (
    SELECT
        coalesce(json_extract(f.before, '$.run_id') <= :first, 0)
            AND json_extract(f.before, '$.removed_run_id') IS NULL AS was,
        CASE WHEN l.row_key IS NULL THEN s.run_id <= :last AND s.removed_run_id IS NULL
            ELSE json_extract(l.before, '$.run_id') <= :last AND json_extract(l.before, '$.removed_run_id') IS NULL
            END AS is_there,
        json_extract(f.before, '$.county') AS county_before,
        CASE WHEN l.row_key IS NULL THEN s.county ELSE json_extract(l.before, '$.county') END AS county_after,
        {differs} AS differs
    FROM standing s LEFT JOIN after_first f ON f.row_key = s.row_key LEFT JOIN after_last l ON l.row_key = s.row_key
)
SELECT CASE WHEN is_there THEN county_after ELSE county_before END AS county,
    sum(is_there AND NOT was) AS added, sum(is_there AND was AND differs) AS changed,
    sum(was AND NOT is_there) AS disappeared
FROM pair WHERE was OR is_there GROUP BY 1
"""
_DIFFERS = (
    "json_extract(f.before, '$.{c}') IS NOT"
    " CASE WHEN l.row_key IS NULL THEN s.{c} ELSE json_extract(l.before, '$.{c}') END"
)


@dataclass(frozen=True, slots=True)
class CountyChange:
    """The net change of one county's rows of a roster."""

    county: str
    added: int
    changed: int
    disappeared: int


@dataclass(frozen=True, slots=True)
class NetChange:
    """What changed at a site in one election after run `first` up to run `last`; counties that did not are left out."""

    site: str
    election_id: str
    first: int
    last: int
    counties: list[CountyChange]


def read_net_change(installation: Installation, election: str, between: Sequence[str], site: str = "") -> NetChange:
    """Return what changed in an election's rosters between two points: run ids, or times in ISO 8601 (else UTC)."""
    sites = {read_run(installation, int(point)).run.site for point in between if point.isdecimal()}
    if len(sites | {site} - {""}) > 1:
        raise UsageError(f"the runs are of {' and '.join(sorted(sites))}", remedy="name two runs of one site")
    where = site or next(iter(sites), "")
    subdomain, path = _find_site(installation, election, where)
    with read_database(path) as connection:
        first, last = (_resolve(connection, point) for point in between)
        if first > last:
            raise UsageError(f"{between[0]} lies after {between[1]}", remedy="name the earlier one first")
        return NetChange(subdomain, election, first, last, net_change(connection, election, first, last))


def _find_site(installation: Installation, election: str, site: str) -> tuple[str, Path]:
    found: dict[str, Path] = {}
    others: set[str] = set()
    broken: list[StoreError] = []
    for subdomain, path in voter_databases(installation, [site] if site else []):
        try:
            with read_database(path) as connection:
                elections = _elections(connection)
        except StoreError as error:
            broken.append(error)
            continue
        others |= elections
        if election in elections:
            found[subdomain] = path
    if len(found) > 1:
        raise UsageError(f"{election!r} is an election of {' and '.join(sorted(found))}", remedy="say which: --site")
    if found:
        return next(iter(found.items()))
    if broken:
        raise broken[0]
    known = ", ".join(sorted(others)[:MOST_NAMED]) or f"none; load some: {STATES.command} {site or 'SITE'}"
    raise UsageError(f"nothing of election {election!r} is loaded", where=site, remedy=f"elections: {known}")


def _elections(connection: sqlite3.Connection) -> set[str]:
    return {
        row[0] for row in connection.execute("SELECT DISTINCT election_id FROM data_update_log") if row[0] is not None
    } - {""}


def _resolve(connection: sqlite3.Connection, point: str) -> int:
    """Return the newest run that was applied by then; 0 before the first."""
    if point.isascii() and point.isdecimal() and len(point) <= LONGEST_RUN:
        return int(point)
    try:
        moment = datetime.fromisoformat(point)
        text = to_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        remedy = "write a run, as 12, or a time, as 2026-05-18 or 2026-05-18T12:00 (UTC)"
        raise UsageError(f"{point!r} is neither a run nor a time", remedy=remedy) from error
    row = connection.execute("SELECT coalesce(max(run_id), 0) FROM _clerk_runs WHERE applied_at <= ?", (text,))
    return int(row.fetchone()[0])


def net_change(connection: sqlite3.Connection, election: str, first: int, last: int) -> list[CountyChange]:
    """Return what differs by county between the roster after run `first` and that after run `last`."""
    columns = {row["name"]: row["pk"] for row in connection.execute("SELECT name, pk FROM pragma_table_info('roster')")}
    if not columns:
        raise UsageError("there is no roster: this adapter brings no rows of voters", remedy="see: clerk runs show RUN")
    # Source and scope come first in the key of every table.
    key = ", ".join(sorted((name for name, pk in columns.items() if pk > 2), key=columns.__getitem__))
    differs = " OR ".join(_DIFFERS.format(c=column) for column in ROSTER.compared if column in columns)
    sql = _NET.format(key=key, differs=f"({differs})")
    sums: dict[str, list[int]] = {}
    for source, scope in _touched(connection, election, first, last):
        names = {"source": source, "scope": scope, "first": first, "last": last}
        for county, *counts in connection.execute(sql, names):
            total = sums.setdefault(county, [0, 0, 0])
            sums[county] = [have + more for have, more in zip(total, counts, strict=True)]
    return [CountyChange(county, *counts) for county, counts in sorted(sums.items()) if any(counts)]


def _touched(connection: sqlite3.Connection, election: str, first: int, last: int) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT DISTINCT source, scope FROM _clerk_runs WHERE run_id > ? AND run_id <= ?"
        " AND scope IN (SELECT scope FROM data_update_log WHERE election_id = ?) ORDER BY source, scope",
        (first, last, election),
    )
    return [(row["source"], row["scope"]) for row in rows]
