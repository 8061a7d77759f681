"""Runs, their scopes and their holds; events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from clerkcore.errors import LedgerError
from clerkcore.ledger import (
    Event,
    Hold,
    Ledger,
    StoredRun,
    close_run,
    get_run,
    list_events,
    list_runs,
    newest_runs,
    open_holds,
    open_run,
    record_event,
    set_hold_state,
    unfinished_runs,
)
from clerkcore.ledger.stored import HoldState
from clerkcore.models import Counts, Outcome, Run, ScopeResult, TableChange

COUNTS = Counts(read=28, added=1, changed=2, disappeared=3, unchanged=4, duplicates=5, quarantined=6, aside=10)
CHANGE = TableChange("transactions", COUNTS, {"A": 1}, {"B": 3}, {"amount_cents": 2})
FULL = ScopeResult("2026", Outcome.CHANGED, COUNTS, 2, "capture-2", "capture-1", "said", "do", (CHANGE,))


@pytest.fixture
def conn(ledger: Ledger) -> Iterator[Connection]:
    with ledger.write() as conn:
        yield conn


@pytest.fixture
def begin(conn: Connection, now: datetime) -> Callable[..., int]:
    def begin(
        site: str = "alameda.ca",
        source: str = "netfile",
        of_run: int | None = None,
        job: str = "finance.etl",
        **options: object,
    ) -> int:
        return open_run(conn, job, site, source, "me", options, of_run=of_run, at=now)

    return begin


@pytest.fixture
def end(conn: Connection, begin: Callable[..., int], now: datetime) -> Callable[..., int]:
    """Open and close a run with these scopes; returns its id."""

    def end(
        *scopes: ScopeResult,
        site: str = "alameda.ca",
        source: str = "netfile",
        of_run: int | None = None,
        job: str = "finance.etl",
    ) -> int:
        run_id = begin(site, source, of_run, job)
        outcome = Outcome.worst([scope.outcome for scope in scopes])
        close_run(conn, Run(run_id, job, site, source, outcome, scopes, now, 1.5, "m", "r"))
        return run_id

    return end


def ended(scope: str, outcome: str) -> ScopeResult:
    return ScopeResult(scope, Outcome(outcome))


def states(conn: Connection, *run_ids: int) -> list[dict[str, HoldState]]:
    return [dict(get_run(conn, run_id).hold_states) for run_id in run_ids]


def test_a_closed_run_is_read_back_whole(conn: Connection, begin: Callable[..., int], now: datetime) -> None:
    run_id = begin(years=[2026])
    scopes = (FULL, ended("2025", "held"))
    run = Run(run_id, "finance.etl", "alameda.ca", "netfile", Outcome.HELD, scopes, now, 1.5, "m", "r")
    close_run(conn, run)
    finished = now + timedelta(seconds=1.5)
    expected = StoredRun(run, "finished", "me", {"years": [2026]}, None, finished, {"2025": "open"})
    assert get_run(conn, run_id) == expected
    assert list_runs(conn, limit=1) == [expected]


def test_closing_a_run_again_changes_nothing(conn: Connection, end: Callable[..., int], now: datetime) -> None:
    run_id = end(ended("2026", "held"))
    set_hold_state(conn, run_id, "2026", "accepted")
    before = get_run(conn, run_id)
    close_run(conn, before.run)
    close_run(conn, Run(run_id, "finance.etl", "alameda.ca", "netfile", Outcome.FAILED, (), now, 9.0))
    assert get_run(conn, run_id) == before


def test_a_run_nobody_closed_is_unfinished_and_has_no_outcome(
    conn: Connection, begin: Callable[..., int], end: Callable[..., int], now: datetime
) -> None:
    end(FULL)
    run_id = begin(of_run=1)
    expected = Run(run_id, "finance.etl", "alameda.ca", "netfile", Outcome.FAILED, (), now, 0.0)
    assert unfinished_runs(conn, "alameda.ca") == [StoredRun(expected, "running", "me", {}, 1, None, {})]
    assert get_run(conn, run_id).outcome is None
    assert unfinished_runs(conn, "tx") == []


def test_an_id_is_never_used_again(ledger: Ledger, begin: Callable[..., int], conn: Connection) -> None:
    run_id = begin()
    conn.exec_driver_sql("DELETE FROM job_tracking")
    assert begin() == run_id + 1


@pytest.mark.parametrize("use", [get_run, lambda conn, run_id: set_hold_state(conn, run_id, "2026", "accepted")])
def test_a_run_that_is_not_there_is_refused_when_nothing_ran(
    conn: Connection, use: Callable[[Connection, int], object]
) -> None:
    with pytest.raises(LedgerError) as caught:
        use(conn, 9)
    assert str(caught.value) in (
        "no run 9 (nothing has run yet)",
        "run 9 did not hold scope '2026' (nothing is held)",
    )


def test_an_unknown_run_is_refused_with_the_newest(conn: Connection, begin: Callable[..., int], now: datetime) -> None:
    ids = [begin() for _ in range(7)]
    newest = ", ".join(str(run_id) for run_id in ids[:1:-1])
    unknown = Run(99, "finance.etl", "alameda.ca", "netfile", Outcome.FRESH, (), now, 0.0)
    for use in (lambda: get_run(conn, 99), lambda: close_run(conn, unknown)):
        with pytest.raises(LedgerError) as caught:
            use()
        assert str(caught.value) == f"no run 99 (newest runs: {newest})"


def test_runs_are_listed_newest_first_and_narrowed(conn: Connection, end: Callable[..., int]) -> None:
    first = end(ended("2026", "fresh"))
    second = end(ended("2026", "failed"), site="tx")
    third = end(ended("2026", "fresh"), source="form700")

    def listed(
        subdomain: str | None = None, source: str | None = None, outcome: Outcome | None = None, limit: int = 9
    ) -> list[int]:
        found = list_runs(conn, subdomain=subdomain, source=source, outcome=outcome, limit=limit)
        return [stored.run.run_id for stored in found]

    assert listed() == [third, second, first]
    assert listed(limit=2) == [third, second]
    assert listed(subdomain="tx") == [second]
    assert listed(source="netfile") == [second, first]
    assert listed(outcome=Outcome.FRESH, subdomain="alameda.ca") == [third, first]


def test_the_newest_run_of_each_source_may_be_an_accept_or_undo_but_not_one_that_only_prepares(
    conn: Connection, begin: Callable[..., int], end: Callable[..., int]
) -> None:
    old = end(FULL)
    end(FULL)
    newest = end(FULL, of_run=old)
    end(FULL, job="finance.extract")
    end(FULL, job="finance.transform")
    other = begin(source="form700")
    elsewhere = end(FULL, site="tx")
    assert [stored.run.run_id for stored in newest_runs(conn)] == [other, newest, elsewhere]


@pytest.mark.parametrize("outcome", ["changed", "fresh", "held"])
def test_a_newer_capture_of_a_scope_replaces_its_open_hold(
    conn: Connection, end: Callable[..., int], outcome: str
) -> None:
    first = end(ended("2026", "held"), ended("2025", "held"))
    end(ended("2026", outcome))
    assert states(conn, first) == [{"2026": "replaced", "2025": "open"}]


@pytest.mark.parametrize("job", ["finance.extract", "finance.transform"])
def test_a_run_that_only_prepares_leaves_the_hold_open(conn: Connection, end: Callable[..., int], job: str) -> None:
    first = end(ended("2026", "held"))
    end(ended("2026", "fresh"), job=job)
    assert states(conn, first) == [{"2026": "open"}]


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_a_run_without_a_capture_leaves_the_hold_open(conn: Connection, end: Callable[..., int], outcome: str) -> None:
    first = end(ended("2026", "held"))
    end(ended("2026", outcome))
    assert states(conn, first) == [{"2026": "open"}]


def test_the_holds_of_other_sites_and_sources_and_accepted_ones_stay(conn: Connection, end: Callable[..., int]) -> None:
    elsewhere = end(ended("2026", "held"), site="tx")
    other = end(ended("2026", "held"), source="form700")
    accepted = end(ended("2026", "held"))
    set_hold_state(conn, accepted, "2026", "accepted")
    end(ended("2026", "fresh"))
    assert states(conn, elsewhere, other, accepted) == [{"2026": "open"}, {"2026": "open"}, {"2026": "accepted"}]


def test_a_late_close_does_not_replace_a_newer_hold(
    conn: Connection, begin: Callable[..., int], end: Callable[..., int], now: datetime
) -> None:
    late = begin()
    newer = end(ended("2026", "held"))
    close_run(
        conn, Run(late, "finance.etl", "alameda.ca", "netfile", Outcome.FRESH, (ended("2026", "fresh"),), now, 1.0)
    )
    assert states(conn, newer) == [{"2026": "open"}]


def test_open_holds_are_listed_with_what_was_held(conn: Connection, end: Callable[..., int], now: datetime) -> None:
    held = ScopeResult("2026", Outcome.HELD, COUNTS, 0, "c2", "c1", "it shrank", "look", (CHANGE,))
    run_id = end(held, ended("2025", "fresh"))
    assert open_holds(conn) == [Hold(run_id, "finance.etl", "alameda.ca", "netfile", now, held)]
    set_hold_state(conn, run_id, "2026", "accepted")
    assert open_holds(conn) == []


def test_a_scope_that_was_not_held_cannot_be_accepted(conn: Connection, end: Callable[..., int]) -> None:
    held = end(ended("2025", "held"))
    fresh = end(ended("2026", "fresh"))
    with pytest.raises(LedgerError) as caught:
        set_hold_state(conn, fresh, "2026", "accepted")
    assert str(caught.value) == f"run {fresh} did not hold scope '2026' (open holds: {held} 2025)"


def test_options_that_are_no_text_are_kept_all_the_same(conn: Connection, begin: Callable[..., int]) -> None:
    run_id = begin(files=["x\udcff.csv", "M\u00e4rz.csv"])
    assert get_run(conn, run_id).options == {"files": ["x\udcff.csv", "M\u00e4rz.csv"]}


def test_events_are_read_back_in_order_from_where_a_reader_stopped(conn: Connection, now: datetime) -> None:
    first = record_event(conn, "run.closed", "ended", subdomain="tx", source="texas", run_id=3, data={"n": 1}, at=now)
    second = record_event(conn, "run.held", "held", severity="warning", at=now)
    events = [
        Event(first, now, "run.closed", "info", "tx", "texas", 3, "ended", {"n": 1}),
        Event(second, now, "run.held", "warning", "", "", None, "held", {}),
    ]
    assert list_events(conn, limit=9) == events
    assert list_events(conn, limit=1) == events[:1]
    assert list_events(conn, after_id=first, limit=9) == events[1:]
    assert list_events(conn, kind="run.held", limit=9) == events[1:]
    assert list_events(conn, subdomain="tx", limit=9) == events[:1]


def read(scope: str, outcome: str, capture: str) -> ScopeResult:
    return ScopeResult(scope, Outcome(outcome), capture=capture)


OLDER, HELD, NEWER = "20250801T000000000000Z-b", "20261103T080000000000Z-a", "20261104T080000000000Z-c"


@pytest.fixture
def end_dated(conn: Connection, begin: Callable[..., int], now: datetime) -> Callable[[ScopeResult], None]:
    """Open and close an import whose files the operator dated."""

    def end_dated(result: ScopeResult) -> None:
        run_id = begin(taken_at="2025-08-01T00:00:00Z")
        close_run(conn, Run(run_id, "finance.etl", "alameda.ca", "netfile", result.outcome, (result,), now, 1.5))

    return end_dated


@pytest.mark.parametrize("outcome", ["changed", "fresh", "held"])
def test_an_older_file_leaves_the_hold_of_a_newer_capture_open(
    conn: Connection, end: Callable[..., int], end_dated: Callable[[ScopeResult], None], outcome: str
) -> None:
    first = end(read("2026", "held", HELD))
    end_dated(read("2026", outcome, OLDER))
    assert states(conn, first) == [{"2026": "open"}]


def test_a_newer_file_replaces_the_hold_of_an_older_capture(
    conn: Connection, end: Callable[..., int], end_dated: Callable[[ScopeResult], None]
) -> None:
    first = end(read("2026", "held", HELD))
    end_dated(read("2026", "changed", NEWER))
    assert states(conn, first) == [{"2026": "replaced"}]


def test_what_was_fetched_replaces_a_hold_whatever_the_clock_said(conn: Connection, end: Callable[..., int]) -> None:
    first = end(read("2026", "held", HELD))
    end(read("2026", "changed", OLDER))
    assert states(conn, first) == [{"2026": "replaced"}]


def test_undoing_an_older_file_leaves_the_hold_of_a_newer_capture_open(
    conn: Connection, end: Callable[..., int], end_dated: Callable[[ScopeResult], None]
) -> None:
    first = end(read("2026", "held", HELD))
    end_dated(read("2026", "changed", OLDER))
    end(read("2026", "changed", OLDER), job="undo", of_run=first + 1)
    assert states(conn, first) == [{"2026": "open"}]


def test_undoing_what_the_rows_rest_on_replaces_the_hold(conn: Connection, end: Callable[..., int]) -> None:
    applied = end(read("2026", "changed", OLDER))
    held = end(read("2026", "held", HELD))
    end(read("2026", "changed", ""), job="undo", of_run=applied)
    assert states(conn, held) == [{"2026": "replaced"}]
