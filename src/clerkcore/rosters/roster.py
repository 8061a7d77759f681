"""`RosterAdapter`: a state that tells who voted; totals, districts and checks come with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from clerkcore.errors import SourceError, UsageError
from clerkcore.interfaces import Client, Figures, LineFormat, Reader, Table, View, Writer
from clerkcore.lines import parse_lines
from clerkcore.models import Capture, Download, Finding, Note, Parsed, Request, Scope, Site
from clerkcore.rosters.adapter import StateAdapter, make_scope
from clerkcore.rosters.checks import check_roster, count_verified_rows
from clerkcore.rosters.computed import ROSTER_COMPUTED
from clerkcore.rosters.districts import DISTRICTS, parse_districts
from clerkcore.rosters.tables import ROSTER_TABLES
from clerkcore.rosters.totals import update_totals
from clerkcore.rosters.views import ROSTER_FIGURES, ROSTER_VIEWS


class RosterAdapter(StateAdapter):
    """A state adapter whose rows go to the core's tables of elections, rosters, turnout and districts.

    A subclass writes `fetch_data`, and `parse_data` for pages that are no rosters of one record per line; for those it
    returns a `RosterFormat` from `roster_format`. Every roster adapter also reads the data source DISTRICTS, a CSV
    that an operator imports. `roster_sources` names those data sources whose rows are ballots of voters.
    """

    tables: ClassVar[tuple[Table, ...]] = ROSTER_TABLES
    computed: ClassVar[tuple[Table, ...]] = ROSTER_COMPUTED
    views: ClassVar[tuple[View, ...]] = ROSTER_VIEWS
    figures: ClassVar[tuple[Figures, ...]] = ROSTER_FIGURES
    roster_sources: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Add the core's tables to those that an adapter names itself."""
        super().__init_subclass__(**options)
        own = {table.name for table in cls.tables}
        cls.tables = (*cls.tables, *(table for table in ROSTER_TABLES if table.name not in own))

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield what each record is of pages that are no rosters; an adapter without such pages needs none."""
        raise SourceError(
            f"{self.name} does not say how {capture.scope.params['data_source']} is read",
            where=self.name,
            remedy="report it to the plugin's author: it wants roster_format or parse_data",
        )

    def roster_format(self, scope: Scope) -> LineFormat | None:
        """Return the format of a scope whose pages are rosters; None for other data sources."""
        return None

    @property
    def known_data_sources(self) -> tuple[str, ...]:
        """Every data source that may be asked for; districts are only imported."""
        return (*self.data_sources, DISTRICTS)

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield the districts where they are asked for, else by `plan_elections`."""
        if request.options.get("data_source") == DISTRICTS:
            yield make_scope(DISTRICTS, "")
        else:
            yield from self.plan_elections(site, request, client)

    def plan_elections(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each data source of the election asked for or configured."""
        return super().plan(site, request, client)

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Fetch by `fetch_data`; UsageError for districts, which nobody publishes in one form."""
        if scope.params["data_source"] == DISTRICTS:
            raise UsageError("districts are imported, not fetched", remedy="name the CSV with --from FILE")
        return super().fetch(scope, client)

    def lines(self, scope: Scope) -> LineFormat | None:
        """Return how a roster's pages are read, by `roster_format`."""
        return self.roster_format(scope)

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Parse rosters by their format, districts as they are imported, the rest by `parse_data`."""
        form = self.roster_format(capture.scope)
        if form:
            return parse_lines(form, capture)
        if capture.scope.params["data_source"] == DISTRICTS:
            return parse_districts(capture)
        return self.parse_data(capture)

    def update_database(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Keep the totals by county, precinct and district in step with the rows, and note voters counted twice."""
        return update_totals(db, scope)

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Check the roster itself and against the published turnout, then by `verify_data_quality`."""
        yield from check_roster(db, scope)
        yield from self.verify_data_quality(db, scope)

    def count_verified(self, db: Reader, scope: Scope) -> int:
        """Return how many rows lie in counties whose roster equals the published figure."""
        return count_verified_rows(db, scope)
