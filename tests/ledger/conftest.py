"""A fresh ledger for each test: SQLite always, PostgreSQL too when CLERK_TEST_DATABASE_URL names a server."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from clerkcore.ledger import Ledger, create_ledger, ledger_url, save_site
from clerkcore.models import Kind, Site

SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", *(["postgresql"] if SERVER else [])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield ledger_url(tmp_path)
        return
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE SCHEMA {schema}"))
        yield f"{SERVER}?options=-csearch_path%3D{schema}"
        conn.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with create_ledger(url) as ledger:
        yield ledger


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def add_sites(ledger: Ledger) -> Callable[..., None]:
    """Save sites by their subdomains, all with the same sources."""

    def add(*subdomains: str, sources: tuple[str, ...] = ("netfile",), enabled: bool = True) -> None:
        with ledger.write() as conn:
            for subdomain in subdomains:
                settings: dict[str, dict[str, object]] = {source: {} for source in sources}
                save_site(conn, Site(subdomain, subdomain.title(), "CA", Kind.CITY, enabled, settings), at=NOW)

    return add


@pytest.fixture
def run_python() -> Callable[..., str]:
    """Run one script in a process of its own and return what it printed."""

    def run(script: str, *args: str) -> str:
        command = [sys.executable, "-c", script, *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return run


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def write_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


@pytest.fixture
def run_together() -> Iterator[Callable[..., list[str]]]:
    """Run one script in several processes at the same moment, once all have imported; return what each printed."""
    started: list[subprocess.Popen[str]] = []

    def run(imports: str, script: str, count: int, *args: str) -> list[str]:
        # Each says it is ready, then waits for a line, so that importing does not spread them out.
        ready = "import sys\nprint('ready', flush=True)\nsys.stdin.readline()"
        command = [sys.executable, "-c", "\n".join((imports, ready, script)), *args]
        for _ in range(count):
            started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert [read_line(process) for process in started] == ["ready\n"] * count
        for process in started:
            write_line(process, "go\n")
        return [process.communicate()[0].strip() for process in started]

    yield run
    for process in started:
        process.kill()
        process.communicate()
