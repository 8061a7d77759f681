"""The process that keeps ticking where there is no cron."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer

import pytest

from clerkcore.errors import LedgerError
from clerkcore.installation import Installation
from clerkcore.jobs.daemon import Ticker, keep_ticking
from clerkcore.jobs.planning import SCHEDULER
from clerkcore.ledger import get_mark, holder_name, mark_set_at
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.testing.clerk import Clerk


@pytest.fixture
def installation(clerk: Clerk) -> Installation:
    return Installation(read_settings(clerk.root, {}), Manager(discover("", reserved=())))


def count_runs(root: Path) -> int:
    connection = sqlite3.connect(root / "civic.db")
    try:
        return int(connection.execute("SELECT count(*) FROM job_tracking WHERE outcome = 'changed'").fetchone()[0])
    finally:
        connection.close()


def wait_for(happened: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < limit, "nothing happened within 30 seconds"
        time.sleep(0.05)


def ticks(installation: Installation, tick: Callable[[Event], int], seconds: float) -> list[str]:
    """Tick every 0.1 s and interrupt after some seconds; returns what was reported."""
    told: list[str] = []
    done = Event()
    timer = Timer(seconds, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    keep_ticking(Ticker(installation, lambda _installation, _stop: tick(done), told.append), 0.1)
    timer.join()
    return told


def test_run_once_does_what_is_due_and_ends(san_diego: Clerk) -> None:
    done = san_diego("schedule", "run", "--run-once", "--json")
    assert (done.exit_code, [(row["site"], row["outcome"]) for row in done.lines]) == (0, [("sandiego.ca", "changed")])
    again = san_diego("schedule", "run", "--run-once", "--json")
    assert (again.exit_code, again.stdout) == (0, "")


def test_a_due_site_is_run_and_sigterm_ends_cleanly(
    san_diego: Clerk, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(san_diego, "schedule", "run", "--every", "1")
    wait_for(lambda: count_runs(san_diego.root) == 1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out.startswith("sandiego.ca netfile: changed (run 1, ")
    assert "Traceback" not in err


def test_ticks_follow_each_other_until_they_are_interrupted(installation: Installation) -> None:
    seen: list[int] = []

    def tick(_: Event) -> int:
        seen.append(1)
        return 0

    told = ticks(installation, tick, 0.6)
    assert len(seen) >= 3
    assert told == []


def test_a_tick_that_fails_is_told_and_the_next_one_comes(installation: Installation) -> None:
    errors = iter([LedgerError("the ledger is locked", remedy="wait"), ValueError("odd")])
    seen: list[int] = []

    def tick(_: Event) -> int:
        error = next(errors, None)
        if error:
            raise error
        seen.append(1)
        return 0

    assert ticks(installation, tick, 0.8) == [
        "the tick failed, the next one comes: the ledger is locked (wait)",
        "the tick broke, the next one comes: ValueError: odd",
    ]
    assert seen


def test_ticks_never_overlap(installation: Installation) -> None:
    running: list[int] = []
    most: list[int] = []

    def tick(_: Event) -> int:
        running.append(1)
        most.append(len(running))
        time.sleep(0.25)
        running.pop()
        return 0

    ticks(installation, tick, 0.7)
    assert set(most) == {1}


def test_what_is_at_hand_is_ended_before_the_process_does(installation: Installation) -> None:
    ended: list[bool] = []

    def tick(_installation: Installation, stop: Callable[[], bool]) -> int:
        signal.raise_signal(signal.SIGTERM)
        while not stop():
            time.sleep(0.01)
        time.sleep(0.2)
        ended.append(True)
        return 0

    keep_ticking(Ticker(installation, tick, print), 0.1)
    assert ended == [True]


def test_a_long_tick_does_not_look_dead(installation: Installation) -> None:
    Ticker(installation, lambda _installation, _stop: 0, print).pulse()
    with installation.ledger.read() as connection:
        at = mark_set_at(connection, SCHEDULER)
        assert get_mark(connection, SCHEDULER) == holder_name()
    assert at is not None
    assert (datetime.now(UTC) - at).total_seconds() < 10
