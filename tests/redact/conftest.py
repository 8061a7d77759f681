"""A source of people in two ways of reading, and a world in which one of them is forgotten."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest

from clerkcore.interfaces import (
    About,
    Client,
    Column,
    LineFormat,
    LineReader,
    LineResult,
    Reader,
    Source,
    Table,
    Writer,
)
from clerkcore.models import (
    Aside,
    Capture,
    Download,
    Finding,
    Kind,
    Location,
    Note,
    Page,
    Parsed,
    Record,
    Rejected,
    Request,
    Scope,
    ScopeResult,
    Severity,
    Site,
)
from clerkcore.road.redact import Found, Target, find_record, read_target, redact_record
from clerkcore.road.run import run_accept, run_all, run_extract, run_load, run_release, run_transform, run_undo
from clerkcore.road.work import Work
from clerkcore.settings import Settings
from clerkcore.sites import SiteFolder

SITE = Site("people.ca", "People", "CA", Kind.CITY)
TODAY = date(2026, 11, 3)
OPEN_GUARDS = {"shrink_limit": 1.0, "turnover_limit": 1.0, "quarantine_limit": 1.0}
SECRET, CODE = "zqsecretqz", "k0d3qz"
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PEOPLE = Table(
    "people",
    key=("code", "town"),
    columns=(
        Column("code", sensitive=True),
        Column("town"),
        Column("name"),
        Column("age", "integer", check="age >= 0"),
    ),
    title="People",
    description="One a line",
    group_by="town",
    lasting="code",
)
INITIALS = Table(
    "initials",
    key=("initial",),
    columns=(Column("initial"), Column("people", "integer"), Column("anyone")),
    title="Initials",
    description="How many people have a first letter, and the last name of them",
)


class People(Source):
    """code|town|name|age a line; # sets a line aside, a line of other fields is rejected unless `lenient`."""

    name = "people"
    database = "voters"
    about = About("People", "Nobody", "https://x.example", "public domain")
    tables: ClassVar[tuple[Table, ...]] = (PEOPLE,)
    computed: ClassVar[tuple[Table, ...]] = (INITIALS,)
    separators: ClassVar[str] = "|"

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        for year in request.years or (2026,):
            yield Scope(str(year))

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield from ()

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        for page in capture.pages:
            with page.open() as stream:
                for number, line in enumerate(stream.read().decode().splitlines(), 1):
                    yield self.parse_line(line, Location(page.name, number))

    def parse_line(self, line: str, at: Location) -> Parsed:
        if line.startswith("#"):
            return Aside("comment", {"text": line}, at)
        for separator in self.separators:
            fields = line.split(separator)
            if len(fields) == 4:
                return Record("people", dict(zip(("code", "town", "name", "age"), fields, strict=True)), at)
        return Rejected("ragged", f"this line is no record: {line}", at, value=line)

    def compute(self, db: Writer, scope: Scope) -> Iterator[Note]:
        db.execute("DELETE FROM initials WHERE source = :source AND scope = :scope")
        db.execute(
            "INSERT INTO initials (source, scope, initial, people, anyone, run_id) SELECT source, scope,"
            " substr(name, 1, 1), count(*), max(name), :run_id FROM people WHERE source = :source AND scope = :scope"
            " AND removed_run_id IS NULL GROUP BY 1, 2, 3"
        )
        yield from ()

    def verify(self, db: Reader, scope: Scope) -> Iterator[Finding]:
        for row in db.rows("SELECT code, name FROM people WHERE source = :source AND scope = :scope AND age > 100"):
            yield Finding("old", Severity.WARNING, f"{row['code']} is old", "people", (row["code"],), "", row["name"])


class Searched(People):
    """People whose names can be searched for."""

    tables: ClassVar[tuple[Table, ...]] = (
        Table(**{name: getattr(PEOPLE, name) for name in PEOPLE.__slots__} | {"search": ("name",)}),
    )


class PeopleLines(LineFormat):
    """The lines of `Lines`."""

    table = PEOPLE
    columns = ("code", "town", "name", "age")
    quoted = False
    headed = False

    def __init__(self, source: People) -> None:
        self.constants = {}
        self.source = source

    def open_page(self, page: Page, header: bytes) -> LineReader:
        def read(lines: Sequence[bytes]) -> list[LineResult]:
            return [self._result(self.source.parse_line(line.decode(), Location(page.name, 0))) for line in lines]

        return read

    def _result(self, parsed: Parsed) -> LineResult:
        if isinstance(parsed, Record):
            return tuple(parsed.values[column] for column in self.columns)
        return parsed


