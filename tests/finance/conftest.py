"""A county whose file says plainly which filings and rows it holds, and a bench to load it on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from clerkcore import (
    About,
    Capture,
    Client,
    Column,
    Download,
    Location,
    Parsed,
    Record,
    Request,
    Scope,
    Site,
    Source,
    Table,
)
from clerkcore.finance import FinanceSource, with_filings
from clerkcore.models import Kind, ScopeResult
from clerkcore.parsing import Line, read_delimited
from clerkcore.testing.bench import Bench

YEAR = Scope("2026", {"year": "2026"})
Row = Mapping[str, Any]


class County(FinanceSource):
    """Its file is a JSON list of [table, columns]."""

    name: ClassVar[str] = "county"
    about = About("Transactions", "A county", "https://county.example/", "Public record")

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        for year in self.years(request):
            yield Scope(str(year), {"year": str(year)})

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield client.get(self.config["url"])

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        yield from with_filings(self._records(capture))

    def _records(self, capture: Capture) -> Iterator[Parsed]:
        for page in capture.pages:
            with page.open() as stream:
                for number, (table, values) in enumerate(json.load(stream), start=1):
                    yield Record(table, values, Location(page.name, number))


class Twin(County):
    """The same county, read from somewhere else."""

    name: ClassVar[str] = "twin"


def gift(filing: str, tran_id: str, cents: int | None, **more: Any) -> tuple[str, Row]:
    """A row of schedule A, of the filer F1 in the first half of 2026, unless more says otherwise."""
    return "transactions", {
        "filing_id": filing,
        "form_type": "A",
        "tran_id": tran_id,
        "amount_cents": cents,
        "calculated_date": "2026-02-01",
        "tran_naml": f"Donor {tran_id}",
        "filer_local_id": "F1",
        "filer_state_id": "1400001",
        "filer_name": "Ada Demo for Mayor 2026",
        "filing_start": "2026-01-01",
        "filing_end": "2026-06-30",
        **more,
    }


# Beside so many, one that disappears is no shrinking.
BYSTANDERS = [gift("9", str(number), 1, filer_local_id="F9", filing_end="2026-03-31") for number in range(60)]


def late(filing: str, tran_id: str, cents: int | None, form: str = "F497P1", **more: Any) -> tuple[str, Row]:
    """A row of a late report, whose filing has no period."""
    return gift(filing, tran_id, cents, form_type=form, filing_start=None, filing_end=None, **more)


def filing(filing_id: str, **columns: Any) -> tuple[str, Row]:
    """What the publisher says of a filing."""
    return "filings", {"filing_id": filing_id, **columns}


def line(filing_id: str, form: str, item: str, cents: int | None, **more: Any) -> tuple[str, Row]:
    """A line of a summary page."""
    own = {name: gift(filing_id, "", 0)[1][name] for name in ("filer_local_id", "filer_name")}
    values = {"filing_id": filing_id, "form_type": form, "line_item": item, "amount_a_cents": cents}
    return "summary_lines", {**own, **values, **more}


def day(number: int) -> datetime:
    """The n-th of August 2026."""
    return datetime(2026, 8, number, tzinfo=UTC)


class Desk:
    """A site whose county is loaded day by day."""

    def __init__(self, folder: Path, *sources: type[FinanceSource]) -> None:
        names: dict[str, dict[str, str]] = {source.name: {} for source in sources}
        site = Site("example.ca", "Example", "CA", Kind.CITY, sources=names)
        self.benches = {source.name: Bench(folder, source({}), YEAR, site) for source in sources}

    def load(self, *records: tuple[str, Row], on: int = 1, source: str = "county") -> ScopeResult:
        """Load what the county holds on a day of August."""
        bench = self.benches[source]
        # Runs are counted for the site, not for each source.
        bench.last_run = max(other.last_run for other in self.benches.values())
        return bench.load({"year.json": json.dumps(records).encode()}, day(on))

    def undo(self) -> ScopeResult:
        """Take back the newest run that was not one itself."""
        bench = self.benches["county"]
        return bench.undo(bench.last_run)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Ask the database."""
        return next(iter(self.benches.values())).query(sql)

    def findings(self, check: str) -> list[dict[str, Any]]:
        """Return what a check found in the newest run."""
        sql = "SELECT message, severity, row_keys, expected, actual FROM _clerk_findings WHERE check_name = '{}'"
        newest = " AND run_id = (SELECT max(run_id) FROM _clerk_runs) ORDER BY id"
        return self.ask(sql.format(check) + newest)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, County)


@pytest.fixture
def two_sources(tmp_path: Path) -> Desk:
    """A site that names the county first and its twin second."""
    return Desk(tmp_path, County, Twin)


class Boxes(Source):
    """A source that says of no row that it lasts."""

    name: ClassVar[str] = "boxes"
    database: ClassVar[str] = "voters"
    about = About("Boxes", "A county", "https://county.example/", "Public record")
    tables = (
        Table("boxes", ("box",), (Column("box"), Column("ballots", "integer")), title="Boxes", description="Boxes"),
    )

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield YEAR

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield client.get("https://county.example/")

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        for found in read_delimited(capture.pages[0], ("box", "ballots"), where=self.name):
            if isinstance(found, Line):
                yield Record("boxes", found.values, found.at)


@pytest.fixture
def plain(tmp_path: Path) -> Bench:
    return Bench(tmp_path, Boxes(), YEAR, Site("example.ca", "Example", "CA", Kind.CITY))
