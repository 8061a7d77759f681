"""Jobs of the ledger over Redis: what is lost, late or repeated does no harm."""

from __future__ import annotations

from typing import Any

import pytest

from clerk_queue_rq.executor import RqExecutor
from clerkcore.services import Asked
from clerkcore.testing import SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Queued = Any  # the classes of the fixtures in conftest.py


@pytest.fixture
def san_diego(queued: Queued, make_site: SiteMaker) -> Queued:
    """One site, with campaign finance from a simulated NetFile."""
    make_site("sandiego.ca", name="San Diego", netfile={"agency": "CSD"})
    return queued


def runs_of(queued: Queued) -> list[list[Any]]:
    return [[run["site"], run["outcome"]] for run in queued.clerk("runs", "list", "--json").lines]


def test_a_due_job_is_handed_over_done_by_a_worker_and_finished(san_diego: Queued) -> None:
    told = san_diego.tick("finance.etl")
    waiting = san_diego.jobs("status", "outcome", "attempts")
    assert san_diego.burst().startswith("sandiego.ca netfile: changed (run 1, ")
    assert ('"event": "jobs handed over", "executor": "rq", "jobs": 1' in told, waiting) == (
        True,
        [["waiting", None, 0]],
    )
    assert san_diego.jobs("status", "outcome", "attempts") == [["finished", "changed", 1]]


def test_what_somebody_asks_for_by_hand_goes_to_high(san_diego: Queued, redis: Any) -> None:
    assert san_diego.clerk("finance", "etl", "sandiego.ca").exit_code == 0
    assert redis.lrange("rq:queue:clerk:high", 0, -1) == [b"clerk-1-1"]
    san_diego.burst("high")
    assert runs_of(san_diego) == [["sandiego.ca", "changed"]]


def test_messages_that_were_lost_are_sent_by_the_next_tick_and_done_once(san_diego: Queued, redis: Any) -> None:
    san_diego.tick("finance.etl")
    redis.flushdb()
    lost = san_diego.burst()
    san_diego.tick("finance.etl")
    san_diego.burst()
    assert (lost, runs_of(san_diego)) == ("", [["sandiego.ca", "changed"]])


@pytest.mark.parametrize("over", ["finished", "cancelled"])
def test_a_message_that_comes_when_its_job_is_over_begins_nothing(
    san_diego: Queued, executor: RqExecutor, over: str
) -> None:
    san_diego.tick("finance.etl")
    if over == "finished":
        san_diego.burst()
    else:
        san_diego.clerk("jobs", "cancel", "1")
    runs = runs_of(san_diego)
    executor.submit([Asked(1, 1, "finance")])
    assert (san_diego.burst(), san_diego.jobs("status")) == ("", [[over]])
    assert runs_of(san_diego) == runs


def test_a_message_of_a_job_that_the_ledger_does_not_know_begins_nothing(
    san_diego: Queued, executor: RqExecutor
) -> None:
    executor.submit([Asked(99, 1, "finance")])
    ended = san_diego.clerk("worker", "--burst")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