class Lines(People):
    """The same, whose pages hold one record per line."""

    def lines(self, scope: Scope) -> LineFormat:
        return PeopleLines(self)


class Lenient(Searched):
    """The same by a newer plugin, which takes a semicolon for a bar."""

    separators: ClassVar[str] = "|;"


class World:
    """One site on which runs are taken down the road by hand; `run_id` is that of the newest."""

    def __init__(self, folder: Path, source: Source | None = None, **settings: Any) -> None:
        self.folder = folder
        self.source = source or Searched()
        self.settings = Settings(root=folder, **{**OPEN_GUARDS, "min_free_bytes": 0, **settings})
        self.run_id = 0
        self.reports: list[str] = []

    def work(self, **changes: Any) -> Work:
        """Return the work of a new run."""
        self.run_id += 1
        given = {"run_id": self.run_id, "job": "test", "report": self.reports.append, **changes}
        return Work(SITE, self.source, SiteFolder.of(self.folder, SITE.subdomain), self.settings, **given)

    @property
    def database(self) -> Path:
        return self.work_folder.database("voters")

    @property
    def work_folder(self) -> SiteFolder:
        return SiteFolder.of(self.folder, SITE.subdomain)

    def load(self, *lines: str, year: int = 2026, taken: datetime | None = None, **changes: Any) -> ScopeResult:
        """Take a file of these lines down the road; `taken` dates it."""
        with TemporaryDirectory() as inbox:
            path = Path(inbox) / "people.txt"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            return run_all(self.work(**changes), Request(TODAY, (year,), taken_at=taken), (path,))[0]

    def extract(self, *lines: str) -> ScopeResult:
        with TemporaryDirectory() as inbox:
            path = Path(inbox) / "people.txt"
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            return run_extract(self.work(job="test.extract"), Request(TODAY), (path,))[0]

    def transform(self) -> ScopeResult:
        return run_transform(self.work(job="test.transform"), Request(TODAY))[0]

    def load_stage(self) -> ScopeResult:
        return run_load(self.work(job="test.load"), Request(TODAY))[0]

    def undo(self, run_id: int) -> ScopeResult:
        return run_undo(self.work(job="undo"), run_id)[0]

    def accept(self, held: ScopeResult) -> ScopeResult:
        return run_accept(self.work(job="accept"), [held])[0]

    def release(self, result: ScopeResult) -> ScopeResult:
        return run_release(self.work(job="release"), [result])[0]

    def target(self, *key: str, scope: str = "") -> Target:
        return read_target(self.source, "people", key or (f"code={CODE}",), scope, "court order", "A. Clerk")

    def find(self, *key: str, scope: str = "") -> Found:
        return find_record(self.work(dry_run=True), self.target(*key, scope=scope))

    def redact(self, *key: str, scope: str = "") -> list[ScopeResult]:
        return redact_record(self.work(job="redact"), self.target(*key, scope=scope))[0]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def people(self) -> list[tuple[Any, ...]]:
        """Every row, live or withdrawn, but those of the one who is forgotten."""
        return self.ask(
            "SELECT scope, code, town, name, age, removed_run_id IS NULL FROM people"
            f" WHERE code <> '{CODE}' ORDER BY scope, code, town"
        )

    def leaks(self) -> list[str]:
        """The files below the folder that hold a byte of the secret, or of the key."""
        return sorted(
            str(path.relative_to(self.folder))
            for path in self.folder.rglob("*")
            if path.is_file() and any(word.encode() in _content(path) for word in (SECRET, CODE))
        )


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def person(code: str, name: str, age: object = 40, town: str = "Alma") -> str:
    """Write one line of people."""
    return f"{code}|{town}|{name}|{age}"


def forgotten(age: object = 40, town: str = "Alma", more: str = "") -> str:
    """Write a line of the one who is forgotten."""
    return person(CODE, f"{SECRET} Jane{more}", age, town)


def day(number: int) -> datetime:
    """Return noon of a day long ago."""
    return datetime(2026, 1, number, 12, tzinfo=UTC)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where the system has one."""
    with TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.fixture(params=[Searched, Lines], ids=["records", "lines"])
def world(request: pytest.FixtureRequest, folder: Path) -> World:
    """A world whose source is read by records, or by lines."""
    return World(folder, request.param())


@pytest.fixture
def make_world(folder: Path) -> Callable[..., World]:
    """Make a world for a source and settings; all of them are of one site."""

    def make(source: Source | None = None, **settings: Any) -> World:
        return World(folder, source, **settings)

    return make
