"""Texas: who voted on which day, and the state's own turnout, from the platform of the Secretary of State."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

from clerk_state_texas import words
from clerk_state_texas.calendar import Calendar, Plan
from clerk_state_texas.elections import Election, list_elections, parse_elections, read_index
from clerk_state_texas.envelope import unwrap
from clerk_state_texas.legacy import parse_workbook
from clerk_state_texas.rosters import KEPT, roster_format
from clerk_state_texas.totals import compare_totals
from clerk_state_texas.turnout import parse_turnout
from clerk_state_texas.upstream import Upstream, refuse_undated
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    FetchError,
    Finding,
    Parsed,
    Reader,
    Request,
    Scope,
    Site,
    SiteError,
    SourceError,
    UsageError,
)
from clerkcore.interfaces import LineFormat
from clerkcore.rosters import RosterAdapter, make_scope


class Texas(RosterAdapter):
    """The index of elections, rosters and turnout by day, and an operator's workbook of an older election."""

    name: ClassVar[str] = words.NAME
    version: ClassVar[int] = 1
    data_sources: ClassVar[tuple[str, ...]] = words.DATA_SOURCES
    roster_sources: ClassVar[tuple[str, ...]] = words.ROSTER_SOURCES
    by_day: ClassVar[bool] = True
    reading_settings: ClassVar[tuple[str, ...]] = ("keep",)
    about: ClassVar[About] = About(
        title="Early voting and election day rosters and turnout",
        publisher="Texas Secretary of State",
        url="https://goelect.txelections.civixapps.com/",
        licence="Public record (Texas Government Code, chapter 552)",
        licence_url="https://statutes.capitol.texas.gov/Docs/GV/htm/GV.552.htm",
    )

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__(config)
        self._upstream = Upstream(self.config)
        # The index that planning asked for, so that the scope ELECTIONS need not ask again.
        self._asked: tuple[Client, Download] | None = None

    @property
    def known_data_sources(self) -> tuple[str, ...]:
        """Every data source that may be asked for; workbooks are only imported."""
        return (*super().known_data_sources, words.TURNOUT_WORKBOOK)

    def plan_elections(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield the index, then the days of the elections that are running, configured or asked for."""
        wanted = self._wanted(request)
        if request.options.get("data_source") == words.TURNOUT_WORKBOOK:
            yield make_scope(words.TURNOUT_WORKBOOK, self.followed_election(site, request))
            return
        if words.ELECTIONS_INDEX in wanted and not request.options.get("election"):
            yield make_scope(words.ELECTIONS_INDEX, "")
        if set(wanted) - {words.ELECTIONS_INDEX}:
            yield from Plan(request, self.config, self._read_calendar(client), wanted).scopes(client)

    def _wanted(self, request: Request) -> tuple[str, ...]:
        """Return the data source asked for, else the configured ones with the index and each roster's turnout.

        The index tells days and parties, and the turnout is what a roster is compared with.
        """
        wanted = tuple(self.wanted_data_sources(request))
        if request.options.get("data_source"):
            return wanted
        also = {words.ELECTIONS_INDEX, *(words.TURNOUT_OF[each] for each in wanted if each in words.TURNOUT_OF)}
        return tuple(each for each in words.DATA_SOURCES if each in also.union(wanted))

    def _read_calendar(self, client: Client) -> Calendar:
        """Return the elections of the index, or of the one that is kept where it cannot be had."""
        kept = client.kept(words.ELECTIONS_INDEX)
        try:
            index = self._upstream.get_index(client)
            self._asked = client, index
            return Calendar(self._list(client, index), online=True)
        except UsageError:
            return Calendar(self._list_kept(client, kept), online=False)
        except (FetchError, SourceError):
            if not kept:
                raise
            # The scope ELECTIONS will fail and tell why; the days of known elections need not wait for it.
            self._asked = None
            return Calendar(self._list_kept(client, kept), online=True)

    def _list_kept(self, client: Client, kept: tuple[Download, ...]) -> dict[str, Election]:
        """Return the elections of the kept index; none where what was kept proved to be no index."""
        try:
            return self._list(client, *kept)
        except SourceError:
            return {}

    def _list(self, client: Client, *downloads: Download) -> dict[str, Election]:
        found: dict[str, Election] = {}
        for download in downloads:
            with client.open(download) as sent, self.unwrap(download, sent) as stream:
                found |= list_elections(read_index(stream, download.name))
        return found

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the index, the file of a day, or for a roster perhaps those of its counties."""
        if data_source == words.TURNOUT_WORKBOOK:
            raise UsageError("workbooks are imported, not fetched", remedy="name the file with --from FILE")
        if data_source == words.ELECTIONS_INDEX:
            asked = self._asked
            yield asked[1] if asked and asked[0] is client else self._upstream.get_index(client)
            return
        if not election_date:
            raise refuse_undated(data_source, election_id)
        yield from self._upstream.get_day(data_source, election_id, election_date, client)

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return the file inside the platform's envelope, and inside the ZIP within it."""
        return unwrap(download.url, stream, f"{self.name} {download.name}")

    def roster_format(self, scope: Scope) -> LineFormat | None:
        """Return how a roster's lines are read; None for the other data sources."""
        if scope.params["data_source"] in words.ROSTER_SOURCES:
            return roster_format(scope, self._kept)
        return None

    @property
    def _kept(self) -> tuple[str, ...]:
        kept = self.config.get("keep") or ()
        if not isinstance(kept, (list, tuple)) or not set(map(str, kept)) <= set(KEPT):
            raise SiteError(
                f"keep cannot be {kept!r}",
                where=f"[sources.{self.name}]",
                remedy=f"name columns of voters to keep, of {', '.join(KEPT)}",
            )
        return tuple(map(str, kept))

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield the elections of the index, or the counties of a turnout."""
        data_source = capture.scope.params["data_source"]
        if data_source == words.ELECTIONS_INDEX:
            return parse_elections(capture)
        if data_source == words.TURNOUT_WORKBOOK:
            return parse_workbook(capture)
        return parse_turnout(capture)

    def verify_data_quality(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Compare a workbook's counties with the state's own totals of each day."""
        return compare_totals(db) if scope.params["data_source"] == words.TURNOUT_WORKBOOK else ()
