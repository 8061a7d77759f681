"""Kinds of jobs that break, exit, kill their process or answer nonsense: each fails alone, is told, and is given up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
PLUGIN = """\
import os
from clerkcore import JobType, Ref, hookimpl

@hookimpl
def register_job_types():
    return [Ref("ks.good", "evil_jobs:Good", "Works"), Ref("ks.evil", "evil_jobs:Evil", "Does not")]

class Good(JobType):
    name, queue, interval_hours, command = "ks.good", "monitor", 24, "clerk jobs run"

    def run(self, work, options, report):
        with work.open_run("good") as run:
            run.end("fresh", "all is well")
        yield run.run

class Evil(Good):
    name, queue = "ks.evil", {queue!r}

    def run(self, work, options, report):
        {body}
        yield
"""


@pytest.fixture
def evil(clerk: Clerk) -> Any:
    """Run a tick of an installation whose kind of job does what is said."""
    (clerk.root / "sites" / "states.json").write_text('{"states": {}}')
    clerk.add_site("oz.ks", state="KS")
    folder = clerk.root / "plugins"
    folder.mkdir()

    def tick(body: str, *words: str, queue: str = "monitor") -> Any:
        (folder / "evil_jobs.py").write_text(PLUGIN.format(body=body, queue=queue))
        sys.modules.pop("evil_jobs", None)
        return clerk("--plugins-dir", folder, "jobs", "run", "--due", "--json", *words)

    return tick


def job(clerk: Clerk, kind: str) -> dict[str, Any]:
    [found] = clerk("jobs", "list", "--json", "--job", kind).rows
    return dict(found)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit(3)", "oz.ks: SystemExit: 3"),
        ("raise KeyError('no rain')", "oz.ks: KeyError: 'no rain'"),
        ("yield 42", "the kind of job 'ks.evil' yielded int, and no Run"),
    ],
    ids=["exits", "breaks", "yields nonsense"],
)
def test_what_breaks_fails_and_is_counted_while_the_others_are_done(
    clerk: Clerk, evil: Any, body: str, message: str
) -> None:
    ended = evil(body)
    told = {row["job"]: (row["outcome"], row["message"]) for row in ended.rows}
    assert (ended.code, told) == (1, {"ks.good": ("fresh", "all is well"), "ks.evil": ("failed", message)})
    assert (job(clerk, "ks.evil")["status"], job(clerk, "ks.evil")["attempts"]) == ("waiting", 1)
    assert job(clerk, "ks.good")["outcome"] == "fresh"


def test_the_traceback_of_what_broke_is_shown_with_its_job(clerk: Clerk, evil: Any) -> None:
    evil("raise KeyError('no rain')")
    [shown] = clerk("jobs", "show", str(job(clerk, "ks.evil")["id"]), "--json").rows
    assert ["KeyError: 'no rain'" in trace for trace in shown["tracebacks"]] == [True]


def test_what_kills_its_process_costs_an_attempt_each_time_and_is_told(clerk: Clerk, evil: Any) -> None:
    ended = evil("os._exit(9)", "--job", "ks.evil", "--jobs", "2")
    assert (ended.code, [row["outcome"] for row in ended.rows]) == (1, ["failed"])
    left = job(clerk, "ks.evil")
    assert (left["status"], left["attempts"], left["max_attempts"]) == ("waiting", 2, 5)
    assert left["message"].endswith("died, or was away for longer than its lease")


def test_a_kind_of_job_of_no_queue_is_named_and_stops_no_other(clerk: Clerk, evil: Any) -> None:
    ended = evil("return", queue="fast")
    assert (ended.code, [row["job"] for row in ended.rows]) == (1, ["ks.good"])
    assert "Error: the kind of job 'ks.evil' is no JobType of this name in one of the queues high, " in ended.err


def test_a_job_whose_plugin_is_gone_is_told_and_can_be_cancelled(clerk: Clerk, evil: Any) -> None:
    evil("raise KeyError('no rain')")
    why = {row["job"]: row for row in clerk("jobs", "why", "oz.ks", "--json").rows}
    number = job(clerk, "ks.evil")["id"]
    assert (why["ks.evil"]["reason"], why["ks.evil"]["command"]) == ("plugin missing", f"clerk jobs cancel {number}")
    assert clerk("jobs", "cancel", str(number), "--by", "jane").out == f"job {number} is cancelled\n"


def test_a_tick_whose_output_cannot_be_written_does_every_site_all_the_same(fed: Clerk) -> None:
    for name in ("one.ca", "two.ca"):
        fed.add_site(name, "netfile.agency=CSD")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "clerkcore", "--root", str(fed.root), "jobs", "run", "--due"]
        ended = subprocess.run(
            [*command, "--job", "finance.etl"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, "No space left on device" in ended.stderr) == (1, True)
    assert [row["outcome"] for row in fed("jobs", "list", "--json").rows] == ["changed", "changed"]


def test_what_was_asked_for_with_options_is_tried_again_by_a_tick(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(html=True)
    san_diego("finance", "etl", "sandiego.ca", "--year", "2020")
    simulator.faults = Faults()
    san_diego("schedule", "set", "sandiego.ca", "finance.etl", "--off")
    tick = ("jobs", "run", "--due", "--job", "finance.etl", "--json")
    assert san_diego(*tick).rows == []  # its five minutes have not passed
    with closing(sqlite3.connect(san_diego.root / "civic.db")) as ledger, ledger:
        ledger.execute("UPDATE jobs SET not_before = created_at")
    assert [run["outcome"] for run in san_diego(*tick).rows] == ["changed"]
    [done] = san_diego("jobs", "list", "--json").rows
    assert (done["id"], done["attempts"], done["options"]) == (1, 2, {"years": [2020]})


def test_a_job_that_was_asked_for_is_not_lost_with_the_tick_that_carried_it(
    san_diego: Clerk, simulator: Simulator
) -> None:
    san_diego("finance", "etl", "sandiego.ca")
    san_diego("jobs", "retry", "1")
    simulator.faults = Faults(slow_seconds=60.0)
    tick = san_diego.start("jobs", "run", "--due", "--job", "finance.etl")
    while not san_diego("jobs", "list", "--json", "--status", "running").rows:
        assert tick.poll() is None
    tick.send_signal(2)
    tick.communicate(timeout=60)
    assert [row["status"] for row in san_diego("jobs", "list", "--json").rows] == ["waiting", "finished"]
