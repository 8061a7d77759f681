"""Apply a stage: rows, history, evidence, findings and the run's own row in one transaction, or nothing (law 2)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from clerkcore.errors import StoreError
from clerkcore.models import Capture, ChangeSet, Finding, Note, Outcome, ScopeResult, Severity
from clerkcore.road.compute import SiteReader, allow_reading, compute, refresh_computed
from clerkcore.road.guard import QUARANTINE, Hold, find_hold
from clerkcore.road.late import add_history, is_late
from clerkcore.road.log import count_verified, leased, log_scope
from clerkcore.road.prepare import Prepared
from clerkcore.road.staging import HIDDEN
from clerkcore.road.words import tell_changes, tell_evidence, tell_notes
from clerkcore.road.work import Work
from clerkcore.store.changes import STAGE, StageFacts, detect
from clerkcore.store.database import open_database
from clerkcore.store.history import apply_delta
from clerkcore.store.quarantine import count_withheld, keep_evidence, keep_findings
from clerkcore.store.runs import Base, read_base, save_application, taken_of
from clerkcore.store.tables import ensure_tables
from clerkcore.store.update_log import count_live
from clerkcore.times import to_text

MOST_NOTES = 3
CACHE_KIB = -32_000  # SQLite takes what is below zero for KiB; used up by large change sets alone


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
            with leased(work, connection):
                log_scope(work, connection, capture.scope, applied.result, applied.before)
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
        hold = _control(wrong, count_withheld(connection, work.run_id, source.name, scope))
        held = _result(capture, changes, known, hold, work.run_id, notes, late)
        return _Applied(held, before, keep=False)
    keep_findings(connection, work.run_id, source.name, scope, found)
    save_application(
        connection, work.run_id, work.job, capture, source.reading, changes, len(found), work.now(), late=late
    )
    result = replace(result, findings=len(found))
    log_scope(work, connection, capture.scope, result, before, count_verified(work, connection, capture))
    return _Applied(result, before, keep=True)


def _most_rejected(connection: sqlite3.Connection, work: Work, scope: str) -> str:
    """Say why most records were rejected, so that a county misspelt throughout is named."""
    row = connection.execute(
        "SELECT rule, message, count(*) AS n, sum(count(*)) OVER (PARTITION BY rule) AS of_rule"
        " FROM main._clerk_quarantine WHERE run_id = ? AND source = ? AND scope = ?"
        " GROUP BY rule, message ORDER BY of_rule DESC, n DESC, min(id) LIMIT 1",
        (work.run_id, work.source.name, scope),
    ).fetchone()
    if row is None:
        return ""
    # Where columns are swapped, every message quotes another voter.
    common = row["message"] != HIDDEN and 2 * row["n"] >= row["of_rule"]
    return f", {row['of_rule']:,} of them by the rule {row['rule']}" + (f": {row['message']}" if common else "")


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


def _control(wrong: list[Finding], withheld: int) -> Hold:
    first = wrong[0]
    sides = f" (expected {first.expected}, found {first.actual})" if first.expected else ""
    more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    # What it publishes as its own total still counts them.
    but = f"; {withheld:,} of its records are redacted here" if withheld else ""
    return Hold("control", f"the source contradicts itself: {first.message}{sides}{more}{but}")


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
