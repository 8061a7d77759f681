"""Which run was applied to which scope, and which capture a scope's rows mirror."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from clerkcore.models import Capture, ChangeSet, Counts, TableChange
from clerkcore.times import to_text

REDACT = "redact"
"""The job whose runs removed records for good: none of them can be undone."""


@dataclass(frozen=True, slots=True)
class Base:
    """The capture that a scope's live rows mirror; `capture` is empty when no capture does."""

    run_id: int
    capture: str
    sha256: str
    parser_version: int


@dataclass(frozen=True, slots=True)
class Applied:
    """One application of a run to a scope, as the site database remembers it."""

    run_id: int
    source: str
    scope: str
    job: str
    capture: str
    sha256: str
    parser_version: int
    base_run_id: int | None
    counts: Counts
    tables: tuple[TableChange, ...]
    findings: int
    undoes_run_id: int | None
    undone_by_run_id: int | None
    late: bool = False

    @property
    def effective(self) -> bool:
        """Whether the rows still carry what this run brought."""
        return self.undoes_run_id is None and self.undone_by_run_id is None


# Whether a content stands at a scope; NULL when no run brought it. The newest run that made it the live rows decides:
# a late run only says since when it held, and decides where no other did.
_STANDS = (
    "SELECT r.undone_by_run_id IS NULL AS stands FROM _clerk_runs r WHERE r.source = {source} AND r.scope = {scope}"
    " AND r.capture_sha256 = {sha256} AND r.undoes_run_id IS NULL ORDER BY r.late, r.run_id DESC LIMIT 1"
)


def taken_of(capture: str) -> datetime:
    """Return when a capture was taken, which its id begins with."""
    return datetime.strptime(capture.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)


def note_capture(connection: sqlite3.Connection, capture: Capture, run_id: int) -> None:
    """Note that the scope was compared with a capture."""
    connection.execute(
        "INSERT OR REPLACE INTO _clerk_captures VALUES (?, ?, ?, ?, ?)",
        (capture.source, capture.scope.name, capture.id, capture.sha256, run_id),
    )


def standing_captures(connection: sqlite3.Connection, source: str, scope: str, but: int = 0) -> list[str]:
    """Return the ids of the captures that a scope was compared with, oldest first.

    Those of run `but` are left out, and those that were taken back: one that a run applied stands with such a run, one
    that was found the same stands with its content.
    """
    rows = connection.execute(
        "SELECT c.capture FROM _clerk_captures c WHERE c.source = :source AND c.scope = :scope AND c.run_id <> :but"
        " AND coalesce((SELECT max(r.undone_by_run_id IS NULL) FROM _clerk_runs r WHERE r.source = c.source"
        " AND r.scope = c.scope AND r.capture = c.capture AND r.undoes_run_id IS NULL),"
        f" ({_STANDS.format(source='c.source', scope='c.scope', sha256='c.capture_sha256')}), 1) ORDER BY c.capture",
        {"source": source, "scope": scope, "but": but},
    )
    return [row["capture"] for row in rows]


def read_base(connection: sqlite3.Connection, source: str, scope: str) -> Base | None:
    """Return what the scope's rows rest on; None when nothing was ever applied."""
    row = connection.execute(
        "SELECT run_id, capture, capture_sha256, parser_version FROM _clerk_scopes WHERE source = ? AND scope = ?",
        (source, scope),
    ).fetchone()
    if row is None:
        return None
    return Base(row["run_id"], row["capture"] or "", row["capture_sha256"] or "", row["parser_version"] or 0)


