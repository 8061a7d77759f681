"""Florida as a site, fed by a simulated Division of Elections."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

Update = Callable[..., Ended]
ReadCounties = Callable[[], dict[str, dict[str, Any]]]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7) as running:
        yield running


@pytest.fixture
def site(make_site: SiteMaker, simulator: Simulator) -> str:
    settings = {"election": "49894", "base_url": simulator.florida_url}
    return make_site("fl", name="Florida", state="FL", florida=settings).subdomain


@pytest.fixture
def update(run_clerk: Clerk, site: str) -> Update:
    """Update one report, the ballots returned, unless another is named."""

    def run(*arguments: str | Path, source: str = "VbmVoted") -> Ended:
        return run_clerk("states", "update", site, "--source", source, "--json", *arguments)

    return run


@pytest.fixture
def read_counties(run_clerk: Clerk, site: str) -> ReadCounties:
    """Return the live rows by county, without what tells runs apart."""

    def read() -> dict[str, dict[str, Any]]:
        with closing(sqlite3.connect(run_clerk.root / "sites" / site / "voters.db")) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute("SELECT * FROM county_ballots_effective ORDER BY county")]
        return {
            row["county"]: {name: value for name, value in row.items() if not name.endswith("run_id")} for row in rows
        }

    return read


@pytest.fixture
def findings(run_clerk: Clerk) -> Callable[[Ended], list[dict[str, Any]]]:
    """Return what the checks of a run found."""

    def read(ended: Ended) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
        return found

    return read
