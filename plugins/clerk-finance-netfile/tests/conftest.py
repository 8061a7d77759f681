"""San Diego as a site, fed by a simulated NetFile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

Etl = Callable[..., Ended]
Rows = list[dict[str, Any]]
ReadTable = Callable[..., Rows]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7, size=150) as running:
        yield running


@pytest.fixture
def site(make_site: SiteMaker, simulator: Simulator) -> str:
    return make_site("sandiego.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url}).subdomain


@pytest.fixture
def etl(run_clerk: Clerk, site: str) -> Etl:
    """Run the whole road for 2026, or for what is named."""

    def run(*arguments: str | Path, subdomain: str = site, year: str = "2026") -> Ended:
        return run_clerk("finance", "etl", subdomain, "--year", year, "--json", *arguments)

    return run


@pytest.fixture
def read_table(run_clerk: Clerk, site: str) -> ReadTable:
    """Return the live rows of a table, without what tells runs apart."""

    def read(table: str, subdomain: str = site) -> Rows:
        path = run_clerk.root / "sites" / subdomain / "finance" / "election_finance.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}_effective ORDER BY 1, 2, 3, 4, 5")]
        return [{name: value for name, value in row.items() if not name.endswith("run_id")} for row in rows]

    return read
