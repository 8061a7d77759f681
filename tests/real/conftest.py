"""Real exports, which lie beside the repository where they are at hand, and are never part of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk

DATA = Path(__file__).parents[2].parent / "shared" / "data"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real exports; skips the test where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"the real exports are not at hand: {DATA} is absent")
    return DATA


@pytest.fixture
def query(run_clerk: Clerk) -> Callable[..., Rows]:
    """Ask a site's database, by its path below sites/."""

    def ask(database: str, sql: str) -> Rows:
        with closing(sqlite3.connect(run_clerk.root / "sites" / database)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    return ask
