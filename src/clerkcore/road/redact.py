"""Redaction: one key of one source is removed for good, from a site's database, its stages and its raw archive.

First the key's hash is noted, so that nothing brings the record back; then the rows go, then stages and raw bytes. A
redaction that was interrupted is finished by running it again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from clerkcore.errors import StoreBusy, StoreError, UsageError
from clerkcore.fetch import KeptCapture
from clerkcore.interfaces import Source, Table
from clerkcore.models import ChangeSet, Counts, Outcome, Scope, ScopeResult, TableChange, Value
from clerkcore.road.compute import compute, refresh_computed
from clerkcore.road.log import log_scope
from clerkcore.road.raw_scan import kept_scopes, scan_captures
from clerkcore.road.raw_tombstones import RawTombstone, mark_download, remove_marked
from clerkcore.road.stage import read_meta, staged_files, sweep_stages
from clerkcore.road.work import Work
from clerkcore.store.database import open_database, read_database, transaction
from clerkcore.store.redactions import Redaction, count_removed, passing_redaction, save_redaction
from clerkcore.store.removal import (
    LIVE,
    WITHDRAWN,
    Trace,
    count_traces,
    known_scopes,
    overwrite_removed,
    remove_traces,
)
from clerkcore.store.runs import read_base, save_redacted
from clerkcore.store.tables import ensure_tables
from clerkcore.store.update_log import count_live, read_logged_scope
from clerkcore.times import to_text

_NUMBERS = ("integer", "boolean", "cents")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be redacted: rows of a table that have this key, or these columns of it; an empty scope is all."""

    table: Table
    key: Mapping[str, Value]
    scope: str
    reason: str
    by: str


@dataclass(frozen=True)
class Found:
    """Where a record is: counts per scope and place, captures that may hold it, stages to be made anew."""

    scopes: Mapping[str, Mapping[str, int]]
    captures: Sequence[KeptCapture]
    stages: Sequence[Path]
    trace: Trace = field(repr=False)

    @property
    def downloads(self) -> dict[str, int]:
        """The raw downloads that would go: size by sha256."""
        return {download.sha256: download.size for kept in self.captures for download in kept.downloads}

    @property
    def captures_of(self) -> Mapping[str, int]:
        """How many captures of each scope may hold it."""
        return Counter(kept.scope.name for kept in self.captures)


def read_target(source: Source, table: str, key: Iterable[str], scope: str, reason: str, by: str) -> Target:
    """Return what is asked for; UsageError when the table, a column or a value cannot be meant."""
    found = next((known for known in source.tables if known.name == table), None)
    if found is None:
        names = ", ".join(known.name for known in source.tables)
        raise UsageError(f"source {source.name} fills no table {table!r}", remedy=f"its tables: {names}")
    if not reason.strip() or not by.strip():
        raise UsageError("a redaction needs a reason and a name", remedy="give --reason and --by")
    values: dict[str, Value] = {}
    for pair in key:
        column, equals, value = pair.partition("=")
        if not equals or column not in found.key or column in values or not value:
            raise UsageError(
                f"{pair!r} names no value of a column of the key of {table}, or one for the second time",
                remedy=f"write --key COLUMN=VALUE; its key: {', '.join(found.key)}",
            )
        values[column] = _typed(found, column, value)
    if not values:
        raise UsageError("no key is given", remedy=f"write --key COLUMN=VALUE; its key: {', '.join(found.key)}")
    return Target(found, values, scope, reason, by)


def _typed(table: Table, column: str, value: str) -> Value:
    kind = next(known.type for known in table.columns if known.name == column)
    if kind not in _NUMBERS:
        return value
    try:
        return int(value)
    except ValueError as error:
        raise UsageError(f"{column} of {table.name} is a whole number, not {value!r}") from error


def find_record(work: Work, target: Target) -> Found:
    """Return where a record is, of which nothing is shown; UsageError when the scope is unknown."""
    trace = Trace(work.source, target.table, target.key, passing_redaction(target.table, target.key))
    scopes = _scopes(work, target)
    scanned = [one for scope in scopes for one in scan_captures(work, trace, scope)]
    trace = replace(trace, stood=frozenset().union(*(one.stood for one in scanned)))
    counts: dict[str, Mapping[str, int]] = {scope: {} for scope in scopes}
    if work.database.is_file():
        with read_database(work.database) as connection:
            counts = {scope: count_traces(connection, trace, scope) for scope in scopes}
    clean = {one.kept.id for one in scanned if not one.holds}
    stages = [path for path in _stages(work) if _may_hold(path, scopes, clean)]
    return Found(counts, [one.kept for one in scanned if one.holds], stages, trace)


