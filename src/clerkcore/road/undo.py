"""Undo: the newest run of a scope is taken back, exactly, by a run of its own (law 3)."""

from __future__ import annotations

import sqlite3

from clerkcore.errors import StoreError, UsageError
from clerkcore.interfaces import Table
from clerkcore.models import ChangeSet, Counts, Outcome, ScopeResult, TableChange
from clerkcore.road.compute import compute, refresh_computed
from clerkcore.road.work import Work
from clerkcore.store.database import explained, open_database, transaction
from clerkcore.store.history import restore
from clerkcore.store.runs import REDACT, Applied, applications_of, list_applications, save_undo
from clerkcore.store.tables import ensure_tables
from clerkcore.store.update_log import count_live, log_update, read_logged_scope


def undo_run(work: Work, undone: int) -> list[ScopeResult]:
    """Take back every scope of a run, each in its own transaction; refuses when a newer run stands on it."""
    with open_database(work.database) as connection:
        applications = [a for a in applications_of(connection, undone) if a.source == work.source.name]
        if not applications:
            raise UsageError(f"run {undone} applied nothing", remedy="see: clerk runs list")
        if any(application.job == REDACT for application in applications):
            raise UsageError(
                f"run {undone} redacted records, which is for good", remedy="runs before and after it can be undone"
            )
        left = [application for application in applications if application.undone_by_run_id is None]
        if not left:
            raise UsageError(f"run {undone} was undone already, by run {applications[0].undone_by_run_id}")
        for application in left:
            _refuse_covered(connection, application)
        return [_try_scope(work, connection, application) for application in left]


def _try_scope(work: Work, connection: sqlite3.Connection, undone: Applied) -> ScopeResult:
    """Undo one scope; what fails here leaves the scopes before it undone, and recorded as such."""
    try:
        with explained(work.database):
            return _undo_scope(work, connection, undone)
    except StoreError as error:
        return ScopeResult(undone.scope, Outcome.FAILED, message=error.message, remedy=error.remedy)


def _refuse_covered(connection: sqlite3.Connection, application: Applied) -> None:
    # What a redaction took away was taken from the history too, and stands in nobody's way.
    known = list_applications(connection, application.source, application.scope)
    runs = [run for run in known if run.job != REDACT]
    effective = next((run for run in runs if run.effective), None)
    newest = effective or runs[0]
    if application.run_id in (runs[0].run_id, newest.run_id):
        return
    raise UsageError(
        f"run {application.run_id} is not the newest of {application.source} {application.scope}",
        remedy=f"undo run {newest.run_id} first",
    )


def _undo_scope(work: Work, connection: sqlite3.Connection, undone: Applied) -> ScopeResult:
    started = work.now()
    with transaction(connection):
        # A newer plugin may have added tables and columns since.
        ensure_tables(connection, work.source)
        refresh_computed(work, connection)
        before = count_live(connection, work.source, undone.scope)
        tables = [_undo_table(work, connection, table, undone) for table in work.source.tables]
        derived = {table.name for table in work.source.tables if table.derived}
        counts = sum((change.counts for change in tables if change.table not in derived), Counts())
        changes = ChangeSet(counts, tuple(tables))
        save_undo(connection, work.run_id, undone, changes, work.now())
        scope = read_logged_scope(connection, undone.run_id, undone.scope)
        compute(work, connection, scope, changes=changes)
        result = _result(undone, changes)
        log_update(
            connection,
            state=work.site.state,
            source=work.source,
            scope=scope,
            result=result,
            run_id=work.run_id,
            live=before,
            started_at=started,
            duration=round((work.now() - started).total_seconds(), 3),
            summary=result.message,
        )
        work.check_lease()
    return result


def _result(undone: Applied, changes: ChangeSet) -> ScopeResult:
    counts = changes.counts
    parts = [
        (counts.added, "rows back"),
        (counts.disappeared, "rows withdrawn"),
        (counts.changed, "rows as before"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count) or "no row differed"
    message = f"run {undone.run_id} taken back: {told}"
    outcome = Outcome.CHANGED if counts.differs else Outcome.FRESH
    # What the rows rest on stays where only the history that a late capture brought is taken back.
    capture = undone.capture if undone.late else ""
    return ScopeResult(undone.scope, outcome, counts, capture=capture, message=message, tables=changes.tables)


def _undo_table(work: Work, connection: sqlite3.Connection, table: Table, undone: Applied) -> TableChange:
    names = {"source": undone.source, "scope": undone.scope, "run": work.run_id}
    restore(connection, table, undone.run_id, work.run_id, undone.source, undone.scope)
    before_live = "json_extract(h.before, '$.removed_run_id') IS NULL"
    row = " AND ".join(f"m.{column} = json_extract(h.row_key, '$[{n}]')" for n, column in enumerate(table.key))
    found = connection.execute(
        f"SELECT coalesce(sum(m.removed_run_id IS NULL AND NOT {before_live}), 0) AS added,"
        f" coalesce(sum(m.removed_run_id IS NOT NULL AND {before_live}), 0) AS disappeared,"
        f" coalesce(sum(m.removed_run_id IS NULL AND {before_live}), 0) AS changed"
        f" FROM main._clerk_history h JOIN main.{table.name} m ON m.source = h.source AND m.scope = h.scope AND {row}"
        f" WHERE h.run_id = :run AND h.table_name = '{table.name}' AND h.source = :source AND h.scope = :scope",
        names,
    ).fetchone()
    return TableChange(table.name, Counts(added=found[0], disappeared=found[1], changed=found[2]))
