"""San Diego as a site, fed by a small server that answers as eFile does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

SAMPLES = Path(__file__).parent / "samples"
Row = dict[str, Any]
Etl = Callable[..., Ended]
ReadTable = Callable[..., list[Row]]
Answer = tuple[int, bytes]
LISTS = {"campaign-search/advanced": "transactions", "campaign-search": "filings"}


def _iso(day: str) -> str:
    month, date, year = day.split("/")
    return f"{year}-{month}-{date}T12:00:00.000Z"


@dataclass
class EFile:
    """What the server holds; `change` may rewrite a document, `spoil` an answer of a list."""

    transactions: list[Row]
    filings: list[Row]
    page_size: int = 2000
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    change: Callable[[str, Row], object] = lambda name, document: None
    spoil: dict[str, Answer] = field(default_factory=dict)
    url: str = ""

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """Return status and body for a request."""
        name = LISTS.get(path.removeprefix("/api/v1/public/"), "")
        self.asked.append((name, query))
        if name in self.spoil or not name:
            return self.spoil.get(name, (404, b"not here"))
        day = "transaction_date" if name == "transactions" else "filing_date"
        rows = [r for r in getattr(self, name) if query["start_date"] <= _iso(r[day]) <= query["end_date"]]
        document = self.page(rows, int(query["page_number"])) if name == "transactions" else {"data": rows}
        document = json.loads(json.dumps(document))
        self.change(name, document)
        return 200, json.dumps(document).encode()

    def page(self, rows: list[Row], number: int) -> Row:
        """Return one page of a search's rows."""
        size = self.page_size
        return {
            "success": True,
            "data": rows[(number - 1) * size : number * size],
            "page_number": str(number),
            "page_size": size,
            "total_count": len(rows),
            "total_pages": -(-len(rows) // size),
        }


def _handler(held: EFile) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            status, body = held.answer(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def efile() -> Iterator[EFile]:
    transactions = json.loads((SAMPLES / "bare" / "transactions.json").read_text(encoding="utf-8"))
    filings = json.loads((SAMPLES / "pages" / "filings.json").read_text(encoding="utf-8"))["data"]
    held = EFile(transactions, filings)
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(held)) as server:
        held.url = f"http://127.0.0.1:{server.server_port}/api/v1/public"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield held
        server.shutdown()
        thread.join()


@pytest.fixture
def site(make_site: SiteMaker, efile: EFile) -> str:
    return make_site("sandiego.ca", sandiego_efile={"base_url": efile.url}).subdomain


@pytest.fixture
def etl(run_clerk: Clerk, site: str) -> Etl:
    """Run the whole road for 2026, or for what is named."""

    def run(*arguments: str | Path, subdomain: str = site, year: str = "2026") -> Ended:
        return run_clerk("finance", "etl", subdomain, "--year", year, "--json", *arguments)

    return run


@pytest.fixture
def read_table(run_clerk: Clerk, site: str) -> ReadTable:
    """Return the live rows of a table, without what tells runs apart and without what is empty."""

    def read(table: str, subdomain: str = site) -> list[Row]:
        path = run_clerk.root / "sites" / subdomain / "finance" / "election_finance.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}_effective ORDER BY 1, 2, 3, 4, 5")]
        return [{k: v for k, v in row.items() if v is not None and not k.endswith("run_id")} for row in rows]

    return read
