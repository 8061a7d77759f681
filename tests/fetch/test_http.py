"""What the client asks, keeps and refuses; every answer comes from a real server on 127.0.0.1."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from clerkcore.errors import FetchError, NotPublished
from clerkcore.fetch import Archive, HttpClient, Pace
from clerkcore.fetch.http import user_agent
from clerkcore.models import Download, Scope

if TYPE_CHECKING:
    from tests.fetch.conftest import Upstream

MakeClient = Callable[..., HttpClient]
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def read(client: HttpClient, download: Download) -> bytes:
    with client.open(download) as stream:
        return stream.read()


def test_an_answer_is_kept_with_what_the_upstream_said_about_it(upstream: Upstream, client: MakeClient) -> None:
    headers = {"ETag": '"1"', "Last-Modified": "Tue, 03 Nov 2026 08:00:00 GMT", "Content-Type": "text/csv"}
    url = upstream.says("/rows.csv", b"a,b\n1,2\n", headers=headers)
    got = client().get(url, params={"page": 2})
    assert (got.name, got.url, got.size, got.status) == ("rows.csv", f"{url}?page=2", 8, 200)
    assert (got.etag, got.last_modified, got.content_type) == tuple(headers.values())
    assert got.fetched_at == NOON
    assert read(client(), got) == b"a,b\n1,2\n"


def test_parameters_are_added_to_those_in_the_address(upstream: Upstream, client: MakeClient) -> None:
    client().get(upstream.says("/q") + "?a=1", params={"b": "x y"})
    assert upstream.asked[0][0] == "/q?a=1&b=x+y"


def test_the_user_agent_names_clerkcore_and_the_contact(upstream: Upstream, client: MakeClient) -> None:
    client({"contact": "desk@example.org"}).get(upstream.says("/"), headers={"user-agent": "Mozilla"})
    agent = upstream.asked[0][1]["user-agent"]
    assert re.fullmatch(r"clerkcore/\S+ \(\+desk@example\.org\)", agent)


def test_the_user_agent_says_when_no_contact_is_set() -> None:
    assert user_agent("").endswith(" (contact not set)")


def test_gzip_is_asked_for_and_undone(upstream: Upstream, client: MakeClient) -> None:
    body = gzip.compress(b"one,") + gzip.compress(b"two")
    got = client().get(upstream.says("/z", body, headers={"Content-Encoding": "gzip"}))
    assert upstream.asked[0][1]["accept-encoding"] == "gzip"
    assert read(client(), got) == b"one,two"


def test_gzip_that_ends_early_is_asked_for_again(upstream: Upstream, client: MakeClient) -> None:
    encoded = {"Content-Encoding": "gzip"}
    upstream.says("/z", gzip.compress(b"x" * 1000)[:-9], headers=encoded)
    url = upstream.says("/z", gzip.compress(b"whole"), headers=encoded)
    assert read(client(), client().get(url)) == b"whole"


def test_an_encoding_nobody_asked_for_is_refused(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/br", b"x", headers={"Content-Encoding": "br"})
    with pytest.raises(FetchError, match="answered in the encoding 'br', which was not asked for"):
        client().get(url)


def test_a_500_is_asked_for_again_and_reported(upstream: Upstream, client: MakeClient) -> None:
    upstream.says("/a", status=500)
    url = upstream.says("/a", b"data")
    lines: list[str] = []
    one = client({"http_backoff": 0.0}, report=lines.append)
    assert read(one, one.get(url)) == b"data"
    assert lines == ["upstream answered 500, trying again in 0 s (1 of 2)"]


def test_waits_grow_from_the_backoff(upstream: Upstream, client: MakeClient, naps: list[float]) -> None:
    url = upstream.says("/a", status=502)
    with pytest.raises(FetchError):
        client({"http_backoff": 1.0, "http_retries": 3}).get(url)
    assert [low <= nap <= low + 1 for nap, low in zip(naps, (1, 2, 4), strict=True)] == [True] * 3


def test_giving_up_tells_the_address_the_reason_the_tries_and_a_remedy(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/a", status=503)
    with pytest.raises(FetchError) as caught:
        client().get(url, params={"api_key": "hush", "page": 1})
    where = f"{url}?api_key=***&page=1"
    assert str(caught.value) == f"{where}: upstream answered 503; gave up after 3 tries (try again later)"


def test_retry_after_in_seconds_is_honoured(upstream: Upstream, client: MakeClient, naps: list[float]) -> None:
    upstream.says("/a", status=429, headers={"Retry-After": "7"})
    client().get(upstream.says("/a"))
    assert naps == [7.0]


def test_retry_after_as_a_date_is_honoured(upstream: Upstream, client: MakeClient, naps: list[float]) -> None:
    upstream.says("/a", status=503, headers={"Retry-After": "Tue, 03 Nov 2026 12:01:30 GMT"})
    client().get(upstream.says("/a"))
    assert naps == [90.0]


def test_a_long_retry_after_ends_the_step_and_says_when_to_come_back(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/a", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(FetchError, match=r"asks to wait until 2026-11-03T13:00:00Z \(try again after 2026"):
        client().get(url)
    assert len(upstream.asked) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_not_published(upstream: Upstream, client: MakeClient, status: int) -> None:
    url = upstream.says("/later", status=status)
    with pytest.raises(NotPublished, match=f"upstream answered {status}"):
        client().get(url)


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "check the source's secret"), (403, "set contact"), (418, "open the address in a browser"), (206, "open")],
)
def test_a_refusal_is_final(upstream: Upstream, client: MakeClient, status: int, remedy: str) -> None:
    url = upstream.says("/no", status=status)
    with pytest.raises(FetchError, match=f"upstream answered {status} .*{remedy}"):
        client().get(url)
    assert len(upstream.asked) == 1


def test_a_body_that_breaks_off_is_asked_for_again(upstream: Upstream, client: MakeClient, archive: Archive) -> None:
    upstream.says("/a", b"half", promised=8)
    got = client().get(upstream.says("/a", b"all of it"))
    assert read(client(), got) == b"all of it"
    assert [path.name for path in archive.folder.rglob("*") if path.is_file()] == [got.path.name]


def test_a_closed_port_is_told_as_such(client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(FetchError, match=r"could not connect: .*; gave up after 3 tries"):
        client().get(f"http://127.0.0.1:{port}/")


def test_an_upstream_that_says_nothing_times_out(client: MakeClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(FetchError, match=r"did not answer in time; gave up after 1 try .*http\.timeout"):
            client({"http_timeout": 0.1, "http_retries": 0}).get(url)


def test_a_slow_trickle_meets_the_deadline(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/slow", b"x" * 1000, pause=0.02)
    with pytest.raises(FetchError, match=r"still sending after 0\.1 s .*http\.deadline"):
        client({"http_deadline": 0.1}).get(url)
    assert len(upstream.asked) == 1


def test_too_large_an_answer_is_refused_and_leaves_nothing(
    upstream: Upstream, client: MakeClient, archive: Archive
) -> None:
    url = upstream.says("/big", gzip.compress(b"0" * 100_000), headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match=rf"{url}: sent more than 99,999 bytes .*http\.max_bytes"):
        client({"http_max_bytes": 99_999}).get(url)
    assert not [path for path in archive.folder.rglob("*") if path.is_file()]


def test_an_unchanged_answer_is_taken_from_the_archive(upstream: Upstream, client: MakeClient) -> None:
    headers = {"ETag": '"7"', "Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"}
    upstream.says("/a", b"same", headers=headers)
    url = upstream.says("/a", status=304)
    first = client().get(url, params={"y": 2026})
    later = datetime(2026, 11, 4, tzinfo=UTC)
    second = client(previous=[first], now=lambda: later).get(url, params={"y": 2026}, name="again")
    asked = upstream.asked[1][1]
    assert (asked["if-none-match"], asked["if-modified-since"]) == tuple(headers.values())
    assert second == replace(first, fetched_at=later, status=304, name="again")


def test_damaged_bytes_are_fetched_anew_instead_of_asking_for_a_change(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/a", b"same", headers={"ETag": '"7"'})
    first = client().get(url)
    first.path.write_bytes(first.path.read_bytes()[:-3])
    second = client(previous=[first]).get(url)
    assert "if-none-match" not in upstream.asked[1][1]
    assert read(client(), second) == b"same"


def test_a_secret_in_an_address_is_in_no_file_and_the_answer_is_still_known(
    upstream: Upstream, client: MakeClient, archive: Archive
) -> None:
    upstream.says("/a", b"same", headers={"ETag": '"7"'})
    url = upstream.says("/a", status=304)
    secret: dict[str, str | int] = {"sig": "hush", "y": 2026}
    got = client().get(url, params=secret)
    archive.save_capture("s", Scope("x"), [got], got.sha256, complete=True, taken_at=NOON)
    [path] = archive.folder.rglob("*.json")
    assert "sig=***&y=2026#sha256=" in path.read_text()
    assert not any(b"hush" in path.read_bytes() for path in archive.folder.rglob("*") if path.is_file())
    again = client(previous=archive.captures("s", "x")[0].downloads).get(url, params=secret)
    assert (again.status, again.url, again.sha256) == (304, got.url, got.sha256)


def test_an_answer_to_another_secret_is_not_taken_for_this_one(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/a", b"same", headers={"ETag": '"7"'})
    mine = client().get(url, params={"sig": "hush"})
    client(previous=[mine]).get(url, params={"sig": "shush"})
    assert "if-none-match" not in upstream.asked[1][1]


def test_redirects_are_followed(upstream: Upstream, client: MakeClient) -> None:
    upstream.says("/new", b"here")
    url = upstream.says("/old", status=302, headers={"Location": "/new"})
    got = client().get(url)
    assert (got.url, read(client(), got)) == (url, b"here")


def test_at_most_five_redirects_are_followed(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/loop", status=302, headers={"Location": "/loop"})
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        client().get(url)
    assert len(upstream.asked) == 6


def test_secret_headers_do_not_follow_a_redirect_to_another_host(upstream: Upstream, client: MakeClient) -> None:
    upstream.says("/there")
    url = upstream.says("/here", status=302, headers={"Location": upstream.url("/there", "localhost")})
    one = client({"http_allow_private": ("127.0.0.1", "localhost")})
    one.get(url, headers={"X-Api-Key": "hush", "Accept": "text/csv"})
    there = upstream.asked[1][1]
    assert ("x-api-key" in upstream.asked[0][1], "x-api-key" in there, there["accept"]) == (True, False, "text/csv")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "0x7f.1"])
def test_private_addresses_are_refused_without_asking(upstream: Upstream, client: MakeClient, host: str) -> None:
    with pytest.raises(FetchError, match=r"resolves to a private address .*http\.allow_private"):
        client({"http_allow_private": ()}).get(upstream.url("/", host))
    assert upstream.asked == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(client: MakeClient) -> None:
    mixed = client(resolve=lambda host, port: ["93.184.215.14", "192.168.0.1"])
    with pytest.raises(FetchError, match=r"resolves to a private address \(192\.168\.0\.1\)"):
        mixed.get("http://data.example/")


def test_a_redirect_to_a_private_address_is_refused(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/away", status=302, headers={"Location": upstream.url("/inside", "localhost")})
    with pytest.raises(FetchError, match="the host 'localhost' resolves to a private address"):
        client().get(url)
    assert [path for path, _ in upstream.asked] == ["/away"]


def test_a_name_that_changes_to_a_private_address_is_refused_at_the_connection(
    upstream: Upstream, client: MakeClient, archive: Archive
) -> None:
    upstream.says("/", b"inside")
    rebound = client(resolve=lambda host, port: ["93.184.215.14"])
    with pytest.raises(FetchError, match="the host 'localhost' resolves to a private address"):
        rebound.get(upstream.url("/", "localhost"))
    assert not archive.folder.exists()


def test_a_host_that_cannot_be_found_is_told_as_such(client: MakeClient) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(FetchError, match=r"the host 'nowhere\.invalid' could not be found: .*; gave up after 3 tries"):
        client(resolve=resolve).get("http://nowhere.invalid/")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "file:/etc/passwd: only http and https addresses are fetched"),
        ("ftp://example.org/x", "only http and https"),
        ("http://", "only http and https"),
        ("http://exa mple:port/", "is no address"),
        ("https://user:hush@example.org/", r"https://\*\*\*@example\.org/: the address holds a user name or password"),
    ],
)
def test_addresses_we_may_not_ask_are_refused(client: MakeClient, url: str, message: str) -> None:
    with pytest.raises(FetchError, match=message):
        client().get(url)


def test_a_redirect_to_a_file_is_refused(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/a", status=302, headers={"Location": "file:///etc/passwd"})
    with pytest.raises(FetchError, match="only http and https addresses are fetched"):
        client().get(url)


def test_requests_to_one_host_start_at_least_the_delay_apart(
    upstream: Upstream, client: MakeClient, naps: list[float]
) -> None:
    url = upstream.says("/a")
    polite = client({"http_delay": 60.0})
    polite.get(url)
    polite.get(url)
    assert [59 < nap <= 60 for nap in naps] == [True]


def test_clients_of_one_pace_are_polite_together(upstream: Upstream, client: MakeClient, naps: list[float]) -> None:
    url = upstream.says("/a")
    pace = Pace(60.0, 1, naps.append, lambda: 0.0)
    for _ in range(3):
        client(pace=pace).get(url)
    assert naps == [60.0, 120.0]


def test_threads_may_share_a_client(upstream: Upstream, client: MakeClient) -> None:
    urls = [upstream.says(f"/{number}", b"%d" % number * 5000) for number in range(12)]
    shared = client({"http_concurrency": 4})
    with ThreadPoolExecutor(6) as pool:
        assert [read(shared, got) for got in pool.map(shared.get, urls)] == [b"%d" % n * 5000 for n in range(12)]


def test_broken_gzip_is_told_as_such(upstream: Upstream, client: MakeClient) -> None:
    url = upstream.says("/z", b"not gzip at all", headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match=r"upstream sent broken gzip: .*; gave up after 3 tries"):
        client().get(url)


def test_a_header_that_cannot_be_sent_is_final(upstream: Upstream, client: MakeClient, naps: list[float]) -> None:
    with pytest.raises(FetchError, match="this request cannot be made: "):
        client().get(upstream.says("/a"), headers={"X-Note": "two\nlines"})
    assert (upstream.asked, naps) == ([], [])


@pytest.mark.parametrize(
    ("wait", "moment"), [("301", "2026-11-03T12:05:01Z"), ("9" * 30, "a time beyond the calendar")]
)
def test_the_longest_wait_is_five_minutes(upstream: Upstream, client: MakeClient, wait: str, moment: str) -> None:
    url = upstream.says("/a", status=503, headers={"Retry-After": wait})
    with pytest.raises(FetchError, match=f"try again after {moment}"):
        client().get(url)


@pytest.mark.parametrize(
    "unreadable",
    [
        *("soon", "-5", "Tue, 03 Nov 0000 12:00:00 GMT", "Tue, 99 Nov 2026 12:00:00 GMT"),
        *("Tue, 03 Nov 99999999999999999999 12:00:00 GMT", "Tue, 03 Nov 2026 12:00:00 +99999999999999"),
    ],
)
def test_an_unreadable_retry_after_is_no_reason_to_stop(
    upstream: Upstream, client: MakeClient, naps: list[float], unreadable: str
) -> None:
    upstream.says("/a", status=503, headers={"Retry-After": unreadable})
    client({"http_backoff": 0.0}).get(upstream.says("/a", b"data"))
    assert naps == [0.0]
