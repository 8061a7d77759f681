"""Georgia: the absentee voter file, voter history, and turnout by county."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, ClassVar

from clerk_state_georgia.absentee import AbsenteeFormat, read_kept
from clerk_state_georgia.addresses import WHERE, address_of, read_day, setting_of, template_of
from clerk_state_georgia.archive import open_member
from clerk_state_georgia.checks import check_history, check_turnout, note_moved, soften
from clerk_state_georgia.history import FORMATS, history_format
from clerk_state_georgia.pdf import STRATEGIES, read_tables
from clerk_state_georgia.turnout import read_columns, read_turnout
from clerk_state_georgia.whole import require_end
from clerkcore import (
    About,
    Capture,
    Client,
    Download,
    Finding,
    Note,
    Parsed,
    Reader,
    Request,
    Scope,
    Site,
    UsageError,
    Value,
    Writer,
)
from clerkcore.interfaces import LineFormat
from clerkcore.rosters import RosterAdapter, make_scope

ABSENTEE, HISTORY, TURNOUT = "ABSENTEE", "HISTORY", "TURNOUT"
# The names under which downloads are kept, whatever address they came from.
FILES = {ABSENTEE: "absentee.zip", HISTORY: "history.txt", TURNOUT: "turnout.pdf"}


class Georgia(RosterAdapter):
    """Voters of an election by ballot and by history, and the turnout that the state publishes."""

    name: ClassVar[str] = "georgia"
    version: ClassVar[int] = 1
    data_sources: ClassVar[tuple[str, ...]] = (ABSENTEE, HISTORY, TURNOUT)
    roster_sources: ClassVar[tuple[str, ...]] = (ABSENTEE, HISTORY)
    by_day: ClassVar[bool] = True
    reading_settings: ClassVar[tuple[str, ...]] = ("keep", "history_format", "turnout_columns", "turnout_strategy")
    about: ClassVar[About] = About(
        title="Absentee voters, voter history and turnout",
        publisher="Georgia Secretary of State, Elections Division",
        url="https://mvp.sos.ga.gov/s/voter-absentee-files",
        licence="Public record of the State of Georgia (O.C.G.A. 50-18-70)",
    )

    def plan_elections(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield a scope for each data source: ABSENTEE is of the election, the others of its day.

        Where neither the operator nor the site names data sources, those with an address are meant.
        """
        election = self.followed_election(site, request)
        day = read_day(self.config, request.options.get("date", ""))
        for data_source in self._wanted(request):
            self._check_settings(data_source)
            if data_source == ABSENTEE:
                yield make_scope(ABSENTEE, election, **({"election_day": day} if day else {}))
            else:
                yield make_scope(data_source, election, self._required_day(data_source, day))

    def _wanted(self, request: Request) -> list[str]:
        if request.options.get("data_source") or "data_sources" in self.config:
            return list(self.wanted_data_sources(request))
        wanted = [name for name in self.data_sources if template_of(self.config, name)]
        if not wanted:
            raise UsageError(
                "georgia knows no address: the state gives its files to people only",
                where=WHERE,
                remedy=f"set {', '.join(map(setting_of, self.data_sources))}, or save a file and name it:"
                " --source ABSENTEE --from FILE",
            )
        return wanted

    def _required_day(self, data_source: str, day: str) -> str:
        if not day:
            raise UsageError(
                f"{data_source} is of one election day, and none is set",
                where=WHERE,
                remedy='pass --date YYYY-MM-DD, or set election_date = "YYYY-MM-DD"',
            )
        return day

    def _check_settings(self, data_source: str) -> None:
        """Raise UsageError for a setting that parse could not use."""
        if data_source == ABSENTEE:
            read_kept(self.config)
        elif data_source == HISTORY:
            self._choice("history_format", FORMATS)
        else:
            read_columns(self.config)
            self._choice("turnout_strategy", STRATEGIES)

    def _choice(self, setting: str, known: tuple[str, ...]) -> str:
        chosen = str(self.config.get(setting, known[0]))
        if chosen not in known:
            raise UsageError(
                f"{chosen!r} is none that is known", where=f"{WHERE} {setting}", remedy=f"one of: {', '.join(known)}"
            )
        return chosen

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Yield the one file of a data source from the address that the site sets."""
        day = read_day(self.config, election_date)
        yield client.get(address_of(self.config, data_source, election_id, day), name=FILES[data_source])

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return the statewide file in a ZIP, and any other file as it is; a bare CSV must be whole."""
        where = f"{self.name} {download.name}"
        return require_end(open_member(stream, where), stream, where)

    def roster_format(self, scope: Scope) -> LineFormat | None:
        """Return the format of the absentee file and of voter history."""
        constants: dict[str, Value] = {"election_id": scope.params["election_id"]}
        data_source, day = scope.params["data_source"], scope.params["election_date"]
        if data_source == ABSENTEE:
            return AbsenteeFormat(constants, self.name, read_kept(self.config))
        if data_source == HISTORY:
            return history_format(self._choice("history_format", FORMATS), day, constants, self.name)
        return None

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield a row for each county of the PDF's tables."""
        columns, strategy = read_columns(self.config), self._choice("turnout_strategy", STRATEGIES)
        params = capture.scope.params
        constants: dict[str, Value] = {"election_id": params["election_id"], "vote_date": params["election_date"]}
        for page in capture.pages:
            where = f"{self.name} {page.name}"
            yield from read_turnout(read_tables(page, where, strategy), columns, constants, page.name, where)

    def update_database(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Keep the totals in step with the rows, and tell the ballots that moved on."""
        yield from super().update_database(db, scope)
        if scope.params["data_source"] == ABSENTEE:
            yield from note_moved(db)

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Check as every roster is, knowing that Georgia lists an early voter in two files."""
        for finding in super().verify(db, scope):
            yield soften(finding)

    def verify_data_quality(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Compare the published totals with their counties, and see that a history is of its day."""
        if scope.params["data_source"] == TURNOUT:
            yield from check_turnout(db)
        elif scope.params["data_source"] == HISTORY:
            yield from check_history(db, scope)
