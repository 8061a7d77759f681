"""A capture that is known already: the same as the rows, or one that was loaded and taken back."""

from __future__ import annotations

from clerkcore.models import Capture, Outcome, ScopeResult
from clerkcore.road.bases import current_base
from clerkcore.road.compute import compute, refresh_computed
from clerkcore.road.late import is_late
from clerkcore.road.log import count_verified, leased, log_scope
from clerkcore.road.work import Work
from clerkcore.store.database import open_database
from clerkcore.store.runs import Base, is_rejected, mark_checked, note_capture
from clerkcore.store.tables import ensure_tables
from clerkcore.store.update_log import count_live


def settle_known(work: Work, capture: Capture) -> ScopeResult | None:
    """End a scope whose capture is known already: the same as its rows, or taken back once; None when it is new."""
    base = current_base(work, capture.scope.name)
    same = base and base.sha256 == capture.sha256 and base.parser_version == work.source.reading
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
        with open_database(work.database) as connection, leased(work, connection):
            log_scope(work, connection, capture.scope, result, count_live(connection, work.source, result.scope))
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
        with open_database(work.database) as connection, leased(work, connection):
            ensure_tables(connection, work.source)
            refresh_computed(work, connection)
            compute(work, connection, capture.scope)
            note_capture(connection, capture, work.run_id)
            mark_checked(connection, capture.source, capture.scope.name, work.now())
            live = count_live(connection, work.source, result.scope)
            log_scope(work, connection, capture.scope, result, live, count_verified(work, connection, capture))
    return result
