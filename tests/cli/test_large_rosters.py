"""A roster of many lines: progress while it is read, and an interrupt in the middle of it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from clerk_demo.civix_bulk import roster_file
from clerkcore.cli.progress import tell_advance
from clerkcore.models import Advance

Clerk = Any  # the class of the fixture in conftest.py
ROWS = 120_000
PATIENCE = 60
LOAD = ("states", "update", "tx", "--source", "EVR", "--election", "90501", "--date", "2026-05-18", "--json", "--from")


@pytest.fixture
def texas(clerk: Clerk) -> Clerk:
    """`clerk` with Texas."""
    clerk.add_site("tx", "texas.election=90501", kind="state", state="TX")
    return clerk


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "EVR_STATEWIDE.csv"
    roster_file(path, ROWS)
    return path


def wait_for_stage(clerk: Clerk, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not list((clerk.root / "sites" / "tx").glob("stage/texas/.*.part")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_interrupt_in_the_middle_of_a_load_leaves_the_last_good_state(texas: Clerk, roster: Path) -> None:
    process = texas.start(*LOAD, roster)
    wait_for_stage(texas, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode in (130, -signal.SIGINT), out) == (True, "")
    assert err.splitlines()[-1] == "Interrupted; what was not applied yet is as it was before."
    [run] = texas("runs", "list", "--json").rows
    assert (run["outcome"], run["message"]) == ("skipped", "it was interrupted; nothing was applied")
    [again] = texas(*LOAD, roster).rows
    assert (again["outcome"], again["read"], again["added"]) == ("changed", ROWS, ROWS)


def test_a_terminal_shows_rows_and_rate_while_a_roster_is_read(texas: Clerk, roster: Path) -> None:
    main, side = pty.openpty()
    process = texas.start(*LOAD, roster, stderr=side)
    os.close(side)
    shown = read_terminal(main)
    process.communicate(timeout=PATIENCE)
    assert re.search(rb"[\d,]+ rows, [\d,]+ a second", shown)


def read_terminal(main: int) -> bytes:
    """Read what is shown until the last writer closes the terminal."""
    shown = b""
    with os.fdopen(main, "rb", buffering=0) as terminal:
        while select.select([terminal], [], [], PATIENCE)[0]:
            try:
                shown += terminal.read(4096) or b""
            except OSError:  # Linux says so when nobody has the other end any more
                break
    return shown


def test_progress_is_told_in_rows_rate_and_time_left() -> None:
    assert tell_advance(Advance("tx", 400_000, 25, 100), 4) == "400,000 rows, 100,000 a second, 12 s left"
    assert tell_advance(Advance("tx", 400_000, 25, 0), 4) == "400,000 rows, 100,000 a second"
