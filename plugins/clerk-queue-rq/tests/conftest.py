"""A Redis of our own, an installation whose jobs it carries, and kinds of jobs that tell when they ran."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis, RedisError

from clerk_demo import Simulator
from clerk_queue_rq.executor import RqExecutor
from clerkcore.installation import Installation
from clerkcore.plugins import Discovery, Manager
from clerkcore.settings import Settings
from clerkcore.testing import Clerk

PATIENCE = 60.0
SETTINGS = """\
plugins_dir = "plugins"

[http]
allow_private = ["127.0.0.1"]
delay = 0
backoff = 0

[lease]
seconds = 5

[jobs]
executor = "rq"

[executors.rq]
url = "{url}"

[sources.netfile]
base_url = "{upstream}"
"""
TASKS = '''\
"""Jobs of two families that write down when they begin and end; each lasts while a file keeps it."""

import time

from clerkcore import JobType, Ref, hookimpl
from clerkcore.times import now, to_text


class Task(JobType):
    interval_hours = 24.0
    command = "clerk jobs run --due"

    def run(self, work, options, report):
        root, began = work.installation.root, to_text(now())
        self.tell(root, work.site.subdomain, "begins")
        while (root / f"keep-{self.queue}").exists():
            time.sleep(0.02)
        self.tell(root, work.site.subdomain, "ends")
        with (root / "times.log").open("a", encoding="utf-8") as file:
            file.write(f"{work.site.subdomain} {began} {to_text(now())}\\n")
        yield from ()

    def tell(self, root, site, what):
        with (root / "tasks.log").open("a", encoding="utf-8") as file:
            file.write(f"{self.queue} {site} {what}\\n")


class States(Task):
    name = "tasks.states"
    queue = "states"


class Finance(Task):
    name = "tasks.finance"
    queue = "finance"


@hookimpl
def register_job_types():
    return [Ref(kind.name, f"tasks:{kind.__name__}", "A task") for kind in (States, Finance)]
'''


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait until something has happened."""
    return wait_until


@dataclass
class RedisServer:
    """A redis-server that can be stopped and started again on its port; it keeps nothing."""

    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        with Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def start_redis() -> RedisServer:
    if not shutil.which("redis-server"):
        if os.environ.get("CLERK_REQUIRE_SERVICES") == "1":
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        server = RedisServer(found.getsockname()[1])
    server.start()
    return server


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    server = start_redis()
    yield server
    server.stop()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that a test may stop."""
    server = start_redis()
    yield server
    server.stop()


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    return shared_redis


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Any]:
    """A client of an empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=1, size=5) as running:
        yield running


@dataclass(frozen=True)
class Queued:
    """An installation whose jobs are carried by RQ; `clerk` runs commands in this process, `start` in another."""

    clerk: Clerk
    started: list[subprocess.Popen[str]]

    @property
    def root(self) -> Path:
        return self.clerk.root

    def tick(self, *jobs: str) -> str:
        """Do one tick of these kinds of jobs and return what it told."""
        words = [word for job in jobs for word in ("--job", job)]
        ended = self.clerk("jobs", "run", "--due", *words)
        assert ended.exit_code == 0, ended.stderr
        return ended.stderr

    def burst(self, *queues: str) -> str:
        """Work until the queues are empty and return what was told of runs."""
        ended = self.clerk("worker", "--burst", *queues)
        assert ended.exit_code == 0, ended.stderr
        return ended.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "clerkcore", *words, "--root", str(self.root)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CLERK_")}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
        self.started.append(process)
        return process

    def jobs(self, *names: str) -> list[list[Any]]:
        """Return these fields of every job, the oldest first."""
        listed = self.clerk("jobs", "list", "--json", "--limit", "1000").lines
        return [[job[name] for name in names] for job in reversed(listed)]

    def log(self) -> list[str]:
        """What the tasks told."""
        path = self.root / "tasks.log"
        return path.read_text().splitlines() if path.exists() else []

    def keep(self, queue: str) -> None:
        """Let the tasks of a queue last until they are let go."""
        (self.root / f"keep-{queue}").touch()

    def let_go(self, queue: str) -> None:
        (self.root / f"keep-{queue}").unlink()


@pytest.fixture
def queued(
    installation: Installation, run_clerk: Clerk, redis: Any, redis_server: RedisServer, simulator: Simulator
) -> Iterator[Queued]:
    path = list(sys.path)
    root = installation.root
    (root / "clerk.toml").write_text(SETTINGS.format(url=redis_server.url, upstream=simulator.netfile_url))
    (root / "sites" / "states.json").write_text('{"states": {}}')
    (root / "plugins").mkdir()
    (root / "plugins" / "tasks.py").write_text(TASKS)
    made = Queued(run_clerk, [])
    yield made
    for process in made.started:
        process.kill()
        process.communicate()
    sys.path[:] = path
    sys.modules.pop("tasks", None)


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """An installation without a ledger, which nothing asks for."""
    return Installation(Settings(root=tmp_path), Manager(Discovery(())))


@pytest.fixture
def executor(bare: Installation, redis: Any, redis_server: RedisServer) -> RqExecutor:
    """The executor on a Redis that is empty."""
    return RqExecutor(bare, {"url": redis_server.url})
