"""Lines are pushed to Loki in its own form, and nothing that is wrong there stops the work."""

from __future__ import annotations

import io
import json
import logging
import os
import time
import warnings
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from clerkcore import logs
from clerkcore.errors import SettingsError
from clerkcore.logs.loki import Limits, Loki, read_address

QUICK = Limits(gather=0.01, retry=0.05, timeout=0.5, flush=0.5, most_waiting=3)
AWAY = "http://127.0.0.1:9"
Server = Any  # the class of the fixture in conftest.py


@pytest.fixture
def told(stream: io.StringIO) -> Iterator[io.StringIO]:
    """What goes to stderr as JSON."""
    end = logs.configure("json", "info", terminal=False, stream=stream)
    yield stream
    end()


def push(handler: Loki, *messages: str) -> None:
    for message in messages:
        handler.handle(logging.LogRecord("clerkcore", logging.INFO, "", 0, message, (), None))


def wait_for(condition: Any) -> None:
    until = time.monotonic() + 5
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def troubles(stream: io.StringIO) -> list[str]:
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line["message"] for line in lines if line["event"] == "no push to Loki"]


def test_lines_arrive_as_loki_documents_it(loki: Server, stream: io.StringIO) -> None:
    begun = time.time_ns()
    end = logs.configure("json", "info", terminal=False, stream=stream, loki_url=loki.url, host="civic1")
    with logs.bound(run=7, site="alameda.ca", source="netfile"):
        logs.progress("12 pages")
        logs.taken_over("alameda.ca", "host:12")
    end()
    [request] = loki.pushed
    assert (request.path, request.headers["Content-Type"]) == ("/loki/api/v1/push", "application/json")
    first, second = request.body["streams"]
    assert list(request.body) == ["streams"]
    assert first["stream"] == {"job": "clerk", "level": "info", "host": "civic1"}
    assert second["stream"] == {"job": "clerk", "level": "warning", "host": "civic1"}
    [[at, line]], [[_, other]] = first["values"], second["values"]
    assert begun - 10**9 < int(at) <= time.time_ns()
    assert [line, other] == stream.getvalue().splitlines()


def test_a_user_in_the_address_logs_in_with_the_secret(loki: Server, stream: io.StringIO) -> None:
    url = loki.url.replace("//", "//tenant@")
    end = logs.configure("json", "info", terminal=False, stream=stream, loki_url=url, loki_password="sesame")
    logs.progress("the word is sesame")
    end()
    assert loki.pushed[0].headers["Authorization"] == "Basic dGVuYW50OnNlc2FtZQ=="
    assert loki.lines[0]["message"] == "the word is ***"


def test_what_loki_could_not_take_is_pushed_again_and_told_once(loki: Server, told: io.StringIO) -> None:
    loki.answers = [500, 429]
    handler = Loki(loki.url, "", "civic1", limits=QUICK)
    push(handler, "one", "two")
    wait_for(lambda: len(loki.pushed) == 3)
    handler.close()
    assert [line["event"] for line in loki.lines] == ["one", "two"] * 3
    assert troubles(told) == ["it answered 500 "]


def test_what_loki_refuses_is_not_pushed_again(loki: Server, told: io.StringIO) -> None:
    loki.answers = [400]
    handler = Loki(loki.url, "", "civic1", limits=QUICK)
    push(handler, "one")
    wait_for(lambda: handler.lost)
    push(handler, "two")
    handler.close()
    assert [line["event"] for line in loki.lines] == ["one", "two"]
    assert troubles(told) == ["it answered 400 ", "1 lines were lost"]


def test_where_there_is_no_loki_the_oldest_lines_go_and_are_counted(told: io.StringIO) -> None:
    handler = Loki(AWAY, "", "civic1", limits=QUICK)
    push(handler, "one")
    wait_for(lambda: troubles(told))
    push(handler, *"abcde")
    begun = time.monotonic()
    handler.close()
    assert time.monotonic() - begun < 1.5
    [first, last] = troubles(told)
    assert first.startswith("ConnectError: ")
    assert last == "6 lines were lost"


def test_a_loki_that_hangs_holds_the_end_up_for_a_moment_only(loki: Server, told: io.StringIO) -> None:
    loki.hang = Event()
    handler = Loki(loki.url, "", "civic1", limits=QUICK)
    push(handler, "one")
    wait_for(lambda: loki.pushed)
    begun = time.monotonic()
    handler.close()
    assert time.monotonic() - begun < 1.5
    assert troubles(told)[-1] == "1 lines were lost"


def test_a_fork_pushes_its_own_lines(loki: Server) -> None:
    handler = Loki(loki.url, "", "civic1", limits=QUICK)
    push(handler, "parent")
    wait_for(lambda: loki.pushed)
    with warnings.catch_warnings():
        # Newer Pythons warn of a fork beside threads, which is what is tried here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        push(handler, "child")
        handler.close()
        os._exit(0)
    os.waitpid(child, 0)
    handler.close()
    assert [line["event"] for line in loki.lines] == ["parent", "child"]


@pytest.mark.parametrize(
    ("url", "address", "auth"),
    [
        ("http://loki:3100", "http://loki:3100/loki/api/v1/push", None),
        ("http://loki:3100/", "http://loki:3100/loki/api/v1/push", None),
        ("https://[::1]/logs", "https://[::1]/logs/loki/api/v1/push", None),
        ("https://me@loki/loki/api/v1/push", "https://loki/loki/api/v1/push", ("me", "sesame")),
    ],
)
def test_the_address_to_push_to(url: str, address: str, auth: tuple[str, str] | None) -> None:
    assert read_address(url, "sesame") == (address, auth)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("loki:3100", "log.loki_url: is no http or https address"),
        ("http://", "log.loki_url: is no http or https address"),
        ("http://loki:port", "log.loki_url: is no address: Port could not be cast to integer value as 'port'"),
    ],
)
def test_what_is_no_address_is_refused_with_a_remedy(url: str, message: str) -> None:
    remedy = "(write it as http://HOST:3100, or https://USER@HOST with the secret loki_password)"
    with pytest.raises(SettingsError) as refused:
        logs.configure("json", "info", terminal=False, loki_url=url)
    assert str(refused.value) == f"{message} {remedy}"
