"""A stage of lines: batches go in many rows at a time, and columns that never differ are kept once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from operator import add, itemgetter

from clerkcore.errors import PluginError
from clerkcore.interfaces import LineFormat, LineResult, Source, Table
from clerkcore.lines import Batch, read_batches
from clerkcore.models import Aside, Capture, Location, Value
from clerkcore.road.staging import Heap, StageFile
from clerkcore.store.changes import StageFacts
from clerkcore.store.redactions import REDACTED, Redactions
from clerkcore.store.tables import column_sql, own_columns

VALUES_AT_ONCE = 400  # bound values in one statement; more make it no faster
Row = tuple[Value, ...]
Tell = Callable[[int, int], None]


class LineStage(StageFile):
    """The open stage file while a source's lines are read into it.

    The rows lie in `<table>_lines` with the columns that differ, the line's number and the page's; the table itself is
    a view that adds the columns that do not.
    """

    def __init__(
        self, connection: sqlite3.Connection, source: Source, form: LineFormat, redactions: Redactions | None = None
    ) -> None:
        super().__init__(connection, source, redactions)
        self.form = form
        self.table = form.table
        self.heap = f"{form.table.name}_lines"
        self.heaps[form.table.name] = Heap(self.heap, "(SELECT name FROM _pages WHERE number = page_)")
        self.constants = {name: value for name, value in form.constants.items() if name not in form.columns}
        self.rows_at_once = max(1, VALUES_AT_ONCE // (len(form.columns) + 1))
        self.tests = [
            (test, [self._place(column.name) for column in test.columns])
            for test in self.redactions.tests.get(self.table.name, ())
        ]
        self.read = 0
        self.tally: Counter[Row] = Counter()
        self.tallied = [form.columns.index(column) for column in form.table.tally if column in form.columns]

    def _place(self, column: str) -> tuple[int | None, Value]:
        """Return where in a row's tuple a column stands, or what it always is."""
        columns = self.form.columns
        return (columns.index(column), None) if column in columns else (None, self.constants.get(column))

    def create_table(self, table: Table) -> None:
        """Make the heap of lines and the view over it; any other table as it is."""
        if table.name != self.table.name:
            super().create_table(table)
            return
        self._check_columns()
        declared = {column.name: column for column in table.columns}
        # In the order of the format, which is that of its rows.
        columns = ", ".join(column_sql(declared[name], table) for name in self.form.columns)
        run = self.connection.execute
        run("CREATE TABLE _pages (number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
        run(f"CREATE TABLE {self.heap} (line_ INTEGER NOT NULL, page_ INTEGER NOT NULL, {columns}) STRICT")
        shown = ", ".join(self._shown(column.name) for column in table.columns)
        page = self.heaps[table.name].page
        run(f"CREATE VIEW {table.name} AS SELECT {shown}, {page} AS page_, line_ FROM {self.heap}")

    def _shown(self, column: str) -> str:
        if column in self.form.columns:
            return column
        literal = self.connection.execute("SELECT quote(?)", (self.constants.get(column),)).fetchone()[0]
        return f"{literal} AS {column}"

    def _check_columns(self) -> None:
        """PluginError where the format's columns and constants do not make up rows of the table."""
        unknown = {*self.form.columns, *self.constants}.difference(own_columns(self.table))
        if unknown:
            raise PluginError(f"the lines give the column {min(unknown)!r}, which it lacks", where=self._of_lines())
        fixed = [column for column in self.table.columns if column.name not in self.form.columns]
        checked = ", ".join(column_sql(column, self.table) for column in fixed)
        if not checked:
            return
        self.connection.execute(f"CREATE TEMP TABLE fixed ({checked}) STRICT")
        slots = ", ".join("?" for _ in fixed)
        values = [self.constants.get(column.name) for column in fixed]
        try:
            self.connection.execute(f"INSERT INTO temp.fixed VALUES ({slots})", values)
        except sqlite3.IntegrityError as error:
            raise PluginError(f"what is the same in every line breaks it: {error}", where=self._of_lines()) from error
        self.connection.execute("DROP TABLE temp.fixed")

    def _of_lines(self) -> str:
        return f"source {self.source.name}, table {self.table.name}"

    def _key(self, table: Table) -> tuple[str, ...]:
        if table.name != self.table.name:
            return table.key
        return tuple(column for column in table.key if column in self.form.columns)

    def _content(self, table: Table) -> tuple[str, ...]:
        return self.form.columns if table.name == self.table.name else own_columns(table)

    def fill(self, capture: Capture, tell: Tell) -> StageFacts:
        """Read every line of a capture, telling after each batch how many records and bytes that are."""
        self.create()
        done = 0
        for number, page in enumerate(capture.pages):
            self.open_page(number, page.name)
            for batch in read_batches(self.form, page, capture.source):
                self.take(number, batch)
                done += sum(map(len, batch.lines)) + len(batch.lines)
                tell(self.read, done)
        return self.finish(capture, self.read)

    def finish(self, capture: Capture, read: int) -> StageFacts:
        """Settle the keys, write the tally down, and return what staging knows of the records."""
        facts = super().finish(capture, read)
        self.connection.execute("BEGIN")
        self._save_tally()
        self.connection.execute("COMMIT")
        return facts

    def _save_tally(self) -> None:
        if not self.table.tally:
            return
        name, columns = f"tally_{self.table.name}", [self.form.columns[at] for at in self.tallied]
        run = self.connection.execute
        run(f"CREATE TABLE {name}_lines ({', '.join([*columns, 'count_'])})")
        slots = ", ".join("?" for _ in [*columns, ""])
        rows = ((*values, count) for values, count in self.tally.items() if count)
        self.connection.executemany(f"INSERT INTO {name}_lines VALUES ({slots})", rows)
        shown = ", ".join(self._shown(column) for column in self.table.tally)
        run(f"CREATE VIEW {name} AS SELECT {shown}, count_ FROM {name}_lines")

    def _drop(self, table: Table, which: str) -> int:
        if table.name == self.table.name and self.tallied:
            columns = ", ".join(self.form.columns[at] for at in self.tallied)
            rows = self.connection.execute(f"SELECT {columns} FROM {self.heap} WHERE {which}")
            self.tally.subtract(rows)
        return super()._drop(table, which)

    def open_page(self, number: int, name: str) -> None:
        """Note a page's name by its number."""
        self.connection.execute("INSERT INTO _pages VALUES (?, ?)", (number, name))

    def take(self, page: int, batch: Batch) -> None:
        """Keep what the reader says of a batch of lines."""
        if self.redactions:
            batch = replace(batch, results=[self._without_redacted(result) for result in batch.results])
        rows: Iterable[Row]
        if set(map(type, batch.results)) == {tuple}:
            rows = list(map(add, zip(batch.numbers, strict=True), batch.results))
            self.read += len(batch.results)
        else:
            rows = self._sort_out(batch)
        if b"\0" in b"".join(batch.lines) or not self._insert(page, rows):
            rows = [row for row in rows if self._insert_one(page, batch.page, row)]
        if self.tallied:
            self.tally.update(zip(*(map(itemgetter(at + 1), rows) for at in self.tallied), strict=True))

    def _without_redacted(self, result: LineResult) -> LineResult:
        if not isinstance(result, tuple):
            return result
        for test, places in self.tests:
            values = [fixed if at is None else result[at] for at, fixed in places]
            if self.redactions.meets(test, values):
                # The road knows where the line stood.
                return Aside(REDACTED, {}, Location("", 0))
        return result

    def _sort_out(self, batch: Batch) -> list[Row]:
        rows: list[Row] = []
        for number, result in zip(batch.numbers, batch.results, strict=True):
            if isinstance(result, tuple):
                rows.append((number, *result))
                self.read += 1
            elif result is not None:
                self.read += self.keep(replace(result, at=Location(batch.page, number)))
        return rows

    def _insert(self, page: int, rows: Sequence[Row]) -> bool:
        """Insert all rows, or none where one of them breaks a rule."""
        at_once = self.rows_at_once
        whole = len(rows) - len(rows) % at_once
        flat = [tuple(chain.from_iterable(rows[at : at + at_once])) for at in range(0, whole, at_once)]
        self.connection.execute("SAVEPOINT batch")
        try:
            self.connection.executemany(self._insert_sql(page, at_once), flat)
            self.connection.executemany(self._insert_sql(page, 1), rows[whole:])
        except (sqlite3.IntegrityError, OverflowError, ValueError):
            self.connection.execute("ROLLBACK TO batch")
            self.connection.execute("RELEASE batch")
            return False
        self.connection.execute("RELEASE batch")
        return True

    def _insert_sql(self, page: int, rows: int) -> str:
        one = f"(?, {page}, {', '.join('?' for _ in self.form.columns)})"
        return f"INSERT INTO {self.heap} VALUES {', '.join([one] * rows)}"

    def _insert_one(self, page: int, name: str, row: Row) -> bool:
        """Insert a row, or put its line into quarantine; returns whether it was inserted."""
        try:
            for column, value in zip(self.form.columns, row[1:], strict=True):
                if isinstance(value, str) and "\0" in value:
                    raise ValueError(f"{self.table.name}.{column} holds a NUL")
            self.connection.execute(self._insert_sql(page, 1), row)
        except (sqlite3.IntegrityError, OverflowError, ValueError) as error:
            values: dict[str, Value] = dict(zip(self.form.columns, row[1:], strict=True))
            self.reject(self.invalid(self.table, values.get, Location(name, int(row[0] or 0)), error))
            return False
        return True
