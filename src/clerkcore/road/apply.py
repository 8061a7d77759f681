"""Apply a stage: rows, history, evidence, findings and the run's own row in one transaction, or nothing (law 2)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from clerkcore.errors import StoreError
from clerkcore.models import Capture, ChangeSet, Finding, Note, Outcome, Scope, ScopeResult, Severity
from clerkcore.road.compute import SiteReader, allow_reading, compute, refresh_computed
from clerkcore.road.guard import QUARANTINE, Hold, find_hold
from clerkcore.road.late import add_history, is_late
from clerkcore.road.prepare import Prepared
from clerkcore.road.staging import HIDDEN
from clerkcore.road.words import tell_changes, tell_evidence, tell_notes
from clerkcore.road.work import Work
from clerkcore.store.changes import STAGE, StageFacts, detect
from clerkcore.store.database import open_database, read_database, transaction
from clerkcore.store.history import apply_delta
from clerkcore.store.quarantine import keep_evidence, keep_findings
from clerkcore.store.runs import Base, is_rejected, mark_checked, note_capture, read_base, save_application, taken_of
from clerkcore.store.tables import ensure_tables
from clerkcore.store.update_log import count_live, log_update
from clerkcore.times import to_text

MOST_NOTES = 3
CACHE_KIB = -48_000  # SQLite takes what is below zero for KiB; used up by large change sets alone


def current_base(work: Work, scope: str) -> Base | None:
    """Return what the scope's rows rest on; None when nothing was loaded or all of it was taken back."""
    if not work.database.is_file():
        return None
    with read_database(work.database) as connection:
        if not _has_system_tables(connection):
            return None
        base = read_base(connection, work.source.name, scope)
    return base if base and base.capture else None


def _has_system_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_clerk_scopes'").fetchone() is not None


def settle_known(work: Work, capture: Capture) -> ScopeResult | None:
    """End a scope whose capture is known already: the same as its rows, or taken back once; None when it is new."""
    base = current_base(work, capture.scope.name)
    same = base and base.sha256 == capture.sha256 and base.parser_version == work.source.version
    if base and same and not _is_late(work, capture):
        return _fresh(work, capture, base)
    if _was_undone(work, capture):
        return _undone(work, capture, base.capture if base else "")
    return None


def _is_late(work: Work, capture: Capture) -> bool:
    # One that the rows mirror, but older, tells since when they held.
    if work.taken_at is None:
        return False
    with open_database(work.database) as connection:
        return is_late(work, connection, capture.scope.name)


def _was_undone(work: Work, capture: Capture) -> bool:
    if not work.database.is_file():
        return False
    # Opened for writing, a database of an older clerk is brought up to date.
    with open_database(work.database) as connection:
        return is_rejected(connection, capture.source, capture.scope.name, capture.sha256)


def _undone(work: Work, capture: Capture, base: str) -> ScopeResult:
    result = ScopeResult(
        capture.scope.name,
        Outcome.HELD,
        capture=capture.id,
        base=base,
        message="this very capture was loaded before and undone",
        remedy="" if work.dry_run else f"clerk accept {work.run_id} loads it again; or wait until the source changes",
    )
    if not work.dry_run:
        with open_database(work.database) as connection, _leased(work, connection):
            _log(work, connection, capture.scope, result, count_live(connection, work.source, result.scope))
    return result


def _fresh(work: Work, capture: Capture, base: Base) -> ScopeResult:
    result = ScopeResult(
        capture.scope.name,
        Outcome.FRESH,
        capture=capture.id,
        base=base.capture,
        message="the source has not changed",
    )
    if not work.dry_run:
        with open_database(work.database) as connection, _leased(work, connection):
            ensure_tables(connection, work.source)
            refresh_computed(work, connection)
            compute(work, connection, capture.scope)
            note_capture(connection, capture, work.run_id)
            mark_checked(connection, capture.source, capture.scope.name, work.now())
            _log(work, connection, capture.scope, result, count_live(connection, work.source, result.scope))
    return result


