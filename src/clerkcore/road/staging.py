"""A stage as it is filled: a table for each of the source's, with rejected records, asides and duplicates beside."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from clerkcore.errors import PluginError
from clerkcore.interfaces import Source, Table
from clerkcore.models import Aside, Capture, Location, Record, Rejected, Value
from clerkcore.store.changes import StageFacts
from clerkcore.store.redactions import REDACTED, WITHHELD, Redactions
from clerkcore.store.tables import column_sql, own_columns

ValueOf = Callable[[str], Value]
CONFLICT = "conflicting_key"
INVALID = "invalid_value"
HIDDEN = "the value, which is sensitive, broke this rule"
# A check names its column first, every other message names table and column.
_BLAMED = re.compile(r"(?:^CHECK constraint failed: |\b\w+\.)(\w+)")

EVIDENCE = (
    "CREATE TABLE _meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE _quarantine (page TEXT NOT NULL, line INTEGER NOT NULL, rule TEXT NOT NULL,"
    " column_name TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL) STRICT",
    "CREATE TABLE _asides (page TEXT NOT NULL, line INTEGER NOT NULL, rule TEXT NOT NULL, record TEXT NOT NULL) STRICT",
    "CREATE TABLE _duplicates (page TEXT NOT NULL, line INTEGER NOT NULL) STRICT",
)


@dataclass(frozen=True, slots=True)
class Heap:
    """Where the rows of a table lie in a stage, and the SQL expression of a row's page."""

    name: str
    page: str = "page_"