def _scopes(work: Work, target: Target) -> list[str]:
    known = set(kept_scopes(work))
    if work.database.is_file():
        with read_database(work.database) as connection:
            known |= set(known_scopes(connection, work.source.name))
    if target.scope and target.scope not in known:
        names = ", ".join(sorted(known)[:_SHOWN]) or "none"
        raise UsageError(f"{work.source.name} has no scope {target.scope!r} here", remedy=f"scopes: {names}")
    return [target.scope] if target.scope else sorted(known)


def _stages(work: Work) -> list[Path]:
    folder = work.folder.stage / work.source.name
    return list(staged_files(folder)) if folder.is_dir() else []


def _may_hold(stage: Path, scopes: Iterable[str], clean: Iterable[str]) -> bool:
    try:
        meta = read_meta(stage)
    except (StoreError, KeyError, ValueError, TypeError):
        # A stage that cannot be read is of no use either.
        return True
    return meta.scope.name in scopes and meta.capture not in clean


def redact_record(work: Work, target: Target) -> tuple[list[ScopeResult], Redaction]:
    """Remove a record for good, and tell what of each scope went; a scope that held nothing is left out.

    Raises StoreBusy when a reader keeps the database from being overwritten: the record is gone from the tables then,
    and running it again ends the work.
    """
    found = find_record(work, target)
    with open_database(work.database) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        redaction = _note(work, connection, target)
        ended = []
        for scope in found.scopes:
            result, redaction = _redact_scope(work, connection, found, redaction, scope)
            ended.append(result)
        _remove_files(work, target, found)
        if not overwrite_removed(connection):
            raise StoreBusy(
                "the record is removed, but another program reads the database, whose journal still holds it",
                where=str(work.database),
                remedy="close that program and redact again",
            )
    results = [_with_raw(found, scope, result) for scope, result in zip(found.scopes, ended, strict=True)]
    return [result for result in results if result.outcome is Outcome.CHANGED] or [_nothing(target)], redaction


def _note(work: Work, connection: sqlite3.Connection, target: Target) -> Redaction:
    with transaction(connection):
        noted = save_redaction(
            connection,
            source=work.source.name,
            scope=target.scope,
            table=target.table,
            key=target.key,
            reason=target.reason,
            by=target.by,
            run_id=work.run_id,
            at=work.now(),
        )
        work.check_lease()
    return noted


def _redact_scope(
    work: Work, connection: sqlite3.Connection, found: Found, redaction: Redaction, scope: str
) -> tuple[ScopeResult, Redaction]:
    if not found.scopes[scope]:
        return ScopeResult(scope, Outcome.FRESH), redaction
    trace, base = found.trace, read_base(connection, work.source.name, scope)
    with transaction(connection):
        ensure_tables(connection, work.source)
        refresh_computed(work, connection)
        live = count_live(connection, work.source, scope)
        removed = remove_traces(connection, trace, scope)
        counts = Counts(disappeared=removed.get(LIVE, 0))
        tables = (TableChange(trace.table.name, counts),)
        changes = ChangeSet(Counts() if trace.table.derived else counts, tables)
        logged = read_logged_scope(connection, base.run_id, scope) if base else Scope(scope)
        if removed.get(LIVE) or removed.get(WITHDRAWN):
            compute(work, connection, logged, changes=changes)
        save_redacted(connection, work.run_id, work.source.name, scope, changes, work.now())
        redaction = count_removed(connection, redaction, removed.get(LIVE, 0) + removed.get(WITHDRAWN, 0))
        result = ScopeResult(
            scope,
            Outcome.CHANGED,
            changes.counts,
            capture=base.capture if base else "",
            message=f"redacted: {tell_places(removed)}",
            tables=tables,
        )
        log_scope(work, connection, logged, result, live)
        work.check_lease()
    return result, redaction


def tell_places(counts: Mapping[str, int]) -> str:
    """Say how much was in which place."""
    return ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "nothing"


def _remove_files(work: Work, target: Target, found: Found) -> None:
    work.check_lease()
    sweep_stages(work.folder.stage / work.source.name)
    for path in found.stages:
        path.unlink(missing_ok=True)
    tombstone = RawTombstone(target.reason, target.by, to_text(work.now()), work.run_id)
    for kept in found.captures:
        for download in kept.downloads:
            mark_download(work.archive, download, tombstone)
    remove_marked(work.archive, found.captures)


def _with_raw(found: Found, scope: str, result: ScopeResult) -> ScopeResult:
    captures = [kept for kept in found.captures if kept.scope.name == scope]
    if not captures:
        return result
    told = result.message or "redacted: nothing in the database"
    message = f"{told}; raw captures: {len(captures):,}, of which the hashes stay"
    return replace(result, outcome=Outcome.CHANGED, message=message)


def _nothing(target: Target) -> ScopeResult:
    message = "nothing holds such a record; it will be set aside when it comes"
    return ScopeResult(target.scope or "*", Outcome.FRESH, message=message)
