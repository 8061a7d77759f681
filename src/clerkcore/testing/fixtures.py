"""Fixtures of real things.

pytest_plugins = ["clerkcore.testing.fixtures"]

def test_a_year_is_loaded(make_site, run_clerk):
    make_site("example.ca", netfile={"agency": "CSD"})
    ended = run_clerk("finance", "etl", "example.ca", "--from", "year.csv", "--year", "2020", "--json")
    assert (ended.exit_code, ended.line["added"]) == (0, 6392)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkcore.cli.root import CORE
from clerkcore.installation import Installation, create_installation
from clerkcore.plugins import Manager, discover
from clerkcore.settings import FILE_NAME, read_settings
from clerkcore.testing.clerk import Clerk, SiteMaker

# A test asks servers of its own on this machine, which need no politeness.
QUICK = """\
contact = "tests@example.org"

[http]
allow_private = ["127.0.0.1"]
delay = 0
backoff = 0
retries = 2
"""


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An installation in a folder of its own, with every installed plugin and a ledger."""
    root = tmp_path / "installation"
    create_installation(root)
    (root / FILE_NAME).write_text(QUICK, encoding="utf-8")
    opened = Installation(read_settings(root, {}), Manager(discover(reserved=CORE)))
    yield opened
    opened.close()


@pytest.fixture
def make_site(installation: Installation) -> SiteMaker:
    """Adds sites to the installation."""
    return SiteMaker(installation)


@pytest.fixture
def run_clerk(installation: Installation) -> Clerk:
    """Runs commands on the installation."""
    return Clerk(installation.root)
