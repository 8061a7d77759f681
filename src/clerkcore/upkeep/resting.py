"""What the data of a site rests on: the runs and captures that comparing, undo, accept and load still need.

An undo restores rows from the history, and needs no capture. But the capture that the rows rest on afterwards is
what the next pull is compared with, so that the one a single undo leads back to is kept too. Deeper undos restore the
rows all the same; the pull after them is compared in full.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import ClerkError, StoreError
from clerkcore.installation import Installation
from clerkcore.ledger import newest_runs, open_holds
from clerkcore.models import Outcome
from clerkcore.road.stage import read_meta, staged_files
from clerkcore.store.database import read_database
from clerkcore.store.runs import Applied, find_application, list_applications
from clerkcore.upkeep.shelf import CaptureKey, Shelf

BASE, UNDO, HELD, STAGED, NEWEST = "rows rest on it", "an undo leads to it", "held", "staged", "newest of its scope"
ScopeRun = tuple[str, str, int]
"""Source, scope and id of a run."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What one scope rests on: a run, and its capture where it left one."""

    source: str
    scope: str
    run_id: int
    capture: str
    why: str


def scope_rests(connection: sqlite3.Connection) -> Iterator[Rest]:
    """Yield what each scope of a database rests on, and what the next undo would make it rest on."""
    if not has_table(connection, "_clerk_scopes"):
        return
    for row in connection.execute("SELECT source, scope, run_id, capture FROM _clerk_scopes").fetchall():
        source, scope = row["source"], row["scope"]
        yield Rest(source, scope, row["run_id"], row["capture"] or "", BASE)
        for run in _undoable(list_applications(connection, source, scope)):
            yield Rest(source, scope, run.run_id, run.capture, UNDO)
            before = find_application(connection, run.base_run_id, source, scope) if run.base_run_id else None
            if before:
                yield Rest(source, scope, before.run_id, before.capture, UNDO)


def _undoable(runs: list[Applied]) -> list[Applied]:
    """Return the runs that an undo may be about: the newest, and the newest whose effect still stands."""
    effective = next((run for run in runs if run.effective), None)
    return [*runs[:1], *([effective] if effective else [])]


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a database has a table of this name."""
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone() is not None


def resting_captures(installation: Installation, subdomain: str, shelf: Shelf) -> dict[CaptureKey, str]:
    """Return the captures of a site that something rests on, and what.

    StoreError when that cannot be told: a database or stage cannot be read, or the databases are gone, so that the
    archive is all there is.
    """
    found: dict[CaptureKey, str] = {}
    for key, why in _reasons(installation, subdomain, shelf):
        found.setdefault(key, why)
    return found


def _reasons(installation: Installation, subdomain: str, shelf: Shelf) -> Iterator[tuple[CaptureKey, str]]:
    databases = installation.folder(subdomain).databases()
    if not databases:
        _refuse_lost(installation, subdomain)
    for path in databases:
        with read_database(path) as connection:
            for rest in scope_rests(connection):
                yield (rest.source, rest.scope, rest.capture), rest.why
    with installation.ledger.read() as connection:
        holds = [hold for hold in open_holds(connection) if hold.site == subdomain]
    for hold in holds:
        for capture in (hold.result.capture, hold.result.base):
            yield (hold.source, hold.result.scope, capture), HELD
    for source, path in _stages(installation.folder(subdomain).stage):
        yield _staged(source, path), STAGED
    # Sorted by id, which begins with the time, as the archive itself tells the newest.
    by_id = sorted((shelved for shelved in shelf.captures if shelved.kept.complete), key=lambda found: found.kept.id)
    for key in {shelved.key[:2]: shelved.key for shelved in by_id}.values():
        yield key, NEWEST


def _refuse_lost(installation: Installation, subdomain: str) -> None:
    with installation.ledger.read() as connection:
        runs = [stored.outcome for stored in newest_runs(connection) if stored.run.site == subdomain]
    if Outcome.CHANGED in runs or Outcome.FRESH in runs:
        raise StoreError(
            "was loaded, but its databases are gone; its raw archive stays whole",
            where=subdomain,
            remedy="restore them from a backup, or load again",
        )


def _stages(folder: Path) -> Iterator[tuple[str, Path]]:
    for source in sorted(folder.glob("*/")):
        for path in staged_files(source):
            yield source.name, path


def _staged(source: str, path: Path) -> CaptureKey:
    try:
        meta = read_meta(path)
    except (ClerkError, KeyError, ValueError, TypeError) as error:
        remedy = "run transform again, or move the file away"
        raise StoreError("this stage does not say what it was made of", where=str(path), remedy=remedy) from error
    return source, meta.scope.name, meta.capture


def named_runs(path: Path) -> set[int]:
    """Return the runs that a site database names: those of every row, its history, its evidence and redactions."""
    queries = {
        "_clerk_runs": "SELECT run_id, undoes_run_id FROM _clerk_runs",
        "_clerk_redactions": "SELECT run_id FROM _clerk_redactions",
    }
    with read_database(path) as connection:
        asked = [query for table, query in queries.items() if has_table(connection, table)]
        rows = [row for query in asked for row in connection.execute(query)]
    return {run_id for row in rows for run_id in row if run_id is not None}