def overdue_scopes(connection: sqlite3.Connection, source: str, before: datetime) -> tuple[str, ...]:
    """Return the scopes of a source that were last compared with it before this moment, the oldest first."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_clerk_scopes'").fetchone():
        return ()
    rows = connection.execute(
        "SELECT scope FROM _clerk_scopes WHERE source = ? AND checked_at < ? AND capture <> '' ORDER BY checked_at",
        (source, to_text(before)),
    )
    return tuple(row["scope"] for row in rows)


def mark_checked(connection: sqlite3.Connection, source: str, scope: str, at: datetime) -> None:
    """Note that the scope was compared with its source and found the same."""
    connection.execute(
        "UPDATE _clerk_scopes SET checked_at = ? WHERE source = ? AND scope = ?", (to_text(at), source, scope)
    )


def save_application(
    connection: sqlite3.Connection,
    run_id: int,
    job: str,
    capture: Capture,
    version: int,
    changes: ChangeSet,
    findings: int,
    at: datetime,
    *,
    late: bool = False,
) -> None:
    """Record that a run applied a capture, and move the scope's base to it, unless the capture is older than that."""
    source, scope = capture.source, capture.scope.name
    base = read_base(connection, source, scope)
    _insert_run(
        connection,
        {
            "run_id": run_id,
            "source": source,
            "scope": scope,
            "job": job,
            "applied_at": to_text(at),
            "capture": capture.id,
            "capture_sha256": capture.sha256,
            "parser_version": version,
            "base_run_id": base.run_id if base and base.capture else None,
            "counts": json.dumps(asdict(changes.counts)),
            "tables": json.dumps([asdict(table) for table in changes.tables]),
            "findings": findings,
            "late": int(late),
        },
    )
    note_capture(connection, capture, run_id)
    if late:
        return
    moved = changes.counts.differs or base is None
    _move_base(connection, source, scope, Base(run_id, capture.id, capture.sha256, version), at, moved)


def save_redacted(
    connection: sqlite3.Connection, run_id: int, source: str, scope: str, changes: ChangeSet, at: datetime
) -> None:
    """Record that a run redacted records of a scope; what its rows rest on stays."""
    base = read_base(connection, source, scope)
    _insert_run(
        connection,
        {
            "run_id": run_id,
            "source": source,
            "scope": scope,
            "job": REDACT,
            "applied_at": to_text(at),
            "base_run_id": base.run_id if base else None,
            "counts": json.dumps(asdict(changes.counts)),
            "tables": json.dumps([asdict(table) for table in changes.tables]),
        },
    )


def save_undo(connection: sqlite3.Connection, run_id: int, undone: Applied, changes: ChangeSet, at: datetime) -> None:
    """Record that a run took back another, and move the scope's base to what stood before it.

    A late run moved no base, and neither does taking it back, or taking that back in turn.
    """
    before = read_base(connection, undone.source, undone.scope) if undone.late else _before(connection, undone)
    _insert_run(
        connection,
        {
            "run_id": run_id,
            "source": undone.source,
            "scope": undone.scope,
            "job": "undo",
            "applied_at": to_text(at),
            "capture": before.capture if before else None,
            "capture_sha256": before.sha256 if before else None,
            "parser_version": before.parser_version if before else None,
            "base_run_id": undone.run_id,
            "counts": json.dumps(asdict(changes.counts)),
            "tables": json.dumps([asdict(table) for table in changes.tables]),
            "undoes_run_id": undone.run_id,
            "late": int(undone.late),
        },
    )
    _mark_undone(connection, undone, run_id)
    base = before or Base(run_id, "", "", 0)
    _move_base(connection, undone.source, undone.scope, base, at, moved=not undone.late)


def _before(connection: sqlite3.Connection, undone: Applied) -> Base | None:
    if undone.base_run_id is None:
        return None
    run = find_application(connection, undone.base_run_id, undone.source, undone.scope)
    return Base(run.run_id, run.capture, run.sha256, run.parser_version) if run else None


