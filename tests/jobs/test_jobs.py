"""clerk jobs: what was asked for, what became of it, and why a site did or did not run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
ETL = ("finance", "etl", "sandiego.ca", "--json")
DUE = ("jobs", "run", "--due", "--job", "finance.etl", "--json")
PATIENCE = 60.0


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def jobs(clerk: Clerk, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = clerk("jobs", "list", "--json", *words).rows
    return rows


def reasons(clerk: Clerk, site: str = "sandiego.ca") -> dict[str, str]:
    return {row["reason"]: row["message"] for row in clerk("jobs", "why", site, "--json").rows}


@pytest.fixture
def begun(san_diego: Clerk, simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    """A tick that is at its first site, and waits for an upstream that does not answer."""
    simulator.faults = Faults(slow_seconds=PATIENCE)
    process = san_diego.start(*DUE)
    wait_until(lambda: jobs(san_diego, "--status", "running"))
    yield process
    process.kill()
    process.communicate()


def test_what_is_run_by_hand_is_a_job_with_its_run(san_diego: Clerk) -> None:
    [run] = san_diego(*ETL).rows
    [job] = jobs(san_diego)
    assert (job["status"], job["outcome"], job["attempts"], job["message"]) == (
        "finished",
        "changed",
        1,
        run["message"],
    )
    shown = san_diego("jobs", "show", "1", "--json").rows[0]
    assert shown["runs"] == [{"run_id": run["run_id"], "outcome": "changed", "message": run["message"]}]


def test_a_tick_opens_what_is_due_and_does_it_once(san_diego: Clerk) -> None:
    assert [run["outcome"] for run in san_diego(*DUE).rows] == ["changed"]
    assert san_diego(*DUE).rows == []
    assert [(job["asked_by"], job["outcome"]) for job in jobs(san_diego)] == [("schedule", "changed")]


def test_a_job_that_failed_waits_for_its_next_attempt_and_may_be_run_at_once(
    san_diego: Clerk, simulator: Simulator
) -> None:
    simulator.faults = Faults(html=True)
    assert san_diego(*ETL).code == 1
    [job] = jobs(san_diego)
    later = datetime.fromisoformat(job["not_before"]) - datetime.fromisoformat(job["started_at"])
    assert (job["status"], job["attempts"], job["max_attempts"], later) == ("waiting", 1, 5, timedelta(minutes=5))
    simulator.faults = Faults()
    assert [run["outcome"] for run in san_diego("jobs", "run", str(job["id"]), "--json").rows] == ["changed"]
    [done] = jobs(san_diego)
    assert (done["id"], done["status"], done["attempts"]) == (job["id"], "finished", 2)


def test_a_job_that_is_over_is_asked_for_again_by_retry(san_diego: Clerk) -> None:
    san_diego(*ETL)
    assert san_diego("jobs", "run", "1").err == "Error: job 1 is finished already (clerk jobs retry 1)\n"
    assert san_diego("jobs", "retry", "1").out == "job 2 waits; to do it now: clerk jobs run 2\n"
    assert [run["outcome"] for run in san_diego("jobs", "run", "--json").rows] == ["fresh"]
    assert [(job["id"], job["retry_of"]) for job in jobs(san_diego)] == [(2, 1), (1, None)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "9"], "no job 9 (nothing was asked yet)"),
        (["cancel", "9"], "no job 9 (nothing was asked yet)"),
        (
            ["run", "--job", "finance.etl"],
            "say which jobs in one way (clerk jobs run 12, or clerk jobs run --due --job J",
        ),
        (["run", "--due", "--job", "etl"], "there is no job 'etl' (jobs: finance.etl, states.update)"),
        (["why", "nowhere"], "the ledger has no site 'nowhere' (it has no sites yet)"),
    ],
)
def test_what_cannot_be_asked_is_refused(clerk: Clerk, words: list[str], message: str) -> None:
    refused = clerk("jobs", *words)
    assert (refused.code > 0, refused.err.startswith(f"Error: {message}")) == (True, True), refused.err


def test_a_job_that_waits_is_cancelled_and_never_done(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(html=True)
    san_diego(*ETL)
    assert san_diego("jobs", "cancel", "1", "--by", "jane").out == "job 1 is cancelled\n"
    assert [(job["status"], job["message"]) for job in jobs(san_diego)] == [("cancelled", "cancelled by jane")]
    again = san_diego("jobs", "cancel", "1")
    assert (again.code, again.err) == (2, "Error: job 1 is cancelled already (clerk jobs show 1)\n")


def test_a_job_that_is_being_done_applies_nothing_once_it_is_cancelled(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(slow_seconds=3.0)
    process = san_diego.start(*ETL)
    wait_until(lambda: jobs(san_diego, "--status", "running"))
    assert san_diego("jobs", "cancel", "1").out == "job 1 stops before it writes more\n"
    simulator.faults = Faults()
    process.communicate(timeout=PATIENCE)
    assert [job["status"] for job in jobs(san_diego)] == ["cancelled"]
    [run] = san_diego("runs", "list", "--json").rows
    assert run["message"] == "its job was cancelled; nothing was applied"


def test_a_killed_tick_loses_nothing_and_the_next_does_its_job_once(
    san_diego: Clerk, simulator: Simulator, begun: subprocess.Popen[str]
) -> None:
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    simulator.faults = Faults()
    assert "died" in reasons(san_diego)
    assert [run["outcome"] for run in san_diego(*DUE).rows] == ["changed"]
    [job] = jobs(san_diego)
    assert (job["status"], job["attempts"]) == ("finished", 2)
    assert san_diego(*DUE).rows == []


def test_an_interrupted_tick_puts_its_job_back(
    san_diego: Clerk, simulator: Simulator, begun: subprocess.Popen[str]
) -> None:
    begun.send_signal(signal.SIGINT)
    begun.communicate(timeout=PATIENCE)
    [job] = jobs(san_diego)
    assert (job["status"], job["attempts"], job["message"]) == ("waiting", 0, "it was interrupted")


def test_a_second_tick_leaves_the_job_that_is_being_done(san_diego: Clerk, begun: subprocess.Popen[str]) -> None:
    assert san_diego(*DUE).rows == []
    running = reasons(san_diego)["running"]
    assert re.match(rf"job 1 is being done by process {begun.pid} on \S+ since 20", running)


def test_several_sites_are_done_at_a_time(fed: Clerk) -> None:
    for name in ("one.ca", "two.ca", "three.ca"):
        fed.add_site(name, "netfile.agency=CSD")
    ended = fed(*DUE, "--jobs", "2")
    assert sorted((run["site"], run["outcome"]) for run in ended.rows) == [
        ("one.ca", "changed"),
        ("three.ca", "changed"),
        ("two.ca", "changed"),
    ]
    assert {job["status"] for job in jobs(fed)} == {"finished"}
    assert len({job["holder"] for job in jobs(fed)}) == 2


def test_a_process_of_several_that_is_killed_costs_one_attempt_and_nothing_else(
    fed: Clerk, simulator: Simulator
) -> None:
    for name in ("one.ca", "two.ca"):
        fed.add_site(name, "netfile.agency=CSD")
    simulator.faults = Faults(slow_seconds=PATIENCE)
    process = fed.start(*DUE, "--jobs", "2")
    wait_until(lambda: len(jobs(fed, "--status", "running")) == 2)
    simulator.faults = Faults()
    for job in jobs(fed, "--status", "running"):
        os.kill(int(job["holder"].split(":")[-2]), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    assert (out.count('"outcome": "changed"') >= 2, "died; the job is taken over" in err) == (True, True), err
    assert [(job["status"], job["attempts"]) for job in jobs(fed)] == [("finished", 2), ("finished", 2)]


def test_a_worker_does_what_waits_in_the_ledger(san_diego: Clerk) -> None:
    san_diego(*ETL)
    san_diego("jobs", "retry", "1")
    assert san_diego("worker", "states", "--burst").out == ""
    assert san_diego("worker", "high", "--burst").out.startswith("sandiego.ca netfile: fresh (run 2, ")
    refused = san_diego("worker", "fast")
    known = "high, states, finance, reconcile, monitor, fiscal, meetings"
    assert (refused.code, refused.err) == (2, f"Error: there is no queue 'fast' (queues: {known})\n")


def test_a_worker_that_is_told_to_end_ends_after_the_job_at_hand(san_diego: Clerk) -> None:
    worker = san_diego.start("worker", "finance")
    assert worker.stderr.readline().startswith("Waiting for jobs of finance (local)")
    time.sleep(0.3)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0


def test_why_tells_each_reason_with_the_command_that_helps(san_diego: Clerk, simulator: Simulator) -> None:
    assert list(reasons(san_diego)) == ["never", "due"]
    san_diego(*ETL)
    assert list(reasons(san_diego)) == ["changed", "not due"]
    simulator.faults = Faults(drop_share=0.5)
    assert san_diego(*ETL).code == 3
    assert {"held", "not due"} == set(reasons(san_diego))
    san_diego("sites", "disable", "sandiego.ca")
    assert reasons(san_diego)["disabled"] == "the site is disabled: schedules leave it out"
    simulator.faults = Faults(html=True)
    san_diego(*ETL)
    assert reasons(san_diego)["waiting"].startswith("job 3 waits until ")


def test_why_tells_of_a_source_whose_plugin_is_missing(clerk: Clerk) -> None:
    clerk.add_site("chico.ca", "nosuch.agency=1")
    assert reasons(clerk, "chico.ca") == {
        "plugin missing": "no plugin offers its source 'nosuch'; its data is kept as it is"
    }


def test_an_executor_that_nobody_offers_is_refused_and_loses_no_job(san_diego: Clerk) -> None:
    refused = san_diego(*DUE, CLERK_EXECUTOR="carrier")
    assert refused.code == 2
    assert refused.err.startswith("Error: jobs.executor: no plugin offers the executor 'carrier'; offered: local")
    assert [job["status"] for job in jobs(san_diego)] == ["waiting"]
    assert [run["outcome"] for run in san_diego(*DUE).rows] == ["changed"]


def test_the_core_offers_its_jobs_its_executor_and_its_channels_by_its_own_hooks(clerk: Clerk) -> None:
    [core] = [row for row in clerk("plugins", "list", "--json").rows if row["name"] == "clerkcore"]
    hooks = {"after_update", "register_executors", "register_job_types", "register_notifiers"}
    assert set(core["hooks"]) == hooks


def test_a_job_that_waits_while_its_site_is_disabled_is_not_done(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(html=True)
    san_diego(*DUE)
    san_diego("sites", "disable", "sandiego.ca")
    assert san_diego("jobs", "run", "--json").rows == []
    simulator.faults = Faults()
    assert san_diego("jobs", "run", "1", "--json").rows == []
    assert [(job["outcome"], job["message"]) for job in jobs(san_diego)] == [
        ("skipped", "its site, or its state, is disabled")
    ]


BREAKS = """\
from clerkcore import JobType, Ref, hookimpl

@hookimpl
def register_job_types():
    return [Ref("kansas.look", "broken_look:Look", "Looks")]

class Look(JobType):
    name, queue, interval_hours, command = "kansas.look", "monitor", 24, "clerk jobs run"

    def run(self, work, options, report):
        if work.site.subdomain == "one.ks":
            raise KeyError("no rain")
        with work.open_run("look") as look:
            look.end("fresh", "all is well")
        yield look.run
"""


def test_a_kind_of_job_that_breaks_at_one_site_is_done_at_the_others(clerk: Clerk) -> None:
    (clerk.root / "plugins").mkdir()
    (clerk.root / "plugins" / "broken_look.py").write_text(BREAKS)
    for name in ("one.ks", "two.ks"):
        clerk.add_site(name, state="KS")
    ended = clerk("--plugins-dir", clerk.root / "plugins", "jobs", "run", "--due", "--job", "kansas.look", "--json")
    told = {row["site"]: (row["outcome"], row["message"]) for row in ended.rows}
    assert (ended.code, told) == (
        1,
        {"one.ks": ("failed", "one.ks: KeyError: 'no rain'"), "two.ks": ("fresh", "all is well")},
    )
