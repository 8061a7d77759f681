"""Texas as a site, fed by the simulated platform of its Secretary of State, and small files as it sends them."""

from __future__ import annotations

import base64
import io
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

Rows = list[dict[str, Any]]
VOTERS = 1500


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7, voters=VOTERS) as running:
        yield running


@pytest.fixture
def make_texas(make_site: SiteMaker) -> Callable[..., str]:
    """Add Texas with these settings."""

    def make(**settings: Any) -> str:
        return make_site("tx", name="Texas", state="TX", texas=settings).subdomain

    return make


@pytest.fixture
def update(run_clerk: Clerk) -> Callable[..., Ended]:
    """Update Texas, with these arguments."""

    def run(*arguments: str | Path) -> Ended:
        return run_clerk("states", "update", "tx", "--json", *arguments)

    return run


@pytest.fixture
def pull(simulator: Simulator, make_texas: Callable[..., str], update: Callable[..., Ended]) -> Callable[..., Ended]:
    """Update one data source of the Republican runoff's first day, or of others, from the simulator."""
    make_texas(base_url=simulator.url)

    def run(source: str, day: str = "2026-05-18", election: str = "90501") -> Ended:
        return update("--election", election, "--source", source, "--date", day)

    return run


@pytest.fixture
def query(run_clerk: Clerk) -> Callable[..., Rows]:
    """Ask the database of Texas."""

    def ask(sql: str, *values: Any) -> Rows:
        with closing(sqlite3.connect(run_clerk.root / "sites" / "tx" / "voters.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    return ask


@pytest.fixture
def findings(run_clerk: Clerk) -> Callable[[Ended], Rows]:
    """Return what the checks of a run found."""

    def read(ended: Ended) -> Rows:
        found: Rows = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
        return found

    return read


@pytest.fixture
def wrap() -> Callable[[bytes], bytes]:
    """Put the platform's envelope around a file."""
    return lambda payload: b'{"upload": "' + base64.b64encode(payload) + b'"}'


@pytest.fixture
def pack() -> Callable[..., bytes]:
    """Make a ZIP of files."""

    def make(files: dict[str, bytes]) -> bytes:
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return body.getvalue()

    return make