@contextmanager
def _leased(work: Work, connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is committed only while this process still has the site (law 6)."""
    with transaction(connection):
        yield
        work.check_lease()


@dataclass(frozen=True)
class _Applied:
    result: ScopeResult
    before: Mapping[str, int]
    keep: bool


def apply_stage(work: Work, capture: Capture, stage: Path, prepared: Prepared, *, guarded: bool = True) -> ScopeResult:
    """Bring a staged capture into the site database, or hold it; `guarded` False is what accepting means."""
    with _target(work) as path, open_database(path) as connection:
        connection.execute(f"ATTACH DATABASE ? AS {STAGE}", (str(stage),))
        for database in ("main", STAGE):
            connection.execute(f"PRAGMA {database}.cache_size = {CACHE_KIB}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            _refuse_other_base(work, connection, capture.scope.name, prepared.relative_to)
            applied = _change(work, connection, capture, prepared, guarded)
            if applied.keep:
                work.check_lease()
            connection.execute("COMMIT" if applied.keep else "ROLLBACK")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if applied.result.outcome is Outcome.HELD and not work.dry_run:
            with _leased(work, connection):
                _log(work, connection, capture.scope, applied.result, applied.before)
    return applied.result


def _refuse_other_base(work: Work, connection: sqlite3.Connection, scope: str, relative_to: str) -> None:
    base = read_base(connection, work.source.name, scope) if relative_to else None
    if relative_to and (base is None or base.capture != relative_to):
        raise StoreError(
            "the rows changed while their source was compared", where=work.where(scope), remedy="run again"
        )


@contextmanager
def _target(work: Work) -> Iterator[Path]:
    """The database to change; a dry run of a site without one works on a passing file."""
    if not work.dry_run or work.database.is_file():
        yield work.database
        return
    with TemporaryDirectory() as folder:
        yield Path(folder) / work.database.name


def _change(
    work: Work, connection: sqlite3.Connection, capture: Capture, prepared: Prepared, guarded: bool
) -> _Applied:
    source, scope = work.source, capture.scope.name
    ensure_tables(connection, source)
    refresh_computed(work, connection)
    base = read_base(connection, source.name, scope)
    known = base.capture if base else ""
    # Nobody else writes a leased site: what was counted while its lines were compared still holds.
    before = count_live(connection, source, scope) if prepared.live is None else prepared.live
    late = is_late(work, connection, scope)
    changes = _bring_rows(work, connection, capture, prepared.facts, before, late)
    keep_evidence(connection, work.run_id, capture)
    notes = compute(work, connection, capture.scope, capture=capture, changes=changes, late=late)
    hold = find_hold(changes, source.tables, work.settings, first=late or not known, notes=notes) if guarded else None
    if hold and hold.guard == QUARANTINE:
        hold = replace(hold, reason=f"{hold.reason}{_most_rejected(connection, work, scope)}")
    result = _result(capture, changes, known, hold, work.run_id, notes, late)
    if hold or work.dry_run:
        return _Applied(_as_dry_run(result) if work.dry_run else result, before, keep=False)
    found = _verify(work, connection, capture, base if late else None)
    wrong = [finding for finding in found if finding.severity is Severity.BLOCKING]
    if wrong and guarded and not late:
        held = _result(capture, changes, known, _control(wrong), work.run_id, notes, late)
        return _Applied(held, before, keep=False)
    keep_findings(connection, work.run_id, source.name, scope, found)
    save_application(
        connection, work.run_id, work.job, capture, source.version, changes, len(found), work.now(), late=late
    )
    result = replace(result, findings=len(found))
    _log(work, connection, capture.scope, result, before, _count_verified(work, connection, capture))
    return _Applied(result, before, keep=True)


def _most_rejected(connection: sqlite3.Connection, work: Work, scope: str) -> str:
    """Say why most records were rejected, so that a county misspelt throughout is named."""
    row = connection.execute(
        "SELECT rule, message, count(*) AS n FROM main._clerk_quarantine WHERE run_id = ? AND source = ?"
        " AND scope = ? GROUP BY rule, message ORDER BY n DESC, min(id) LIMIT 1",
        (work.run_id, work.source.name, scope),
    ).fetchone()
    if row is None:
        return ""
    told = "" if row["message"] == HIDDEN else f": {row['message']}"
    return f", {row['n']:,} of them by the rule {row['rule']}{told}"


def _bring_rows(
    work: Work,
    connection: sqlite3.Connection,
    capture: Capture,
    facts: StageFacts,
    live: Mapping[str, int],
    late: bool,
) -> ChangeSet:
    """Bring the staged rows into the tables and return what that changed."""
    source, scope = work.source, capture.scope.name
    if late:
        return add_history(work, connection, capture, facts)
    changes = detect(connection, source.tables, source.name, scope, facts, live)
    for table in source.tables:
        apply_delta(connection, table, work.run_id, source.name, scope)
    return changes


def _control(wrong: list[Finding]) -> Hold:
    first = wrong[0]
    sides = f" (expected {first.expected}, found {first.actual})" if first.expected else ""
    more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Hold("control", f"the source contradicts itself: {first.message}{sides}{more}")


def _result(
    capture: Capture,
    changes: ChangeSet,
    base: str,
    hold: Hold | None,
    run_id: int,
    notes: Sequence[Note],
    late: bool,
) -> ScopeResult:
    counts = changes.counts
    outcome = Outcome.HELD if hold else Outcome.CHANGED if counts.differs else Outcome.FRESH
    remedy = f"look first: clerk runs show {run_id}; to apply it all the same: clerk accept {run_id}" if hold else ""
    return ScopeResult(
        capture.scope.name,
        outcome,
        counts,
        capture=capture.id,
        base=base,
        message=f"{hold.reason}; not applied" if hold else _tell(changes, notes, late),
        remedy=remedy,
        tables=changes.tables,
        notes=tuple(note.text for note in notes),
    )


def _tell(changes: ChangeSet, notes: Sequence[Note], late: bool) -> str:
    parts = [tell_changes(changes, late=late), tell_notes([note.text for note in notes], MOST_NOTES)]
    return ". ".join(text for text in (*parts, tell_evidence(changes.counts)) if text)


def _as_dry_run(result: ScopeResult) -> ScopeResult:
    return replace(result, message=f"dry run, nothing applied: {result.message}", remedy="")


def _verify(work: Work, connection: sqlite3.Connection, capture: Capture, base: Base | None) -> list[Finding]:
    """Run the source's own checks, on the rows as they will stand; they may read and do nothing else.

    A late capture moved no live row: what is checked, with the time and the evidence of `base`, is what it brought.
    """
    taken_at = taken_of(base.capture) if base else capture.taken_at
    judged = replace(work, run_id=base.run_id) if base else work
    reader = SiteReader(connection, judged, capture.scope, to_text(taken_at))
    connection.set_authorizer(allow_reading)
    try:
        return list(work.source.verify(reader, capture.scope))
    finally:
        connection.set_authorizer(None)


def _count_verified(work: Work, connection: sqlite3.Connection, capture: Capture) -> int:
    reader = SiteReader(connection, work, capture.scope, to_text(capture.taken_at))
    connection.set_authorizer(allow_reading)
    try:
        return work.source.count_verified(reader, capture.scope)
    finally:
        connection.set_authorizer(None)


def _log(
    work: Work,
    connection: sqlite3.Connection,
    scope: Scope,
    result: ScopeResult,
    before: Mapping[str, int],
    verified: int = 0,
) -> None:
    log_update(
        connection,
        state=work.site.state,
        source=work.source,
        scope=scope,
        result=result,
        run_id=work.run_id,
        live=before,
        started_at=work.started_at,
        duration=round((work.now() - work.started_at).total_seconds(), 3),
        summary=result.message,
        verified=verified,
    )


def log_failure(work: Work, scope: Scope, result: ScopeResult) -> None:
    """Note a failed scope in the update log of a database that exists; its rows stay untouched."""
    if work.dry_run or not work.database.is_file():
        return
    with open_database(work.database) as connection, _leased(work, connection):
        _log(work, connection, scope, result, count_live(connection, work.source, scope.name))
