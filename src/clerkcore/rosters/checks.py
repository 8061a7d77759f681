"""What is checked of every roster and of every published turnout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clerkcore.interfaces import Reader
from clerkcore.models import Finding, Scope, Severity, Value
from clerkcore.rosters.layout import UNKNOWN_COUNTY
from clerkcore.rosters.overlaps import CHANNEL
from clerkcore.rosters.views import PUBLISHED

MOST_NAMED = 5
FEWEST_REPEATED = 10  # below this many voters, half of them listed before means little
REPEATED_SHARE = 0.5
ODD_DAYS_SHARE = 0.05
EARLIEST_DAYS = 120  # days before an election on which a ballot may have been cast
LATEST_DAYS = 30  # days after it on which one may still come in

_LIVE = "source = :source AND scope = :scope AND removed_run_id IS NULL"

_FALLING = """
SELECT county, vote_date, now, was FROM (
  SELECT scope, county, vote_date, {column} AS now, lag({column}) OVER (PARTITION BY county ORDER BY vote_date) AS was
  FROM county_turnout
  WHERE source = :source AND election_id = :election AND removed_run_id IS NULL AND {column} IS NOT NULL)
WHERE scope = :scope AND now < was ORDER BY was - now DESC, county, vote_date
"""

_COUNTED = " UNION ALL ".join(
    f"SELECT county, {channel} AS channel, sum(ballots) AS value FROM turnout_totals WHERE source = :source"
    " AND election_id = :election AND vote_date <= :day GROUP BY 1, 2"
    for channel in (CHANNEL, "'all'")
)

_PUBLISHED = (
    f"SELECT county, {', '.join(PUBLISHED.values())} FROM county_turnout WHERE source = :source"
    " AND election_id = :election AND vote_date = :day AND removed_run_id IS NULL ORDER BY county"
)


def check_roster(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Yield what is wrong with the scope's roster, and with its published turnout."""
    yield from _unknown_counties(db)
    if db.rows(f"SELECT 1 FROM roster WHERE {_LIVE} LIMIT 1"):
        yield from _listed_before(db)
        yield from _two_counties(db)
        yield from _days(db, scope)
        yield from _missing_counties(db, scope)
    yield from _unpublished_counties(db, scope)
    yield from _falling(db, scope)
    yield from _compared(db, scope)


def _unknown_counties(db: Reader) -> Iterator[Finding]:
    rows = db.rows(
        "SELECT value, count(*) AS n FROM _clerk_quarantine WHERE run_id = :run_id AND source = :source"
        " AND scope = :scope AND rule = :rule GROUP BY value ORDER BY n DESC",
        {"rule": UNKNOWN_COUNTY},
    )
    if rows:
        told = name_some([f"{row['value']!r} ({row['n']:,} records)" for row in rows])
        # Where columns are swapped, every value is another voter's.
        swapped = len(rows) > MOST_NAMED and 2 * len(rows) > sum(row["n"] for row in rows)
        told = f"{len(rows):,} different ones; are its columns swapped?" if swapped else told
        message = f"the file names counties that there are not: {told}"
        yield Finding(UNKNOWN_COUNTY, Severity.BLOCKING, message, "roster")


def _listed_before(db: Reader) -> Iterator[Finding]:
    # Of the day loaded last, the rows that count may be here and those that do not elsewhere.
    rows = db.rows(
        "SELECT other, count(DISTINCT voter_id) AS n FROM ("
        " SELECT counted_scope AS other, voter_id FROM roster_overlaps WHERE source = :source AND scope = :scope"
        " UNION SELECT scope, voter_id FROM roster_overlaps WHERE source = :source AND counted_scope = :scope)"
        " GROUP BY other ORDER BY n DESC, other"
    )
    if not rows:
        return
    twice, listed = sum(row["n"] for row in rows), db.rows(f"SELECT count(*) AS n FROM roster WHERE {_LIVE}")[0]["n"]
    told = name_some([f"{row['other']} ({row['n']:,})" for row in rows])
    if twice >= FEWEST_REPEATED and twice > REPEATED_SHARE * listed:
        message = f"{twice:,} of {listed:,} voters are listed in {told} already: the file may be that of another day"
        yield Finding("repeated_roster", Severity.BLOCKING, message, "roster")
    else:
        message = f"{twice:,} ballots are of voters listed twice, also in {told}; each voter counts once"
        yield Finding("overlap", Severity.WARNING, message, "roster_overlaps", actual=str(twice))


