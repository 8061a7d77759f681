"""Two machines with one ledger on PostgreSQL and one Redis: each does the jobs of its own sites."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from clerkcore.services import Asked
from clerkcore.testing import Clerk

pytest_plugins = ["clerkcore.testing.fixtures"]

SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
pytestmark = pytest.mark.skipif(not SERVER, reason="CLERK_TEST_DATABASE_URL names no PostgreSQL")

Queued = Any  # the class of the fixture in conftest.py


@pytest.fixture
def url() -> Iterator[str]:
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        yield f"{SERVER}?options=-csearch_path%3D{schema}"
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture
def machines(queued: Queued, url: str, tmp_path: Path) -> tuple[Clerk, Clerk]:
    """Machine one, which has the site a.ca, and machine two, which has b.ca."""
    text = (queued.root / "clerk.toml").read_text()
    text = text.replace('plugins_dir = "plugins"', f'plugins_dir = "{queued.root / "plugins"}"\ndatabase_url = "{url}"')
    made = []
    for host, site in (("one", "a.ca"), ("two", "b.ca")):
        clerk = Clerk(tmp_path / host)
        (tmp_path / host / "sites").mkdir(parents=True)
        (tmp_path / host / "sites" / "states.json").write_text('{"states": {}}')
        (tmp_path / host / "clerk.toml").write_text(text.replace("[jobs]", f'[jobs]\nhost = "{host}"'))
        assert clerk("init").exit_code == 0
        words = ["sites", "add", site, "--name", site, "--state", "CA", "--kind", "city"]
        assert clerk(*words).exit_code == 0
        assert clerk("sites", "home", site, host).exit_code == 0
        made.append(clerk)
    return made[0], made[1]


def log(machine: Clerk) -> list[str]:
    path = machine.root / "tasks.log"
    return path.read_text().splitlines() if path.exists() else []


def test_a_job_is_done_where_its_site_is(machines: tuple[Clerk, Clerk], redis: Any) -> None:
    one, two = machines
    assert '"executor": "rq", "jobs": 2}' in one("jobs", "run", "--due", "--job", "tasks.finance").stderr
    assert redis.lrange("rq:queue:clerk:finance@two", 0, -1) == [b"clerk-2-1"]
    assert [machine("worker", "--burst").exit_code for machine in (two, one)] == [0, 0]
    assert (log(one), log(two)) == (
        ["finance a.ca begins", "finance a.ca ends"],
        ["finance b.ca begins", "finance b.ca ends"],
    )


def test_a_message_that_reaches_another_machine_begins_nothing(
    machines: tuple[Clerk, Clerk], executor: Any, redis: Any
) -> None:
    one, two = machines
    one("jobs", "run", "--due", "--job", "tasks.finance")
    redis.flushdb()
    executor.submit([Asked(1, 1, "finance", "two")])
    told = two("worker", "--burst").stdout
    assert told.startswith("a.ca: skipped (no run, 0.0 s) the folder of a.ca is not on this machine (two)\n")
    job = one("jobs", "show", "1", "--json").line
    assert (job["status"], job["attempts"], log(one), log(two)) == ("waiting", 0, [], [])
