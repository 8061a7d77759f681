"""`Configured`: rosters and county turnout from files that the site's settings describe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from itertools import chain
from typing import Any, BinaryIO, ClassVar

from clerk_state_configured.documents import read_document
from clerk_state_configured.files import EXCEL, ConfiguredFile, known_about, read_files
from clerk_state_configured.formats import make_format
from clerk_state_configured.keys import WHERE, Keys, show
from clerk_state_configured.payloads import open_payload
from clerk_state_configured.records import find_header, parse_records
from clerk_state_configured.workbook import read_sheet
from clerkcore import About, Capture, Client, Download, Page, Parsed, Request, Scope, Site, UsageError
from clerkcore.interfaces import LineFormat
from clerkcore.parsing import read_date
from clerkcore.rosters import RosterAdapter, make_scope

_ELECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class Configured(RosterAdapter):
    """Settings in [sources.configured] of a site: `election`, and [[sources.configured.files]]; see the README."""

    name: ClassVar[str] = "configured"
    version: ClassVar[int] = 1
    data_sources: ClassVar[tuple[str, ...]] = ()  # those that the settings describe
    reading_settings: ClassVar[tuple[str, ...]] = ("files",)
    about: ClassVar[About] = About(
        title="Rosters and county turnout, as configured",
        publisher="The election office that the site's settings name",
        url="https://www.usa.gov/state-election-office",
        licence="As the publisher says",
    )

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__(config)
        told = self.config.get("about")
        if isinstance(told, Mapping):
            # What is wrong with it is told when the files are read.
            vars(self)["about"] = replace(type(self).about, **known_about(told))

    @cached_property
    def files(self) -> dict[str, ConfiguredFile]:
        """The files by data source; SettingsError names the key that is wrong."""
        return {file.data_source: file for file in read_files(self.config)}

    @property
    def known_data_sources(self) -> tuple[str, ...]:
        """Every data source that may be asked for; districts are only imported."""
        return (*self.files, *super().known_data_sources)

    def wanted_data_sources(self, request: Request) -> Iterator[str]:
        """Yield the data source asked for, else the configured ones, else all; UsageError on an unknown one."""
        keys = Keys(self.config)
        asked = request.options.get("data_source")
        if asked and asked not in self.known_data_sources:
            known = ", ".join(self.known_data_sources)
            raise UsageError(f"{self.name} has no data source {asked!r}", remedy=f"data sources: {known}")
        yield from [asked] if asked else keys.texts("data_sources", self.files) or self.files

    def plan_elections(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield a scope for each data source, and for each of its latest days where it has a file for each."""
        sources = list(self.wanted_data_sources(request))
        election = self.followed_election(site, request)
        if not _ELECTION.fullmatch(election):
            raise UsageError(
                f"{show(election)} cannot be an election's id", where=WHERE, remedy="letters, digits, . _ and -"
            )
        params = self._election_day()
        for source in sources:
            for day in self._days(self.files[source], request):
                yield make_scope(source, election, day, **params)

    def _election_day(self) -> dict[str, str]:
        keys = Keys(self.config)
        text = keys.text("election_day", "")
        try:
            day = read_date(text)
        except ValueError as error:
            raise keys.wrong("election_day", str(error), "write it as 2026-11-03") from error
        return {"election_day": day} if day else {}

    def _days(self, file: ConfiguredFile, request: Request) -> Iterable[str]:
        asked = request.options.get("date", "")
        if not file.by_day:
            if asked and request.options.get("data_source"):
                raise UsageError(f"{self.name} {file.data_source} has no files by day", remedy="leave out --date")
            return [""]
        return [asked] if asked else [f"{request.today - timedelta(days=back)}" for back in range(file.days)]

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the one file of a data source and, where it has days, of the day."""
        day = date.fromisoformat(election_date) if election_date else None
        yield client.get(
            self.files[data_source].url.fill(election_id, day), name=_page_name(data_source, election_date)
        )

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return what is inside, as one of the files says; of a file that was imported any may be meant."""
        source = download.name.split(" ", 1)[0]
        files = [self.files[source]] if source in self.files else list(self.files.values())
        return open_payload(files, stream, f"{self.name} {download.name}")

    def roster_format(self, scope: Scope) -> LineFormat | None:
        """Return the format of a file of lines; None for a workbook, a document and districts."""
        file = self.files.get(scope.params["data_source"])
        return make_format(file, scope.params, self.name) if file and file.has_lines else None

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield the records of a workbook or a document."""
        file = self.files[capture.scope.params["data_source"]]
        for page in capture.pages:
            yield from self._parse(file, capture.scope, page)

    def _parse(self, file: ConfiguredFile, scope: Scope, page: Page) -> Iterator[Parsed]:
        where = f"{self.name} {page.name}"
        with page.open() as stream:
            if file.format == EXCEL:
                rows = read_sheet(stream, file.sheet, where)
                wanted = [field.names for field in file.columns.fields.values() if field.required]
                names, seen = find_header(rows, wanted)
                yield from parse_records(file, scope.params, page, names, chain(seen, rows), self.name)
            else:
                names, records = read_document(stream, file.path, where)
                yield from parse_records(file, scope.params, page, names, records, self.name)


def _page_name(data_source: str, day: str) -> str:
    return f"{data_source} {day}" if day else data_source
