"""The queues: one for each family of jobs, and for each family on each machine that has sites of its own."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis
from rq.queue import Queue

from clerkcore import UsageError
from clerkcore.services import QUEUES

HIGH = "high"
_ALL = Queue.redis_queues_keys


def name_queue(prefix: str, queue: str, host: str) -> str:
    """Return the name of a family's queue: that of one machine, or with no host that of all."""
    return f"{prefix}:{queue}@{host}" if host else f"{prefix}:{queue}"


def key_of(name: str) -> str:
    """Return the key under which RQ keeps a queue."""
    return f"{Queue.redis_queue_namespace_prefix}{name}"


class Turns:
    """In which order a worker looks into queues: high first, then families, the one served last at the end.

    Without that, a long queue would keep a worker of several families from all that come after it.
    """

    def __init__(self, prefix: str, host: str, queues: Sequence[str]) -> None:
        for queue in queues:
            if queue not in QUEUES:
                raise UsageError(f"there is no queue {queue!r}", remedy=f"queues: {', '.join(QUEUES)}")
        self._prefix, self._host = prefix, host
        self._families = list(dict.fromkeys(queues or QUEUES))

    @property
    def keys(self) -> list[str]:
        """The keys to look into, this machine's own queue of a family before that of all machines."""
        ordered = sorted(self._families, key=lambda family: family != HIGH)
        return [key for family in ordered for key in self._keys_of(family)]

    def served(self, key: str) -> None:
        """Put the family of a key at the end."""
        for family in list(self._families):
            if key in self._keys_of(family):
                self._families.remove(family)
                self._families.append(family)

    def _keys_of(self, family: str) -> list[str]:
        return [key_of(name_queue(self._prefix, family, host)) for host in (self._host, "")]


def count_messages(client: Redis, prefix: str) -> dict[str, int]:
    """Return how many messages wait in each family's queues, those of all machines together."""
    start = key_of(f"{prefix}:")
    known = [key if isinstance(key, str) else key.decode(errors="replace") for key in client.smembers(_ALL)]
    keys = [key for key in known if key.startswith(start)]
    with client.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.llen(key)
        lengths = pipe.execute()
    counts = dict.fromkeys(QUEUES, 0)
    for key, length in zip(keys, lengths, strict=True):
        family = key.removeprefix(start).partition("@")[0]
        if family in counts:
            counts[family] += length
    return counts
