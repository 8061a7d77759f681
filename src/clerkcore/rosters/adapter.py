"""`StateAdapter`: a Source in the words of state election offices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from clerkcore.errors import UsageError
from clerkcore.interfaces import Client, Reader, Source
from clerkcore.models import Capture, Download, Finding, Parsed, Request, Scope, Site

DATABASE = "voters"


class StateAdapter(Source):
    """A state's election data; its scope is one data source of one election, and of one day where days differ.

    A subclass writes `fetch_data` and `parse_data`, and may check the state's own control
    totals in `verify_data_quality`. Which elections a site follows stands in its site.toml:
    `election = "49894"` and, where not all are wanted, `data_sources = [...]`. `by_day` says
    that an election has a file for each day, whose date is part of the scope.
    """

    database: ClassVar[str] = DATABASE
    data_sources: ClassVar[tuple[str, ...]]
    by_day: ClassVar[bool] = False

    @abstractmethod
    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the downloads of one data source of one election (and one day, when it has days)."""

    @abstractmethod
    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield what each record is; pure, as `Source.parse`."""

    def verify_data_quality(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Yield findings of the state's own control totals; none by default."""
        return ()

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each data source of the election asked for or configured."""
        election = request.options.get("election") or str(self.config.get("election", ""))
        if not election:
            raise UsageError(
                f"{self.name} does not know which election to follow",
                where=f"site {site.subdomain}",
                remedy=f'pass --election ID, or set election = "ID" in [sources.{self.name}] of its site.toml',
            )
        day = self._day(request)
        for data_source in self._wanted(request):
            params = {"data_source": data_source, "election_id": election, "election_date": day}
            yield Scope("/".join(part for part in (election, data_source, day) if part), params)

    def _day(self, request: Request) -> str:
        day = request.options.get("date", "")
        if day and not self.by_day:
            raise UsageError(f"{self.name} has no files by day", remedy="leave out --date")
        return day

    def _wanted(self, request: Request) -> Iterator[str]:
        asked = request.options.get("data_source")
        wanted = [asked] if asked else self.config.get("data_sources", self.data_sources)
        for data_source in wanted:
            if data_source not in self.data_sources:
                known = ", ".join(self.data_sources)
                raise UsageError(f"{self.name} has no data source {data_source!r}", remedy=f"data sources: {known}")
            yield data_source

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Fetch by the scope's data source, election and day."""
        params = scope.params
        return self.fetch_data(params["data_source"], params["election_id"], params["election_date"], client)

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Parse by `parse_data`."""
        return self.parse_data(capture)

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Check by `verify_data_quality`."""
        return self.verify_data_quality(db, scope)
