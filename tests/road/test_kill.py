"""A hundred kills of the real command at random moments, each followed by a look at the laws."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import agency_year, write_netfile_csv
from clerkcore.errors import StoreError
from clerkcore.fetch import Archive
from clerkcore.ledger import Ledger, ledger_url, list_leases, list_runs, open_ledger
from clerkcore.models import Counts, Outcome
from clerkcore.sites import SiteFolder
from clerkcore.store.database import read_database

SITE, YEAR = "sandiego.ca", "2020"
LANES, KILLS_A_LANE = 4, 25
LAUNCHER = Path(__file__).with_name("launcher.py")
TABLES = ("transactions", "filers", "filings", "agencies")
VIEWS = {table: f"{table}_effective" for table in TABLES}
Content = dict[str, tuple[tuple[Any, ...], ...]]
EMPTY: Content = dict.fromkeys(TABLES, ())


class Launcher:
    """Starts commands as processes of their own, forked from one that has imported everything."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([sys.executable, str(LAUNCHER)], stdin=pipe, stdout=pipe, text=True)

    def tell(self, **told: Any) -> dict[str, int]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        answered: dict[str, int] = json.loads(self.process.stdout.readline())
        return answered

    def start(self, root: Path, arguments: Sequence[str]) -> Launched:
        self.count += 1
        output, errors = (self.folder / f"{name}-{self.count}" for name in ("output", "errors"))
        environ = {"CLERK_ROOT": str(root)}
        told = self.tell(arguments=list(arguments), environ=environ, output=str(output), errors=str(errors))
        return Launched(self, told["pid"], output, errors)

    def close(self) -> None:
        self.process.communicate()


@dataclass
class Launched:
    """One command at work."""

    launcher: Launcher
    pid: int
    output: Path
    errors: Path
    returncode: int = 0

    def kill(self) -> None:
        # It is there until it is waited for, dead or not.
        os.kill(self.pid, signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        self.returncode = self.launcher.tell(wait=self.pid)["returncode"]
        return self.output.read_text(), self.errors.read_text()


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path)
    yield launcher
    launcher.close()


