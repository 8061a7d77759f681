"""North Carolina: who asked for an absentee ballot or voted early, and the state's voter history by county."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, ClassVar

from clerk_state_north_carolina.absentee import absentee_format
from clerk_state_north_carolina.archives import open_text
from clerk_state_north_carolina.elections import address, read_election
from clerk_state_north_carolina.history import parse_history
from clerkcore import About, Capture, Client, Download, Parsed, Request, Scope, Site
from clerkcore.rosters import RosterAdapter, RosterFormat, make_scope

ABSENTEE, HISTORY = "ABSENTEE", "HISTORY"
_ENDPOINTS = {ABSENTEE: "absentee", HISTORY: "history"}


class NorthCarolina(RosterAdapter):
    """An election is named by its day, 20241105; ABSENTEE gives its roster, HISTORY its turnout by county."""

    name: ClassVar[str] = "north_carolina"
    version: ClassVar[int] = 1
    data_sources: ClassVar[tuple[str, ...]] = (ABSENTEE, HISTORY)
    roster_sources: ClassVar[tuple[str, ...]] = (ABSENTEE,)
    about: ClassVar[About] = About(
        title="Absentee and early voters, and voter history",
        publisher="North Carolina State Board of Elections",
        url="https://www.ncsbe.gov/results-data",
        licence="Public record (North Carolina General Statutes, chapter 132)",
    )

    def plan_elections(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each data source of the election, however its day is written."""
        self._day(request)
        day = read_election(self.followed_election(site, request))
        for data_source in self.wanted_data_sources(request):
            yield make_scope(data_source, f"{day:%Y%m%d}", election_day=day.isoformat())

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the one ZIP file of a data source; the history's holds every election."""
        yield client.get(address(self.config, _ENDPOINTS[data_source], election_id))

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return the text inside a ZIP file."""
        return open_text(stream, f"{self.name} {download.name}")

    def roster_format(self, scope: Scope) -> RosterFormat | None:
        """Return the format of the absentee file."""
        if scope.params["data_source"] != ABSENTEE:
            return None
        return absentee_format(scope.params["election_id"], scope.params["election_day"], self.name)

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Count the voter history by county; a page of a county's own file is counted for itself."""
        params = capture.scope.params
        for page in capture.pages:
            yield from parse_history(page, params["election_id"], date.fromisoformat(params["election_day"]), self.name)
