"""An installation with one state whose rosters are files, and `clerk` on it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from clerkcore.__main__ import run
from clerkcore.installation import Installation
from clerkcore.ledger import Tombstone, list_tombstones
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.store.database import read_database
from clerkcore.times import to_text

SITE = "ks"
OLD = datetime(2026, 1, 5, tzinfo=UTC)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
PLUGIN = '''\
"""Who voted, one line each."""

from clerkcore import About, Ref, hookimpl
from clerkcore.rosters import Field, RosterAdapter, RosterFormat, RosterLayout, county_field, read_word, voter_id_field

LAYOUT = RosterLayout(
    {
        "voter_id": voter_id_field(("id",), r"[0-9]{4}", "four digits"),
        "voting_method": Field(("method",), read_word({"P": "early", "M": "absentee-mail"}, "method")),
        "county": county_field(("county",), ("ADAMS", "BROWN")),
    },
    whole=False,
)


class Ballots(RosterAdapter):
    name = "ballots"
    data_sources = ("EVR",)
    by_day = True
    about = About("Rosters", "The State", "https://x.example", "public record")

    def fetch_data(self, data_source, election_id, election_date, client):
        yield client.get("https://x.example/")

    def roster_format(self, scope):
        params = scope.params
        constants = {"election_id": params["election_id"], "vote_date": params["election_date"]}
        return RosterFormat(LAYOUT, constants, self.name)


@hookimpl
def register_state_adapters():
    return [Ref("ballots", "ballots:Ballots", "Rosters of the tests")]
'''
SETTINGS = 'plugins_dir = "plugins"\n[guards]\nshrink = 1\nturnover = 1\nquarantine = 1\n'


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


@dataclass
class State:
    """An installation whose site `ks` has a roster by day."""

    root: Path
    opened: list[Installation] = field(default_factory=list)

    def __call__(self, *words: str | Path) -> Result:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*map(str, words), "--root", str(self.root)], {})
        return Result(code, out.getvalue(), err.getvalue())

    def configure(self, *more: str) -> None:
        """Write clerk.toml anew, with some lines more."""
        (self.root / "clerk.toml").write_text(SETTINGS + "\n".join(more))

    @property
    def installation(self) -> Installation:
        """The installation as it is configured now."""
        settings = read_settings(self.root, {})
        self.opened.append(Installation(settings, Manager(discover(settings.plugins_folder))))
        return self.opened[-1]

    @property
    def folder(self) -> Path:
        return self.root / "sites" / SITE

    def load(self, *voters: str, day: str = "2026-05-18", stage: str = "update", taken: str = "") -> Result:
        """Load a roster: lines such as "ADAMS 1001 P"."""
        file = self.root / "roster.csv"
        file.write_text("county,id,method\n" + "".join(f"{line.replace(' ', ',')}\n" for line in voters))
        about = ("--election", "7", "--date", day, "--source", "EVR", "--from", str(file))
        return self("states", stage, SITE, *about, *(("--taken", taken) if taken else ()), "--json")

    def outcome(self, *voters: str, **how: Any) -> str:
        """Load a roster and return how that ended."""
        ended = self.load(*voters, **how)
        assert ended.rows, ended.err
        return str(ended.rows[0]["outcome"])

    def downloads(self) -> set[str]:
        """The sha256 of the downloads on the disk."""
        return {path.name.removesuffix(".gz") for path in (self.folder / "raw" / "downloads").glob("*/*.gz")}

    def captures(self) -> list[str]:
        """The ids of the captures on the disk."""
        return sorted(path.stem for path in (self.folder / "raw" / "captures").glob("*/*/*.json"))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the site's database."""
        with read_database(self.folder / "voters.db") as connection:
            return [tuple(row) for row in connection.execute(sql)]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the ledger."""
        with self.installation.ledger.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def change(self, sql: str) -> None:
        """Change the ledger behind everybody's back."""
        with self.installation.ledger.write() as connection:
            connection.exec_driver_sql(sql)

    def tombstones(self) -> list[Tombstone]:
        """Every tombstone, newest first."""
        with self.installation.ledger.read() as connection:
            return list_tombstones(connection, limit=99)

    def write(self, sql: str) -> None:
        """Change the site's database behind everybody's back."""
        with closing(sqlite3.connect(self.folder / "voters.db")) as connection, connection:
            connection.execute(sql)

    def age(self) -> None:
        """Make all that happened so far some months old: files, runs, events."""
        for path in (self.folder / "raw").rglob("*"):
            os.utime(path, (OLD.timestamp(), OLD.timestamp()))
        self.change(f"UPDATE events SET at = '{to_text(OLD)}'")
        self.change(f"UPDATE job_tracking SET started_at = '{to_text(OLD)}', finished_at = '{to_text(OLD)}'")
        self.change(f"UPDATE jobs SET finished_at = '{to_text(OLD)}'")
        self.write(f"UPDATE _clerk_runs SET applied_at = '{to_text(OLD)}'")
        self.write(f"UPDATE data_update_log SET run_timestamp = '{to_text(OLD)}'")

    def lose_plugin(self) -> None:
        """Take the plugin away."""
        (self.root / "plugins" / "ballots.py").unlink()

    def close(self) -> None:
        for installation in self.opened:
            installation.close()
        self.opened.clear()


@contextmanager
def forgetting() -> Iterator[None]:
    """Forget the plugin afterwards: the next test has another one of the same name."""
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        sys.modules.pop("ballots", None)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """An old installation: four loads of one day, each of which changed something."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        with forgetting():
            state = _make(Path(folder) / "civic")
            for number in range(1, 5):
                voters = ("ADAMS 1001 P", f"BROWN 200{number} M", "ADAMS bad P")
                assert state.outcome(*voters, taken=f"2026-01-0{number}") == "changed"
            state.age()
            state.close()
        yield state.root


def _make(root: Path) -> State:
    made = State(root)
    assert made("init").code == 0
    (root / "plugins").mkdir()
    (root / "plugins" / "ballots.py").write_text(PLUGIN)
    made.configure()
    words = ("--name", "Kansas", "--state", "KS", "--kind", "county", "--set", "ballots.x=1")
    assert made("sites", "add", SITE, *words).code == 0
    return made


@pytest.fixture
def state(template: Path) -> Iterator[State]:
    """An old installation of its own for the test, in memory where the system has such a folder."""
    with TemporaryDirectory(dir=MEMORY) as folder, forgetting():
        made = State(Path(folder) / "civic")
        shutil.copytree(template, made.root)
        yield made
        made.close()


@pytest.fixture(scope="session")
def blank() -> Iterator[Path]:
    """An installation whose site has no data yet."""
    with TemporaryDirectory(dir=MEMORY) as folder, forgetting():
        state = _make(Path(folder) / "civic")
        state.close()
        yield state.root


@pytest.fixture
def new_state(blank: Path) -> Callable[[], AbstractContextManager[State]]:
    """Make a new installation whose site has no data yet, for a `with` block."""

    @contextmanager
    def make() -> Iterator[State]:
        with TemporaryDirectory(dir=MEMORY) as folder, forgetting():
            made = State(Path(folder) / "civic")
            shutil.copytree(blank, made.root)
            yield made
            made.close()

    return make
