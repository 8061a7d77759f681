"""Fetching the export over HTTP."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clerk_finance_netfile.excel import NetFileExcel
from clerkcore import Download, NotPublished, Request, Scope, Site, SiteError, SourceError
from clerkcore.fetch import Archive, HttpClient, build_capture, hash_payloads
from clerkcore.models import Kind
from clerkcore.settings import Settings
from clerkcore.testing import Clerk, SiteMaker

sys.path.insert(0, str(Path(__file__).parent))

from excel_samples import make_sheets, make_workbook
from xlsx_writer import write_zip

pytest_plugins = ["clerkcore.testing.fixtures"]

DEMO_2026 = Scope("2026", {"year": "2026"})
ZIPPED = "efile_DEMO_2026.zip"
MAX_BYTES = 10_000_000


class Upstream(ThreadingHTTPServer):
    """Serves files by their path, and notes what it was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/excel/"


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

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


def make_source(upstream: Upstream, **config: Any) -> NetFileExcel:
    return NetFileExcel({"agency": "DEMO", "base_url": upstream.url, **config})


def fetch(source: NetFileExcel, archive: Archive) -> list[Download]:
    settings = Settings(root=archive.folder.parent, http_allow_private=("127.0.0.1",), http_delay=0.0)
    with HttpClient(settings, archive) as client:
        return list(source.fetch(DEMO_2026, client))


def test_the_years_workbook_is_fetched_and_read(upstream: Upstream, archive: Archive) -> None:
    source = make_source(upstream)
    upstream.files[f"/excel/DEMOBrowsable/{ZIPPED}"] = write_zip({"efile_DEMO_2026.xlsx": make_workbook()})
    downloads = fetch(source, archive)
    hashed = hash_payloads(source, archive, downloads, max_bytes=MAX_BYTES)
    capture = build_capture(
        source, DEMO_2026, archive, downloads, "1", downloads[0].fetched_at, sha256=hashed, max_bytes=MAX_BYTES
    )
    assert [page.name for page in capture.pages] == [ZIPPED]
    assert len(list(source.parse(capture))) == 64 + 8 + 2


@pytest.mark.parametrize(("edition", "prefix"), [("all", "efile"), ("newest", "efile_newest")])
def test_an_edition_has_its_own_address(upstream: Upstream, archive: Archive, edition: str, prefix: str) -> None:
    path = f"/excel/DEMOBrowsable/{prefix}_DEMO_2026.zip"
    upstream.files[path] = write_zip({"a.xlsx": make_workbook()})
    fetch(make_source(upstream, edition=edition), archive)
    assert upstream.asked == [path]


def test_a_year_that_is_not_there_is_not_published(upstream: Upstream, archive: Archive) -> None:
    with pytest.raises(NotPublished):
        fetch(make_source(upstream), archive)


def test_an_agency_that_is_gone_is_told_with_what_to_do(upstream: Upstream, archive: Archive) -> None:
    upstream.files[f"/excel/DEMOBrowsable/{ZIPPED}"] = b"<!DOCTYPE html><html>No such agency</html>"
    source = make_source(upstream)
    downloads = fetch(source, archive)
    with pytest.raises(SourceError, match="is a web page instead of the export") as caught:
        hash_payloads(source, archive, downloads, max_bytes=MAX_BYTES)
    assert "see whether NetFile still lists DEMO" in caught.value.remedy


@pytest.mark.parametrize(
    ("config", "message", "remedy"),
    [
        ({"agency": ""}, "the site's agency is not named", 'set agency to its shortcut at NetFile, such as "CSD"'),
        ({"agency": "../x"}, "'../x' is no agency's shortcut", 'set agency to its shortcut at NetFile, such as "CSD"'),
        ({"edition": "best"}, "'best' is no edition of the export", "editions: all, newest"),
    ],
)
def test_a_wrong_setting_is_told(
    upstream: Upstream, archive: Archive, config: dict[str, str], message: str, remedy: str
) -> None:
    with pytest.raises(SiteError) as caught:
        fetch(make_source(upstream, **config), archive)
    assert caught.value.message == message
    assert caught.value.remedy.startswith(remedy)
    assert upstream.asked == []


def test_years_are_planned_one_by_one(upstream: Upstream, archive: Archive) -> None:
    source, site = make_source(upstream), Site("suite.ca", "Suite", "CA", Kind.CITY)
    with HttpClient(Settings(root=archive.folder.parent), archive) as client:
        scopes = list(source.plan(site, Request(date(2026, 3, 1), years=(2017, 2016)), client))
    assert scopes == [Scope("2016", {"year": "2016"}), Scope("2017", {"year": "2017"})]


def test_an_amended_report_comes_in_beside_the_one_it_replaces(
    upstream: Upstream, make_site: SiteMaker, run_clerk: Clerk
) -> None:
    path = f"/excel/DEMOBrowsable/{ZIPPED}"
    make_site("demo.ca", netfile_excel={"agency": "DEMO", "base_url": upstream.url})
    ended = []
    for amended in (False, True, True):
        upstream.files[path] = write_zip({"a.xlsx": make_workbook(make_sheets(amended=amended))})
        ended.append(run_clerk("finance", "etl", "demo.ca", "--year", "2026", "--json"))
    told = ("outcome", "added", "disappeared", "duplicates", "quarantined")
    assert [[one.exit_code, *(one.line[name] for name in told)] for one in ended] == [
        [0, "changed", 48, 0, 1, 0],
        [0, "changed", 15, 0, 1, 0],
        [0, "fresh", 0, 0, 0, 0],
    ]
    assert (
        "filing 9946101-460-20260101-20260630-000 amended by 9946101-460-20260101-20260630-001"
        in ended[1].line["message"]
    )
