"""A filer's own errors, planted in a report: the publisher shows them as filed, and a careful reader flags them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clerk_demo.reports import Report
from clerk_demo.transactions import Transaction
from clerkcore import UsageError

ERRORS = ("empty_amount", "impossible_date", "future_date", "summary")
IMPOSSIBLE_DAY = "02-30"
FUTURE_YEARS = 10
SUMMARY_OFF_BY = 10_000
SUMMARY_SCHEDULE = "E"


@dataclass(frozen=True, slots=True)
class Planted:
    """An error, the first 460 of the committee that made it, and the place of the row (for `summary` none)."""

    error: str
    report: Report
    place: int


def plan_errors(errors: Iterable[str], first_reports: list[Report]) -> Iterator[Planted]:
    """Say which committee's first 460 has which error, beginning with the last committee."""
    for error in errors:
        if error not in ERRORS:
            raise UsageError(f"there is no error {error!r}", remedy=f"errors: {', '.join(ERRORS)}")
        place = ERRORS.index(error)
        yield Planted(error, first_reports[-1 - place % len(first_reports)], place)


def plant(planted: Planted, rows: list[Transaction]) -> list[Transaction]:
    """Return the rows with the error in them; a report too short for it stays right."""
    if planted.error == "summary" or planted.place >= len(rows):
        return rows
    row = rows[planted.place]
    fields = {name: text for name, text in row.fields.items() if name != "Memo_Code"}
    return [*rows[: planted.place], _spoil(planted, row._replace(fields=fields)), *rows[planted.place + 1 :]]


def _spoil(planted: Planted, row: Transaction) -> Transaction:
    if planted.error == "empty_amount":
        return row._replace(cents=None, fields=row.fields | dict.fromkeys(("Calculated_Amount", "Tran_Amt1"), ""))
    year = planted.report.start.year
    if planted.error == "impossible_date":
        return row._replace(day=None, fields=row.fields | _dated(f"{year}-{IMPOSSIBLE_DAY}"))
    day = planted.report.end.replace(year=year + FUTURE_YEARS)
    return row._replace(day=day, fields=row.fields | _dated(day.isoformat()))


def _dated(text: str) -> dict[str, str]:
    return dict.fromkeys(("Calculated_Date", "Tran_Date"), text)
