"""The polite HTTP client: paced, patient, bounded, and keeping every answer before it is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import BinaryIO, Self

import httpx

from clerkcore import times
from clerkcore.errors import FetchError
from clerkcore.fetch.addresses import AddressGuard, Resolver, resolve_host
from clerkcore.fetch.ahead import Convoy, Errand
from clerkcore.fetch.answers import check_status, name_failures
from clerkcore.fetch.decode import decode_body
from clerkcore.fetch.downloads import Archive, newest_downloads
from clerkcore.fetch.pace import Pace
from clerkcore.fetch.retries import Passing, Patience
from clerkcore.fetch.urls import kept_url, mask_url, name_of
from clerkcore.interfaces import Get
from clerkcore.models import Download
from clerkcore.settings import Settings

MAX_REDIRECTS = 5
KEPT_OPEN = 20  # connections, to several hosts perhaps
_PORTS = {"http": 80, "https": 443}
_HARMLESS = {"accept", "accept-language", "if-modified-since", "if-none-match"}


@dataclass(frozen=True, slots=True)
class _Order:
    """One get: `previous` is what a 304 stands for, `shown` the address as messages tell it."""

    url: httpx.URL
    name: str
    headers: Mapping[str, str]
    previous: Download | None
    errand: Errand

    @property
    def shown(self) -> str:
        return mask_url(str(self.url))


class HttpClient:
    """Fetches from upstreams into an archive; use it as a context manager.

    `previous` are the downloads of an earlier capture: where one has an ETag or a Last-Modified and
    its bytes are intact, the upstream is asked whether anything changed. `report` gets a line for
    every repeat. Clients that share a `pace` are polite together, and threads may share a client.
    `sleep` replaces every wait. Leaving the context gives up what `get_all` is still fetching.
    Proxies of the environment are not used: behind one, no peer address can be checked.
    """

    def __init__(
        self,
        settings: Settings,
        archive: Archive,
        *,
        previous: Iterable[Download] = (),
        pace: Pace | None = None,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = times.now,
        report: Callable[[str], None] | None = None,
        resolve: Resolver = resolve_host,
        source: str = "",
    ) -> None:
        self._archive = archive
        self._source = source
        self._previous = {download.url: download for download in previous}
        self._now = now
        self._max_bytes = settings.http_max_bytes
        self._deadline = settings.http_deadline
        self._guard = AddressGuard(settings.http_allow_private, resolve)
        self._sleep = sleep
        self._width = max(1, settings.http_concurrency)
        self._pace = pace or Pace(settings.http_delay, settings.http_concurrency)
        self._patience = Patience(settings.http_retries, settings.http_backoff, report)
        self._convoys: set[Convoy[Get, Download]] = set()
        self._own_headers = {"User-Agent": user_agent(settings.contact), "Accept-Encoding": "gzip"}
        self._http = httpx.Client(
            verify=httpx.create_ssl_context(),
            trust_env=False,
            timeout=min(settings.http_timeout, settings.http_deadline),
            limits=httpx.Limits(max_keepalive_connections=max(KEPT_OPEN, self._width)),
            event_hooks={"request": [self._check_request]},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for convoy in tuple(self._convoys):
            convoy.close()
        self._http.close()

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        name: str = "",
    ) -> Download:
        """Fetch one URL and keep its answer; FetchError, or NotPublished on 404 and 410."""
        return self._fetch(Get(url, params, headers, name), Errand(self._sleep or time.sleep, _always_wanted))

    def get_all(self, requests: Iterable[Get]) -> Iterator[Download]:
        """Fetch many URLs, `http.concurrency` at a time, and yield them in the order asked, each of them kept.

        The first that fails raises its error after those before it were yielded. What is then still on its
        way is given up at its next bytes, after http.timeout at the latest.
        """
        if self._width == 1:
            yield from (self.get(r.url, params=r.params, headers=r.headers, name=r.name) for r in requests)
            return
        convoy = Convoy(self._fetch, self._width, self._sleep)
        self._convoys.add(convoy)
        try:
            yield from convoy.run(requests)
        finally:
            convoy.close()
            self._convoys.discard(convoy)

    def _fetch(self, asked: Get, errand: Errand) -> Download:
        target = parse_url(asked.url, asked.params)
        previous = self._unchanged_candidate(str(target))
        headers = {**(asked.headers or {}), **validators(previous)}
        order = _Order(target, asked.name or name_of(str(target)), headers, previous, errand)
        return self._patience.ask(lambda: self._attempt(order), order.shown, errand.sleep)

    def open(self, download: Download) -> BinaryIO:
        """Read back the bytes of a download."""
        return self._archive.open(download)

    def kept(self, scope: str) -> tuple[Download, ...]:
        """Return the downloads of the newest complete capture of a scope of the source."""
        return newest_downloads(self._archive, self._source, scope)

    def _unchanged_candidate(self, url: str) -> Download | None:
        # Read in full: asking "has it changed?" about damaged bytes would keep them damaged for ever.
        known = self._previous.get(kept_url(url))
        return known if known and validators(known) and self._archive.is_intact(known) else None

    def _check_request(self, request: httpx.Request) -> None:
        url = request.url
        check_url(url)
        self._guard.check_host(url.host, url.port or _PORTS[url.scheme])

    def _attempt(self, order: _Order) -> Download:
        headers = httpx.Headers(order.headers)
        headers.update(self._own_headers)
        request = self._http.build_request("GET", order.url, headers=headers)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._send(request, order)
            if isinstance(answer, Download):
                return answer
            request = answer
        remedy = "open the address in a browser to see where it leads"
        raise FetchError(f"upstream redirects more than {MAX_REDIRECTS} times", where=order.shown, remedy=remedy)

    def _send(self, request: httpx.Request, order: _Order) -> Download | httpx.Request:
        # Redirects are followed here: httpx would read the body of each, however large, into memory.
        with self._pace.turn(request.url.host, order.errand.sleep), name_failures(order.shown):
            order.errand.check()
            stop_at = time.monotonic() + self._deadline
            with closing(self._http.send(request, stream=True)) as response:
                self._guard.check_peer(request.url.host, peer_address(response))
                if response.next_request is not None:
                    forward = without_own_headers(response.next_request, order)
                    forward.headers.update(self._own_headers)
                    return forward
                return self._take(response, order, stop_at)

    def _take(self, response: httpx.Response, order: _Order, stop_at: float) -> Download:
        if response.status_code == httpx.codes.NOT_MODIFIED and order.previous is not None:
            return replace(order.previous, name=order.name, status=304, fetched_at=self._now())
        check_status(response, order.shown, self._now())
        return self._archive.keep(
            decode_body(self._body(response, order, stop_at), response.headers.get("Content-Encoding", "")),
            name=order.name,
            url=str(order.url),
            status=response.status_code,
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            content_type=response.headers.get("Content-Type", ""),
            fetched_at=self._now(),
            max_bytes=self._max_bytes,
        )

    def _body(self, response: httpx.Response, order: _Order, stop_at: float) -> Iterator[bytes]:
        for chunk in response.iter_raw():
            order.errand.check()
            if time.monotonic() > stop_at:
                remedy = "try again later, or raise http.deadline"
                message = f"upstream was still sending after {self._deadline:g} s"
                raise FetchError(message, where=order.shown, remedy=remedy)
            yield chunk


def _always_wanted() -> None:
    """Let a request that is asked for alone go on."""


def user_agent(contact: str) -> str:
    """Return what upstreams are told about who asks."""
    try:
        release = version("clerkcore")
    except PackageNotFoundError:
        release = "0"
    # A header holds one line of ASCII.
    plain = " ".join(contact.encode("ascii", "ignore").decode().split())
    return f"clerkcore/{release} (+{plain})" if plain else f"clerkcore/{release} (contact not set)"


def parse_url(url: str, params: Mapping[str, str | int] | None) -> httpx.URL:
    """Return the address with its parameters; FetchError when it is none we may ask."""
    try:
        parsed = httpx.URL(url)
        target = parsed.copy_merge_params(params) if params else parsed
    except httpx.InvalidURL as error:
        remedy = "correct the address in the source or its settings"
        raise FetchError(f"is no address: {error}", where=mask_url(url), remedy=remedy) from error
    check_url(target)
    return target


def check_url(url: httpx.URL) -> None:
    """Refuse an address that is not plain http or https."""
    where = mask_url(str(url))
    if url.scheme not in _PORTS or not url.host:
        raise FetchError("only http and https addresses are fetched", where=where, remedy="correct the address")
    if url.userinfo:
        remedy = "keep the secret with CLERK_SECRET_NAME and send it in a header"
        raise FetchError("the address holds a user name or password", where=where, remedy=remedy)


def validators(download: Download | None) -> dict[str, str]:
    """Return the headers that ask whether this download is still what the upstream has."""
    if download is None:
        return {}
    known = {"If-None-Match": download.etag, "If-Modified-Since": download.last_modified}
    return {header: value for header, value in known.items() if value and value.isascii()}


def peer_address(response: httpx.Response) -> str:
    """Return the address that the answer really comes from, which a second look-up may have changed."""
    try:
        return str(response.extensions["network_stream"].get_extra_info("server_addr")[0])
    except OSError as error:
        raise Passing(f"the connection was lost: {error.strerror}", remedy="try again later") from error


def without_own_headers(request: httpx.Request, order: _Order) -> httpx.Request:
    """Return a redirected request without the source's own headers where another host would see them."""
    if _origin(request.url) != _origin(order.url):
        for header in order.headers:
            if header.lower() not in _HARMLESS:
                request.headers.pop(header, None)
    return request


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme, 0)
