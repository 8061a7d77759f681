"""A small world of sites whose databases are as the road leaves them after one run."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from clerk_board.board import Board
from clerk_board.serving import build_datasette
from clerkcore import About, Capture, Client, Column, Download, Parsed, Request, Scope, Site, Source, Table, View
from clerkcore.finance import FINANCE_TABLES
from clerkcore.installation import Installation, create_installation
from clerkcore.ledger import save_site
from clerkcore.models import Kind
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.sites import write_site
from clerkcore.store.database import open_database, transaction
from clerkcore.store.tables import ensure_tables

Row = Mapping[str, str | int | None]


class Quiet(Source):
    """A source that is described and never fetched."""

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield from ()

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield from ()

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        yield from ()


class NetFile(Quiet):
    name: ClassVar[str] = "netfile"
    database: ClassVar[str] = "election_finance"
    tables = FINANCE_TABLES
    about = About("Transactions", "NetFile", "https://netfile.example/", "Public record", "https://fppc.example/act")


class Hostile(NetFile):
    name: ClassVar[str] = "hostile"
    about = About("<b>t</b>", "<i>p</i>", "javascript:alert(1)", "<u>l</u>", "javascript:alert(2)")


class Florida(Quiet):
    name: ClassVar[str] = "florida"
    database: ClassVar[str] = "voters"
    tables = (
        Table(
            "county_ballots",
            key=("county",),
            columns=(Column("county", description="County"), Column("total", "integer", "Ballots in all")),
            title="Ballots by county",
            description="Ballots by county",
            facets=("county",),
        ),
    )
    about = About("County reports", "Division of Elections", "https://dos.example/", "Public record")


class Questions(Florida):
    """Ballots by county, with sums that the source computes and a question over them."""

    tables = (
        Table(
            "county_ballots",
            key=("county",),
            columns=(Column("county"), Column("voted_on", "date"), Column("total", "integer")),
            title="Ballots by county",
            description="Ballots by county",
            search=("county",),
        ),
    )
    computed: ClassVar[tuple[Table, ...]] = (
        Table("state_ballots", ("state",), (Column("state"), Column("total", "integer")), "Sums", "Ballots in all"),
    )
    views: ClassVar[tuple[View, ...]] = (
        View(
            "largest_counties",
            "SELECT total, voted_on, county FROM county_ballots_effective ORDER BY total DESC",
            (Column("total", "integer", "Ballots cast"), Column("voted_on", "date"), Column("county")),
            title="Largest counties",
            description="Counties by their ballots",
        ),
    )


@dataclass(frozen=True)
class Answer:
    """What the board answered."""

    status: int
    text: str


@dataclass(frozen=True)
class Pages:
    """The pages of a board, asked for as a browser would."""

    board: Board

    def get(self, path: str, host: str = "localhost") -> Answer:
        response = asyncio.run(self.board.client.get(path, headers={"host": host}))
        return Answer(response.status_code, response.text)

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status == 200, f"{path}: {answer.status}"
        return answer.text

    def words(self, path: str) -> str:
        """Return the text of a page's content without its tags, its white space joined."""
        content = self.read(path).split('<section class="content">')[1].split("<footer")[0]
        return " ".join(re.sub(r"<[^>]*>", " ", content).split())

    def cells(self, path: str, column: str) -> list[str]:
        """Return what stands in a column of the page's table, from above."""
        return re.findall(rf'<td class="col-{column}[ "][^>]*>(.*?)</td>', self.read(path))


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


@dataclass
class World:
    """An installation to which sites and rows are added."""

    installation: Installation
    hostile: Source = field(default_factory=Hostile)
    boards: list[Board] = field(default_factory=list)

    def add_site(self, subdomain: str, name: str, state: str = "CA", kind: Kind = Kind.CITY, source: str = "") -> None:
        site = Site(subdomain, name, state, kind, sources={source: {}} if source else {})
        write_site(self.installation.root, site)
        with self.installation.ledger.write() as connection:
            save_site(connection, site)

    def load(self, subdomain: str, source: Source, **rows: list[Row]) -> Path:
        """Fill a site's database as run 1 of the scope 2026 would."""
        path = self.installation.folder(subdomain).database(source.database)
        scope: Row = {"run_id": 1, "source": source.name, "scope": "2026"}
        with open_database(path) as connection, transaction(connection):
            ensure_tables(connection, source)
            for table, table_rows in rows.items():
                for row in table_rows:
                    insert(connection, table, {**scope, **row})
            checked: Row = {"checked_at": "2026-07-14T08:30:00.000000Z", "changed_at": "2026-07-08T06:00:00.000000Z"}
            insert(connection, "_clerk_scopes", {**scope, **checked})
            insert(connection, "_clerk_runs", {**scope, "job": "t", "applied_at": "", "counts": "{}", "tables": "[]"})
        return path

    def add_san_diego(self, *transactions: Row) -> Path:
        """San Diego with its finance database; a transaction is told by what is special of it."""
        self.add_site("sandiego.ca", "San Diego")
        key: Row = {"filing_id": "1", "form_type": "A"}
        rows: list[Row] = [{**key, "tran_id": f"T{number}", **row} for number, row in enumerate(transactions)]
        return self.load("sandiego.ca", NetFile(), transactions=rows)

    def add_florida(self) -> Path:
        """Florida with the ballots of one county."""
        self.add_site("fl", "Florida", "FL", Kind.STATE)
        return self.load("fl", Florida(), county_ballots=[{"county": "Baker", "total": 1}])

    def add_questions(self) -> None:
        """Florida with two counties' ballots, one county withdrawn, and what is asked of them."""
        self.add_site("fl", "Florida", "FL", Kind.STATE)
        counties: list[Row] = [
            {"county": "Baker", "voted_on": "2026-08-18", "total": 7},
            {"county": "Miami-Dade", "voted_on": "2026-08-17", "total": 900},
            {"county": "Dixie", "voted_on": "2026-08-16", "total": 9, "removed_run_id": 1},
        ]
        sums: list[Row] = [{"state": "FL", "total": 907}]
        path = self.load("fl", Questions(), county_ballots=counties, state_ballots=sums)
        self.execute(path, "INSERT INTO county_ballots_fts(county_ballots_fts) VALUES ('rebuild')")

    def execute(self, path: Path, sql: str) -> None:
        """Change a database behind the board's back."""
        with open_database(path) as connection:
            connection.execute(sql)

    def add_finding(self, path: Path, run_id: int, severity: str = "info") -> None:
        """Add what a check of San Diego's transactions found."""
        place: Row = {"run_id": run_id, "source": "netfile", "scope": "2026", "table_name": "transactions"}
        told: Row = {"check_name": "c", "message": "m", "row_keys": "[]", "expected": "", "actual": ""}
        with open_database(path) as connection:
            insert(connection, "_clerk_findings", {**place, **told, "severity": severity})

    def open(self, *subdomains: str) -> Pages:
        """Build the board over some sites, or all of them."""
        self.boards.append(build_datasette(self.installation, subdomains))
        return Pages(self.boards[-1])

    @contextmanager
    def serve(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run `clerk serve` as an operator does; it is killed when it does not end by itself."""
        command = [sys.executable, "-m", "clerkcore", "--root", str(self.installation.root), "serve", *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An installation without sites."""
    root = tmp_path / "installation"
    create_installation(root)
    made = World(Installation(read_settings(root, {}), Manager(discover())))
    yield made
    for board in made.boards:
        board.close()
    made.installation.close()
