"""Evidence beside the rows: rejected records, records set aside, findings of checks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from clerkcore.models import Capture, Finding, Row
from clerkcore.store.changes import STAGE
from clerkcore.store.redactions import REDACTED


def keep_evidence(connection: sqlite3.Connection, run_id: int, capture: Capture) -> None:
    """Copy the attached stage's rejected and aside records into the site database."""
    names = {"run_id": run_id, "source": capture.source, "scope": capture.scope.name, "capture": capture.id}
    connection.execute(
        "INSERT INTO main._clerk_quarantine (run_id, source, scope, capture, page, line, rule, column_name, value,"
        " message) SELECT :run_id, :source, :scope, :capture, page, line, rule, column_name, value, message"
        f" FROM {STAGE}._quarantine ORDER BY rowid",
        names,
    )
    connection.execute(
        "INSERT INTO main._clerk_asides (run_id, source, scope, capture, page, line, rule, record)"
        f" SELECT :run_id, :source, :scope, :capture, page, line, rule, record FROM {STAGE}._asides ORDER BY rowid",
        names,
    )
    connection.execute(
        "INSERT INTO main._clerk_duplicates (run_id, source, scope, capture, page, line)"
        f" SELECT :run_id, :source, :scope, :capture, page, line FROM {STAGE}._duplicates ORDER BY rowid",
        names,
    )


def irregular_lines(connection: sqlite3.Connection, run_id: int, source: str, scope: str) -> dict[str, list[int]]:
    """Return, page by page, the lines of a run's capture that gave no row of their own, each as often as noted."""
    lines: dict[str, list[int]] = {}
    for table in ("_clerk_quarantine", "_clerk_asides", "_clerk_duplicates"):
        for row in connection.execute(
            f"SELECT page, line FROM {table} WHERE run_id = ? AND source = ? AND scope = ?", (run_id, source, scope)
        ):
            lines.setdefault(row["page"], []).append(row["line"])
    return {page: sorted(numbers) for page, numbers in lines.items()}


def read_asides(connection: sqlite3.Connection, run_id: int, source: str, scope: str, rule: str) -> list[Row]:
    """Return the records that a run set aside by a rule."""
    rows = connection.execute(
        "SELECT record FROM _clerk_asides WHERE run_id = ? AND source = ? AND scope = ? AND rule = ? ORDER BY id",
        (run_id, source, scope, rule),
    )
    return [json.loads(row["record"]) for row in rows]


def count_withheld(connection: sqlite3.Connection, run_id: int, source: str, scope: str) -> int:
    """Return how many records a run set aside because they were redacted."""
    return len(read_asides(connection, run_id, source, scope, REDACTED))


def keep_findings(
    connection: sqlite3.Connection, run_id: int, source: str, scope: str, findings: Iterable[Finding]
) -> int:
    """Record what the checks of a run found; returns how many."""
    rows = [
        (run_id, source, scope, f.check, str(f.severity), f.message, f.table, json.dumps(f.keys), f.expected, f.actual)
        for f in findings
    ]
    connection.executemany(
        "INSERT INTO _clerk_findings (run_id, source, scope, check_name, severity, message, table_name, row_keys,"
        " expected, actual) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return len(rows)


def list_evidence(
    connection: sqlite3.Connection, table: str, *, run_id: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Return the newest rows of _clerk_quarantine, _clerk_asides or _clerk_findings, of one run when asked."""
    where = "WHERE run_id = :run_id" if run_id is not None else ""
    rows = connection.execute(
        f"SELECT * FROM {table} {where} ORDER BY id DESC LIMIT :limit", {"run_id": run_id, "limit": limit}
    )
    return [dict(row) for row in rows]
