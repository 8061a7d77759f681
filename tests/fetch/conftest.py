"""A scripted upstream on 127.0.0.1, and archives and clients to ask it with."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clerkcore.fetch import Archive, HttpClient
from clerkcore.settings import Settings

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What the upstream says once: `promised` is a Content-Length that may be a lie, `pause` lies between bytes.

    `hold` is called before a byte is sent.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    promised: int | None = None
    pause: float = 0.0
    hold: Callable[[], object] = bool


class Upstream(ThreadingHTTPServer):
    """Answers each path with its script, the last answer again and again; remembers what was asked.

    `most` is how many requests it had at once, `connections` how many connections it took.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts: dict[str, list[Answer]] = defaultdict(list)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.lock = threading.Lock()
        self.busy = self.most = self.connections = 0

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def says(self, path: str, body: bytes = b"", **answer: Any) -> str:
        """Add an answer to the path's script and return its address."""
        self.scripts[path].append(Answer(body, **answer))
        return self.url(path)

    def next_answer(self, path: str, headers: dict[str, str]) -> Answer:
        with self.lock:
            self.asked.append((path, headers))
            script = self.scripts[path.partition("?")[0]]
            if not script:
                return Answer(status=404)
            return script.pop(0) if len(script) > 1 else script[0]

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self.lock:
            self.busy += 1
            self.most = max(self.most, self.busy)
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.connections += 1
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        with self.server.counted():
            answer = self.server.next_answer(self.path, {name.lower(): text for name, text in self.headers.items()})
            answer.hold()
        self.send_response(answer.status)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        length = len(answer.body) if answer.promised is None else answer.promised
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.close_connection = length != len(answer.body)
        step = 1 if answer.pause else max(1, len(answer.body))
        for start in range(0, len(answer.body), step):
            self.wfile.write(answer.body[start : start + step])
            time.sleep(answer.pause)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw")


@pytest.fixture
def naps() -> list[float]:
    """The seconds that clients of `client` have slept, or would have."""
    return []


@pytest.fixture
def client(archive: Archive, tmp_path: Path, naps: list[float]) -> Iterator[Callable[..., HttpClient]]:
    """Make a client that may ask 127.0.0.1 and never really sleeps; settings and arguments as named."""
    clients: list[HttpClient] = []

    def make(settings: dict[str, Any] | None = None, **arguments: Any) -> HttpClient:
        given = {"http_allow_private": ("127.0.0.1",), "http_delay": 0.0, "http_retries": 2, **(settings or {})}
        made = HttpClient(
            Settings(root=tmp_path, **given), archive, **{"sleep": naps.append, "now": lambda: NOON, **arguments}
        )
        clients.append(made)
        return made

    yield make
    for made in clients:
        made.__exit__(None, None, None)
