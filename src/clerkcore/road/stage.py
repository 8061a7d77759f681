"""Parse a capture into a stage: a small SQLite file that can be inspected, and is loaded as it stands."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from clerkcore.errors import PluginError, StoreError
from clerkcore.interfaces import Source, Table
from clerkcore.models import Aside, Capture, Location, Record, Rejected, Scope, Value
from clerkcore.store.changes import StageFacts
from clerkcore.store.database import explained
from clerkcore.store.tables import column_sql, own_columns

CONFLICT = "conflicting_key"
INVALID = "invalid_value"
_NUL = "\\x00"  # as repr() writes it; a text may hold these four characters too
HIDDEN = "the value, which is sensitive, broke this rule"
# A check names its column first, every other message names table and column.
_BLAMED = re.compile(r"(?:^CHECK constraint failed: |\b\w+\.)(\w+)")

_EVIDENCE = (
    "CREATE TABLE _meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE _quarantine (page TEXT NOT NULL, line INTEGER NOT NULL, rule TEXT NOT NULL,"
    " column_name TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL) STRICT",
    "CREATE TABLE _asides (page TEXT NOT NULL, line INTEGER NOT NULL, rule TEXT NOT NULL, record TEXT NOT NULL) STRICT",
)


def build_stage(source: Source, capture: Capture, path: Path) -> StageFacts:
    """Parse a capture into the file at `path`, whole or not at all, and count its records."""
    part = path.with_name(f".{path.name}.part")
    with explained(path):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"its folder cannot be used: {error.strerror}", where=str(path)) from error
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as connection:
                facts = _Stage(connection, source).fill(capture)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return facts


class _Stage:
    """The open stage file while a capture is parsed into it."""

    def __init__(self, connection: sqlite3.Connection, source: Source) -> None:
        self.connection = connection
        self.source = source
        self.tables = {table.name: table for table in source.tables}
        self.inserts = {table.name: _insert_sql(table) for table in source.tables}
        self.columns = {table.name: own_columns(table) for table in source.tables}
        self.known = {name: frozenset(columns) for name, columns in self.columns.items()}

    def fill(self, capture: Capture) -> StageFacts:
        # A stage is made anew after a crash, so it needs no journal.
        self.connection.execute("PRAGMA journal_mode = OFF")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("BEGIN")
        for statement in (*_EVIDENCE, *(_create_sql(table) for table in self.source.tables)):
            self.connection.execute(statement)
        read = sum(self._keep(parsed) for parsed in self.source.parse(capture))
        duplicates = sum(self._settle_keys(table) for table in self.source.tables)
        facts = StageFacts(read, duplicates, self._count("_quarantine"), self._count("_asides"))
        self._save_meta(capture, facts)
        self.connection.execute("COMMIT")
        return facts

    def _count(self, table: str) -> int:
        count: int = self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count

    def _keep(self, parsed: Record | Rejected | Aside) -> int:
        """Keep one parsed item; returns 1 when it counts as a record read."""
        if isinstance(parsed, Record):
            return self._keep_record(parsed)
        if isinstance(parsed, Rejected):
            self._reject(parsed)
        else:
            kept = {name: value for name, value in parsed.values.items() if not self._is_sensitive(name)}
            # Lone surrogates become JSON escapes, which is what they were.
            record = json.dumps(kept, ensure_ascii=False).encode(errors="backslashreplace").decode()
            row = (parsed.at.page, parsed.at.line, parsed.rule, record)
            self.connection.execute("INSERT INTO _asides VALUES (?, ?, ?, ?)", row)
        return 1

    def _keep_record(self, record: Record) -> int:
        table = self._table(record)
        values = [record.values.get(column) for column in self.columns[table.name]]
        # All of a row, uncompared columns too: rows that differ anywhere are no exact duplicates (law 4).
        content = repr(values)
        digest = blake2b(content.encode(), digest_size=16).digest()
        try:
            if _NUL in content:
                _refuse_nul(table, values)
            self.connection.execute(self.inserts[table.name], (*values, record.at.page, record.at.line, digest))
        except (sqlite3.IntegrityError, OverflowError, ValueError) as error:
            if table.derived:
                raise PluginError(f"a derived row breaks its table: {error}", where=self._where(table)) from error
            self._reject(_invalid(table, record, error))
        return 0 if table.derived else 1

    def _table(self, record: Record) -> Table:
        table = self.tables.get(record.table)
        if table is None:
            raise PluginError(f"parse yields rows for {record.table!r}", where=f"source {self.source.name}")
        unknown = record.values.keys() - self.known[table.name]
        if unknown:
            raise PluginError(
                f"parse yields the column {min(unknown)!r}, which {table.name} lacks",
                where=f"source {self.source.name}",
            )
        return table

    def _reject(self, rejected: Rejected) -> None:
        # A reader's message quotes the value it could not read.
        hidden = self._is_sensitive(rejected.column)
        value, message = ("", HIDDEN) if hidden else (rejected.value, rejected.message)
        # Lone surrogates, which JSON can spell, are no text that SQLite could keep.
        value = value.encode(errors="backslashreplace").decode()
        row = (rejected.at.page, rejected.at.line, rejected.rule, rejected.column, value, message)
        self.connection.execute("INSERT INTO _quarantine VALUES (?, ?, ?, ?, ?, ?)", row)

    def _where(self, table: Table) -> str:
        return f"source {self.source.name}, table {table.name}"

    def _is_sensitive(self, name: str) -> bool:
        return any(column.sensitive for table in self.source.tables for column in table.columns if column.name == name)

    def _settle_keys(self, table: Table) -> int:
        """Drop exact duplicates, quarantine every row of a key with different contents; returns the duplicates."""
        key = ", ".join(table.key)
        self.connection.execute(f"CREATE INDEX key_{table.name} ON {table.name} ({key}, digest_)")
        again = f"SELECT {key} FROM {table.name} GROUP BY {key} HAVING count(DISTINCT digest_) > 1"
        for row in self.connection.execute(
            f"SELECT page_, line_, {key} FROM {table.name} WHERE ({key}) IN ({again}) ORDER BY rowid"
        ).fetchall():
            self._reject(self._conflict(table, Location(row[0], row[1]), row[2:]))
        gone = self.connection.execute(f"DELETE FROM {table.name} WHERE ({key}) IN ({again})").rowcount
        if gone and table.derived:
            raise PluginError(f"parse yields {gone} derived rows that contradict each other", where=self._where(table))
        first = f"SELECT min(rowid) FROM {table.name} GROUP BY {key}"
        duplicates = self.connection.execute(f"DELETE FROM {table.name} WHERE rowid NOT IN ({first})").rowcount
        return 0 if table.derived else duplicates

    def _conflict(self, table: Table, at: Location, key: tuple[Value, ...]) -> Rejected:
        shown = [
            f"one {name}" if self._is_sensitive(name) else f"{name} {value}"
            for name, value in zip(table.key, key, strict=True)
        ]
        message = f"the capture holds different records of {', '.join(shown)}"
        return Rejected(CONFLICT, message, at, table.key[-1], str(key[-1]))

    def _save_meta(self, capture: Capture, facts: StageFacts) -> None:
        meta = {
            "source": capture.source,
            "scope": json.dumps({"name": capture.scope.name, "params": dict(capture.scope.params)}),
            "capture": capture.id,
            "sha256": capture.sha256,
            "parser_version": str(self.source.version),
            "facts": json.dumps([facts.read, facts.duplicates, facts.quarantined, facts.aside]),
        }
        self.connection.executemany("INSERT INTO _meta VALUES (?, ?)", meta.items())


@dataclass(frozen=True, slots=True)
class StageMeta:
    """What a stage says of itself: the capture it was parsed from, by which version of the parser."""

    capture: str
    scope: Scope
    parser_version: int
    facts: StageFacts


def read_meta(path: Path) -> StageMeta:
    """Return what a stage says of itself; StoreError when there is none."""
    if not path.is_file():
        raise StoreError("nothing is staged", where=str(path.name), remedy="run transform first")
    with explained(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        meta = dict(connection.execute("SELECT key, value FROM _meta").fetchall())
    scope = Scope(**json.loads(meta["scope"]))
    return StageMeta(meta["capture"], scope, int(meta["parser_version"]), StageFacts(*json.loads(meta["facts"])))


def sweep_stages(folder: Path) -> None:
    """Remove what a killed run left half made; nobody else works in the folder of a leased site."""
    for path in folder.glob(".*.db*"):
        path.unlink(missing_ok=True)


def staged_files(folder: Path) -> Iterator[Path]:
    """Yield the stages that wait in a folder."""
    yield from sorted(path for path in folder.glob("*.db") if not path.name.startswith("."))


def _create_sql(table: Table) -> str:
    columns = ", ".join(column_sql(column, table) for column in table.columns)
    return f"CREATE TABLE {table.name} ({columns}, page_ TEXT NOT NULL, line_ INTEGER NOT NULL, digest_ BLOB) STRICT"


def _insert_sql(table: Table) -> str:
    slots = ", ".join("?" for _ in range(len(table.columns) + 3))
    return f"INSERT INTO {table.name} VALUES ({slots})"


def _refuse_nul(table: Table, values: list[Value]) -> None:
    """Raise ValueError on text with a NUL in it: SQLite's JSON, and so undo, would cut it there."""
    for column, value in zip(table.columns, values, strict=True):
        if isinstance(value, str) and "\0" in value:
            raise ValueError(f"{table.name}.{column.name} holds a NUL")


def _invalid(table: Table, record: Record, error: Exception) -> Rejected:
    blamed = _BLAMED.search(str(error))
    column = blamed[1] if blamed and blamed[1] in own_columns(table) else ""
    value = record.values.get(column)
    return Rejected(INVALID, _without_value(str(error)), record.at, column, "" if value is None else str(value))


def _without_value(message: str) -> str:
    return message.removeprefix("CHECK constraint failed: ").removeprefix("NOT NULL constraint failed: ")
