"""What the road does with sources that break, that have nothing yet, or that stop half-way."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from tests.road.conftest import TODAY, Bench, Sheet, row

from clerkcore.errors import PluginError, SourceError, StoreError, UsageError
from clerkcore.fetch import Pace
from clerkcore.interfaces import Client, Column, Table
from clerkcore.models import Capture, Download, Location, Outcome, Parsed, Record, Request, Scope
from clerkcore.road.run import run_all, run_extract, run_load, run_transform


class Upstream(ThreadingHTTPServer):
    """Serves `pages` by path, and 404 for any other."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    server: Upstream

    def do_GET(self) -> None:
        body = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
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
def online(upstream: Upstream, make_bench: Callable[..., Bench]) -> Bench:
    """A bench whose source asks the upstream for two pages of each scope."""
    source = Fussy({"url": f"http://127.0.0.1:{upstream.server_port}", "pages": 2})
    return make_bench(source, http_allow_private=("127.0.0.1",), http_delay=0.0, http_retries=0)


class Fussy(Sheet):
    """Breaks over an exclamation mark, and takes a question mark for the format's change."""

    def parse_line(self, line: str, at: Location) -> Parsed:
        if line == "!":
            raise ValueError("cannot read this")
        if line == "?":
            raise SourceError("is not a sheet", where=f"sheet {at.page}", remedy="tell the publisher")
        return super().parse_line(line, at)


def outcomes(bench: Bench, *years: int) -> list[tuple[str, Outcome, str]]:
    return [(result.scope, result.outcome, result.message) for result in bench.pull(*years)]


def publish(upstream: Upstream, scope: str, *pages: str) -> None:
    upstream.pages |= {f"/{scope}/{number}": page for number, page in enumerate(pages)}


def test_pages_are_loaded_in_their_order(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("b"), row("a"))
    (result,) = online.pull()
    assert (result.outcome, result.counts.added) == (Outcome.CHANGED, 2)
    assert [page.name for page in online.work().archive.captures("sheet", "all")[0].downloads] == ["0", "1"]


def test_a_plugin_that_breaks_over_one_scope_stops_no_other(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "2019", row("a"), "!")
    publish(upstream, "2020", row("b"), row("c"))
    assert outcomes(online, 2019, 2020) == [
        ("2019", Outcome.FAILED, "source sheet broke: ValueError: cannot read this"),
        ("2020", Outcome.CHANGED, "2 entries added ((none) 2)"),
    ]
    assert online.rows("SELECT scope, code FROM entries_effective") == [("2020", "b"), ("2020", "c")]


def test_a_source_that_is_not_what_it_was_fails_its_scope_with_file_and_remedy(
    upstream: Upstream, online: Bench
) -> None:
    publish(upstream, "all", row("a"), "?")
    (result,) = online.pull()
    assert (result.outcome, result.message, result.remedy) == (
        Outcome.FAILED,
        "sheet 1: is not a sheet",
        "tell the publisher",
    )


def test_a_web_page_in_place_of_data_fails_its_scope(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("a"), "<!DOCTYPE html><title>Down for maintenance</title>")
    (result,) = online.pull()
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "sheet 1: answered with an HTML page instead of data",
    )
    [kept] = online.work().archive.captures("sheet", "all")
    assert (kept.complete, [download.name for download in kept.downloads]) == (False, ["0", "1"])
    place = kept.downloads[1].path.relative_to(online.work().folder.path)
    assert result.remedy.endswith(f"; the raw answer is kept: {place}")


def test_saved_files_before_one_that_cannot_be_read_are_kept_as_incomplete(bench: Bench) -> None:
    good, bad = bench.root / "1.jsonl", bench.root / "2.jsonl"
    good.write_text(row("a"))
    bad.symlink_to(bad)
    [result] = run_all(bench.work(), Request(TODAY), (good, bad))
    assert (result.outcome, result.message) == (Outcome.FAILED, f"{bad}: does not exist")
    kept = bench.work().archive.captures("sheet", "all")
    assert [(capture.complete, len(capture.downloads)) for capture in kept] == [(False, 1)]


