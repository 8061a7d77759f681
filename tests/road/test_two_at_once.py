"""Two processes that want the same site at the same time: one works, the other says why it does not (law 6)."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SITE = "slow.ca"
# A source that says when it fetches and goes on when its input is closed.
PLUGIN = """
import sys
from clerkcore import About, Column, Location, Record, Ref, Scope, Table, hookimpl
from clerkcore.finance import FinanceSource

TABLE = Table("notes", ("note",), (Column("note"),), title="Notes", description="One note a line")


class Slow(FinanceSource):
    name = "slow"
    about = About("Slow", "Nobody", "https://x.example", "public domain")
    tables = (TABLE,)

    def plan(self, site, request, client):
        yield Scope("all")

    def parse(self, capture):
        print("working", file=sys.stderr, flush=True)
        sys.stdin.read()
        for page in capture.pages:
            with page.open() as stream:
                for number, line in enumerate(stream.read().decode().split(), 1):
                    yield Record("notes", {"note": line}, Location(page.name, number))

    def fetch(self, scope, client):
        yield from ()


@hookimpl
def register_finance_sources():
    return [Ref("slow", "slow:Slow", "Waits")]
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a clerk command in an installation with one site, whose source waits."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "slow.py").write_text(PLUGIN)
    environ = {**os.environ, "CLERK_ROOT": str(tmp_path), "CLERK_PLUGINS_DIR": str(tmp_path / "plugins")}
    command = [sys.executable, "-c", "from clerkcore.__main__ import main; main()"]
    pipe = subprocess.PIPE
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([*command, *arguments], env=environ, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        started.append(process)
        return process

    start("init", str(tmp_path)).communicate()
    start("sites", "add", SITE, "--name", "Slow", "--state", "CA", "--kind", "city").communicate()
    with (tmp_path / "sites" / SITE / "site.toml").open("a") as config:
        config.write("\n[sources.slow]\n")
    start("sites", "import").communicate()
    (tmp_path / "one.txt").write_text("a b c")
    (tmp_path / "two.txt").write_text("b c d")
    yield start
    for process in started:
        process.kill()
        process.communicate()


def etl(start: Start, tmp_path: Path, file: str) -> subprocess.Popen[str]:
    return start("finance", "etl", SITE, "--from", str(tmp_path / file), "--json")


def wait_for_work(process: subprocess.Popen[str]) -> None:
    assert process.stderr
    assert any("working" in line for line in process.stderr)


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    output, _ = process.communicate()
    return process.returncode, json.loads(output)


def ask(tmp_path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(tmp_path / "sites" / SITE / "finance" / "election_finance.db")) as connection:
        return connection.execute(sql).fetchall()


def test_the_second_is_skipped_and_says_who_is_at_work(start: Start, tmp_path: Path) -> None:
    first = etl(start, tmp_path, "one.txt")
    wait_for_work(first)
    code, skipped = finish(etl(start, tmp_path, "two.txt"))
    assert (code, skipped["outcome"], skipped["run_id"]) == (0, "skipped", None)
    assert skipped["message"].startswith(f"site '{SITE}' is busy: ")
    assert f":{first.pid}:" in skipped["message"]
    code, done = finish(first)
    assert (code, done["outcome"], done["added"]) == (0, "changed", 3)
    assert ask(tmp_path, "SELECT note FROM notes_effective") == [("a",), ("b",), ("c",)]
    assert ask(tmp_path, "SELECT count(*) FROM _clerk_runs") == [(1,)]


def test_undo_waits_for_nobody_and_is_refused_while_a_run_is_at_work(start: Start, tmp_path: Path) -> None:
    finish(etl(start, tmp_path, "one.txt"))
    second = etl(start, tmp_path, "two.txt")
    wait_for_work(second)
    undo = start("undo", "1")
    _, complaint = undo.communicate()
    assert (undo.returncode, f"site '{SITE}' is busy" in complaint) == (1, True)
    assert finish(second)[1]["outcome"] == "changed"


def test_the_site_of_a_killed_process_is_taken_over_at_once_and_its_run_closed(start: Start, tmp_path: Path) -> None:
    first = etl(start, tmp_path, "one.txt")
    wait_for_work(first)
    first.kill()
    first.communicate()
    code, done = finish(etl(start, tmp_path, "two.txt"))
    assert (code, done["outcome"], done["run_id"]) == (0, "changed", 2)
    told, _ = start("runs", "show", "1").communicate()
    assert "died; nothing was applied" in " ".join(told.split())


def test_of_many_at_once_every_one_loads_or_is_skipped_and_the_rows_are_those_of_the_last(
    start: Start, tmp_path: Path
) -> None:
    files = ("one.txt", "two.txt") * 2
    ended = [finish(process)[1] for process in [etl(start, tmp_path, file) for file in files]]
    assert {run["outcome"] for run in ended} <= {"changed", "fresh", "skipped"}
    changed = [run["run_id"] for run in ended if run["outcome"] == "changed"]
    assert sorted(ask(tmp_path, "SELECT run_id FROM _clerk_runs")) == sorted((run,) for run in changed)
    last = files[[run["run_id"] for run in ended].index(max(changed))]
    expected = [(note,) for note in (tmp_path / last).read_text().split()]
    assert ask(tmp_path, "SELECT note FROM notes_effective ORDER BY note") == expected
    assert ask(tmp_path, "PRAGMA integrity_check") == [("ok",)]
