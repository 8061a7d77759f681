"""`FinanceSource`: a Source whose rows go to finance/election_finance.db."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, ClassVar

from clerkcore.finance.checks import check_finance
from clerkcore.finance.compute import compute_finance
from clerkcore.finance.computed import FINANCE_COMPUTED
from clerkcore.finance.tables import FINANCE_TABLES
from clerkcore.finance.views import FINANCE_VIEWS
from clerkcore.interfaces import Reader, Source, Table, View, Writer
from clerkcore.models import Finding, Note, Request, Scope

DATABASE = "election_finance"
LATE_REPORTING_MONTHS = 3


class FinanceSource(Source):
    """A campaign-finance source: its scope is an agency's year, its database election_finance.

    Extract is `fetch`, transform is `parse`, load is the road's own; a subclass writes the first
    two and `plan`, and wraps what it parses in `with_filings`. Every finance source has the core's finance
    tables beside its own, and with them amendments, totals, views and the checks of `verify`.
    """

    database: ClassVar[str] = DATABASE
    tables: ClassVar[tuple[Table, ...]] = FINANCE_TABLES
    computed: ClassVar[tuple[Table, ...]] = FINANCE_COMPUTED
    views: ClassVar[tuple[View, ...]] = FINANCE_VIEWS

    def __init_subclass__(cls, **options: Any) -> None:
        """Add the core's finance tables to those that a source names itself."""
        super().__init_subclass__(**options)
        own = {table.name for table in cls.tables}
        cls.tables = (*cls.tables, *(table for table in FINANCE_TABLES if table.name not in own))

    def compute(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Tell amendments, and bring sums and contributions up to date."""
        return compute_finance(db, scope)

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Check filings against their own summary pages, dates, duplicates, and the site's other sources."""
        return check_finance(db)

    def years(self, request: Request) -> Iterator[int]:
        """Yield the years asked for; else those whose filings still move, and closed ones that are due again.

        Year-end statements are due on 31 January and are amended for some weeks after, so the year before is
        pulled until the end of March. Closed years are amended now and then for years after; those that the site
        has are compared again after `finance.recheck_days`.
        """
        if request.years:
            yield from sorted(set(request.years))
        else:
            due = (int(scope) for scope in request.overdue if scope.isdecimal())
            yield from sorted({*running_years(request.today), *due})


def running_years(today: date) -> Iterator[int]:
    """Yield the years whose filings still move on this day, oldest first."""
    if today.month <= LATE_REPORTING_MONTHS:
        yield today.year - 1
    yield today.year
