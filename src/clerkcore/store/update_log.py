"""`data_update_log`: one row for each run of a scope, as the mission's dashboard reads it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from clerkcore.interfaces import Source
from clerkcore.models import Outcome, Scope, ScopeResult
from clerkcore.times import to_text


def count_live(connection: sqlite3.Connection, source: Source, scope: str) -> dict[str, int]:
    """Return the live rows that a scope has in each table; tables not made yet have none."""
    made = {row[0] for row in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'")}
    live = "source = ? AND scope = ? AND removed_run_id IS NULL"
    return {
        table.name: connection.execute(
            f"SELECT count(*) FROM main.{table.name} WHERE {live}", (source.name, scope)
        ).fetchone()[0]
        for table in source.tables
        if table.name in made
    }


def sum_live(source: Source, live: Mapping[str, int]) -> int:
    """Return how many live rows count as records: those of derived tables do not."""
    return sum(live.get(table.name, 0) for table in source.tables if not table.derived)


def read_logged_scope(connection: sqlite3.Connection, run_id: int, name: str) -> Scope:
    """Return a scope as the log row of a run tells it, with its data source and election."""
    row = connection.execute(
        "SELECT data_source, election_id, election_date FROM data_update_log WHERE run_id = ? AND scope = ?",
        (run_id, name),
    ).fetchone()
    return Scope(name, {key: value for key, value in dict(row or {}).items() if value is not None})


def log_update(
    connection: sqlite3.Connection,
    *,
    state: str,
    source: Source,
    scope: Scope,
    result: ScopeResult,
    run_id: int,
    live: Mapping[str, int],
    started_at: datetime,
    duration: float,
    summary: str,
    verified: int = 0,
) -> None:
    """Write the log row of a scope's result; a failure's message goes to error_message.

    `live` are the rows of each table before it. `verified` counts rows that an official figure confirms: a refresh is
    not a verification.
    """
    counts = result.counts
    before = sum_live(source, live)
    applied = result.outcome in (Outcome.CHANGED, Outcome.FRESH)
    connection.execute(
        "INSERT INTO main.data_update_log (run_timestamp, state_code, data_source, election_id, election_date,"
        " records_before, records_after, records_added, records_updated, records_verified, changes_detected, summary,"
        " details, error_message, duration_seconds, created_at, records_disappeared, held, capture, run_id, scope)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, datetime('now'), ?, ?, ?, ?, ?)",
        (
            to_text(started_at),
            state,
            scope.params.get("data_source", source.name),
            scope.params.get("election_id"),
            scope.params.get("election_date") or None,
            before,
            before + counts.added - counts.disappeared if applied else before,
            counts.added,
            counts.changed,
            verified,
            int(counts.differs),
            summary,
            json.dumps([asdict(table) for table in result.tables]),
            result.message if result.outcome is Outcome.FAILED else None,
            duration,
            counts.disappeared,
            int(result.outcome is Outcome.HELD),
            result.capture,
            run_id,
            scope.name,
        ),
    )
