"""The counties' sums beside the totals that the state publishes of each day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clerk_state_texas.legacy import STATE_TOTALS
from clerkcore import Finding, Reader, Severity

# The figure that stands for the day comes first.
COMPARED = ("ballots_total", "in_person_total", "mail_total", "in_person_on_date", "registered_voters")
_TABLE = "county_turnout"
_NAMED = 5


def compare_totals(db: Reader) -> Iterator[Finding]:
    """Yield each day whose counties do not add up to the state's own totals, and the days without any."""
    sums = {row["vote_date"]: row for row in db.rows(_sums())}
    totals = {str(total["vote_date"]): total for total in db.asides(STATE_TOTALS)}
    for day in sorted(totals):
        off = list(_differences(totals[day], sums.get(day, {})))
        if off:
            told = ", ".join(
                f"{column} {published:,} published against {summed:,} summed" for column, published, summed in off
            )
            yield Finding(
                STATE_TOTALS,
                Severity.WARNING,
                f"{day}: the counties do not add up to TOTAL: {told}",
                _TABLE,
                (day,),
                expected=str(off[0][1]),
                actual=str(off[0][2]),
            )
    silent = sorted(sums.keys() - totals.keys())
    if totals and silent:
        more = f" and {len(silent) - _NAMED} more days" if len(silent) > _NAMED else ""
        told = f"{', '.join(silent[:_NAMED])}{more}"
        yield Finding("no_state_totals", Severity.INFO, f"no TOTAL to compare with: {told}", _TABLE)


def _sums() -> str:
    columns = ", ".join(f"sum({column}) AS {column}" for column in COMPARED)
    return (
        f"SELECT vote_date, {columns} FROM {_TABLE} WHERE source = :source AND scope = :scope"
        " AND removed_run_id IS NULL GROUP BY vote_date"
    )


def _differences(total: Any, summed: Any) -> Iterator[tuple[str, int, int]]:
    for column in COMPARED:
        published, found = total.get(column), summed.get(column) or 0
        if isinstance(published, int) and published != found:
            yield column, published, found
