"""A Campaign API on 127.0.0.1, which asks for a key, answers by pages, and misbehaves when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from campaign_samples import AID, make_page, make_record, render

from clerkcore.fetch import Archive, HttpClient
from clerkcore.settings import Settings

KEY, SECRET = "invented-key", "invented-secret"
BASIC = "Basic aW52ZW50ZWQta2V5OmludmVudGVkLXNlY3JldA=="
PATHS = {
    "/filer/v101/filers": "filers",
    "/filing/v101/filings": "filings",
    "/cal/v101/transaction-elements": "elements",
}


class Asked(NamedTuple):
    """One request: its path, its parameters and its headers with small names."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the upstream says."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Campaign(ThreadingHTTPServer):
    """Serves a record; `rule` may answer a request in its own way, or return None."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.record = make_record()
        self.asked: list[Asked] = []
        self.most = 1000
        self.rule: Callable[[Asked], Answer | None] = lambda asked: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self.rule(asked) or self._serve(asked)

    def _serve(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != BASIC:
            return Answer(401)
        if asked.path not in PATHS or asked.params.get("aid") != AID:
            return Answer(404)
        results = self.record[PATHS[asked.path]]
        offset, limit = int(asked.params["offset"]), min(int(asked.params["limit"]), self.most)
        return Answer(200, render(make_page(results[offset : offset + limit], offset, len(results), limit)))


class _Handler(BaseHTTPRequestHandler):
    server: Campaign

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): text for name, text in self.headers.items()}
        answer = self.server.answer(Asked(parts.path, params, headers))
        self.send_response(answer.status)
        for name, text in answer.headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[Campaign]:
    """Run an upstream for as long as it is needed."""
    with Campaign() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def connect(folder: Path, naps: list[float] | None = None, report: list[str] | None = None) -> Iterator[HttpClient]:
    """Return the real client, which may ask this machine and never really sleeps."""
    settings = Settings(root=folder, http_allow_private=("127.0.0.1",), http_delay=0.0, http_retries=2)
    slept, said = naps if naps is not None else [], report if report is not None else []
    with HttpClient(settings, Archive(folder / "raw"), sleep=slept.append, report=said.append) as client:
        yield client
