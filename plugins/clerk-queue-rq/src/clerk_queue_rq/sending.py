"""Sending messages: jobs of RQ, as JSON, that carry the number of a job in the ledger and nothing else."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from redis import Redis
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from clerk_queue_rq.queues import name_queue
from clerkcore.services import Asked

FUNCTION = "clerk_queue_rq.perform"
"""The word our messages name: no function, so that nothing that reads messages could call it."""
DAY = 86_400
SEEN_SECONDS = 10.0


def name_message(prefix: str, asked: Asked) -> str:
    """Return the id of a message: the same for the same attempt, so that it waits only once."""
    return f"{prefix}-{asked.job_id}-{asked.attempt}"


class Sender:
    """Queues a message for each attempt that has none in its queue.

    One that is in no queue any more, for its worker died or somebody emptied the queue, is written anew.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._seen: dict[str, tuple[float, frozenset[bytes]]] = {}

    def send(self, client: Redis, jobs: Sequence[Asked]) -> None:
        """Queue what is missing."""
        by_queue: dict[str, dict[str, int]] = {}
        for asked in jobs:
            of_queue = by_queue.setdefault(name_queue(self.prefix, asked.queue, asked.host), {})
            of_queue[name_message(self.prefix, asked)] = asked.job_id
        for name, wanted in by_queue.items():
            queue = Queue(name, connection=client, serializer=JSONSerializer)
            waiting = self._waiting(client, queue, list(wanted))
            _push(client, queue, {message: job_id for message, job_id in wanted.items() if message not in waiting})

    def _waiting(self, client: Redis, queue: Queue, messages: Sequence[str]) -> set[str]:
        """Return which messages somebody will find: in the queue, and not taken or dropped since."""
        queued = self._queued(client, queue)
        listed = [message for message in messages if message.encode() in queued]
        with client.pipeline(transaction=False) as pipe:
            for message in listed:
                pipe.exists(Job.key_for(message))
            return {message for message, there in zip(listed, pipe.execute(), strict=True) if there}

    def _queued(self, client: Redis, queue: Queue) -> frozenset[bytes]:
        # A tick hands thousands of jobs over in parts: a queue is read once for all of them. What is lost from it in
        # these seconds is sent by the next tick.
        read_at, queued = self._seen.get(queue.key, (-SEEN_SECONDS, frozenset()))
        if time.monotonic() - read_at > SEEN_SECONDS:
            found = client.lrange(queue.key, 0, -1)
            queued = frozenset(name if isinstance(name, bytes) else name.encode() for name in found)
            self._seen[queue.key] = (time.monotonic(), queued)
        return queued


def _push(client: Redis, queue: Queue, messages: Mapping[str, int]) -> None:
    if not messages:
        return
    # A message that nobody took for a day is dropped; the ledger has its job still, and the next tick asks again.
    prepared = [
        Queue.prepare_data(
            FUNCTION, args=(job_id,), job_id=message, ttl=DAY, result_ttl=0, failure_ttl=0, description=f"job {job_id}"
        )
        for message, job_id in messages.items()
    ]
    with client.pipeline() as pipe:
        pipe.delete(*map(Job.key_for, messages))
        queue.enqueue_many(prepared, pipeline=pipe)
        pipe.execute()