def _two_counties(db: Reader) -> Iterator[Finding]:
    rows = db.rows(
        "SELECT county, counted_county, count(*) AS n FROM roster_overlaps WHERE source = :source AND scope = :scope"
        " AND county <> counted_county GROUP BY 1, 2 ORDER BY n DESC"
    )
    if rows:
        told = name_some([f"{row['counted_county']} and {row['county']} ({row['n']:,})" for row in rows])
        total = sum(row["n"] for row in rows)
        yield Finding(
            "two_counties", Severity.WARNING, f"{total:,} voters are listed in two counties: {told}", "roster_overlaps"
        )


def _days(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Ballots of days that cannot be of this election, where its day is known."""
    day = scope.params.get("election_day") or _election_day(db, scope)
    if not day:
        return
    rows = db.rows(
        "SELECT vote_date, sum(listed) AS n FROM turnout_totals WHERE source = :source AND scope = :scope"
        " AND (vote_date < date(:day, :before) OR vote_date > date(:day, :after)) GROUP BY vote_date ORDER BY n DESC",
        {"day": day, "before": f"-{EARLIEST_DAYS} days", "after": f"+{LATEST_DAYS} days"},
    )
    if rows:
        told = name_some([f"{row['vote_date']} ({row['n']:,})" for row in rows])
        odd, listed = sum(row["n"] for row in rows), db.rows(f"SELECT count(*) AS n FROM roster WHERE {_LIVE}")[0]["n"]
        # A mistyped year is a clerk's; a file of another election is not.
        yield Finding(
            "outside_election",
            Severity.BLOCKING if odd > ODD_DAYS_SHARE * listed else Severity.WARNING,
            f"ballots are of days outside the election of {day}: {told}",
            "roster",
        )


def _election_day(db: Reader, scope: Scope) -> str:
    rows = db.rows(
        "SELECT election_date FROM elections WHERE source = :source AND election_id = :election"
        " AND removed_run_id IS NULL AND election_date IS NOT NULL",
        {"election": scope.params.get("election_id", "")},
    )
    return rows[0]["election_date"] if rows else ""


def _missing_counties(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Counties that the day before has, and this one has not."""
    if not scope.params.get("election_date"):
        return
    names: dict[str, Value] = {
        "election": scope.params["election_id"],
        "stem": scope.name.removesuffix(scope.params["election_date"]),
    }
    rows = db.rows(
        "SELECT county, sum(listed) AS n FROM turnout_totals t WHERE source = :source AND scope = (SELECT max(scope)"
        " FROM turnout_totals WHERE source = :source AND scope < :scope AND substr(scope, 1, length(:stem)) = :stem)"
        " AND NOT EXISTS (SELECT 1"
        " FROM turnout_totals h WHERE h.source = :source AND h.scope = :scope AND h.county = t.county)"
        " GROUP BY county ORDER BY n DESC",
        names,
    )
    if rows:
        told = name_some([f"{row['county']} ({row['n']:,} the day before)" for row in rows])
        yield Finding("missing_county", Severity.WARNING, f"counties of the day before are not in it: {told}", "roster")


def _unpublished_counties(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Counties of the day before that the published turnout of this day lacks: its figures are totals so far."""
    rows = db.rows(
        "SELECT DISTINCT b.county FROM county_turnout b WHERE b.source = :source AND b.election_id = :election"
        " AND b.removed_run_id IS NULL AND b.vote_date = (SELECT max(vote_date) FROM county_turnout WHERE"
        " source = :source AND election_id = :election AND removed_run_id IS NULL AND vote_date < :day)"
        " AND NOT EXISTS (SELECT 1 FROM county_turnout t WHERE t.source = :source AND t.election_id = :election"
        " AND t.county = b.county AND t.vote_date = :day AND t.removed_run_id IS NULL)"
        " AND EXISTS (SELECT 1 FROM county_turnout t WHERE t.source = :source AND t.scope = :scope"
        " AND t.vote_date = :day AND t.removed_run_id IS NULL) ORDER BY b.county",
        {"election": scope.params.get("election_id", ""), "day": scope.params.get("election_date", "")},
    )
    if rows:
        told = name_some([row["county"] for row in rows])
        message = f"the published turnout lacks counties of the day before: {told}"
        yield Finding("missing_county", Severity.BLOCKING, message, "county_turnout", actual=str(len(rows)))


def _falling(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Published cumulative figures that are lower than the day before: accepted, and noted."""
    election = scope.params.get("election_id", "")
    for column in PUBLISHED.values():
        rows = db.rows(_FALLING.format(column=column), {"election": election})
        if rows:
            told = name_some(
                [f"{row['county']} {row['was']:,} to {row['now']:,} on {row['vote_date']}" for row in rows]
            )
            message = f"{column} falls on {len(rows):,} county-days: {told}"
            yield Finding("falling_total", Severity.INFO, message, "county_turnout", actual=str(len(rows)))


def compared_counties(db: Reader, scope: Scope) -> list[dict[str, Any]]:
    """Return what was counted and published of each county and channel up to the scope's day, where both are known."""
    election = scope.params.get("election_id", "")
    asked: dict[str, Value] = {
        "election": election,
        "day": scope.params.get("election_date") or _last_day(db, election),
    }
    counted = {(row["county"], row["channel"]): row["value"] for row in db.rows(_COUNTED, asked)}
    if not counted:
        return []
    # Joined here: views over views would be asked again for every county.
    rows = [
        {
            "county": row["county"],
            "channel": channel,
            "published": row[column],
            "counted": counted.get((row["county"], channel), 0),
        }
        for row in db.rows(_PUBLISHED, asked)
        for channel, column in PUBLISHED.items()
        if row[column] is not None
    ]
    return sorted(rows, key=lambda row: (-abs(row["counted"] - row["published"]), row["county"]))


def _last_day(db: Reader, election: str) -> str:
    rows = db.rows(
        "SELECT max(vote_date) AS day FROM county_turnout WHERE source = :source AND election_id = :election"
        " AND removed_run_id IS NULL",
        {"election": election},
    )
    return rows[0]["day"] or ""


def _compared(db: Reader, scope: Scope) -> Iterator[Finding]:
    rows = compared_counties(db, scope)
    off = [row for row in rows if row["published"] != row["counted"]]
    if off:
        counties = len({row["county"] for row in rows})
        differing = len({row["county"] for row in off})
        told = name_some(
            [f"{row['county']} {row['channel']} {row['counted']:,} against {row['published']:,}" for row in off]
        )
        yield Finding(
            "published_turnout",
            Severity.WARNING,
            f"{differing:,} of {counties:,} counties differ from the published figure: {told}",
            "turnout_totals",
            expected=f"{sum(row['published'] for row in off)}",
            actual=f"{sum(row['counted'] for row in off)}",
        )


def verified_channels(db: Reader, scope: Scope) -> set[tuple[str, str]]:
    """Return county and channel of the figures that agree, of counties of which every figure does."""
    rows = compared_counties(db, scope)
    off = {row["county"] for row in rows if row["published"] != row["counted"]}
    return {(row["county"], row["channel"]) for row in rows if row["county"] not in off}


def count_verified_rows(db: Reader, scope: Scope) -> int:
    """Return how many rows of the scope, of its roster or of the published turnout, a published figure confirms."""
    agreed = verified_channels(db, scope)
    if not agreed:
        return 0
    listed = db.rows(
        f"SELECT county, {CHANNEL} AS channel, sum(listed) AS n FROM turnout_totals WHERE source = :source"
        " AND scope = :scope GROUP BY 1, 2"
    )
    published = db.rows(f"SELECT county, count(*) AS n FROM county_turnout WHERE {_LIVE} GROUP BY county")
    counties = {county for county, _ in agreed}
    confirmed = [row for row in listed if {(row["county"], row["channel"]), (row["county"], "all")} & agreed]
    return sum(int(row["n"]) for row in (*confirmed, *(row for row in published if row["county"] in counties)))


def name_some(texts: list[str]) -> str:
    """Return the first texts and how many more there are."""
    more = f" and {len(texts) - MOST_NAMED:,} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more
