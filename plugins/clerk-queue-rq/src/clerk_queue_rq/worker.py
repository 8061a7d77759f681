"""A worker: takes messages from its queues and does their jobs, one after the other, in this process.

It is not RQ's own worker, which would import and call what a message names, and ends when Redis is away. Nor does it
fork for each job: the connections of the ledger must not cross a fork, and what a child would protect against, a
process that dies in a job, the lease in the ledger does already.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from redis import Redis, RedisError
from rq.exceptions import DequeueTimeout
from rq.queue import Queue

from clerk_queue_rq.queues import Turns
from clerk_queue_rq.server import Server
from clerk_queue_rq.taking import Refused, take_message
from clerkcore import ClerkError
from clerkcore.services import Perform

LOOK_SECONDS = 1  # for so long a worker waits for a message before it looks whether it is to end
LONGEST_PAUSE = 30
START_REMEDY = "start Redis, or correct [executors.rq] of clerk.toml"
_LOG = logging.getLogger("clerk_queue_rq")


class Worker:
    """Does the jobs that messages name, until it is told to end."""

    def __init__(self, server: Server, turns: Turns, perform: Perform) -> None:
        self.server = server
        self.turns = turns
        self.perform = perform
        self.ending = False
        self._failures = 0

    def run_burst(self) -> None:
        """Work until the queues are empty; ExecutorError when Redis cannot be used."""
        with self.server.asked(START_REMEDY) as client, _heeding(self.end):
            while not self.ending and (found := self._look(client, None)):
                self._do(client, *found)

    def run_for_ever(self) -> None:
        """Work until SIGINT or SIGTERM; ExecutorError when Redis cannot be used at the start.

        When it goes away later, the job at hand is done to its end, and then it is waited for.
        """
        with self.server.asked(START_REMEDY) as client:
            client.ping()
        with self.server.opened(waits=LOOK_SECONDS) as client, _heeding(self.end):
            while not self.ending:
                try:
                    self._turn(client)
                except RedisError as error:
                    self._wait_for_redis(error)
                except ClerkError as error:
                    # As when the ledger is away; what the message was about waits there.
                    _LOG.error("a job could not be begun: %s", error)
                    self._sleep(1)

    def end(self) -> None:
        """End after the job at hand."""
        self.ending = True

    def _turn(self, client: Redis) -> None:
        found = self._look(client, LOOK_SECONDS)
        if self._failures:
            self._failures = 0
            _LOG.warning("Redis at %s can be used again", self.server.where)
        if found:
            self._do(client, *found)

    def _wait_for_redis(self, error: RedisError) -> None:
        """Say once what is wrong, and wait for longer each time."""
        if not self._failures:
            _LOG.warning("Redis at %s cannot be used: %s; this worker waits for it", self.server.where, error)
        self._sleep(min(2**self._failures, LONGEST_PAUSE))
        self._failures += 1

    def _sleep(self, seconds: int) -> None:
        for _ in range(seconds):
            if not self.ending:
                time.sleep(1)

    def _look(self, client: Redis, seconds: int | None) -> tuple[bytes, bytes] | None:
        """Return the key of the first queue that has a message, and its name; None when they are empty."""
        try:
            found: tuple[bytes, bytes] | None = Queue.lpop(self.turns.keys, seconds, connection=client)
        except DequeueTimeout:
            return None
        return found

    def _do(self, client: Redis, key: bytes | str, message: bytes) -> None:
        self.turns.served(key.decode() if isinstance(key, bytes) else key)
        try:
            job_id = take_message(client, self.server.prefix, message)
        except Refused as error:
            _LOG.warning("dropped a message from Redis: %s", error)
            return
        if job_id is not None:
            self.perform(job_id)


@contextmanager
def _heeding(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` on a first SIGINT or SIGTERM; a second one does what it did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def heed(number: int, frame: FrameType | None) -> None:
        restore()
        end()

    for number in before:
        signal.signal(number, heed)
    try:
        yield
    finally:
        restore()
