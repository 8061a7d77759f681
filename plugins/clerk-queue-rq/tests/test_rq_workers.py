"""Workers as processes: several at once, killed in a job, and with a Redis that goes away."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Queued = Any  # the classes of the fixtures in conftest.py
WaitUntil = Callable[[Callable[[], object]], None]
TASK = "finance a.ca"


@pytest.fixture
def at_work(queued: Queued, make_site: SiteMaker, wait_until: WaitUntil) -> Any:
    """A worker in the midst of a job that lasts until it is let go."""
    make_site("a.ca")
    queued.keep("finance")
    queued.tick("tasks.finance")
    worker = queued.start("worker")
    wait_until(queued.log)
    return worker


def end(worker: Any) -> str:
    """Ask a worker to end and return what it told on stderr."""
    worker.send_signal(signal.SIGTERM)
    _, told = worker.communicate(timeout=60)
    assert worker.returncode == 0, told
    return str(told)


def test_five_equal_messages_and_three_workers_are_one_run(queued: Queued, make_site: SiteMaker, redis: Any) -> None:
    make_site("sandiego.ca", netfile={"agency": "CSD"})
    queued.tick("finance.etl")
    for attempt in range(2, 6):
        redis.copy("rq:job:clerk-1-1", f"rq:job:clerk-1-{attempt}")
        redis.rpush("rq:queue:clerk:finance", f"clerk-1-{attempt}")
    for worker in [queued.start("worker", "--burst") for _ in range(3)]:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    assert [run["outcome"] for run in queued.clerk("runs", "list", "--json").lines] == ["changed"]
    assert queued.jobs("status", "outcome", "attempts") == [["finished", "changed", 1]]


def test_a_load_whose_worker_was_killed_is_taken_over_applied_once_and_has_no_row_twice(
    queued: Queued, make_site: SiteMaker, simulator: Simulator, wait_until: WaitUntil
) -> None:
    make_site("sandiego.ca", netfile={"agency": "CSD"})
    simulator.faults = Faults(slow_seconds=60)
    queued.tick("finance.etl")
    worker = queued.start("worker", "finance")
    wait_until(lambda: queued.clerk("runs", "list", "--json").lines)
    worker.kill()
    worker.communicate()
    simulator.faults = Faults()
    for _ in range(2):
        queued.tick("finance.etl")
        queued.burst()
    runs = queued.clerk("runs", "list", "--json").lines
    with closing(sqlite3.connect(queued.root / "sites/sandiego.ca/finance/election_finance.db")) as connection:
        rows = connection.execute("SELECT count(*), count(DISTINCT netfile_key) FROM transactions").fetchone()
        applied = connection.execute("SELECT count(DISTINCT run_id) FROM _clerk_runs").fetchone()
    assert ([run["outcome"] for run in runs], rows, applied) == (["changed", "failed"], (5, 5), (1,))
    assert queued.jobs("status", "outcome", "attempts") == [["finished", "changed", 2]]


def test_a_long_job_of_one_family_keeps_no_other_waiting_and_is_finished_before_its_worker_ends(
    queued: Queued, make_site: SiteMaker, wait_until: WaitUntil
) -> None:
    make_site("a.ca")
    queued.keep("states")
    queued.tick("tasks.states")
    worker = queued.start("worker", "states")
    wait_until(queued.log)
    make_site("b.ca")
    queued.tick("tasks.states", "tasks.finance")
    queued.burst("finance")
    worker.send_signal(signal.SIGTERM)
    queued.let_go("states")
    worker.communicate(timeout=60)
    meanwhile = ["finance b.ca begins", "finance b.ca ends"]
    assert (worker.returncode, queued.log()) == (0, ["states a.ca begins", *meanwhile, "states a.ca ends"])
    told = queued.jobs("job_type", "subdomain", "status", "attempts")
    assert told == [
        ["tasks.states", "a.ca", "finished", 1],
        ["tasks.states", "b.ca", "waiting", 0],
        ["tasks.finance", "a.ca", "waiting", 0],
        ["tasks.finance", "b.ca", "finished", 1],
    ]


class TestRedisGoesAway:
    @pytest.fixture
    def redis_server(self, own_redis: Any) -> Any:
        return own_redis

    def test_the_job_at_hand_is_done_and_the_worker_waits_until_it_is_back(
        self, queued: Queued, at_work: Any, redis_server: Any, make_site: SiteMaker, wait_until: WaitUntil
    ) -> None:
        redis_server.stop()
        queued.let_go("finance")
        wait_until(lambda: queued.jobs("status") == [["finished"]])
        make_site("b.ca")
        refused = queued.clerk("jobs", "run", "--due", "--job", "tasks.finance")
        redis_server.start()
        queued.tick("tasks.finance")
        wait_until(lambda: queued.jobs("status") == [["finished"], ["finished"]])
        told = end(at_work)
        where = redis_server.url.removeprefix("redis://").removesuffix("/0")
        assert (refused.exit_code, refused.stderr) == (
            1,
            f"Error: {where}: Redis cannot be used: Error 111 connecting to {where}. Connection refused."
            " (the jobs wait in the ledger; the next tick hands them over again)\n",
        )
        assert told.count(f"Redis at {where} cannot be used: ") == 1
        assert told.count(f"Redis at {where} can be used again") == 1
        assert queued.log() == [f"{TASK} begins", f"{TASK} ends", "finance b.ca begins", "finance b.ca ends"]


def test_two_workers_never_work_on_one_site_at_the_same_time(queued: Queued, make_site: SiteMaker) -> None:
    for number in range(3):
        make_site(f"s{number}.ca", netfile={"agency": "CSD"})
    for number in range(3, 20):
        make_site(f"s{number}.ca")
    queued.tick("tasks.states", "tasks.finance", "finance.etl")
    for worker in [queued.start("worker", "--burst", *queues) for queues in (("finance",), ())]:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    busy = [str(number) for number, status in queued.jobs("id", "status") if status == "waiting"]
    if busy:  # another worker was at their site; they would be tried again in a minute
        assert queued.clerk("jobs", "run", *busy).exit_code == 0
    assert queued.jobs("status") == [["finished"]] * 43
    times = [tuple(line.split()) for line in (queued.root / "times.log").read_text().splitlines()]
    with closing(sqlite3.connect(queued.root / "civic.db")) as connection:
        runs = connection.execute("SELECT subdomain, started_at, finished_at FROM job_tracking").fetchall()
    assert (len(times), len(runs)) == (40, 3)
    for (site, _, ended), (following, began, _) in pairwise(sorted(times + runs)):
        assert site != following or ended <= began
