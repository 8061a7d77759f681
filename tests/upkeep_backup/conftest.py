"""An installation with two sites that have a little data, copied for each test, and `clerk` as a function."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from clerkcore.__main__ import run
from clerkcore.store.database import open_database, transaction

SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
SITES = ("alameda.ca", "berkeley.ca")
LINE = "INSERT INTO data_update_log (run_timestamp, state_code, data_source, summary) VALUES ('2026', 'CA', 'x', ?)"


@dataclass(frozen=True)
class Result:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Stdout as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> str:
        """The last line of stderr, for progress stands above it."""
        return self.err.splitlines()[-1]


@dataclass(frozen=True)
class Clerk:
    """Runs commands on one installation in this process."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path, **environ: str) -> Result:
        self.capsys.readouterr()
        code = run([*map(str, words), "--root", str(self.root)], environ)
        printed = self.capsys.readouterr()
        return Result(code, printed.out, printed.err)

    def at(self, root: Path) -> Clerk:
        """The same for another root."""
        return Clerk(root, self.capsys)

    def database(self, subdomain: str = "alameda.ca") -> Path:
        return self.root / "sites" / subdomain / "finance" / "election_finance.db"

    def back_up(self, *words: str | Path) -> Path:
        """Take a backup, which must go well, and return its folder."""
        done = self("backup", *words, "--json")
        assert done.code == 0, done.err
        return Path(done.rows[-1]["backup"])

    def files(self) -> dict[str, bytes]:
        """Every file of the installation but backups, for comparing."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and "backups" not in path.parts]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}


def fill(path: Path, *summaries: str) -> None:
    with open_database(path) as connection, transaction(connection):
        connection.executemany(LINE, [(summary,) for summary in summaries])


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template") / "civic"
    assert run(["init", str(root)], {}) == 0
    for subdomain in SITES:
        words = ["sites", "add", subdomain, "--name", subdomain.title(), "--state", "CA", "--kind", "city"]
        assert run([*words, "--root", str(root)], {}) == 0
        fill(root / "sites" / subdomain / "finance" / "election_finance.db", "first", "second")
    raw = root / "sites" / "alameda.ca" / "raw"
    for name, content in (("captures/netfile/2026/one.json", b"{}"), ("downloads/ab/abc.gz", b"payload")):
        (raw / name).parent.mkdir(parents=True)
        (raw / name).write_bytes(content)
    (root / "secrets" / "netfile_key").write_text("hush")
    return root


@pytest.fixture
def clerk(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Clerk:
    """`clerk` on an installation with two sites."""
    shutil.copytree(template, tmp_path / "civic")
    return Clerk(tmp_path / "civic", capsys)


@pytest.fixture
def summaries() -> Callable[[Path], list[str]]:
    """The lines of a database's update log."""

    def read(path: Path) -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            return [row[0] for row in connection.execute("SELECT summary FROM data_update_log ORDER BY id")]

    return read


@pytest.fixture
def add_line() -> Callable[..., None]:
    """Write lines into the update log of a database."""
    return fill


@pytest.fixture
def make_old() -> Callable[[Path], None]:
    """Take a site database back to what clerk 0.1 wrote first."""

    def downgrade(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            for table in ("_clerk_redactions", "_clerk_duplicates", "_clerk_figures"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.execute("PRAGMA user_version = 2")

    return downgrade


@pytest.fixture
def user_version() -> Callable[[Path], int]:
    """The schema version of a database."""

    def read(path: Path) -> int:
        with closing(sqlite3.connect(path)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    return read


@pytest.fixture
def dead_holder() -> str:
    """The name of a process that is gone."""
    script = "from clerkcore.ledger import holder_name; print(holder_name())"
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def server_url() -> Iterator[str]:
    """An empty database on a PostgreSQL server."""
    if not SERVER:
        pytest.skip("CLERK_TEST_DATABASE_URL names no server")
    schema = f"clerk_{uuid.uuid4().hex}"
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
        yield f"{SERVER}?options=-csearch_path%3D{schema}"
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()
