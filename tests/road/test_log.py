"""`data_update_log`: the mission's table, with one row for every run of a scope."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.road.conftest import Bench, Sheet, row

from clerkcore.models import Location, Outcome, Parsed

# As the mission writes it out.
MISSION = """
CREATE TABLE data_update_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_timestamp TEXT NOT NULL,
    state_code TEXT NOT NULL,  -- 'TX', 'CA', etc.
    data_source TEXT NOT NULL,  -- 'EVR', 'ELECTION_DAY', etc.
    election_id TEXT,
    election_date TEXT,
    records_before INTEGER,
    records_after INTEGER,
    records_added INTEGER,
    records_updated INTEGER,
    records_verified INTEGER,  -- County-verified count
    changes_detected INTEGER,  -- 0 or 1
    summary TEXT,
    details TEXT,  -- JSON with detailed changes
    error_message TEXT,
    duration_seconds REAL,
    created_at TEXT DEFAULT (datetime('now'))
);

CREATE INDEX idx_update_log_state ON data_update_log(state_code, created_at);
CREATE INDEX idx_update_log_election ON data_update_log(election_id, election_date);
"""
INDEXES = ("idx_update_log_state", "idx_update_log_election")


class Careless(Sheet):
    """Breaks over every line."""

    def parse_line(self, line: str, at: Location) -> Parsed:
        raise ValueError("no")


def columns(connection: sqlite3.Connection) -> list[Any]:
    return connection.execute("PRAGMA table_info(data_update_log)").fetchall()


def indexes(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    return {name: connection.execute(f"PRAGMA index_info({name})").fetchall() for name in INDEXES}


def log(bench: Bench, names: str) -> list[tuple[Any, ...]]:
    return bench.rows(f"SELECT {names} FROM data_update_log ORDER BY id")


def test_the_log_begins_with_the_missions_columns_and_has_its_indexes(bench: Bench) -> None:
    bench.load(row("a"))
    with closing(sqlite3.connect(":memory:")) as wanted, closing(sqlite3.connect(bench.database)) as made:
        wanted.executescript(MISSION)
        assert columns(made)[: len(columns(wanted))] == columns(wanted)
        assert indexes(made) == indexes(wanted)
        (sql,) = made.execute("SELECT sql FROM sqlite_schema WHERE name = 'data_update_log'").fetchone()
    assert "AUTOINCREMENT" in sql


def test_every_run_of_a_scope_has_its_row(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(shrink_limit=0.02)
    bench.load(row("a"), row("b"), row("c"))
    bench.load(row("a"), row("b"), row("c"))
    bench.load(row("a", votes=1), row("b"), row("d"), row("e"))
    bench.load(row("d"))
    bench.source = Careless()
    bench.load(row("x"))
    assert log(
        bench,
        "run_id, scope, records_before, records_after, records_added, records_updated, records_disappeared,"
        " changes_detected, held, error_message",
    ) == [
        (1, "all", 0, 3, 3, 0, 0, 1, 0, None),
        (2, "all", 3, 3, 0, 0, 0, 0, 0, None),
        (3, "all", 3, 4, 2, 1, 1, 1, 0, None),
        (4, "all", 4, 4, 0, 0, 3, 1, 1, None),
        (5, "all", 4, 4, 0, 0, 0, 0, 0, "source sheet broke: ValueError: no"),
    ]


def test_a_row_names_state_source_and_election(bench: Bench) -> None:
    bench.load(row("a"))
    told = {"data_source": "EVR", "election_id": "49894", "election_date": "2026-11-03"}
    bench.load(row("b"), options=told)
    assert log(bench, "state_code, data_source, election_id, election_date") == [
        ("CA", "sheet", None, None),
        ("CA", "EVR", "49894", "2026-11-03"),
    ]


def test_summary_and_details_tell_the_change_set(bench: Bench) -> None:
    bench.load(row("a", county="Bay"))
    ((summary, details),) = log(bench, "summary, details")
    assert summary == "1 entry added (Bay 1)"
    (table,) = json.loads(details)
    assert (table["table"], table["counts"]["added"], table["added_by_group"]) == ("entries", 1, {"Bay": 1})


def test_times_are_utc_and_durations_seconds(bench: Bench) -> None:
    bench.load(row("a"))
    shape = "run_timestamp GLOB '????-??-??T??:??:??*Z', duration_seconds >= 0.0, created_at IS datetime(created_at)"
    assert log(bench, shape) == [(1, 1, 1)]


def test_a_capture_that_was_undone_and_is_held_has_its_row(bench: Bench) -> None:
    bench.load(row("a"))
    bench.load(row("b"))
    bench.undo(2)
    assert bench.load(row("b")).outcome is Outcome.HELD
    assert log(bench, "run_id, held, changes_detected, summary")[-1] == (
        4,
        1,
        0,
        "this very capture was loaded before and undone",
    )


def test_the_runs_of_a_scope_tell_their_job_their_base_and_their_counts(bench: Bench) -> None:
    first = bench.load(row("a"))
    second = bench.load(row("b"), job="finance.etl")
    runs = bench.rows("SELECT run_id, job, capture, base_run_id, parser_version FROM _clerk_runs ORDER BY run_id")
    assert runs == [(1, "test", first.capture, None, 1), (2, "finance.etl", second.capture, 1, 1)]
    ((counts,),) = bench.rows("SELECT counts FROM _clerk_runs WHERE run_id = 2")
    assert {name: count for name, count in json.loads(counts).items() if count} == {
        "read": 1,
        "added": 1,
        "disappeared": 1,
    }
