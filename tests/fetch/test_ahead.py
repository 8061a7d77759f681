"""Asking for many addresses at once: in order, no more than allowed, and no thread left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from clerkcore.errors import FetchError, NotPublished, UsageError
from clerkcore.fetch import Archive, HttpClient, OfflineClient, Pace
from clerkcore.interfaces import Get

if TYPE_CHECKING:
    from tests.fetch.conftest import Upstream

MakeClient = Callable[..., HttpClient]
FOUR = {"http_concurrency": 4}
LOOK_AHEAD = 8  # of four at a time


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert fetch_threads() == []


def fetch_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("clerk-fetch")]


def pages(upstream: Upstream, count: int) -> list[Get]:
    """Have the upstream answer /0, /1 and so on, and return the requests."""
    return [Get(upstream.says(f"/{number}", b"%d" % number)) for number in range(count)]


def names(client: HttpClient, requests: list[Get]) -> list[str]:
    return [download.name for download in client.get_all(requests)]


def asked(upstream: Upstream) -> list[str]:
    return [path for path, _ in upstream.asked]


def wait_for(upstream: Upstream, path: str) -> Callable[[], None]:
    """Return a hold that lasts until the upstream was asked for another path."""

    def hold() -> None:
        while path not in asked(upstream):
            threading.Event().wait(0.005)

    return hold


def test_one_after_another_unless_more_are_allowed(upstream: Upstream, client: MakeClient) -> None:
    assert names(client(), pages(upstream, 6)) == list("012345")
    assert (asked(upstream), upstream.most) == ([f"/{number}" for number in range(6)], 1)


def test_as_many_at_once_as_allowed_and_no_more_over_as_many_connections(
    upstream: Upstream, client: MakeClient
) -> None:
    together = threading.Barrier(4)
    requests = [Get(upstream.says(f"/{number}", hold=lambda: together.wait(30))) for number in range(20)]
    assert len(names(client(FOUR), requests)) == 20
    assert (upstream.most, upstream.connections) == (4, 4)


def test_a_slow_page_does_not_change_the_order(upstream: Upstream, client: MakeClient) -> None:
    slow = Get(upstream.says("/slow", b"first", hold=wait_for(upstream, "/6")))
    requests = [slow, *pages(upstream, 9)]
    assert names(client(FOUR), requests) == ["slow", *"012345678"]


def test_parameters_headers_and_names_are_those_of_a_get(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/q", b"x")
    requests = [Get(url, {"page": n}, {"X-Key": "k"}, f"page-{n}") for n in range(3)]
    assert names(client(FOUR), requests) == ["page-0", "page-1", "page-2"]
    assert sorted((path, headers["x-key"]) for path, headers in upstream.asked) == [
        ("/q?page=0", "k"),
        ("/q?page=1", "k"),
        ("/q?page=2", "k"),
    ]


def test_the_requests_are_taken_only_a_little_ahead(upstream: Upstream, client: MakeClient) -> None:
    taken: list[Get] = []
    answers = client(FOUR).get_all(taken.append(request) or request for request in pages(upstream, 30))  # type: ignore[func-returns-value]
    next(answers)
    assert len(taken) == LOOK_AHEAD
    answers.close()  # type: ignore[attr-defined]


def test_starts_are_the_delay_apart_however_many_are_allowed(
    upstream: Upstream, client: MakeClient, naps: list[float]
) -> None:
    pace = Pace(2.0, 4, naps.append, lambda: 100.0)
    names(client(FOUR, pace=pace), pages(upstream, 6))
    assert naps == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_the_first_error_is_raised_after_what_came_before_it_and_nothing_follows(
    upstream: Upstream, client: MakeClient, archive: Archive
) -> None:
    requests = pages(upstream, 40)
    requests[5] = Get(upstream.url("/absent"))
    got: list[str] = []
    with pytest.raises(NotPublished, match="/absent: upstream answered 404"):
        got.extend(download.name for download in client(FOUR).get_all(requests))
    assert len(asked(upstream)) <= 6 + LOOK_AHEAD
    assert list(archive.folder.rglob(".part-*")) == []
    assert got == list("01234")


def test_what_came_before_an_error_is_yielded_though_it_came_later(upstream: Upstream, client: MakeClient) -> None:
    slow = Get(upstream.says("/slow", b"x", hold=wait_for(upstream, "/absent")))
    got: list[str] = []
    requests = [slow, *pages(upstream, 2), Get(upstream.url("/absent"))]
    with pytest.raises(NotPublished):
        got.extend(download.name for download in client(FOUR).get_all(requests))
    assert got == ["slow", "0", "1"]


def test_an_error_ends_the_waits_of_those_after_it(upstream: Upstream, client: MakeClient) -> None:
    upstream.says("/busy", status=503, headers={"Retry-After": "299"})
    absent = upstream.says("/absent", status=404, hold=wait_for(upstream, "/busy"))
    with pytest.raises(NotPublished):
        names(client(FOUR, sleep=None), [Get(absent), Get(upstream.url("/busy"))])


def test_a_page_that_fails_for_a_moment_is_asked_for_again(upstream: Upstream, client: MakeClient) -> None:
    upstream.says("/3", status=500)
    requests = pages(upstream, 8)
    assert names(client(FOUR), requests) == list("01234567")


def test_who_stops_listening_ends_the_fetching(upstream: Upstream, client: MakeClient) -> None:
    answers = client(FOUR).get_all(pages(upstream, 40))
    assert [next(answers).name, next(answers).name] == ["0", "1"]
    answers.close()  # type: ignore[attr-defined]
    assert (fetch_threads(), len(asked(upstream)) <= 2 + LOOK_AHEAD) == ([], True)


def test_leaving_the_client_ends_the_fetching(upstream: Upstream, client: MakeClient) -> None:
    with client(FOUR) as one:
        answers = one.get_all(pages(upstream, 40))
        next(answers)
    assert (fetch_threads(), len(asked(upstream)) <= 1 + LOOK_AHEAD) == ([], True)


def test_unchanged_answers_are_taken_from_the_archive(upstream: Upstream, client: MakeClient) -> None:
    urls = [upstream.says(f"/{number}", b"%d" % number, headers={"ETag": '"7"'}) for number in range(9)]
    requests = [Get(url) for url in urls]
    first = list(client(FOUR).get_all(requests))
    for number in range(9):
        upstream.scripts[f"/{number}"].clear()
        upstream.says(f"/{number}", status=304)
    second = list(client(FOUR, previous=first).get_all(requests))
    assert [(got.sha256, got.status) for got in second] == [(got.sha256, 304) for got in first]


def test_offline_nothing_is_asked(archive: Archive) -> None:
    with pytest.raises(UsageError, match="this step must not use the network"):
        list(OfflineClient(archive).get_all([Get("http://data.example/")]))


INTERRUPTED = """
import sys
from pathlib import Path
from clerkcore.fetch import Archive, HttpClient
from clerkcore.interfaces import Get
from clerkcore.settings import Settings

root, url = Path(sys.argv[1]), sys.argv[2]
settings = Settings(root, http_allow_private=("127.0.0.1",), http_delay=0.0, http_concurrency=4, http_timeout=1.0)
with HttpClient(settings, Archive(root / "raw")) as client:
    for download in client.get_all(Get(url, {"page": number}) for number in range(40)):
        print(download.name, flush=True)
"""


def test_an_interrupt_ends_the_fetching(upstream: Upstream, archive: Archive) -> None:
    silent = threading.Event()
    upstream.says("/q", b"x")
    url = upstream.says("/q", b"x", hold=lambda: silent.wait(60))
    command = [sys.executable, "-c", INTERRUPTED, str(archive.folder.parent), url]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        wait_for(upstream, "/q?page=3")()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    silent.set()
    assert errors.strip().endswith(b"KeyboardInterrupt")
    assert list(archive.folder.rglob(".part-*")) == []


def test_a_source_error_while_asking_is_raised_as_it_is(upstream: Upstream, client: MakeClient) -> None:
    def broken() -> Iterator[Get]:
        yield from pages(upstream, 3)
        raise FetchError("no more addresses")

    with pytest.raises(FetchError, match="no more addresses"):
        list(client(FOUR).get_all(broken()))
