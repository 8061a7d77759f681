"""The simulator: the upstreams as a real HTTP server on the loopback."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any

from clerk_demo.answers import Answer, answer_failure, answer_throttling, shorten, spoil
from clerk_demo.civix import CIVIX
from clerk_demo.civix_world import DEFAULT_VOTERS, CivixWorld
from clerk_demo.faults import Faults
from clerk_demo.netfile import DEFAULT_SIZE
from clerk_demo.portals import CAMPAIGN, EFILE, EXCEL
from clerk_demo.queries import Moment, Query
from clerk_demo.replay import Replay
from clerk_demo.routes import FLORIDA, NETFILE, route
from clerk_demo.upstreams import CAMPAIGN_YEAR, Upstreams
from clerk_demo.worlds import World
from clerkcore import UsageError

HOST = "127.0.0.1"


class Simulator:
    """A context manager that answers like the upstreams, at `url`, as of simulated day `day`.

    `day` (through `set_day`) and `faults` may be changed while it runs; `size` is the number of
    rows of an invented agency's year on day 0. `world` says which year Connect2 serves, the "plain" one of
    agency_year or the "full" one of finance_world; the other ways to NetFile's filings, and eFile, always serve
    the full one. The Campaign API, which knows no years, has that of `year` alone. `voters` is the size of the Texas
    world.
    """

    def __init__(
        self,
        seed: int = 1,
        day: int = 0,
        replay: Replay | None = None,
        faults: Faults = Faults(),  # noqa: B008 (frozen)
        port: int = 0,
        size: int = DEFAULT_SIZE,
        world: str = "plain",
        year: int = CAMPAIGN_YEAR,
        voters: int = DEFAULT_VOTERS,
    ) -> None:
        self._upstreams = Upstreams(seed, size, replay, world, year, voters)
        self._day = day
        self._faults = faults
        self._port = port
        self._server: _Server | None = None
        self._lock = Lock()
        self._counted = 0
        self._requests: list[tuple[str, str, int]] = []
        self._closing = Event()

    def __enter__(self) -> Simulator:
        try:
            self._server = _Server((HOST, self._port), partial(_Handler, self))
        except OSError as error:
            remedy = "pass another port, or 0 for a free one"
            raise UsageError(f"port {self._port} cannot be used: {error.strerror}", remedy=remedy) from error
        self._closing.clear()
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering and close every connection; harmless when repeated."""
        server, self._server = self._server, None
        if server:
            self._closing.set()
            server.shutdown()
            server.server_close()
            self._upstreams.pages.close()

    @property
    def url(self) -> str:
        """The address of the server, without a slash at its end."""
        if self._server is None:
            raise UsageError("the simulator is not running", remedy="enter it first: with Simulator() as simulator")
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def netfile_url(self) -> str:
        """The base of NetFile's public API."""
        return self.url + NETFILE

    @property
    def florida_url(self) -> str:
        """The folder of Florida's county ballot reports."""
        return self.url + FLORIDA

    @property
    def excel_url(self) -> str:
        """The folder of NetFile's yearly Excel exports."""
        return self.url + EXCEL

    @property
    def campaign_url(self) -> str:
        """The base of NetFile's Campaign API, without a slash at its end."""
        return self.url + CAMPAIGN

    @property
    def efile_url(self) -> str:
        """The base of San Diego's eFile API."""
        return self.url + EFILE

    @property
    def civix_url(self) -> str:
        """The base of the Texas Secretary of State's Civix API."""
        return self.url + CIVIX

    @property
    def civix_world(self) -> CivixWorld:
        """The voters of Texas that are served, with the truth beside them."""
        return self._upstreams.civix

    def finance_world(self, aid: str, year: int = CAMPAIGN_YEAR) -> World:
        """Return the finance world that is served, with the truth beside it."""
        return self._upstreams.world(aid, year)

    @property
    def day(self) -> int:
        """The simulated day, from 0."""
        return self._day

    def set_day(self, day: int) -> None:
        """Move the world to another day."""
        if day < 0:
            raise UsageError(f"day {day} is before the first", remedy="pass 0 or more")
        with self._lock:
            self._day = day

    @property
    def faults(self) -> Faults:
        """What is wrong with the upstreams; setting it starts the count of every_nth_500 and _429 anew."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self._lock:
            self._faults, self._counted = faults, 0

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Every request answered: method, path with query, status."""
        with self._lock:
            return list(self._requests)

    def answer(self, target: str, headers: dict[str, str]) -> Answer:
        """Return the answer to GET `target` with these request headers, faults and all, and note it."""
        with self._lock:
            self._counted += 1
            moment, counted = Moment(self._day, self._faults), self._counted
        self._closing.wait(moment.faults.slow_seconds)
        answer = self._answer(moment, counted, target, headers)
        with self._lock:
            self._requests.append(("GET", target, answer.status))
        return answer

    def _answer(self, moment: Moment, counted: int, target: str, headers: dict[str, str]) -> Answer:
        faults = moment.faults
        if faults.every_nth_500 and counted % faults.every_nth_500 == 0:
            return answer_failure()
        if faults.every_nth_429 and counted % faults.every_nth_429 == 0:
            return answer_throttling(faults.retry_after)
        return shorten(spoil(route(self._upstreams, moment, Query.read(target, headers)), faults), headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        self._closed = False
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        self._closed = True
        super().server_close()
        # Kept-alive connections would otherwise go on being answered by their threads.
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away early, or a connection we closed ourselves, is no error worth a traceback.
        if not (self._closed or isinstance(sys.exception(), ConnectionError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "clerk-demo"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, simulator: Simulator, *args: Any) -> None:
        self._simulator = simulator
        super().__init__(*args)

    def do_GET(self) -> None:
        answer = self._simulator.answer(self.path, dict(self.headers.items()))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body) + answer.unsent))
        self.close_connection = self.close_connection or bool(answer.unsent)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `Simulator.requests` keeps the record."""
