"""North Carolina as a site, fed by a small server of files, and the files it serves."""

from __future__ import annotations

import csv
import io
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

Rows = list[dict[str, Any]]
MODIFIED = "Wed, 06 Nov 2024 10:00:00 GMT"
_ABSENTEE_HEADER = """
county_desc voter_reg_num ncid voter_last_name voter_first_name voter_middle_name race ethnicity gender age
voter_street_address voter_city voter_state voter_zip ballot_mail_street_address ballot_mail_city ballot_mail_state
ballot_mail_zip other_mail_addr1 other_mail_addr2 other_city_state_zip relative_request_name relative_request_address
relative_request_city relative_request_state relative_request_zip election_dt voter_party_code precinct_desc
cong_dist_desc nc_house_desc nc_senate_desc ballot_req_delivery_type ballot_req_type ballot_request_party ballot_req_dt
ballot_send_dt ballot_rtn_dt ballot_rtn_status site_name sdr mail_veri_status
"""
_HISTORY_HEADER = """
county_id county_desc voter_reg_num election_lbl election_desc voting_method voted_party_cd voted_party_desc pct_label
pct_description ncid voted_county_id voted_county_desc vtd_label vtd_description
"""
ABSENTEE = {
    "county_desc": "WAKE",
    "voter_reg_num": "000000000001",
    "ncid": "AA1",
    "voter_last_name": "EXAMPLE",
    "voter_street_address": "1 EXAMPLE ST",
    "election_dt": "11/05/2024",
    "voter_party_code": "UNA",
    "precinct_desc": "01-01",
    "ballot_req_type": "MAIL",
    "ballot_req_dt": "09/20/2024",
    "ballot_rtn_dt": "10/01/2024",
    "ballot_rtn_status": "ACCEPTED",
}
HISTORY = {
    "county_id": "92",
    "county_desc": "WAKE",
    "voter_reg_num": "000000000001",
    "election_lbl": "11/05/2024",
    "election_desc": "11/05/2024 GENERAL",
    "voting_method": "IN-PERSON",
    "ncid": "AA1",
}


def _write(header: str, rows: Iterable[Mapping[str, str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(), "", delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("latin-1")


def write_absentee(*rows: Mapping[str, str], delimiter: str = ",") -> bytes:
    """Return an absentee file; each row says in what it differs from an accepted ballot by mail in Wake."""
    return _write(_ABSENTEE_HEADER, ({**ABSENTEE, **row} for row in rows), delimiter)


def write_history(*rows: Mapping[str, str]) -> bytes:
    """Return a voter history; each row says in what it differs from a ballot cast in person in Wake."""
    return _write(_HISTORY_HEADER, ({**HISTORY, **row} for row in rows), "\t")


def pack(body: bytes, name: str = "absentee_20241105.csv") -> bytes:
    """Return a ZIP file with one member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class Upstream(ThreadingHTTPServer):
    """Serves `files` by path, with Last-Modified, and notes what was asked and answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        body = self.server.files.get(self.path)
        status = 404 if body is None else 304 if self.headers.get("If-Modified-Since") == MODIFIED else 200
        self.server.asked.append((self.path, status))
        self.send_response(status)
        self.send_header("Last-Modified", MODIFIED)
        self.send_header("Content-Length", str(len(body or b"")) if status == 200 else "0")
        self.end_headers()
        if status == 200:
            self.wfile.write(body or b"")

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def files() -> dict[str, Callable[..., bytes]]:
    """What writes the state's files, for test modules, which cannot import this one."""
    return {"absentee": write_absentee, "history": write_history, "zip": pack}


@pytest.fixture
def site(make_site: SiteMaker, upstream: Upstream) -> str:
    settings = {"election": "20241105", "base_url": upstream.url}
    return make_site("nc", name="North Carolina", state="NC", north_carolina=settings).subdomain


@pytest.fixture
def load(run_clerk: Clerk, site: str, tmp_path: Path) -> Callable[..., Ended]:
    """Load the bytes of a file as a data source of the election."""

    def run(body: bytes, source: str = "ABSENTEE", name: str = "absentee_20241105.csv", *more: str) -> Ended:
        path = tmp_path / name
        path.write_bytes(body)
        return run_clerk("states", "update", site, "--source", source, "--from", path, "--json", *more)

    return run


@pytest.fixture
def query(run_clerk: Clerk, site: str) -> Callable[[str], Rows]:
    """Ask the site's database."""

    def ask(sql: str) -> Rows:
        with closing(sqlite3.connect(run_clerk.root / "sites" / site / "voters.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    return ask


@pytest.fixture
def quarantine(run_clerk: Clerk) -> Callable[[Ended], list[tuple[Any, ...]]]:
    """Return what a run rejected: rule, column, line and message."""

    def read(ended: Ended) -> list[tuple[Any, ...]]:
        lines = run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines
        return [(row["rule"], row["column_name"], row["line"], row["message"]) for row in lines]

    return read
