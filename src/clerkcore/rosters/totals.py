"""Totals by county and precinct, kept in step with each change set of a roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from clerkcore.interfaces import Writer
from clerkcore.models import Note, Scope
from clerkcore.rosters.computed import PRECINCT_TOTALS
from clerkcore.rosters.districts import DISTRICTS, refresh_districts
from clerkcore.rosters.overlaps import CAST, GROUP, Group, cast_by, group_of, settle_overlaps
from clerkcore.rosters.tables import COUNTED, ROSTER

_GROUP = "county, coalesce(precinct, '') AS precinct, coalesce(party, '') AS party, voting_method, vote_date"
_ALL = f"SELECT {_GROUP} FROM roster WHERE source = :source AND scope = :scope AND {CAST}"
# What the delta's rows are now, and what the images of this run say that they were.
_NOW = (
    "SELECT r.county, coalesce(r.precinct, ''), coalesce(r.party, ''), r.voting_method, r.vote_date"
    " FROM temp.delta_roster d CROSS JOIN roster r WHERE r.source = :source AND r.scope = :scope"
    " AND r.voter_id = d.voter_id AND r.vote_date = d.vote_date AND r.voting_method = d.voting_method"
    f" AND {cast_by('r')}"
)
_BEFORE = (
    "SELECT before ->> 'county', coalesce(before ->> 'precinct', ''), coalesce(before ->> 'party', ''),"
    " before ->> 'voting_method', before ->> 'vote_date' FROM _clerk_history WHERE run_id = :run_id"
    " AND table_name = 'roster' AND source = :source AND scope = :scope AND before ->> 'removed_run_id' IS NULL"
    " AND coalesce(before ->> 'ballot_status', 'accepted') = 'accepted'"
)
_COUNTIES = (
    "INSERT INTO turnout_totals (source, scope, election_id, county, party, voting_method, vote_date, ballots, listed,"
    " run_id) SELECT source, scope, election_id, county, party, voting_method, vote_date, sum(ballots), sum(listed),"
    " :run_id FROM precinct_totals WHERE source = :source AND scope = :of"
    " GROUP BY source, scope, election_id, county, party, voting_method, vote_date"
)


def update_totals(db: Writer, scope: Scope) -> Iterator[Note]:
    """Bring the totals of a scope up to date with its rows, and with them those of its voters' other rows."""
    if scope.params.get("data_source") == DISTRICTS:
        refresh_districts(db)
    elif db.changes is not None and _has_roster(db):
        _update(db, scope)
    yield from ()


def _has_roster(db: Writer) -> bool:
    here = "WHERE source = :source AND scope = :scope LIMIT 1"
    return bool(db.rows(f"SELECT 1 FROM roster {here}") or db.rows(f"SELECT 1 FROM precinct_totals {here}"))


def _update(db: Writer, scope: Scope) -> None:
    election = scope.params.get("election_id", "")
    # After an undo, and for a first load, there is no list of the rows that changed.
    delta = bool(db.rows("SELECT 1 FROM temp.sqlite_schema WHERE name = 'delta_roster'"))
    voters = [row["voter_id"] for row in db.rows("SELECT DISTINCT voter_id FROM temp.delta_roster")] if delta else None
    counted = _moved(db, delta)
    known = _listed(db, scope.name) if delta else {}
    if any(known.get(group, 0) + grown < 0 for group, grown in counted.items()):
        # Somebody else has changed rows or totals: only counting anew tells.
        delta, counted = False, _moved(db, False)
    moved: dict[str, Counter[Group]] = {scope.name: counted}
    for name, group in settle_overlaps(db, election, scope.name, voters):
        moved.setdefault(name, Counter())[group] += 0
    for name, groups in moved.items():
        anew = name == scope.name and not delta
        _save_groups(db, election, name, groups, {} if anew else _listed(db, name))
        _sum_counties(db, name)
        refresh_districts(db, name)


def _moved(db: Writer, delta: bool) -> Counter[Group]:
    """Return by how much the rows listed in each group grew; all of them where the scope is counted anew."""
    if not delta:
        db.execute("DELETE FROM precinct_totals WHERE source = :source AND scope = :scope")
        tally = db.tally(ROSTER)
        return db.count(_ALL) if tally is None else _cast(tally)
    moved = db.count(_NOW)
    moved.subtract(db.count(_BEFORE))
    return moved


def _cast(tally: Counter[tuple[Any, ...]]) -> Counter[Group]:
    """Return the ballots cast of a tally, which tells each status on its own."""
    cast: Counter[Group] = Counter()
    for (county, precinct, party, method, day, status), count in tally.items():
        if status in (None, COUNTED):
            cast[(county, precinct or "", party or "", method, day)] += count
    return cast


def _listed(db: Writer, scope: str) -> dict[Group, int]:
    rows = db.rows(
        f"SELECT {', '.join(GROUP)}, listed FROM precinct_totals WHERE source = :source AND scope = :of", {"of": scope}
    )
    return {group_of(row): row["listed"] for row in rows}


def _save_groups(db: Writer, election: str, scope: str, moved: Counter[Group], known: Mapping[Group, int]) -> None:
    twice = db.count(
        f"SELECT {', '.join(GROUP)} FROM roster_overlaps WHERE source = :source AND scope = :of", {"of": scope}
    )
    # Totals that were made anew are filled scope by scope: those of another scope may not be there yet.
    after = {group: known.get(group, 0) + grown for group, grown in moved.items() if group in known or grown}
    db.insert(
        PRECINCT_TOTALS,
        (
            {
                **dict(zip(GROUP, group, strict=True)),
                "election_id": election,
                "listed": listed,
                "ballots": listed - twice[group],
            }
            for group, listed in after.items()
        ),
        scope,
    )
    if 0 in after.values():
        db.execute("DELETE FROM precinct_totals WHERE source = :source AND scope = :of AND listed = 0", {"of": scope})


def _sum_counties(db: Writer, scope: str) -> None:
    db.execute("DELETE FROM turnout_totals WHERE source = :source AND scope = :of", {"of": scope})
    db.execute(_COUNTIES, {"of": scope})