def _mark_undone(connection: sqlite3.Connection, run: Applied, undone_by: int | None) -> None:
    """Note who took a run back; what an undo had taken back itself changes sides, and so on down the chain."""
    connection.execute(
        "UPDATE _clerk_runs SET undone_by_run_id = ? WHERE run_id = ? AND source = ? AND scope = ?",
        (undone_by, run.run_id, run.source, run.scope),
    )
    below = run.undoes_run_id and find_application(connection, run.undoes_run_id, run.source, run.scope)
    if below:
        _mark_undone(connection, below, run.run_id if undone_by is None else None)


def _insert_run(connection: sqlite3.Connection, values: Mapping[str, object]) -> None:
    names = ", ".join(values)
    slots = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO _clerk_runs ({names}) VALUES ({slots})", values)


def _move_base(connection: sqlite3.Connection, source: str, scope: str, base: Base, at: datetime, moved: bool) -> None:
    connection.execute(
        "INSERT INTO _clerk_scopes (source, scope, run_id, capture, capture_sha256, parser_version, checked_at,"
        " changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, scope) DO UPDATE SET"
        " run_id = excluded.run_id, capture = excluded.capture, capture_sha256 = excluded.capture_sha256,"
        " parser_version = excluded.parser_version, checked_at = excluded.checked_at,"
        " changed_at = CASE WHEN ? THEN excluded.changed_at ELSE changed_at END",
        (source, scope, base.run_id, base.capture, base.sha256, base.parser_version, to_text(at), to_text(at), moved),
    )


def find_application(connection: sqlite3.Connection, run_id: int, source: str, scope: str) -> Applied | None:
    """Return the application of a run to a scope; None when it was not applied there."""
    return next((a for a in list_applications(connection, source, scope) if a.run_id == run_id), None)


def list_applications(connection: sqlite3.Connection, source: str, scope: str) -> list[Applied]:
    """Return every application to a scope, newest first."""
    rows = connection.execute(
        "SELECT * FROM _clerk_runs WHERE source = ? AND scope = ? ORDER BY run_id DESC", (source, scope)
    )
    return [_applied(row) for row in rows]


def newest_run_id(connection: sqlite3.Connection) -> int:
    """Return the greatest run id this database knows; 0 when it knows none."""
    row = connection.execute("SELECT coalesce(max(run_id), 0) FROM _clerk_runs").fetchone()
    return int(row[0])


def applications_of(connection: sqlite3.Connection, run_id: int) -> list[Applied]:
    """Return the applications of a run to all its scopes."""
    rows = connection.execute("SELECT * FROM _clerk_runs WHERE run_id = ? ORDER BY source, scope", (run_id,))
    return [_applied(row) for row in rows]


def _applied(row: sqlite3.Row) -> Applied:
    return Applied(
        run_id=row["run_id"],
        source=row["source"],
        scope=row["scope"],
        job=row["job"],
        capture=row["capture"] or "",
        sha256=row["capture_sha256"] or "",
        parser_version=row["parser_version"] or 0,
        base_run_id=row["base_run_id"],
        counts=Counts(**json.loads(row["counts"])),
        tables=tuple(table_change(table) for table in json.loads(row["tables"])),
        findings=row["findings"],
        undoes_run_id=row["undoes_run_id"],
        undone_by_run_id=row["undone_by_run_id"],
        late=bool(row["late"]),
    )


def table_change(values: Mapping[str, object]) -> TableChange:
    """Read back a table's change as `dataclasses.asdict` wrote it."""
    pairs = {
        name: {column: tuple(pair) for column, pair in values.get(name, {}).items()}  # type: ignore[attr-defined]
        for name in ("sums", "filled")
    }
    return TableChange(**{**values, **pairs, "counts": Counts(**values["counts"])})  # type: ignore[arg-type]


def is_rejected(connection: sqlite3.Connection, source: str, scope: str, sha256: str) -> bool:
    """Whether the newest run that brought this content to the scope was taken back."""
    sql = _STANDS.format(source=":source", scope=":scope", sha256=":sha256")
    row = connection.execute(sql, {"source": source, "scope": scope, "sha256": sha256}).fetchone()
    return row is not None and not row["stands"]
