"""Files as election offices might make them, a server of them, and sites whose settings describe them."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from clerk_state_configured.adapter import Configured
from clerkcore import Capture, Download, Page, Parsed
from clerkcore.rosters import make_scope
from clerkcore.testing import Clerk, Ended, SiteMaker

Rows = list[dict[str, Any]]
Cell = str | int | float | None
HEADER = ("VoterID", "Day", "Method", "County", "Precinct", "Party", "Name")
ROSTER = {
    "data_source": "VOTED",
    "kind": "roster",
    "url": "https://county.example/{election}.csv",
    "format": "csv",
    "columns": {
        "voter_id": ["VUID", "VoterID"],
        "vote_date": "Day",
        "voting_method": "Method",
        "county": "County",
        "precinct": "Precinct",
        "party": "Party",
        "voter_name": "Name",
    },
    "values": {"voting_method": {"IN PERSON": "early", "MAIL": "absentee-mail"}, "party": {"R": "REP", "D": "DEM"}},
}
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_TYPES}">'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    '<sheet name="Daily" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
    f' Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    # Style 1 shows a number as a day.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
    "</styleSheet>",
}


def write_sheet(rows: Iterable[Sequence[Cell]], dates: Sequence[int] = ()) -> str:
    """Return the XML of a sheet; numbers in the columns at `dates` are days."""
    lines = []
    for row, cells in enumerate(rows, 1):
        texts = []
        for place, cell in enumerate(cells):
            at = f'r="{chr(65 + place)}{row}"'
            if isinstance(cell, str):
                texts.append(f'<c {at} t="inlineStr"><is><t>{escape(cell)}</t></is></c>')
            elif cell is not None:
                texts.append(f'<c {at} s="{int(place in dates)}"><v>{cell}</v></c>')
        lines.append(f'<row r="{row}">{"".join(texts)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_workbook(sheet: str, **parts: str) -> bytes:
    """Return a workbook with one sheet of this XML; `parts` replace others, by the last part of their names."""
    known = {**_PARTS, "xl/worksheets/sheet1.xml": sheet}
    return pack({name: parts.get(name.rpartition("/")[2].split(".")[0], text).encode() for name, text in known.items()})


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return a ZIP file, the same for the same members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def write_csv(*rows: Mapping[str, str], delimiter: str = ",") -> bytes:
    """Return a roster; each row says in what it differs from an early ballot of a Democrat in Alameda."""
    usual = dict(zip(HEADER, ("1001", "10/20/2026", "IN PERSON", "Alameda", "P1", "D", "Ann Example"), strict=True))
    lines = [HEADER, *({**usual, **row}.values() for row in rows)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode()


def write_json(path: str, items: Iterable[Any]) -> bytes:
    """Return a document with a list at a path."""
    document: Any = list(items)
    for part in reversed(path.split(".") if path else []):
        document = {part: document}
    return json.dumps(document).encode()


class Upstream(ThreadingHTTPServer):
    """Serves `files` by path and notes what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
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
def make() -> dict[str, Callable[..., Any]]:
    """What makes files, for test modules, which cannot import this one."""
    return {"csv": write_csv, "json": write_json, "sheet": write_sheet, "workbook": write_workbook, "zip": pack}


@pytest.fixture
def roster() -> dict[str, Any]:
    """Settings of a CSV of voters."""
    return {**ROSTER}


@pytest.fixture
def parse() -> Callable[..., list[Parsed]]:
    """Parse the bytes of a file by its settings, without a site."""

    def run(file: Mapping[str, Any], body: bytes, name: str = "file.csv") -> list[Parsed]:
        source = Configured({"files": [file]})
        download = Download(name, "", "", len(body), Path(), datetime(2026, 1, 1, tzinfo=UTC))
        page = Page(name, "", lambda: source.unwrap(download, io.BytesIO(body)))
        scope = make_scope(file["data_source"], "2026")
        return list(source.parse(Capture("", source.name, scope, (page,), "", download.fetched_at)))

    return run


@pytest.fixture
def configure(make_site: SiteMaker) -> Callable[..., str]:
    """Make a site from the settings of its files."""

    def run(*files: Mapping[str, Any], **more: Any) -> str:
        settings = {"election": "2026", "files": [dict(file) for file in files], **more}
        return make_site("example.ca", configured=settings).subdomain

    return run


@pytest.fixture
def load(run_clerk: Clerk, tmp_path: Path) -> Callable[..., Ended]:
    """Load the bytes of a file as a data source of the site."""

    def run(body: bytes, source: str = "VOTED", name: str = "file.csv", *more: str) -> Ended:
        path = tmp_path / name
        path.write_bytes(body)
        return run_clerk("states", "update", "example.ca", "--source", source, "--from", path, "--json", *more)

    return run


@pytest.fixture
def query(run_clerk: Clerk) -> Callable[[str], Rows]:
    """Ask the site's database."""

    def ask(sql: str) -> Rows:
        with closing(sqlite3.connect(run_clerk.root / "sites" / "example.ca" / "voters.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    return ask
