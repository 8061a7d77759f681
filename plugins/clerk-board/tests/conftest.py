"""Installations with small databases, some of whose values are hostile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from clerkcore import About, Capture, Client, Column, Download, Parsed, Request, Scope, Site, Source, Table
from clerkcore.finance import FINANCE_TABLES
from clerkcore.installation import Installation, create_installation
from clerkcore.ledger import save_site
from clerkcore.models import Kind
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.sites import SiteFolder, write_site
from clerkcore.store.database import open_database, transaction
from clerkcore.store.tables import ensure_tables

HOSTILE = "<script>alert(1)</script>"
CHECKED = "2026-07-14T08:30:00.000000Z"
CHANGED = "2026-07-08T06:00:00.000000Z"

Row = Mapping[str, str | int | None]


class Quiet(Source):
    """A source that is described and never fetched."""

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield from ()

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield from ()

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        yield from ()


class Finance(Quiet):
    name: ClassVar[str] = "netfile"
    database: ClassVar[str] = "election_finance"
    tables = FINANCE_TABLES
    about = About("Transactions", "NetFile", "https://netfile.example/", "Public record", "https://fppc.example/act")


class Hostile(Quiet):
    name: ClassVar[str] = "hostile"
    database: ClassVar[str] = "election_finance"
    tables = FINANCE_TABLES
    about = About(HOSTILE, HOSTILE, "javascript:alert(1)", HOSTILE, "javascript:alert(2)")


class Ballots(Quiet):
    name: ClassVar[str] = "florida"
    database: ClassVar[str] = "voters"
    tables = (
        Table(
            "county_ballots",
            key=("county",),
            columns=(
                Column("county", description="County", public=True),
                Column("grand_total", "integer", "Ballots in all", public=True),
            ),
            title="Ballots by county",
            description="Ballots by county",
            facets=("county",),
        ),
    )
    about = About("County reports", "Florida Division of Elections", "https://dos.example/", "Public record")


def transaction_row(number: int, **values: str | int | None) -> Row:
    """A transaction of 5 January 2026 and the days after it."""
    key = {"filing_id": "1", "form_type": "A", "tran_id": f"T{number}"}
    return {**key, "calculated_date": f"2026-01-{4 + number:02}", "filer_name": f"Filer {number}", **values}


def fill_database(path: Path, source: Source, rows: Mapping[str, Sequence[Row]]) -> None:
    """Make a source's database as the road leaves it after one run of one scope."""
    with open_database(path) as connection, transaction(connection):
        ensure_tables(connection, source)
        for table, table_rows in rows.items():
            for row in table_rows:
                insert(connection, table, {"source": source.name, "scope": "2026", "run_id": 1, **row})
        _apply(connection, source.name)


def _apply(connection: sqlite3.Connection, source: str) -> None:
    times = {"checked_at": CHECKED, "changed_at": CHANGED}
    run = {"job": "test", "applied_at": CHANGED, "counts": "{}", "tables": "[]"}
    scope = {"run_id": 1, "source": source, "scope": "2026"}
    insert(connection, "_clerk_scopes", {**scope, **times})
    insert(connection, "_clerk_runs", {**scope, **run})


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def add_finding(path: Path, run_id: int, severity: str, table: str = "transactions") -> None:
    values = {"check_name": "c", "message": "m", "row_keys": "[]", "expected": "", "actual": ""}
    with open_database(path) as connection:
        place: Row = {"run_id": run_id, "source": "netfile", "scope": "2026", "table_name": table}
        insert(connection, "_clerk_findings", {**place, "severity": severity, **values})


def add_site(installation: Installation, subdomain: str, name: str, state: str, kind: Kind) -> SiteFolder:
    site = Site(subdomain, name, state, kind)
    write_site(installation.root, site)
    with installation.ledger.write() as connection:
        save_site(connection, site)
    return installation.folder(subdomain)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation without sites."""
    root = tmp_path / "installation"
    create_installation(root)
    opened = Installation(read_settings(root, {}), Manager(discover("", reserved={})))
    yield opened
    opened.close()


@pytest.fixture
def san_diego(installation: Installation) -> Path:
    """San Diego's finance database: three live transactions and a removed one."""
    path = add_site(installation, "sandiego.ca", "San Diego", "CA", Kind.CITY).database("election_finance")
    transactions = [
        transaction_row(1, amount_cents=123456, filer_name=HOSTILE),
        transaction_row(2, amount_cents=-5),
        transaction_row(3, amount_cents=None),
        transaction_row(4, amount_cents=7, removed_run_id=1),
    ]
    filers = [{"filer_local_id": "7", "filer_name": HOSTILE}]
    fill_database(path, Finance(), {"transactions": transactions, "filers": filers})
    return path


@pytest.fixture
def florida(installation: Installation) -> Path:
    """Florida's ballots of one county."""
    path = add_site(installation, "fl", "Florida", "FL", Kind.STATE).database("voters")
    fill_database(path, Ballots(), {"county_ballots": [{"county": "Baker", "grand_total": 1}]})
    return path


AddSite = Callable[[Installation, str, str, str, Kind], SiteFolder]
