"""A capture older than the one the rows rest on: it adds history, and moves no live row."""

from __future__ import annotations

import sqlite3

from clerkcore.errors import UsageError
from clerkcore.models import Capture, ChangeSet, Counts, TableChange
from clerkcore.road.work import Work
from clerkcore.store.changes import STAGE, StageFacts
from clerkcore.store.history import add_withdrawn
from clerkcore.store.runs import standing_captures, taken_of


def is_late(work: Work, connection: sqlite3.Connection, scope: str) -> bool:
    """Whether the operator dated the capture before one that the scope was compared with already.

    A capture that was fetched is never late: whatever the clock says, it is what the source holds now.
    """
    if work.taken_at is None:
        return False
    known = standing_captures(connection, work.source.name, scope, work.run_id)
    return bool(known) and taken_of(known[-1]) > work.taken_at


def add_history(work: Work, connection: sqlite3.Connection, capture: Capture, facts: StageFacts) -> ChangeSet:
    """Add, as withdrawn, what the staged capture holds of filings and their like that were never seen.

    UsageError when no table of the source says what of its rows lasts.
    """
    if not any(table.lasting for table in work.source.tables):
        raise UsageError(
            f"source {work.source.name} keeps no history by filing, and its rows rest on a newer capture",
            where=work.where(capture.scope.name),
            remedy="leave out --taken to load the file as what the source holds now",
        )
    told = []
    for table in work.source.tables:
        staged = connection.execute(f"SELECT count(*) FROM {STAGE}.{table.name}").fetchone()[0]
        scope = (work.run_id, capture.source, capture.scope.name)
        added = add_withdrawn(connection, table, *scope) if table.lasting else 0
        told.append((table, TableChange(table.name, Counts(read=staged, added=added, unchanged=staged - added))))
    counts = sum((change.counts for table, change in told if not table.derived), Counts())
    own = Counts(facts.read, duplicates=facts.duplicates, quarantined=facts.quarantined, aside=facts.aside)
    total = Counts(added=counts.added, unchanged=counts.unchanged) + own
    return ChangeSet(total, tuple(change for _, change in told))
