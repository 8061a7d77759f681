"""Voters listed more than once in an election: the earliest row counts, the others are kept as overlaps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from clerkcore.interfaces import Writer
from clerkcore.models import Value
from clerkcore.rosters.computed import ROSTER_OVERLAPS


def cast_by(alias: str = "") -> str:
    """Return the SQL condition of a ballot cast: a live row without a status, or with the one that says so."""
    of = f"{alias}." if alias else ""
    return f"{of}removed_run_id IS NULL AND coalesce({of}ballot_status, 'accepted') = 'accepted'"


CAST = cast_by()
GROUP = ("county", "precinct", "party", "voting_method", "vote_date")
Group = tuple[str, str, str, str, str]

_ROWS = (
    "SELECT r.scope, r.voter_id, r.vote_date, r.voting_method, r.county, coalesce(r.precinct, '') AS precinct,"
    " coalesce(r.party, '') AS party FROM json_each(:voters) v CROSS JOIN json_each(:scopes) s CROSS JOIN roster r"
    f" WHERE r.source = :source AND r.scope = s.value AND r.voter_id = v.value AND {cast_by('r')}"
    " ORDER BY r.voter_id, r.vote_date, r.scope, r.voting_method"
)
_TWICE_HERE = (
    f"SELECT voter_id FROM roster WHERE source = :source AND scope = :scope AND {CAST}"
    " GROUP BY voter_id HAVING count(*) > 1"
)
_TWICE_THERE = (
    "SELECT here.voter_id FROM roster here CROSS JOIN roster there WHERE here.source = :source AND here.scope = :scope"
    f" AND {cast_by('here')} AND there.source = :source AND there.scope = :other AND there.voter_id = here.voter_id"
    f" AND {cast_by('there')}"
)
BATCH = 2000


def other_scopes(db: Writer, election_id: str, scope: str) -> list[str]:
    """Return the other scopes of an election that may hold rows of its roster; they are few."""
    known = [row["scope"] for row in db.rows("SELECT scope FROM _clerk_scopes WHERE source = :source ORDER BY scope")]
    return [name for name in known if name != scope and name.split("/", 1)[0] == election_id]


def settle_overlaps(db: Writer, election_id: str, scope: str, touched: Iterable[str] | None) -> set[tuple[str, Group]]:
    """Bring the overlaps of some voters up to date; None for every voter of the scope.

    Returns the groups, with their scopes, in which the number of overlaps may have changed.
    """
    others = other_scopes(db, election_id, scope)
    voters = _listed_twice(db, others) if touched is None else iter(sorted(set(touched)))
    changed: set[tuple[str, Group]] = set()
    while batch := list(islice(voters, BATCH)):
        changed |= _settle(db, election_id, [scope, *others], sorted(set(batch)))
    return changed


def _listed_twice(db: Writer, others: list[str]) -> Iterator[str]:
    """Yield the voters whose overlaps may have changed with the scope; some more than once, which does no harm."""
    known = (
        "SELECT DISTINCT voter_id FROM roster_overlaps WHERE source = :source AND (scope = :scope OR"
        " counted_scope = :scope)"
    )
    # Read whole, for these are the rows that are written meanwhile; the rosters are read as they go.
    yield from [row["voter_id"] for row in db.rows(known)]
    for row in db.stream(_TWICE_HERE):
        yield row["voter_id"]
    for other in others:
        for row in db.stream(_TWICE_THERE, {"other": other}):
            yield row["voter_id"]


def _settle(db: Writer, election_id: str, scopes: list[str], voters: list[str]) -> set[tuple[str, Group]]:
    asked: dict[str, Value] = {"voters": json.dumps(voters), "scopes": json.dumps(scopes), "election": election_id}
    of_voters = (
        "source = :source AND scope IN (SELECT value FROM json_each(:scopes)) AND election_id = :election"
        " AND voter_id IN (SELECT value FROM json_each(:voters))"
    )
    gone = db.rows(f"SELECT scope, {', '.join(GROUP)} FROM roster_overlaps WHERE {of_voters}", asked)
    if gone:
        db.execute(f"DELETE FROM roster_overlaps WHERE {of_voters}", asked)
    later = list(_later_rows(db.rows(_ROWS, asked), election_id))
    for scope in sorted({row["scope"] for row in later}):
        db.insert(ROSTER_OVERLAPS, [row for row in later if row["scope"] == scope], scope)
    return {(row["scope"], group_of(row)) for row in (*gone, *later)}


def group_of(row: Any) -> Group:
    """Return the group of the totals that a row belongs to."""
    return (row["county"], row["precinct"], row["party"], row["voting_method"], row["vote_date"])


def _later_rows(rows: list[dict[str, Any]], election_id: str) -> Iterator[dict[str, Any]]:
    first: dict[str, Any] = {}
    for row in rows:
        if row["voter_id"] != first.get("voter_id"):
            first = row
            continue
        yield {
            **row,
            "election_id": election_id,
            "counted_scope": first["scope"],
            "counted_date": first["vote_date"],
            "counted_county": first["county"],
        }


# A ballot comes by mail, in person, or in a way that the state does not tell; all of them together are a figure too.
CHANNEL = (
    "CASE WHEN voting_method IN ('absentee-mail', 'uocava') THEN 'mail'"
    " WHEN voting_method IN ('early', 'absentee-in-person', 'election-day') THEN 'in_person' ELSE 'other' END"
)
