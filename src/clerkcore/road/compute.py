"""What follows from the rows: the source's computed tables, brought up to date inside the same transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from clerkcore.errors import PluginError
from clerkcore.interfaces import Source, Table
from clerkcore.models import Capture, ChangeSet, Counts, Note, Row, Scope, Value
from clerkcore.road.work import Work
from clerkcore.store.changes import has_delta, read_tally
from clerkcore.store.computed import mark_computed, stale_scopes
from clerkcore.store.quarantine import read_asides
from clerkcore.store.runs import standing_captures, taken_of
from clerkcore.store.tables import all_columns
from clerkcore.times import to_text

_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_WRITING = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_ASKED_TOO_MUCH = ("SQLITE_ERROR", "SQLITE_AUTH")


@dataclass(frozen=True)
class SiteReader:
    """What a source's checks may see."""

    connection: sqlite3.Connection
    work: Work
    scope: Scope
    taken_at: str = ""
    called: ClassVar[str] = "a check"

    def rows(self, sql: str, params: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """Run one SELECT and return its rows."""
        return [dict(row) for row in self._run(sql, params)]

    def asides(self, rule: str) -> list[Row]:
        """Return the records that this run set aside by a rule."""
        return read_asides(self.connection, self.work.run_id, self.work.source.name, self.scope.name, rule)

    def _run(self, sql: str, params: Mapping[str, Value] | None) -> sqlite3.Cursor:
        try:
            return self.connection.execute(sql, {**self.bound(self.scope.name), **(params or {})})
        except sqlite3.DatabaseError as error:
            raise self.explain(error) from error

    def bound(self, scope: str) -> dict[str, Value]:
        """Return what every statement has bound."""
        source, run_id = self.work.source.name, self.work.run_id
        return {"source": source, "scope": scope, "run_id": run_id, "taken_at": self.taken_at}

    def explain(self, error: sqlite3.DatabaseError) -> Exception:
        """Return the error that names the plugin where the fault is its own, else the error as it is."""
        if error.sqlite_errorname not in _ASKED_TOO_MUCH and not isinstance(error, sqlite3.IntegrityError):
            return error
        return PluginError(
            f"{self.called} asks what {self.called} cannot: {error}",
            where=f"source {self.work.source.name}",
            remedy="report it to the plugin's author",
        )


@dataclass(frozen=True)
class SiteWriter(SiteReader):
    """What a source's `compute` works with; see `clerkcore.Writer`."""

    changes: ChangeSet | None = None
    late: bool = False
    called: ClassVar[str] = "compute"

    @property
    def run_id(self) -> int:
        """The run that computes."""
        return self.work.run_id

    @property
    def sources(self) -> tuple[str, ...]:
        """The site's sources, in its order; the source at hand alone where the site lists none."""
        return tuple(self.work.site.sources) or (self.work.source.name,)

    @property
    def captures(self) -> tuple[str, ...]:
        """When the scope's other captures were taken, oldest first."""
        known = standing_captures(self.connection, self.work.source.name, self.scope.name, self.work.run_id)
        return tuple(to_text(taken_of(capture)) for capture in known)

    def stream(self, sql: str, params: Mapping[str, Value] | None = None) -> Iterator[dict[str, Any]]:
        """Run one SELECT and yield its rows as they are found."""
        return (dict(row) for row in self._run(sql, params))

    def count(self, sql: str, params: Mapping[str, Value] | None = None) -> Counter[tuple[Any, ...]]:
        """Run one SELECT and return how often each row occurs in it."""
        cursor = self._run(sql, params)
        cursor.row_factory = None
        return Counter(cursor)

    def tally(self, table: Table) -> Counter[tuple[Any, ...]] | None:
        """Return how many rows of the scope hold each combination of the table's `tally` columns, where all are new."""
        if not self.taken_at or has_delta(self.connection, table):
            return None
        return read_tally(self.connection, table)

    def execute(self, sql: str, params: Mapping[str, Value] | None = None) -> int:
        """Run one statement and return how many rows it wrote."""
        return self._run(sql, params).rowcount

    def insert(self, table: Table, rows: Iterable[Row], scope: str = "") -> None:
        """Add or replace rows of a computed table."""
        columns = all_columns(table)
        fixed = {**self.bound(scope or self.scope.name), "removed_run_id": None}
        try:
            self.connection.executemany(
                f"INSERT OR REPLACE INTO main.{table.name} ({', '.join(columns)})"
                f" VALUES ({', '.join(f':{column}' for column in columns)})",
                ({**dict.fromkeys(columns), **row, **fixed} for row in rows),
            )
        except sqlite3.DatabaseError as error:
            raise self.explain(error) from error


def compute(
    work: Work,
    connection: sqlite3.Connection,
    scope: Scope,
    *,
    capture: Capture | None = None,
    changes: ChangeSet | None = None,
    late: bool = False,
) -> list[Note]:
    """Let the source bring its computed tables up to date; it may write those and nothing else."""
    taken_at = to_text(capture.taken_at) if capture else ""
    writer = SiteWriter(connection, work, scope, taken_at, changes, late)
    # SQLite makes the table function when it is first named, which the authorizer would take for creating a table.
    connection.execute("SELECT 1 FROM json_each('[]')")
    connection.set_authorizer(_only_computed(work.source))
    try:
        notes = list(work.source.compute(writer, scope))
    finally:
        connection.set_authorizer(None)
    if changes is not None:
        mark_computed(connection, work.source.name, scope.name)
    return notes


def refresh_computed(work: Work, connection: sqlite3.Connection) -> None:
    """Compute the scopes of the source whose computed tables were made anew, as if all their rows had changed."""
    for scope in stale_scopes(connection, work.source.name):
        compute(work, connection, scope, changes=ChangeSet(Counts()))


def _only_computed(source: Source) -> Any:
    own = {table.name for table in source.computed}

    def authorize(action: int, first: str | None, *_: str | None) -> int:
        allowed = action in _READING or (action in _WRITING and first in own)
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    return authorize


def allow_reading(action: int, *_: str | None) -> int:
    """Authorise reading and nothing else."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
