"""A Loki that answers as told, and a stream to write lines to."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest


@dataclass
class Pushed:
    """One request: its path, headers and JSON body."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class LokiServer:
    """A real HTTP server; `answers` are the statuses of the next requests, 204 after those; `hang` lets it wait."""

    url: str = ""
    pushed: list[Pushed] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hang: Event | None = None

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line of every stream that was pushed, as its JSON."""
        streams = [stream for push in self.pushed for stream in push.body["streams"]]
        return [json.loads(line) for stream in streams for _, line in stream["values"]]


def handler_of(server: LokiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            server.pushed.append(Pushed(self.path, dict(self.headers), json.loads(body)))
            if server.hang:
                server.hang.wait(10)
            self.send_response(server.answers.pop(0) if server.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler


@pytest.fixture
def loki() -> Iterator[LokiServer]:
    server = LokiServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(server)) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}"
        Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        if server.hang:
            server.hang.set()
        http.shutdown()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()
