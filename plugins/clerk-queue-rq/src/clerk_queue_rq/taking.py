"""Taking messages: strictly, for whoever can write to Redis can write anything.

RQ itself would import and call whatever function, callback or webhook a message names, and unpack it to any size.
"""

from __future__ import annotations

import re
import zlib

from redis import Redis, ResponseError
from rq.job import Job
from rq.serializers import JSONSerializer

from clerk_queue_rq.sending import FUNCTION

LARGEST = 400  # bytes of a message; ours have a hundred
GREATEST_ID = 2**63 - 1
_TOLD = 80


class Refused(Exception):
    """A message is not one of ours; it was deleted."""


def take_message(client: Redis, prefix: str, message: bytes) -> int | None:
    """Return the job that a message names, and delete it, so that nobody else takes it.

    None when somebody has taken it already; Refused when it is not ours.
    """
    named = re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{1,19}})-[0-9]{{1,19}}", message.decode(errors="replace"))
    if not named:
        raise Refused(f"{_tell(message)} is not the name of a message of clerk")
    packed = _take(client, Job.key_for(named[0]), message)
    if packed is None:
        return None
    job_id = int(named[1])
    ours: bytes = JSONSerializer.dumps((FUNCTION, None, (job_id,), {}))  # type: ignore[no-untyped-call]
    if job_id > GREATEST_ID or _unpack(packed) != ours:
        raise Refused(f"{_tell(message)} asks for something else than its job")
    return job_id


def _take(client: Redis, key: str, message: bytes) -> bytes | None:
    try:
        if client.hstrlen(key, "data") > LARGEST:
            client.delete(key)
            raise Refused(f"{_tell(message)} is too large")
        with client.pipeline() as pipe:
            pipe.hget(key, "data")
            pipe.delete(key)
            packed, there = pipe.execute()
    except ResponseError as error:
        if not str(error).startswith("WRONGTYPE"):
            raise
        client.delete(key)
        raise Refused(f"{_tell(message)} is no message of RQ") from error
    return (packed or b"") if there else None


def _unpack(packed: bytes) -> bytes:
    """Return what a message says, as far as it may be long; nothing when it cannot be unpacked."""
    try:
        return zlib.decompressobj().decompress(packed, LARGEST)
    except zlib.error:
        return b""


def _tell(message: bytes) -> str:
    return repr(message[:_TOLD]).removeprefix("b")
