"""Installations with very many sites: their ledger alone, in SQLite or on PostgreSQL, without any site's files."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, event, insert, text

from clerkcore.installation import Installation, create_installation
from clerkcore.jobs.types import Demand, load_job_type
from clerkcore.ledger import Ledger, Schedule, add_schedules
from clerkcore.ledger.tables import site_sources, sites
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.times import to_text
from clerkcore.timing import Timing

FINANCE, STATES = "finance.etl", "states.update"
SOURCES = {FINANCE: "netfile", STATES: "florida"}
HOURS = {FINANCE: 24.0, STATES: 4.0}
SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
START = datetime(2026, 1, 5, tzinfo=UTC)
PART = 1_000


def databases() -> list[str]:
    """Return what ledgers can be measured here: PostgreSQL where CLERK_TEST_DATABASE_URL names a server."""
    return ["SQLite", *(["PostgreSQL"] if SERVER else [])]


@contextmanager
def installation_on(database: str) -> Iterator[Installation]:
    """An installation without sites, its ledger in one of `databases()`; both are gone afterwards."""
    with TemporaryDirectory(prefix="clerk-jobs-") as folder:
        root = Path(folder)
        with _server_url(database) as url:
            create_installation(root, url)
            settings = read_settings(root, {"CLERK_DATABASE_URL": url} if url else {})
            made = Installation(settings, Manager(discover()))
            try:
                yield made
            finally:
                made.close()


@contextmanager
def _server_url(database: str) -> Iterator[str]:
    if database == "SQLite":
        yield ""
        return
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        try:
            yield f"{SERVER}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


def site_names(count: int, prefix: str = "s") -> list[str]:
    """Return the subdomains of so many invented sites, in their order."""
    return [f"{prefix}{number:05}.ca" for number in range(count)]


def add_sites(ledger: Ledger, names: Sequence[str], source: str, *, enabled: bool = True) -> None:
    """Put sites with one source into the ledger."""
    at = to_text(START)
    row = {"name": "S", "state": "CA", "kind": "city", "enabled": enabled, "created_at": at, "updated_at": at}
    for part in parts(names):
        with ledger.write() as connection:
            connection.execute(insert(sites), [{"subdomain": name, **row} for name in part])
            connection.execute(insert(site_sources), [{"subdomain": name, "source": source} for name in part])


def plan_sites(ledger: Ledger, job_type: str, due: dict[str, datetime]) -> None:
    """Plan a job at sites, each due at its moment, as somebody who set it: no tick looks for its site.toml then."""
    timing = Timing(HOURS[job_type])
    for part in parts(list(due)):
        planned = [Schedule(name, job_type, "", timing, True, "operator", due[name], 0, START, "") for name in part]
        with ledger.write() as connection:
            add_schedules(connection, planned)


def spread(names: Sequence[str], begin: datetime, seconds: float) -> dict[str, datetime]:
    """Return moments for these sites, spread evenly over so many seconds."""
    step = timedelta(seconds=seconds / max(len(names), 1))
    return {name: begin + number * step for number, name in enumerate(names)}


def learn(ledger: Ledger) -> None:
    """Let the database count its rows, as PostgreSQL does by itself after a while."""
    with ledger.write() as connection:
        connection.execute(text("ANALYZE"))


def demand(installation: Installation, job_type: str) -> Demand:
    """Return what schedules ask of a kind of job."""
    return Demand(load_job_type(installation, job_type))


def parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield names in parts that one statement takes."""
    for first in range(0, len(names), PART):
        yield names[first : first + PART]


@contextmanager
def unsynchronised(installation: Installation) -> Iterator[None]:
    """Let a SQLite ledger not wait for the disk inside this block, where it is not the disk that is measured."""
    if installation.ledger.path:
        with installation.ledger.write() as connection:
            engine = connection.engine
        event.listen(engine, "connect", lambda opened, _: opened.execute("PRAGMA synchronous = OFF"))
        engine.dispose()
    yield