class StageFile:
    """The open stage file while a capture is parsed into it; what was redacted never enters it."""

    def __init__(self, connection: sqlite3.Connection, source: Source, redactions: Redactions | None = None) -> None:
        self.connection = connection
        self.source = source
        self.redactions = redactions or Redactions()
        self.tables = {table.name: table for table in source.tables}
        self.heaps = {table.name: Heap(table.name) for table in source.tables}
        self.inserts = {table.name: _insert_sql(table) for table in source.tables}
        self.columns = {table.name: own_columns(table) for table in source.tables}
        self.known = {name: frozenset(columns) for name, columns in self.columns.items()}
        self.sensitive = {c.name for table in source.tables for c in table.columns if c.sensitive}

    def create(self) -> None:
        """Make the empty tables, inside a transaction that `finish` ends."""
        # A stage is made anew after a crash; a statement that fails must still leave nothing of its rows.
        self.connection.execute("PRAGMA journal_mode = MEMORY")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.execute("BEGIN")
        for statement in EVIDENCE:
            self.connection.execute(statement)
        for table in self.source.tables:
            self.create_table(table)

    def create_table(self, table: Table) -> None:
        """Make the table that takes the rows of one of the source's."""
        columns = ", ".join(column_sql(column, table) for column in table.columns)
        self.connection.execute(
            f"CREATE TABLE {table.name} ({columns}, page_ TEXT NOT NULL, line_ INTEGER NOT NULL) STRICT"
        )

    def finish(self, capture: Capture, read: int) -> StageFacts:
        """Settle the keys, and return what staging knows of the records."""
        duplicates = sum(self._settle_keys(table) for table in self.source.tables)
        facts = StageFacts(read, duplicates, self._count("_quarantine"), self._count("_asides"))
        self._save_meta(capture, facts)
        self.connection.execute("COMMIT")
        return facts

    def _count(self, table: str) -> int:
        count: int = self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return count

    def keep(self, parsed: Record | Rejected | Aside) -> int:
        """Keep one parsed item; returns 1 when it counts as a record read."""
        if isinstance(parsed, Record):
            return self._keep_record(parsed)
        if isinstance(parsed, Rejected):
            self.reject(parsed)
        else:
            self._set_aside(parsed)
        return 1

    def _set_aside(self, aside: Aside) -> None:
        kept = {name: value for name, value in aside.values.items() if name not in self.sensitive}
        # Lone surrogates become JSON escapes, which is what they were.
        record, rule = json.dumps(kept, ensure_ascii=False).encode(errors="backslashreplace").decode(), aside.rule
        # The plain texts: JSON may spell a letter otherwise. A check that asks for the rule finds no empty record.
        if self.redactions.holds_text(*map(str, kept.values())):
            record, rule = "{}", REDACTED
        row = (aside.at.page, aside.at.line, rule, record)
        self.connection.execute("INSERT INTO _asides VALUES (?, ?, ?, ?)", row)

    def _keep_record(self, record: Record) -> int:
        table = self._table(record)
        if self.redactions and self.redactions.holds(table.name, record.values.get):
            return self._withhold(table, record.at)
        values = [record.values.get(column) for column in self.columns[table.name]]
        try:
            refuse_nul(table, values)
            self.connection.execute(self.inserts[table.name], (*values, record.at.page, record.at.line))
        except (sqlite3.IntegrityError, OverflowError, ValueError) as error:
            if table.derived:
                raise PluginError(f"a derived row breaks its table: {error}", where=self._where(table)) from error
            self.reject(self.invalid(table, record.values.get, record.at, error))
        return 0 if table.derived else 1

    def _withhold(self, table: Table, at: Location) -> int:
        if table.derived:
            return 0
        self._set_aside(Aside(REDACTED, {}, at))
        return 1

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

    def reject(self, rejected: Rejected) -> None:
        """Put a record into quarantine, without what is sensitive."""
        # A reader's message quotes the value it could not read.
        hidden = rejected.column in self.sensitive
        value, message = ("", HIDDEN) if hidden else (rejected.value, rejected.message)
        if self.redactions.holds_text(value, message):
            value, message = "", WITHHELD
        # Lone surrogates, which JSON can spell, are no text that SQLite could keep.
        value = value.encode(errors="backslashreplace").decode()
        row = (rejected.at.page, rejected.at.line, rejected.rule, rejected.column, value, message)
        self.connection.execute("INSERT INTO _quarantine VALUES (?, ?, ?, ?, ?, ?)", row)

    def invalid(self, table: Table, value_of: ValueOf, at: Location, error: Exception) -> Rejected:
        """Return the rejection of a row that breaks a column's type or check."""
        blamed = _BLAMED.search(str(error))
        column = blamed[1] if blamed and blamed[1] in own_columns(table) else ""
        value = value_of(column) if column else None
        return Rejected(INVALID, _without_value(str(error)), at, column, "" if value is None else str(value))

    def _where(self, table: Table) -> str:
        return f"source {self.source.name}, table {table.name}"

    def _settle_keys(self, table: Table) -> int:
        """Drop exact duplicates, quarantine every row of a key with different contents; returns the duplicates."""
        run, heap, key = self.connection.execute, self.heaps[table.name].name, ", ".join(self._key(table))
        try:
            run(f"CREATE UNIQUE INDEX key_{table.name} ON {heap} ({key})")
            return 0
        except sqlite3.IntegrityError:
            run(f"CREATE INDEX key_{table.name} ON {heap} ({key})")
        repeated = f"SELECT {key} FROM {heap} GROUP BY {key} HAVING count(*) > 1"
        run(f"CREATE TEMP TABLE repeated AS {repeated}")
        again = f"({key}) IN (SELECT * FROM temp.repeated)"
        # All of a row, uncompared columns too: rows that differ anywhere are no exact duplicates (law 4).
        content = ", ".join(self._content(table))
        run(
            f"CREATE TEMP TABLE contradicted AS SELECT {key} FROM (SELECT DISTINCT {content} FROM {heap}"
            f" WHERE {again}) GROUP BY {key} HAVING count(*) > 1"
        )
        self._quarantine_contradicted(table, key)
        duplicates = self._drop_duplicates(table, again, key)
        run("DROP TABLE temp.repeated")
        run("DROP TABLE temp.contradicted")
        return 0 if table.derived else duplicates

    def _key(self, table: Table) -> tuple[str, ...]:
        """The key columns that differ within a stage."""
        return table.key

    def _content(self, table: Table) -> tuple[str, ...]:
        """The columns that differ within a stage."""
        return own_columns(table)

    def _quarantine_contradicted(self, table: Table, key: str) -> None:
        heap = self.heaps[table.name]
        which = f"({key}) IN (SELECT * FROM temp.contradicted)"
        found = self.connection.execute(
            f"SELECT {heap.page}, line_, {key} FROM {heap.name} WHERE {which} ORDER BY rowid"
        ).fetchall()
        if found and table.derived:
            message = f"parse yields {len(found)} derived rows that contradict each other"
            raise PluginError(message, where=self._where(table))
        for row in found:
            self.reject(self._conflict(self._key(table), Location(row[0], row[1]), row[2:]))
        self._drop(table, which)

    def _drop_duplicates(self, table: Table, again: str, key: str) -> int:
        heap = self.heaps[table.name]
        first = f"SELECT min(rowid) FROM {heap.name} WHERE {again} GROUP BY {key}"
        later = f"{again} AND rowid NOT IN ({first})"
        if not table.derived:
            self.connection.execute(
                f"INSERT INTO _duplicates SELECT {heap.page}, line_ FROM {heap.name} WHERE {later} ORDER BY rowid"
            )
        return self._drop(table, later)

    def _drop(self, table: Table, which: str) -> int:
        return self.connection.execute(f"DELETE FROM {self.heaps[table.name].name} WHERE {which}").rowcount

    def _conflict(self, key: tuple[str, ...], at: Location, values: tuple[Value, ...]) -> Rejected:
        shown = [
            f"one {name}" if name in self.sensitive else f"{name} {value}"
            for name, value in zip(key, values, strict=True)
        ]
        message = f"the capture holds different records of {', '.join(shown)}"
        return Rejected(CONFLICT, message, at, key[-1], str(values[-1]))

    def _save_meta(self, capture: Capture, facts: StageFacts) -> None:
        meta = {
            "source": capture.source,
            "scope": json.dumps({"name": capture.scope.name, "params": dict(capture.scope.params)}),
            "capture": capture.id,
            "sha256": capture.sha256,
            "parser_version": str(self.source.reading),
            "facts": json.dumps([facts.read, facts.duplicates, facts.quarantined, facts.aside]),
        }
        self.connection.executemany("INSERT INTO _meta VALUES (?, ?)", meta.items())


def _insert_sql(table: Table) -> str:
    slots = ", ".join("?" for _ in range(len(table.columns) + 2))
    return f"INSERT INTO {table.name} VALUES ({slots})"


def refuse_nul(table: Table, values: list[Value]) -> None:
    """Raise ValueError on text with a NUL in it: SQLite's JSON, and so undo, would cut it there."""
    for column, value in zip(table.columns, values, strict=True):
        if isinstance(value, str) and "\0" in value:
            raise ValueError(f"{table.name}.{column.name} holds a NUL")


def _without_value(message: str) -> str:
    return message.removeprefix("CHECK constraint failed: ").removeprefix("NOT NULL constraint failed: ")