def test_runs_that_share_a_pace_leave_the_delay_between_them(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("a"), row("b"))
    naps: list[float] = []
    pace = Pace(60.0, 1, naps.append, lambda: 0.0)
    online.pull(pace=pace)
    online.pull(pace=pace)
    assert naps == [60.0, 120.0, 180.0]


def test_a_secret_in_an_address_reaches_no_file_of_the_site(upstream: Upstream, online: Bench) -> None:
    class Guarded(Fussy):
        def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
            yield client.get(f"{self.config['url']}/rows", params={"access_key": "hush-hush"})

    upstream.pages["/rows?access_key=hush-hush"] = row("a")
    online.source = Guarded(online.source.config)
    assert outcomes(online) == [("all", Outcome.CHANGED, "1 entry added ((none) 1)")]
    written = [path for path in online.root.rglob("*") if path.is_file()]
    assert [path for path in written if b"hush-hush" in path.read_bytes()] == []


def test_what_is_not_published_yet_is_skipped(online: Bench) -> None:
    assert outcomes(online, 2031) == [("2031", Outcome.SKIPPED, "not published yet")]
    assert not online.database.exists()


def test_what_was_published_before_and_is_gone_fails_and_keeps_its_rows(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("a"), row("b"))
    online.pull()
    upstream.pages.clear()
    (result,) = online.pull()
    assert (result.outcome, result.remedy) == (Outcome.FAILED, "see whether the publisher withdrew it")
    assert result.message.endswith("the source had this before")
    assert online.live("code") == [("a",), ("b",)]


def test_a_capture_that_breaks_off_is_kept_as_incomplete_and_makes_no_row_disappear(
    upstream: Upstream, online: Bench
) -> None:
    publish(upstream, "all", row("a"), row("b"))
    online.pull()
    before = online.dump(without=("data_update_log", "sqlite_sequence"))
    del upstream.pages["/all/1"]
    publish(upstream, "all", row("c"))
    (result,) = online.pull()
    assert result.outcome is Outcome.FAILED
    assert online.dump(without=("data_update_log", "sqlite_sequence")) == before
    kept = online.work().archive.captures("sheet", "all")
    assert [(capture.complete, len(capture.downloads)) for capture in kept] == [(True, 2), (False, 1)]


def test_a_pull_after_one_that_broke_off_is_whole(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("a"))
    online.pull()
    publish(upstream, "all", row("a"), row("b"))
    assert [result.outcome for result in online.pull()] == [Outcome.CHANGED]


def test_a_source_that_sends_nothing_at_all_fails(online: Bench) -> None:
    online.source = Fussy({"url": "http://127.0.0.1:1", "pages": 0})
    assert outcomes(online) == [("all", Outcome.FAILED, "sheet.ca sheet all: the source sent nothing")]


def test_an_empty_file_empties_the_scope(bench: Bench) -> None:
    bench.load(row("a"))
    assert bench.load().counts.disappeared == 1


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (Record("nowhere", {"code": "a"}, Location("", 1)), "source sheet: parse yields rows for 'nowhere'"),
        (
            Record("entries", {"code": "a", "colour": 1}, Location("", 1)),
            "source sheet: parse yields the column 'colour', which entries lacks",
        ),
    ],
    ids=["table", "column"],
)
def test_rows_for_what_the_source_did_not_name_fail_the_scope(bench: Bench, record: Record, complaint: str) -> None:
    class Astray(Sheet):
        def parse(self, capture: Capture) -> Iterator[Parsed]:
            yield record

    bench.source = Astray()
    result = bench.load("")
    assert (result.outcome, result.message) == (Outcome.FAILED, complaint)


def test_a_source_whose_tables_cannot_be_made_is_refused_before_it_fetches(bench: Bench) -> None:
    class Misnamed(Sheet):
        tables: ClassVar[tuple[Table, ...]] = (Table("Entries!", ("code",), (Column("code"),), "", ""),)

    bench.source = Misnamed()
    with pytest.raises(PluginError, match="'Entries!' is not a usable name"):
        bench.load("")


def test_files_that_could_belong_to_several_scopes_are_refused(bench: Bench) -> None:
    with pytest.raises(UsageError) as refused:
        run_all(bench.work(), Request(TODAY, (2019, 2020)), (bench.root,))
    assert refused.value.message == "files belong to one scope, and this asks for 2019, 2020"
    assert refused.value.remedy == "name one: --year 2020 for finance, --source for states"


