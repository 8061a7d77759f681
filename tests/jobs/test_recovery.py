"""Two writers at once, and what a process that died leaves behind."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
ETL = ("finance", "etl", "sandiego.ca", "--year", "2020", "--json")
PATIENCE = 60.0


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


@pytest.fixture
def busy(fed: Clerk, simulator: Simulator) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the site and waits for an upstream that does not answer."""
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    simulator.faults = Faults(slow_seconds=PATIENCE)
    process = fed.start(*ETL)
    wait_until(lambda: fed("runs", "list", "--json").rows)
    yield process
    process.kill()
    process.communicate()


def test_a_site_that_another_process_holds_is_skipped_and_the_holder_named(
    fed: Clerk, busy: subprocess.Popen[str]
) -> None:
    skipped = fed(*ETL)
    [run] = skipped.rows
    assert (skipped.code, run["run_id"], run["outcome"]) == (0, None, "skipped")
    assert re.match(rf"site 'sandiego.ca' is busy: \S+:{busy.pid}:\d+ has run finance.etl since ", run["message"])
    assert run["remedy"].startswith("wait for it to end")
    assert [row["status"] for row in fed("runs", "list", "--json").rows] == ["running"]


def test_a_site_that_another_process_holds_is_shown_as_running(fed: Clerk, busy: subprocess.Popen[str]) -> None:
    assert fed("status", "--json").rows[0]["outcome"] == "running"


@pytest.mark.parametrize("words", [("undo", "1"), ("sites", "rename", "sandiego.ca", "other.ca")])
def test_a_site_that_another_process_holds_is_not_touched(
    fed: Clerk, busy: subprocess.Popen[str], words: tuple[str, ...]
) -> None:
    refused = fed(*words)
    assert (refused.code, refused.err.startswith("Error: site 'sandiego.ca' is busy: ")) == (1, True)
    assert (fed.root / "sites" / "sandiego.ca" / "site.toml").exists()


def test_next_site_passes_over_a_site_that_another_process_holds(fed: Clerk, busy: subprocess.Popen[str]) -> None:
    assert fed("finance", "etl", "--next-site").err.startswith("No site to do: ")


@pytest.fixture
def died(busy: subprocess.Popen[str], simulator: Simulator) -> str:
    """The name of a process that was killed in the middle of its run."""
    busy.kill()
    busy.communicate()
    simulator.faults = Faults()
    return str(busy.pid)


def test_what_a_dead_process_left_is_shown_with_the_command_that_helps(fed: Clerk, died: str) -> None:
    [state] = fed("status", "--json").rows
    assert (state["outcome"], state["command"]) == ("died", "clerk finance etl sandiego.ca")


@pytest.mark.parametrize("words", [ETL, ("finance", "etl", "--next-site", "--year", "2020", "--json")])
def test_a_run_that_a_dead_process_left_open_is_closed_by_the_next_one(
    fed: Clerk, died: str, words: tuple[str, ...]
) -> None:
    assert [run["outcome"] for run in fed(*words).rows] == ["changed"]
    new, left = fed("runs", "list", "--json").rows
    assert (new["run_id"], new["outcome"]) == (2, "changed")
    assert (left["run_id"], left["status"], left["outcome"]) == (1, "finished", "failed")
    assert re.match(rf"its process \(\S+:{died}:\d+\) died; nothing was applied\Z", left["message"])
    assert left["remedy"] == "run it again"


def test_an_interrupted_run_is_closed_at_once(fed: Clerk, busy: subprocess.Popen[str]) -> None:
    busy.send_signal(signal.SIGINT)
    out, err = busy.communicate(timeout=PATIENCE)
    # Python ends itself by the signal where it interrupted generated code; a shell calls both 130.
    assert (busy.returncode in (130, -signal.SIGINT), out) == (True, "")
    assert err.splitlines()[-1] == "Interrupted; what was not applied yet is as it was before."
    [run] = fed("runs", "list", "--json").rows
    assert (run["outcome"], run["message"]) == ("skipped", "it was interrupted; nothing was applied")


def test_a_ledger_made_anew_gives_no_run_number_out_twice(fed: Clerk) -> None:
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    assert fed("finance", "etl", "sandiego.ca", "--year", "2020").code == 0
    for path in fed.root.glob("civic.db*"):
        path.unlink()
    assert [fed(*words).code for words in (["init"], ["sites", "import"])] == [0, 0]
    [again] = fed("finance", "etl", "sandiego.ca", "--year", "2021", "--json").rows
    assert (again["run_id"], again["outcome"]) == (2, "changed")
    [undone] = fed("undo", "2", "--json").rows
    assert [scope["scope"] for scope in undone["scopes"]] == ["2021"]
