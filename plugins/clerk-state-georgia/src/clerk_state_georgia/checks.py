"""What is checked of Georgia's own figures, and how the core's findings are to be taken here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from clerk_state_georgia.counties import COUNTIES
from clerk_state_georgia.turnout import COUNTS, STATE_TOTALS
from clerkcore import Finding, Note, Reader, Scope, Severity, Value, Writer

MOST_NAMED = 5
_LIVE = "source = :source AND scope = :scope AND removed_run_id IS NULL"
_MOVED = (
    "SELECT count(*) AS n FROM temp.delta_roster d CROSS JOIN roster gone WHERE gone.source = :source"
    " AND gone.scope = :scope AND gone.voter_id = d.voter_id AND gone.vote_date = d.vote_date"
    " AND gone.voting_method = d.voting_method AND gone.removed_run_id = :run_id AND EXISTS (SELECT 1 FROM roster here"
    " WHERE here.source = :source AND here.scope = :scope AND here.voter_id = gone.voter_id"
    " AND here.run_id = :run_id AND here.removed_run_id IS NULL)"
)


def check_turnout(db: Reader) -> Iterator[Finding]:
    """Compare the published totals with the sums of the counties, and name the counties that are missing."""
    sums = ", ".join(f"sum({column}) AS {column}" for column in COUNTS)
    summed = db.rows(f"SELECT {sums} FROM county_turnout WHERE {_LIVE}")[0]
    totals = db.asides(STATE_TOTALS)
    if not totals:
        yield Finding(STATE_TOTALS, Severity.WARNING, "the PDF has no TOTAL row to compare with", "county_turnout")
    for total in totals:
        yield from _compare(total, summed)
    there = {row["county"] for row in db.rows(f"SELECT county FROM county_turnout WHERE {_LIVE}")}
    missing = [county for county in COUNTIES if county not in there]
    if missing:
        told = ", ".join(missing[:MOST_NAMED]) + (", ..." if len(missing) > MOST_NAMED else "")
        message = f"{len(missing)} of {len(COUNTIES)} counties are not in the PDF: {told}"
        yield Finding("missing_county", Severity.INFO, message, "county_turnout", actual=str(len(missing)))


def _compare(total: Mapping[str, Value], summed: Mapping[str, Value]) -> Iterator[Finding]:
    for column, published in total.items():
        if published is not None and published != (summed[column] or 0):
            yield Finding(
                STATE_TOTALS,
                Severity.WARNING,
                f"the counties' {column} differs from the TOTAL row",
                "county_turnout",
                expected=str(published),
                actual=str(summed[column] or 0),
            )


def check_history(db: Reader, scope: Scope) -> Iterator[Finding]:
    """Block a file of voter history without one voter of the scope's day: it is that of another election."""
    if not db.rows(f"SELECT 1 FROM roster WHERE {_LIVE} LIMIT 1"):
        day = scope.params["election_date"]
        message = f"the file holds no voter of {day}; it may be that of another election"
        yield Finding("other_election", Severity.BLOCKING, message, "roster", expected=day)


def soften(finding: Finding) -> Finding:
    """Let a voter stand in both the absentee file and the history: that is the rule here, and no repeated file."""
    if finding.check != "repeated_roster":
        return finding
    told = finding.message.partition(":")[0]
    message = f"{told}, which the absentee file and the voter history are to do; each voter counts once"
    return replace(finding, check="overlap", severity=Severity.INFO, message=message, table="roster_overlaps")


def note_moved(db: Writer) -> Iterator[Note]:
    """Tell how many ballots came back under another day: applied for, then issued, then returned.

    The day is part of a row's key, so that such a ballot seems gone, and a busy day would be held.
    """
    if not db.rows("SELECT 1 FROM temp.sqlite_schema WHERE name = 'delta_roster'"):
        return
    moved = db.rows(_MOVED)[0]["n"]
    if moved:
        yield Note(f"{moved:,} ballots moved on to another day or method", "roster", replaced=moved)
