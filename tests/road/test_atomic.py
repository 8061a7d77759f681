"""One scope in one database changes together or not at all, whatever breaks meanwhile (law 2)."""

from __future__ import annotations

import gzip
import resource
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from tests.road.conftest import TODAY, Bench, Sheet, row

from clerkcore.errors import LeaseLost, StoreError
from clerkcore.interfaces import Reader
from clerkcore.models import Finding, Outcome, Request, Scope, Severity
from clerkcore.road.run import run_all

# A failure is noted in the update log; everything else must be as it was.
LOG = ("data_update_log", "sqlite_sequence")


class Broken(Sheet):
    """Its own checks fall over, once the rows are written."""

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        assert db.rows("SELECT count(*) AS n FROM entries_effective")[0]["n"] > 1
        raise ZeroDivisionError("no total")


class Talkative(Sheet):
    """Reports what it is told to."""

    message = "seen"

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        yield Finding("control", Severity.WARNING, self.message, "entries", ("a",), "1", "2")


def test_a_check_that_breaks_after_the_rows_were_written_leaves_the_database_as_it_was(bench: Bench) -> None:
    bench.load(row("a"), row("b"))
    before = bench.dump(without=LOG)
    bench.source = Broken()
    result = bench.load(row("a", votes=1), row("c"), row("d"))
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        "source sheet broke: ZeroDivisionError: no total",
    )
    assert result.remedy == "report it to the plugin's author; see: clerk plugins show sheet"
    assert "ZeroDivisionError: no total" in result.traceback
    assert bench.dump(without=LOG) == before


def test_a_lease_lost_before_the_end_leaves_the_database_as_it_was_and_stops_the_run(bench: Bench) -> None:
    def taken_over() -> None:
        raise LeaseLost("another has taken over")

    bench.load(row("a"), row("b"))
    before = bench.dump()
    with pytest.raises(LeaseLost):
        bench.load(row("b", votes=2), row("c"), check_lease=taken_over)
    assert bench.dump() == before


def test_the_lease_is_looked_at_once_everything_is_written(bench: Bench) -> None:
    def look() -> None:
        with closing(sqlite3.connect(bench.database, timeout=0)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                seen.append(str(error))

    seen: list[str] = []
    bench.load(row("a"), check_lease=look)
    assert seen == ["database is locked"]


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("DELETE FROM entries", "not authorized"),
        ("COMMIT", "not authorized"),
        ("PRAGMA query_only = OFF", "not authorized"),
        ("ATTACH DATABASE 'other.db' AS other", "not authorized"),
        ("SELECT votes FROM nowhere", "no such table: nowhere"),
    ],
)
def test_a_check_may_read_and_do_nothing_else(bench: Bench, sql: str, complaint: str) -> None:
    class Meddling(Sheet):
        def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
            db.rows(sql)
            return ()

    bench.load(row("a"))
    before = bench.dump(without=LOG)
    bench.source = Meddling()
    result = bench.load(row("b"))
    expected = f"source sheet: a check asks what a check cannot: {complaint}"
    assert (result.outcome, result.message) == (Outcome.FAILED, expected)
    assert bench.dump(without=LOG) == before


def test_findings_are_kept_with_the_run_and_do_not_stop_it(bench: Bench) -> None:
    bench.source = Talkative()
    result = bench.load(row("a"))
    assert (result.outcome, result.findings) == (Outcome.CHANGED, 1)
    kept = "SELECT run_id, check_name, severity, message, table_name, row_keys, expected, actual FROM _clerk_findings"
    assert bench.rows(kept) == [(1, "control", "warning", "seen", "entries", '["a"]', "1", "2")]


