"""`StateAdapter`: a Source in the words of state election offices."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from clerkcore.errors import UsageError
from clerkcore.interfaces import Client, Reader, Source, Writer
from clerkcore.models import Capture, Download, Finding, Note, Parsed, Record, Request, Scope, Site
from clerkcore.rosters.changes import RowChanges, compare_records

DATABASE = "voters"
LONGEST_ID = 60
# A scope's name begins with it, and / parts it from the rest.
_ELECTION = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{LONGEST_ID - 1}}}", re.ASCII)


class StateAdapter(Source):
    """A state's election data; its scope is one data source of one election, and of one day where days differ.

    A subclass writes `fetch_data` and `parse_data`. The other three of its five methods work as they are: the road
    detects changes as `detect_changes` does, only faster, and applies them; `update_database` then brings up to date
    what follows from the rows, and `verify_data_quality` checks them before anything is committed. They are given what
    they may use, a client or sight of the database, rather than the changes themselves.

    Which elections a site follows stands in its site.toml: `election = "49894"` and, where not all are wanted,
    `data_sources = [...]`. `by_day` says that an election has a file for each day, whose date is part of the scope.
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

    def detect_changes(self, new_data: Iterable[Record], existing_data: Iterable[Record]) -> RowChanges:
        """Return the rows added, changed and disappeared between two sets of records, by the keys of their tables."""
        return compare_records(self.tables, new_data, existing_data)

    def update_database(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Bring up to date what follows from the rows that changed, and say what the changes mean."""
        return ()

    def verify_data_quality(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Yield findings of the state's own control totals; none by default."""
        return ()

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield one scope for each data source of the election asked for or configured."""
        election = self.followed_election(site, request)
        day = self._day(request)
        for data_source in self.wanted_data_sources(request):
            yield make_scope(data_source, election, day)

    def followed_election(self, site: Site, request: Request) -> str:
        """Return the election that was asked for or is configured; UsageError when neither is."""
        election = request.options.get("election") or str(self.config.get("election", ""))
        if not election:
            raise UsageError(
                f"{self.name} does not know which election to follow",
                where=f"site {site.subdomain}",
                remedy=f'pass --election ID, or set election = "ID" in [sources.{self.name}] of its site.toml',
            )
        return election

    def _day(self, request: Request) -> str:
        day = request.options.get("date", "")
        if day and not self.by_day:
            raise UsageError(f"{self.name} has no files by day", remedy="leave out --date")
        return day

    def wanted_data_sources(self, request: Request) -> Iterator[str]:
        """Yield the data source asked for, else the configured ones, else all; UsageError on an unknown one."""
        asked = request.options.get("data_source")
        wanted = [asked] if asked else self.config.get("data_sources", self.data_sources)
        for data_source in wanted:
            if data_source not in self.known_data_sources:
                known = ", ".join(self.known_data_sources)
                raise UsageError(f"{self.name} has no data source {data_source!r}", remedy=f"data sources: {known}")
            yield data_source

    @property
    def known_data_sources(self) -> tuple[str, ...]:
        """Every data source that may be asked for."""
        return self.data_sources

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Fetch by the scope's data source, election and day."""
        params = scope.params
        return self.fetch_data(params["data_source"], params["election_id"], params["election_date"], client)

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Parse by `parse_data`."""
        return self.parse_data(capture)

    def compute(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Bring up to date by `update_database`."""
        return self.update_database(db, scope)

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Check by `verify_data_quality`."""
        return self.verify_data_quality(db, scope)


def make_scope(data_source: str, election_id: str, day: str = "", **params: str) -> Scope:
    """Return the scope of one data source of an election, and of one day where files are by day.

    `day` is YYYY-MM-DD. More `params` tell fetch and parse what they need to know, such as the election's party.
    UsageError when the election's id could not be told from the rest of the scope's name.
    """
    if election_id and not _ELECTION.fullmatch(election_id):
        raise UsageError(
            f"{election_id[:LONGEST_ID]!r} is no id of an election",
            remedy=f"letters, digits, dots, hyphens and _, at most {LONGEST_ID} of them",
        )
    name = "/".join(part for part in (election_id, data_source, day) if part)
    return Scope(name, {"data_source": data_source, "election_id": election_id, "election_date": day, **params})