def test_the_files_of_a_folder_are_read_in_the_order_of_their_names(bench: Bench) -> None:
    folder = bench.root / "saved"
    folder.mkdir()
    for name, code in (("b.jsonl", "2"), ("a.jsonl", "1"), (".hidden", "3")):
        (folder / name).write_text(row(code))
    run_all(bench.work(), Request(TODAY), (folder,))
    (kept,) = bench.work().archive.captures("sheet", "all")
    assert [download.name for download in kept.downloads] == ["a.jsonl", "b.jsonl"]


def test_an_empty_folder_is_refused(bench: Bench) -> None:
    (bench.root / "saved").mkdir()
    (result,) = run_all(bench.work(), Request(TODAY), (bench.root / "saved",))
    assert (result.outcome, result.message) == (Outcome.FAILED, "no file to read")


def test_extract_transform_and_load_make_together_what_one_run_makes(upstream: Upstream, online: Bench) -> None:
    publish(upstream, "all", row("a"), row("b"))
    (extracted,) = run_extract(online.work(), Request(TODAY))
    assert extracted.message == f"2 downloads kept as capture {extracted.capture}"
    assert not online.database.exists()
    (transformed,) = run_transform(online.work(), Request(TODAY))
    assert transformed.message.startswith("2 records read, 2 rows staged, 0 quarantined: ")
    stage = online.work().stage_path("all")
    assert stage.is_file()
    (loaded,) = run_load(online.work(), Request(TODAY))
    assert (loaded.outcome, loaded.capture) == (Outcome.CHANGED, extracted.capture)
    assert online.live("code") == [("a",), ("b",)]
    assert not stage.exists()


def test_transform_before_extract_says_what_to_do(bench: Bench) -> None:
    (result,) = run_transform(bench.work(), Request(TODAY))
    assert (result.message, result.remedy) == (
        "sheet.ca sheet all: nothing was extracted yet",
        "run extract first",
    )


def test_load_before_transform_says_what_to_do(bench: Bench) -> None:
    with pytest.raises(StoreError, match=r"sheet.ca: nothing is staged \(run transform first\)"):
        run_load(bench.work(), Request(TODAY))


def test_a_stage_that_an_older_plugin_parsed_is_refused(upstream: Upstream, online: Bench) -> None:
    class Newer(Fussy):
        version = 2

    publish(upstream, "all", row("a"), row("b"))
    run_extract(online.work(), Request(TODAY))
    run_transform(online.work(), Request(TODAY))
    online.source = Newer(online.source.config)
    (result,) = run_load(online.work(), Request(TODAY))
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "the stage was parsed by another version of the plugin, or with other settings",
    )


def test_a_plugin_that_exits_over_one_scope_stops_no_other(upstream: Upstream, online: Bench) -> None:
    class Leaving(Sheet):
        def parse(self, capture: Capture) -> Iterator[Parsed]:
            if capture.scope.name == "2025":
                sys.exit(0)
            return super().parse(capture)

    publish(upstream, "2025", row("a"), row("b"))
    publish(upstream, "2026", row("c"), row("d"))
    online.source = Leaving(online.source.config)
    first, second = online.pull(2025, 2026)
    assert (first.outcome, first.message) == (Outcome.FAILED, "source sheet broke: SystemExit: 0")
    assert second.outcome is Outcome.CHANGED


def test_a_stage_older_than_the_rows_is_refused(bench: Bench) -> None:
    path = bench.root / "rows.jsonl"
    for name in ("old", "new"):
        path.write_text(row(name) + "\n", encoding="utf-8")
        if name == "old":
            run_extract(bench.work(), Request(TODAY), (path,))
            run_transform(bench.work(), Request(TODAY))
        else:
            run_all(bench.work(), Request(TODAY), (path,))
    [refused] = run_load(bench.work(), Request(TODAY))
    assert (refused.outcome, refused.message) == (
        Outcome.FAILED,
        "the rows rest on a newer capture than the stage",
    )
    assert refused.remedy == "run transform again"
    assert bench.live("code") == [("new",)]
