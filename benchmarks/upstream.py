"""A loopback upstream for the benchmarks, in a process of its own: pages of NetFile transactions, made cheaply.

One page of invented transactions is the mould of all: only keys, filings and transaction ids differ.
`python upstream.py PAGES RECORDS LATENCY` prints its port.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clerk_demo import agency_year
from clerk_demo.connect2 import encode_json

SEED, AGENCY, YEAR = 7, "CSD", 2026
PAGE_PATH = "/campaign/export/cal201/transaction/year"
AGENCIES_PATH = "/campaign/agencies.json"
AGENCIES = b'{"agencies": [{"id": 1, "shortcut": "CSD", "name": "City of San Diego"}]}'
_MARK = "0000042424240000"  # where a page's number goes; digits, so that every id stays a number


@dataclass(frozen=True)
class World:
    """So many pages of so many records each."""

    pages: int
    records: int

    def mould(self) -> bytes:
        """Return the page that all others are cast from."""
        rows = agency_year(SEED, AGENCY, YEAR, 0, self.records)
        own = [
            row
            | {name: f"{row[name]}{_MARK}" for name in ("FilingId", "Tran_Id")}
            | {"NetFileKey": f"{row['NetFileKey'][:16]}{_MARK}"}
            for row in rows
        ]
        return encode_json(own, total=self.pages * self.records, pages=self.pages)

    @staticmethod
    def cast(mould: bytes, number: int) -> bytes:
        """Return the page of a number."""
        return mould.replace(_MARK.encode(), b"%016d" % number)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, world: World, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mould = world.mould()
        self.latency = latency


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = AGENCIES
        if parts.path.endswith(PAGE_PATH):
            body = World.cast(self.server.mould, int(parse_qs(parts.query)["CurrentPageIndex"][0]))
        time.sleep(self.server.latency)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def upstream(world: World, latency: float = 0.0) -> Iterator[str]:
    """Run the upstream in another process; gives its base address."""
    command = [sys.executable, __file__, str(world.pages), str(world.records), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def page_url(base: str, number: int) -> str:
    """Return the address of a page as the plugin asks for it."""
    asked = f"Aid={AGENCY}&Year={YEAR}&CurrentPageIndex={number}&PageSize=1000&ShowSuperceded=false&format=json"
    return f"{base}{PAGE_PATH}?{asked}"


def main() -> None:
    pages, records, latency = sys.argv[1:]
    server = _Server(World(int(pages), int(records)), float(latency))
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
