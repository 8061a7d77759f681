"""The update log of a site database, as the road writes it, while this process has the site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from clerkcore.models import Capture, Scope, ScopeResult
from clerkcore.road.compute import SiteReader, allow_reading
from clerkcore.road.work import Work
from clerkcore.store.database import open_database, transaction
from clerkcore.store.update_log import count_live, log_update
from clerkcore.times import to_text


@contextmanager
def leased(work: Work, connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that is committed only while this process still has the site (law 6)."""
    with transaction(connection):
        yield
        work.check_lease()


def count_verified(work: Work, connection: sqlite3.Connection, capture: Capture) -> int:
    """Return how many rows of a capture's scope an official figure confirms, as the source counts them."""
    reader = SiteReader(connection, work, capture.scope, to_text(capture.taken_at))
    connection.set_authorizer(allow_reading)
    try:
        return work.source.count_verified(reader, capture.scope)
    finally:
        connection.set_authorizer(None)


def log_scope(
    work: Work,
    connection: sqlite3.Connection,
    scope: Scope,
    result: ScopeResult,
    before: Mapping[str, int],
    verified: int = 0,
) -> None:
    """Write the line of a scope into the update log, inside the caller's transaction."""
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
    with open_database(work.database) as connection, leased(work, connection):
        log_scope(work, connection, scope, result, count_live(connection, work.source, scope.name))
