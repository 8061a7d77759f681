"""`FinanceSource`: a Source whose rows go to finance/election_finance.db."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from clerkcore.interfaces import Source
from clerkcore.models import Request

DATABASE = "election_finance"
LATE_REPORTING_MONTHS = 3


class FinanceSource(Source):
    """A campaign-finance source: its scope is an agency's year, its database election_finance.

    Extract is `fetch`, transform is `parse`, load is the road's own; a subclass writes the first
    two and `plan`.
    """

    database: ClassVar[str] = DATABASE

    def years(self, request: Request) -> Iterator[int]:
        """Yield the years asked for; else the running year, and until the end of March the one before.

        Year-end statements are due on 31 January and are amended for some weeks after.
        """
        if request.years:
            yield from sorted(set(request.years))
        else:
            yield from running_years(request.today)


def running_years(today: date) -> Iterator[int]:
    """Yield the years whose filings still move on this day, oldest first."""
    if today.month <= LATE_REPORTING_MONTHS:
        yield today.year - 1
    yield today.year