def test_a_check_sees_the_rows_as_they_will_stand_and_what_was_set_aside(bench: Bench) -> None:
    class Totals(Sheet):
        def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
            rows = db.rows("SELECT code FROM entries_effective WHERE source = :source AND scope = :scope")
            seen.append(([row["code"] for row in rows], db.asides("comment")))
            return ()

    seen: list[object] = []
    bench.source = Totals()
    bench.load(row("a"), row("b"))
    bench.load(row("b"), row("c"), "# 2 entries")
    assert seen == [(["a", "b"], []), (["b", "c"], [{"text": "# 2 entries"}])]


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes: what a full disk or a quota does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_the_file_system_refuses_leaves_the_database_as_it_was(bench: Bench) -> None:
    class Filling(Talkative):
        def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
            limits.enter_context(file_size_limit(100))
            return super().verify(db, scope)

    bench.load(row("a"))
    before = bench.dump(without=LOG)
    bench.source = Filling()
    with ExitStack() as limits:
        result = bench.load(row("b"))
    assert (result.outcome, result.message, result.remedy) == (
        Outcome.FAILED,
        f"{bench.database}: could not be read or written: disk I/O error",
        "the disk or a quota may be full, or failing; see to it and run again",
    )
    assert bench.dump(without=LOG) == before


def test_a_full_archive_fails_the_scope_and_touches_no_database(bench: Bench) -> None:
    bench.load(row("a"))
    before = bench.dump(without=LOG)
    (bench.root / "big.jsonl").write_text("".join(f"{row(str(n), vote=str(n**9))}\n" for n in range(3000)))
    with file_size_limit(8192):
        (result,) = run_all(bench.work(), Request(TODAY), (bench.root / "big.jsonl",))
    assert (result.outcome, result.message.endswith("/raw: no space left")) == (Outcome.FAILED, True)
    assert bench.dump(without=LOG) == before


def test_a_full_stage_fails_the_scope_and_touches_no_database(bench: Bench) -> None:
    bench.load(row("a"))
    before = bench.dump(without=LOG)
    (bench.root / "big.jsonl").write_text("".join(f"{row(str(n), county='X' * 50)}\n" for n in range(3000)))
    with file_size_limit(50_000):
        (result,) = run_all(bench.work(), Request(TODAY), (bench.root / "big.jsonl",))
    assert (result.outcome, "could not be read or written" in result.message) == (Outcome.FAILED, True)
    assert bench.dump(without=LOG) == before
    assert list((bench.database.parent / "stage" / "sheet").iterdir()) == []


def test_a_disk_without_room_stops_a_run_before_it_fetches(bench: Bench, tmp_path: Path) -> None:
    full = Bench(tmp_path, min_free_bytes=2**62)
    with pytest.raises(StoreError) as refused:
        full.load(row("a"))
    assert refused.value.message.endswith(" bytes are free on the disk")
    assert refused.value.remedy == "free some space, or lower disk.min_free_bytes"


def test_a_site_database_that_another_program_damaged_is_named(bench: Bench) -> None:
    bench.load(row("a"))
    bench.database.write_bytes(b"this is no database, and long enough to be read as one" * 100)
    result = bench.load(row("b"))
    assert (result.outcome, result.message) == (
        Outcome.FAILED,
        f"{bench.database}: is damaged or not an SQLite database",
    )


class Contradicted(Sheet):
    """Its control total never agrees."""

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        yield Finding("control", Severity.BLOCKING, "the sums differ", "entries", (), "1", "2")


def test_a_control_total_that_does_not_agree_holds_the_run_and_accept_applies_it(bench: Bench) -> None:
    bench.source = Contradicted()
    held = bench.load(row("a"))
    assert (held.outcome, held.message) == (
        Outcome.HELD,
        "the source contradicts itself: the sums differ (expected 1, found 2); not applied",
    )
    assert bench.accept(held).outcome is Outcome.CHANGED
    assert bench.live("code") == [("a",)]


def test_a_capture_whose_bytes_changed_in_the_archive_is_not_accepted(bench: Bench) -> None:
    bench.source = Contradicted()
    held = bench.load(row("a"))
    [blob] = bench.work().archive.folder.glob("downloads/*/*.gz")
    blob.write_bytes(gzip.compress(row("b").encode()))
    refused = bench.accept(held)
    assert (refused.outcome, "the raw archive is damaged" in refused.message) == (Outcome.FAILED, True)
