"""A site of its own for each test, and `Sheet`, a source small enough to read at a glance.

Test modules import these classes from `tests.road.conftest`: pytest has loaded it under that name
before any of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clerkcore.interfaces import About, Client, Column, Source, Table
from clerkcore.models import (
    Aside,
    Capture,
    Download,
    Kind,
    Location,
    Parsed,
    Record,
    Rejected,
    Request,
    Scope,
    ScopeResult,
    Site,
)
from clerkcore.road.run import run_accept, run_all, run_undo
from clerkcore.road.work import Work
from clerkcore.settings import Settings
from clerkcore.sites import SiteFolder

SITE = Site("sheet.ca", "Sheet", "CA", Kind.CITY)
TODAY = date(2026, 11, 3)
OPEN_GUARDS = {"shrink_limit": 1.0, "turnover_limit": 1.0, "quarantine_limit": 1.0}
ENTRIES = Table(
    "entries",
    key=("code",),
    columns=(
        Column("code"),
        Column("county"),
        Column("vote"),
        Column("votes", "integer", check="votes >= 0"),
        Column("share", "real"),
        Column("phone", check="length(phone) < 9", sensitive=True),
        Column("seen", compared=False),
    ),
    title="Entries",
    description="One entry a line",
    group_by="county",
)


class Sheet(Source):
    """One JSON object a line is a row; a line that starts with # is set aside, any other line is rejected."""

    name = "sheet"
    database = "voters"
    about = About("Sheet", "Nobody", "https://x.example", "public domain")
    tables: ClassVar[tuple[Table, ...]] = (ENTRIES,)

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        for name in [str(year) for year in request.years] or ["all"]:
            yield Scope(name, dict(request.options))

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        for page in range(int(self.config.get("pages", 1))):
            yield client.get(f"{self.config['url']}/{scope.name}/{page}")

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        for page in capture.pages:
            with page.open() as stream:
                for number, line in enumerate(stream.read().decode().splitlines(), 1):
                    yield self.parse_line(line, Location(page.name, number))

    def parse_line(self, line: str, at: Location) -> Parsed:
        if line.startswith("#"):
            return Aside("comment", {"text": line}, at)
        if not line.startswith("{"):
            return Rejected("ragged", "this line is no record", at, value=line)
        return Record("entries", json.loads(line), at)


def row(code: str | None, **values: Any) -> str:
    """Write one line of a sheet."""
    return json.dumps({"code": code, **values})


class Bench:
    """One site on which runs are taken down the road by hand; `run_id` is the id of the newest."""

    def __init__(self, root: Path, source: Source | None = None, **settings: Any) -> None:
        self.root = root
        self.source = source or Sheet()
        self.settings = Settings(root=root, **{**OPEN_GUARDS, **settings})
        self.run_id = 0
        self.reports: list[str] = []

    def work(self, **changes: Any) -> Work:
        """Return the work of a new run."""
        self.run_id += 1
        given = {"run_id": self.run_id, "job": "test", "report": self.reports.append, **changes}
        return Work(SITE, self.source, SiteFolder.of(self.root, SITE.subdomain), self.settings, **given)

    @property
    def database(self) -> Path:
        """The database that runs fill."""
        return SiteFolder.of(self.root, SITE.subdomain).database(self.source.database)

    def load(self, *lines: str, options: dict[str, str] | None = None, **changes: Any) -> ScopeResult:
        """Take a file of these lines down the road."""
        path = self.root / "rows.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return run_all(self.work(**changes), Request(TODAY, options=options or {}), (path,))[0]

    def pull(self, *years: int, **changes: Any) -> list[ScopeResult]:
        """Fetch these years, or the one scope of the source, and take them down the road."""
        return run_all(self.work(**changes), Request(TODAY, years))

    def undo(self, run_id: int, **changes: Any) -> ScopeResult:
        """Take back a run."""
        return run_undo(self.work(**changes), run_id)[0]

    def accept(self, held: ScopeResult) -> ScopeResult:
        """Apply what was held."""
        return run_accept(self.work(), [held])[0]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the site database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, values).fetchall()

    def live(self, columns: str = "code, votes") -> list[tuple[Any, ...]]:
        """Return these columns of the live rows, by code."""
        return self.rows(f"SELECT {columns} FROM entries_effective ORDER BY code")

    def dump(self, without: Sequence[str] = ()) -> list[str]:
        """Return every statement that would make the database again, but those that name these tables."""
        if not self.database.exists():
            return []
        with closing(sqlite3.connect(self.database)) as connection:
            return [line for line in connection.iterdump() if not any(name in line for name in without)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[..., Bench]:
    """Make a bench for a source and settings; every one of them works on the same site."""

    def make(source: Source | None = None, **settings: Any) -> Bench:
        return Bench(tmp_path, source, **settings)

    return make
