"""What lies on Redis: queues by family and machine, one message an attempt, and what others put there."""

from __future__ import annotations

import json
import logging
import zlib
from dataclasses import replace
from typing import Any

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from clerk_queue_rq.executor import RqExecutor
from clerkcore import ExecutorError, UsageError
from clerkcore.installation import Installation
from clerkcore.services import Asked

FINANCE = "rq:queue:clerk:finance"
NOTHING = {"high": 0, "states": 0, "finance": 0, "reconcile": 0, "monitor": 0, "fiscal": 0, "meetings": 0}


def work(executor: RqExecutor, *queues: str) -> list[int]:
    """Work until the queues are empty and return the jobs that were to be done."""
    performed: list[int] = []
    executor.work(queues, performed.append, burst=True)
    return performed


def on_host(executor: RqExecutor, host: str) -> RqExecutor:
    """The same Redis, from another machine."""
    settings = replace(executor.installation.settings, host=host)
    return RqExecutor(Installation(settings, executor.installation.plugins), executor.config)


def data(*words: Any) -> bytes:
    return zlib.compress(json.dumps(words).encode())


def test_a_message_is_a_job_of_rq_that_carries_the_number_alone(executor: RqExecutor, redis: Any) -> None:
    executor.submit([Asked(7, 2, "finance")])
    [message] = Queue("clerk:finance", connection=redis, serializer=JSONSerializer).jobs
    assert (message.id, message.func_name, message.args, message.kwargs, message.meta) == (
        "clerk-7-2",
        "clerk_queue_rq.perform",
        [7],
        {},
        {},
    )
    assert 0 < redis.ttl("rq:job:clerk-7-2") <= 86_400
    assert work(executor) == [7]


def test_what_was_taken_leaves_nothing_behind(executor: RqExecutor, redis: Any) -> None:
    executor.submit([Asked(7, 1, "finance")])
    work(executor)
    assert redis.keys() == [b"rq:queues"]


def test_an_attempt_that_waits_is_not_queued_twice(executor: RqExecutor, redis: Any) -> None:
    for _ in range(3):
        RqExecutor(executor.installation, executor.config).submit([Asked(7, 1, "finance"), Asked(7, 1, "finance")])
    assert redis.lrange(FINANCE, 0, -1) == [b"clerk-7-1"]


@pytest.mark.parametrize("lost", ["rq:queue:clerk:finance", "rq:job:clerk-7-1"], ids=["queue", "message"])
def test_an_attempt_that_was_lost_is_queued_again(executor: RqExecutor, redis: Any, lost: str) -> None:
    executor.submit([Asked(7, 1, "finance")])
    redis.delete(lost)
    RqExecutor(executor.installation, executor.config).submit([Asked(7, 1, "finance")])
    assert work(executor) == [7]


def test_what_an_earlier_message_of_that_name_held_is_overwritten(executor: RqExecutor, redis: Any) -> None:
    redis.hset("rq:job:clerk-7-1", mapping={"data": data("os.system", None, ["x"], {}), "status": "failed"})
    executor.submit([Asked(7, 1, "finance")])
    assert (redis.hget("rq:job:clerk-7-1", "status"), work(executor)) == (b"queued", [7])


def test_a_repeated_message_is_taken_once(executor: RqExecutor, redis: Any) -> None:
    executor.submit([Asked(7, 1, "finance")])
    redis.rpush(FINANCE, *["clerk-7-1"] * 4)
    assert (work(executor), redis.llen(FINANCE)) == ([7], 0)


def test_messages_are_counted_by_family_over_all_machines(executor: RqExecutor) -> None:
    asked = [Asked(1, 1, "finance"), Asked(2, 1, "finance", "one"), Asked(3, 1, "finance", "two"), Asked(4, 1, "high")]
    executor.submit(asked)
    assert executor.waiting() == {**NOTHING, "finance": 3, "high": 1}


def test_queues_of_another_prefix_are_left_alone(executor: RqExecutor) -> None:
    other = RqExecutor(executor.installation, {**executor.config, "prefix": "staging"})
    other.submit([Asked(7, 1, "finance")])
    assert (executor.waiting(), work(executor), work(other)) == (NOTHING, [], [7])


def test_what_was_asked_for_by_hand_is_done_first(executor: RqExecutor) -> None:
    executor.submit([Asked(1, 1, "states"), Asked(2, 1, "finance"), Asked(3, 1, "high"), Asked(4, 1, "high", "two")])
    assert work(on_host(executor, "two")) == [4, 3, 1, 2]


def test_families_take_turns(executor: RqExecutor) -> None:
    executor.submit([Asked(number, 1, "states") for number in (1, 2, 3)])
    executor.submit([Asked(number, 1, "finance") for number in (11, 12)])
    assert work(executor) == [1, 11, 2, 12, 3]


