"""A state of two data sources for the tests of rosters, small enough to read at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest

from clerkcore import About, Capture, Client, Download, Parsed, Record, Scope, Site
from clerkcore.errors import SourceError
from clerkcore.interfaces import LineFormat
from clerkcore.models import Kind
from clerkcore.parsing import Line, read_count, read_date, read_delimited
from clerkcore.rosters import (
    Field,
    RosterAdapter,
    RosterFormat,
    RosterLayout,
    county_field,
    make_scope,
    read_word,
    voter_id_field,
)
from clerkcore.testing.bench import Bench

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SITE = Site("st", "State", "ST", Kind.STATE)
HEADER = "county,name,id,method,precinct\n"
LAYOUT = RosterLayout(
    {
        "voter_id": voter_id_field(("id",), r"\d{4}", "four digits"),
        "voting_method": Field(("method",), read_word({"P": "early", "M": "absentee-mail"}, "method")),
        "county": county_field(("county",), ("ADAMS", "BROWN", "CLAY")),
        "precinct": Field(("precinct",), required=False),
    },
    whole=False,
)


class Statelet(RosterAdapter):
    """Rosters by day, and the turnout that the state publishes."""

    name = "statelet"
    data_sources: ClassVar[tuple[str, ...]] = ("EVR", "TURNOUT")
    by_day: ClassVar[bool] = True
    about = About("Rosters", "The State", "https://x.example", "public record")

    def roster_format(self, scope: Scope) -> LineFormat | None:
        if scope.params["data_source"] != "EVR":
            return None
        params = scope.params
        constants = {"election_id": params["election_id"], "vote_date": params["election_date"], "party": "REP"}
        return RosterFormat(LAYOUT, constants, self.name)

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        yield client.get(f"{self.config['url']}/{data_source}/{election_id}/{election_date}")

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        for line in read_delimited(capture.pages[0], ("county", "in_person", "mail"), where=self.name):
            assert isinstance(line, Line)
            yield Record(
                "county_turnout",
                {
                    "election_id": capture.scope.params["election_id"],
                    "vote_date": capture.scope.params["election_date"],
                    "county": line.values["county"],
                    "in_person_total": read_count(line.values["in_person"]),
                    "mail_total": read_count(line.values["mail"]),
                },
                line.at,
            )


DATED_LAYOUT = RosterLayout(
    {
        "voter_id": voter_id_field(("id",), r"\d{4}", "four digits"),
        "vote_date": Field(("returned",), read_date),
        "county": county_field(("county",), ("ADAMS", "BROWN", "CLAY")),
        "ballot_status": Field(
            ("status",), read_word({"ok": "accepted", "void": "rejected"}, "status"), required=False
        ),
    },
    {"voting_method": "absentee-mail"},
)


class Mailbox(Statelet):
    """One file an election, which tells the day of each ballot and what became of it; and the elections."""

    name = "mailbox"
    data_sources: ClassVar[tuple[str, ...]] = ("ABS", "ELECTIONS")
    by_day: ClassVar[bool] = False

    def roster_format(self, scope: Scope) -> LineFormat | None:
        if scope.params["data_source"] != "ABS":
            return None
        return RosterFormat(DATED_LAYOUT, {"election_id": scope.params["election_id"]}, self.name)

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        for line in read_delimited(capture.pages[0], ("election_id", "election_date"), where=self.name):
            assert isinstance(line, Line)
            yield Record("elections", line.values, line.at)


class State:
    """One site of a `Statelet`, whose scopes are loaded by data source and day."""

    adapter: type[RosterAdapter] = Statelet
    election = "7"

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.settings = settings
        self.benches: dict[str, Bench] = {}
        self.run = 0

    def bench(self, day: str = "2026-05-18", data_source: str = "EVR") -> Bench:
        scope = make_scope(data_source, "" if data_source == "DISTRICTS" else self.election, day)
        known = self.benches.get(scope.name)
        if known is None:
            known = self.benches[scope.name] = Bench(self.folder, self.adapter(), scope, SITE, **self.settings)
        known.last_run = self.run
        return known

    def load(self, text: str, day: str = "2026-05-18", data_source: str = "EVR") -> Any:
        bench = self.bench(day, data_source)
        result = bench.load({"file.csv": text.encode()})
        self.run = bench.last_run
        return result

    def refused(self, text: str, day: str = "2026-05-18", data_source: str = "EVR") -> str:
        """Load what the source refuses, and return its message."""
        with pytest.raises(SourceError) as caught:
            self.load(text, day, data_source)
        self.run += 1
        return str(caught.value)

    def undo(self, run_id: int, day: str = "2026-05-18", data_source: str = "EVR") -> Any:
        bench = self.bench(day, data_source)
        result = bench.undo(run_id)
        self.run = bench.last_run
        return result

    def query(self, sql: str) -> list[dict[str, Any]]:
        return next(iter(self.benches.values())).query(sql)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask for rows without the names of their columns."""
        return [tuple(row.values()) for row in self.query(sql)]

    def findings(self) -> list[tuple[Any, ...]]:
        """What the checks of the newest run found."""
        return self.ask(f"SELECT check_name, severity, message FROM _clerk_findings WHERE run_id = {self.run}")

    def turnout(self) -> list[tuple[Any, ...]]:
        """County, method, day, ballots, listed."""
        return self.ask(
            "SELECT county, voting_method, vote_date, ballots, listed FROM turnout_totals"
            " ORDER BY vote_date, county, voting_method"
        )


class MailState(State):
    """One site of a `Mailbox`; days are in its files."""

    adapter = Mailbox

    def load(self, text: str, day: str = "", data_source: str = "ABS") -> Any:
        return super().load(text, day, data_source)


def roster(*lines: str) -> str:
    """Write a roster: lines such as "ADAMS 1001 P S1"."""
    rows = (line.split() for line in lines)
    return HEADER + "".join(f'{c},"NAME, A",{i},{m},{p}\n' for c, i, m, p in rows)


def published(*lines: str) -> str:
    """Write a turnout report: lines such as "ADAMS 2 1", in person and by mail."""
    return "county,in_person,mail\n" + "".join(f"{line.replace(' ', ',')}\n" for line in lines)


def districts(*lines: str) -> str:
    """Write a map: lines such as "congress ADAMS S1 4"."""
    return "district_type,county,precinct,district\n" + "".join(f"{line.replace(' ', ',')}\n" for line in lines)


def voters(county: str, first: int, count: int) -> list[str]:
    """Return lines for `roster`, of so many voters of one county, numbered from the first."""
    return [f"{county} {number} P S1" for number in range(first, first + count)]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where the system has one: hundreds of loads would wait for the disk."""
    with TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.fixture
def state(folder: Path) -> State:
    return State(folder)


@pytest.fixture
def mail_state(folder: Path) -> MailState:
    return MailState(folder)


@pytest.fixture
def make_state(folder: Path) -> Callable[..., State]:
    """Make sites, each in a folder of its own."""
    made: list[State] = []

    def make(**settings: Any) -> State:
        made.append(State(folder / str(len(made)), **settings))
        return made[-1]

    return make