@dataclass(frozen=True)
class Installation:
    """An installation of its own, which a test works on by command alone."""

    root: Path
    launcher: Launcher

    @property
    def folder(self) -> SiteFolder:
        return SiteFolder.of(self.root, SITE)

    @property
    def database(self) -> Path:
        return self.folder.database("election_finance")

    def start(self, *arguments: str) -> Launched:
        return self.launcher.start(self.root, arguments)

    def start_etl(self, file: Path) -> Launched:
        return self.start("finance", "etl", SITE, "--year", YEAR, "--from", str(file), "--json")

    def run(self, process: Launched) -> str:
        output, complaints = process.communicate()
        assert process.returncode == 0, complaints
        return output

    def ledger(self) -> Ledger:
        return open_ledger(ledger_url(self.root))

    def content(self) -> Content:
        """Return the live rows without the runs they came by; none while there is no table."""
        try:
            with read_database(self.database) as connection:
                found = {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema")}
                return EMPTY | {
                    table: tuple(sorted(tuple(row)[:-2] for row in connection.execute(f"SELECT * FROM {view}")))
                    for table, view in VIEWS.items()
                    if view in found
                }
        except StoreError:
            assert not self.database.exists()
            return EMPTY

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with read_database(self.database) as connection:
            return [tuple(row) for row in connection.execute(sql)]


def install(root: Path, launcher: Launcher) -> Installation:
    installation = Installation(root, launcher)
    installation.run(installation.start("init", str(root)))
    # The exports differ in more rows than a guard would let pass unasked.
    with (root / "clerk.toml").open("a", encoding="utf-8") as settings:
        settings.write("[guards]\nshrink = 0.5\n")
    installation.run(installation.start("sites", "import", "--pilots"))
    return installation


def write_exports(folder: Path) -> tuple[Path, Path]:
    """Write two exports of about 2,000 rows that differ by rows added, changed and gone."""
    first = agency_year(1, "CSD", int(YEAR), day=0, size=2000)
    later = agency_year(1, "CSD", int(YEAR), day=4, size=2000)
    edited = [
        {**row, "Tran_Dscr": "Edited"} if number % 5 == 0 else row
        for number, row in enumerate(later)
        if number % 25 != 3
    ]
    return write_netfile_csv(folder / "a.csv", first), write_netfile_csv(folder / "b.csv", edited)


def check_laws(installation: Installation, allowed: Sequence[Content]) -> Content:
    """Check what must hold whenever nobody is at work; returns the live rows."""
    content = installation.content()
    assert content in allowed
    if not installation.database.exists() or not installation.ask("SELECT 1 FROM sqlite_schema"):
        return content
    assert installation.ask("PRAGMA integrity_check") == [("ok",)]
    runs = installation.ask("SELECT run_id, counts, capture FROM _clerk_runs")
    assert all(Counts(**json.loads(counts)).balances for _, counts, _ in runs)
    check_rows(installation, {run for run, _, _ in runs}, content)
    archive = Archive(installation.folder.raw)
    for (capture,) in installation.ask("SELECT capture FROM _clerk_runs UNION SELECT capture FROM _clerk_scopes"):
        kept = archive.load_capture("netfile", YEAR, capture)
        assert kept.complete
        assert all(archive.is_intact(download) for download in kept.downloads)
    return content


def check_rows(installation: Installation, runs: set[int], content: Content) -> None:
    """Check that rows, history and log speak of runs that were applied, and that the log adds up."""
    named = [f"SELECT run_id FROM {table} UNION SELECT removed_run_id FROM {table}" for table in TABLES if runs]
    for sql in (*named, "SELECT run_id FROM _clerk_history"):
        assert {run for (run,) in installation.ask(sql)} <= runs | {None}
    logged = installation.ask("SELECT run_id, records_after FROM data_update_log ORDER BY id")
    assert runs <= {run for run, _ in logged}
    assert (logged[-1][1] if logged else 0) == len(content["transactions"])


@dataclass(frozen=True)
class Measured:
    """What clean runs of the two exports leave behind, and how long one takes."""

    a: Content
    b: Content
    seconds: float


def measure(installation: Installation, a: Path, b: Path) -> Measured:
    installation.run(installation.start_etl(a))
    first = installation.content()
    began = time.monotonic()
    installation.run(installation.start_etl(b))
    return Measured(first, installation.content(), time.monotonic() - began)


def kill_at_random(installation: Installation, file: Path, rival: Path | None, seconds: float) -> str:
    """Start the command, kill it after so many seconds, let a rival that began meanwhile come to its end."""
    process = installation.start_etl(file)
    competitor = installation.start_etl(rival) if rival else None
    time.sleep(seconds)
    process.kill()
    process.communicate()
    if competitor:
        assert json.loads(installation.run(competitor))["outcome"] in ("changed", "fresh", "skipped")
    return "killed" if process.returncode else "ended before"


def draw_delay(chance: random.Random, whole: float) -> float:
    """Draw a moment of the run, more often from its later part, where the work is done."""
    return chance.uniform(chance.choice((0.0, 0.4, 0.7)), 1.0) * whole


@pytest.mark.slow
@pytest.mark.parametrize("lane", range(LANES))
def test_a_process_killed_at_any_moment_leaves_the_laws_intact(lane: int, tmp_path: Path, launcher: Launcher) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance, tally = random.Random(seed), Counter[str]()
    a, b = write_exports(tmp_path)
    clean = measure(install(tmp_path / "clean", launcher), a, b)
    assert len(clean.a["transactions"]) == 2000 != len(clean.b["transactions"])
    installation, with_rival = install(tmp_path / "killed", launcher), lane == LANES - 1
    allowed: tuple[Content, ...] = (EMPTY, clean.a, clean.b)
    content = EMPTY
    while tally["killed"] < KILLS_A_LANE:
        file, other = (b, a) if content == clean.a else (a, b)
        delay = draw_delay(chance, clean.seconds)
        tally[kill_at_random(installation, file, other if with_rival else None, delay)] += 1
        before, content = content, check_laws(installation, allowed)
        tally["applied"] += content != before
        # Nothing that was ever applied is lost again.
        allowed = allowed if content == EMPTY else (clean.a, clean.b)
    print(f"{dict(tally)} of runs that take {clean.seconds:.2f} s")
    check_end(installation, b if content == clean.a else a, clean.b if content == clean.a else clean.a)


def check_end(installation: Installation, file: Path, expected: Content) -> None:
    """Check that a run without a kill succeeds and tidies up after all those that were killed."""
    (run,) = [json.loads(line) for line in installation.run(installation.start_etl(file)).splitlines()]
    assert run["outcome"] == "changed"
    assert check_laws(installation, [expected]) == expected
    applied = {run for (run,) in installation.ask("SELECT run_id FROM _clerk_runs")}
    ledger = installation.ledger()
    with ledger.read() as connection:
        assert list_leases(connection) == []
        stored = list_runs(connection, limit=1000)
    ledger.dispose()
    assert all(run.finished_at for run in stored)
    assert applied <= {run.run.run_id for run in stored}
    told = {run.run.run_id for run in stored if any(scope.outcome is Outcome.CHANGED for scope in run.run.scopes)}
    assert told == applied
    assert [path for path in installation.folder.stage.rglob("*") if path.is_file()] == []