def test_a_worker_takes_from_the_queues_it_was_told_alone(executor: RqExecutor) -> None:
    executor.submit([Asked(1, 1, "states"), Asked(2, 1, "finance"), Asked(3, 1, "high")])
    assert (work(executor, "finance"), executor.waiting()) == ([2], {**NOTHING, "states": 1, "high": 1})


def test_a_queue_that_is_none_is_refused(executor: RqExecutor) -> None:
    with pytest.raises(UsageError, match=r"there is no queue 'low' \(queues: high, states, finance, "):
        work(executor, "low")


def test_sites_with_a_home_are_done_there(executor: RqExecutor) -> None:
    executor.submit([Asked(1, 1, "finance", "one"), Asked(2, 1, "finance", "two"), Asked(3, 1, "finance")])
    one, two = on_host(executor, "one"), on_host(executor, "two")
    assert (work(two), work(one)) == ([2, 3], [1])


@pytest.mark.parametrize(
    ("message", "stored", "told"),
    [
        ("evil", {"data": data("os.system", None, ["touch x"], {})}, "'evil' is not the name of a message of clerk"),
        (b"\xff\x1b[2J", None, r"'\xff\x1b[2J' is not the name of a message of clerk"),
        ("clerk-7-1-1", None, "'clerk-7-1-1' is not the name of a message of clerk"),
        ("clerk-7-1", {"data": data("os.system", None, ["touch x"], {})}, None),
        ("clerk-7-1", {"data": data("clerk_queue_rq.perform", None, [8], {})}, None),
        ("clerk-7-1", {"data": data("clerk_queue_rq.perform", None, [7], {"x": 1})}, None),
        ("clerk-7-1", {"data": data("clerk_queue_rq.perform", "x", [7], {})}, None),
        ("clerk-1-1", {"data": data("clerk_queue_rq.perform", None, [True], {})}, None),
        ("clerk-1-1", {"data": data("clerk_queue_rq.perform", None, [1.0], {})}, None),
        (f"clerk-{10**19 - 1}-1", {"data": data("clerk_queue_rq.perform", None, [10**19 - 1], {})}, None),
        ("clerk-7-1", {"data": zlib.compress(b"\x80\x04N.")}, None),
        ("clerk-7-1", {"data": b"no zlib"}, None),
        ("clerk-7-1", {"data": zlib.compress(b"[" * 300)}, None),
        ("clerk-7-1", {"data": zlib.compress(b" " * 100_000)}, None),
        ("clerk-7-1", {"data": b"x" * 5_000}, "'clerk-7-1' is too large"),
        ("clerk-7-1", {"status": "queued"}, None),
        ("clerk-7-1", "text", "'clerk-7-1' is no message of RQ"),
    ],
    ids=[
        "other name",
        "no text",
        "two attempts",
        "os.system",
        "other job",
        "keywords",
        "instance",
        "bool",
        "float",
        "huge",
        "pickle",
        "no zlib",
        "nested",
        "zip bomb",
        "large",
        "no data",
        "no hash",
    ],
)
def test_what_is_not_ours_is_dropped_and_never_executed(
    executor: RqExecutor,
    redis: Any,
    caplog: pytest.LogCaptureFixture,
    message: str | bytes,
    stored: dict[str, Any] | str | None,
    told: str | None,
) -> None:
    name = message if isinstance(message, str) else "unreadable"
    if isinstance(stored, dict):
        redis.hset(f"rq:job:{name}", mapping=stored)
    elif stored:
        redis.set(f"rq:job:{name}", stored)
    redis.rpush(FINANCE, message, "clerk-9-1")
    redis.hset("rq:job:clerk-9-1", mapping={"data": data("clerk_queue_rq.perform", None, [9], {})})
    with caplog.at_level(logging.WARNING):
        assert work(executor) == [9]
    why = told or f"{name!r} asks for something else than its job"
    assert caplog.messages == [f"dropped a message from Redis: {why}"]


def test_callbacks_and_webhooks_of_a_message_are_not_heeded(executor: RqExecutor, redis: Any) -> None:
    executor.submit([Asked(7, 1, "finance")])
    hooks = json.dumps([{"url": "http://127.0.0.1:1/", "events": ["finished"]}])
    redis.hset("rq:job:clerk-7-1", mapping={"success_callback_name": "os.abort", "webhooks": hooks})
    assert (work(executor), redis.keys()) == ([7], [b"rq:queues"])


def test_a_queue_that_is_something_else_is_told(executor: RqExecutor, redis: Any) -> None:
    redis.set(FINANCE, "x")
    with pytest.raises(ExecutorError, match=r"Redis cannot be used: WRONGTYPE Operation against a key"):
        work(executor, "finance")
