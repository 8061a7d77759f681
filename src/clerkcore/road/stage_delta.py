"""A stage of the lines that differ from the snapshot before; it leads to the change set that a full stage leads to.

A key is touched when a line that gave its row is gone, when a line of it is new, or when a line of it gave no row of
its own before: a rejected one, an aside, an exact duplicate, one of several that contradict each other. Lines of the
last kind are read again whenever they are still there. For every touched key the stage then holds all that the new
snapshot says of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clerkcore.errors import SourceError
from clerkcore.fetch.streams import HashedStream
from clerkcore.interfaces import LineFormat, Source
from clerkcore.lines import Batch, PageRecords, Tail, join_records, read_batches, refuse_cut, split_lines
from clerkcore.models import Capture, Page, Value
from clerkcore.road.stage import make_stage
from clerkcore.road.stage_lines import LineStage
from clerkcore.store.changes import StageFacts, touched_name
from clerkcore.store.database import read_database
from clerkcore.store.linediff import Batches, LineDelta, Numbered, compare_in_step
from clerkcore.store.quarantine import irregular_lines
from clerkcore.store.runs import Applied, find_application, read_base
from clerkcore.store.tables import own_columns
from clerkcore.store.update_log import count_live, sum_live

KEYS_AT_ONCE = 5000
NO_PAGE = -1  # of rows whose line is not among those that differ
SAMPLE = 200  # lines of a page that are read again to see whether they still give their rows
SHARE = 0.05  # of the records may differ; beyond, staging all of them is no slower
FEWEST = 1000
MOST = 120_000  # records that may be held in memory
Key = tuple[Value, ...]
Row = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The capture that a scope's rows mirror: what was read of it, and which of its lines gave no row of their own.

    `live` are the rows that the scope has in each table.
    """

    capture: Capture
    applied: Applied
    irregular: Mapping[str, Sequence[int]]
    live: Mapping[str, int]


class DoesNotMatch(Exception):
    """The rows are not what the snapshot says, or the differing lines alone do not tell what becomes of a key."""


def read_snapshot(database: Path, base: Capture, source: Source) -> Snapshot | None:
    """Return what the database knows of the capture that a scope's rows mirror; None where they do not match it."""
    with read_database(database) as connection:
        known = read_base(connection, source.name, base.scope.name)
        applied = find_application(connection, known.run_id, source.name, base.scope.name) if known else None
        if known is None or applied is None or known.capture != base.id or applied.sha256 != base.sha256:
            return None
        if known.parser_version != source.reading:
            return None
        irregular = irregular_lines(connection, applied.run_id, source.name, base.scope.name)
        live = count_live(connection, source, base.scope.name)
    counts = applied.counts
    noted = sum(map(len, irregular.values()))
    rows = counts.added + counts.changed + counts.unchanged
    if noted != counts.duplicates + counts.quarantined + counts.aside or sum_live(source, live) != rows:
        return None
    return Snapshot(base, applied, irregular, live)


@dataclass(frozen=True, slots=True)
class PageDelta:
    """How one page differs from the page of the same name in the snapshot before."""

    old: Page
    new: Page
    lines: LineDelta
    tail: Tail


def find_delta(form: LineFormat, snapshot: Snapshot, capture: Capture) -> list[PageDelta] | None:
    """Return page by page which lines differ; None where pages or headers do, or too many lines."""
    olds, news = snapshot.capture.pages, capture.pages
    if [page.name for page in olds] != [page.name for page in news]:
        return None
    limit = min(MOST, max(FEWEST, int(SHARE * snapshot.applied.counts.read)))
    if sum(map(len, snapshot.irregular.values())) > limit:
        return None
    whole = sha256()
    deltas: list[PageDelta] = []
    for old, new in zip(olds, news, strict=True):
        tail, digest = Tail(), _Digest()
        watched = sorted(set(snapshot.irregular.get(old.name, ())))
        lines = (
            _compare(form, old, new, limit, watched, tail, digest)
            if _same_header(form, old, new, capture.source)
            else None
        )
        if lines is None or len(lines) + sum(len(delta.lines) for delta in deltas) > limit:
            return None
        whole.update(digest.value)
        deltas.append(PageDelta(old, new, lines, tail))
    # Rows can be told from lines only where the kept lines are those that the rows came from.
    return deltas if whole.hexdigest() == snapshot.capture.sha256 else None


class _Digest:
    """The sha256 of a page that was read to its end."""

    value = b""


def _compare(
    form: LineFormat, old: Page, new: Page, limit: int, watched: Sequence[int], tail: Tail, digest: _Digest
) -> LineDelta | None:
    def olds() -> Iterator[list[bytes]]:
        with old.open() as stream:
            hashed = HashedStream(stream)
            yield from split_lines(hashed, old.name, Tail())
            digest.value = hashed.digest()

    def news() -> Iterator[list[bytes]]:
        # Read more than once where the order differs.
        tail.lines, tail.ended = 0, True
        with new.open() as stream:
            yield from split_lines(stream, new.name, tail)

    asked: tuple[Batches, Batches, bool, int, Sequence[int]] = (olds, news, form.quoted, limit, watched)
    in_step = compare_in_step(*asked)
    if in_step is not None:
        return in_step
    # Not at the top: only files in another order must pay for numpy.
    from clerkcore.store.linehash import compare_hashes

    return compare_hashes(*asked)


def _same_header(form: LineFormat, old: Page, new: Page, where: str) -> bool:
    return not form.headed or _header(form, old, where) == _header(form, new, where)


def _header(form: LineFormat, page: Page, where: str) -> bytes:
    """Return the first record of a page as it stands, whatever today's settings make of it."""
    with page.open() as stream:
        first = next(join_records(split_lines(stream, f"{where} {page.name}", Tail()), form.quoted), None)
    if first is None:
        raise SourceError("is empty", where=f"{where} {page.name}", remedy="fetch it again")
    return first[1][0]


class DeltaStage(LineStage):
    """The open stage file while the lines that differ are read into it."""

    def __init__(self, connection: sqlite3.Connection, source: Source, form: LineFormat, database: Path) -> None:
        super().__init__(connection, source, form)
        self.database = database
        self.key = self._key(form.table)
        self.key_at = [form.columns.index(column) for column in self.key]

    def fill_from(self, snapshot: Snapshot, capture: Capture, deltas: Sequence[PageDelta]) -> StageFacts:
        """Read the lines that differ; DoesNotMatch where they do not tell all."""
        self.create()
        come = [self._read(capture, page.new, _new_records(page.lines)) for page in deltas]
        gone = [self._read(capture, page.old, page.lines.removed) for page in deltas]
        for batch, page in zip(come, deltas, strict=True):
            self._refuse_cut(capture, batch, page.tail)
        regular: dict[Key, Row] = {}
        for batch in gone:
            regular.update(self._rows(batch, but=frozenset(snapshot.irregular.get(batch.page, ()))))
        touched = {key for batch in (*come, *gone) for key in self._rows(batch)}
        self._stand(self._look_up(capture, touched, regular))
        for number, batch in enumerate(come):
            self.open_page(number, batch.page)
            self.take(number, batch)
        self._list_touched(touched)
        again = sum(len(page.lines.kept) for page in deltas)
        lost = sum(result is not None for batch in gone for result in batch.results)
        facts = self.finish(capture, snapshot.applied.counts.read + self.read - again - lost)
        if self.connection.execute("SELECT 1 FROM _quarantine WHERE line = 0").fetchone():
            raise DoesNotMatch("a new line contradicts one that is not among those that differ")
        return facts

    def _read(self, capture: Capture, page: Page, records: Sequence[Numbered]) -> Batch:
        """Return what the reader says of some records of a page, in their order."""
        numbers, lines = [number for number, _ in records], [line for _, line in records]
        with page.open() as stream:
            reader = PageRecords(self.form, page, stream, capture.source).reader
        return Batch(page.name, numbers, lines, reader(lines) if lines else ())

    def _refuse_cut(self, capture: Capture, batch: Batch, tail: Tail) -> None:
        if tail.ended:
            return
        if self.form.whole:
            refuse_cut(self.form, b"", None, f"{capture.source} {batch.page} line {tail.lines}")
        if not batch.lines or batch.numbers[-1] + batch.lines[-1].count(b"\n") != tail.lines:
            raise DoesNotMatch("the last record, which may be cut off, is not among those that differ")
        number, line = batch.numbers[-1], batch.lines[-1]
        refuse_cut(self.form, line, batch.results[-1], f"{capture.source} {batch.page} line {number}")

    def _rows(self, batch: Batch, but: frozenset[int] = frozenset()) -> dict[Key, Row]:
        """Return the rows of a batch by key, those of some lines left out."""
        return {
            tuple([result[at] for at in self.key_at]): result
            for number, result in zip(batch.numbers, batch.results, strict=True)
            if isinstance(result, tuple) and number not in but
        }

    def _look_up(self, capture: Capture, touched: Iterable[Key], regular: Mapping[Key, Row]) -> list[Row]:
        """Return the live rows of touched keys whose line stands; DoesNotMatch where a row is not its line's."""
        live = self.live_rows(capture, {*touched, *regular})
        if any(live.get(key) != row for key, row in regular.items()):
            raise DoesNotMatch("a row is not what its line says")
        return [row for key, row in live.items() if key not in regular]

    def live_rows(self, capture: Capture, keys: Iterable[Key]) -> dict[Key, Row]:
        """Return the live rows of some keys; DoesNotMatch where a row has other constants than the lines have now."""
        found: dict[Key, Row] = {}
        with read_database(self.database) as connection:
            connection.row_factory = None
            wanted = sorted(keys, key=repr)
            for start in range(0, len(wanted), KEYS_AT_ONCE):
                self._add_live(connection, capture, wanted[start : start + KEYS_AT_ONCE], found)
        return found

    def _add_live(
        self, connection: sqlite3.Connection, capture: Capture, keys: Sequence[Key], found: dict[Key, Row]
    ) -> None:
        fixed = [column for column in own_columns(self.table) if column not in self.form.columns]
        same = " AND ".join(f"m.{column} = j.value ->> {at}" for at, column in enumerate(self.key))
        known = " AND ".join(f"m.{column} = ?" for column in self.table.key if column in fixed) or "1"
        asked = (json.dumps(keys), capture.source, capture.scope.name)
        constants = [self.constants.get(column) for column in self.table.key if column in fixed]
        for row in connection.execute(
            f"SELECT {', '.join(f'm.{column}' for column in (*self.form.columns, *fixed))}"
            f" FROM json_each(?) j CROSS JOIN {self.table.name} m WHERE m.source = ? AND m.scope = ? AND {same}"
            f" AND {known} AND m.removed_run_id IS NULL",
            (*asked, *constants),
        ):
            own, others = row[: len(self.form.columns)], row[len(self.form.columns) :]
            if others != tuple(self.constants.get(column) for column in fixed):
                raise DoesNotMatch("what is the same in every line has changed")
            found[tuple([own[at] for at in self.key_at])] = own

    def _stand(self, rows: Iterable[Row]) -> None:
        """Keep rows whose line is not at hand, as line 0 of no page, before any other row."""
        self.open_page(NO_PAGE, "")
        self.connection.executemany(self._insert_sql(NO_PAGE, 1), ((0, *row) for row in rows))

    def _list_touched(self, touched: Iterable[Key]) -> None:
        name = touched_name(self.table)
        run = self.connection.execute
        run(f"CREATE TABLE {name}_lines ({', '.join(self.key)}, PRIMARY KEY ({', '.join(self.key)})) WITHOUT ROWID")
        slots = ", ".join("?" for _ in self.key)
        self.connection.executemany(f"INSERT INTO {name}_lines VALUES ({slots})", touched)
        shown = ", ".join(self._shown(column) for column in self.table.key)
        run(f"CREATE VIEW {name} AS SELECT {shown} FROM {name}_lines")

    def refuse_other_rows(self, snapshot: Snapshot, capture: Capture) -> None:
        """DoesNotMatch where the first lines of the snapshot are read otherwise today, as by other settings."""
        for page in snapshot.capture.pages:
            batch = next(read_batches(self.form, page, capture.source), None)
            if batch:
                first = Batch(page.name, batch.numbers[:SAMPLE], batch.lines[:SAMPLE], batch.results[:SAMPLE])
                rows = self._rows(first, but=frozenset(snapshot.irregular.get(page.name, ())))
                self._look_up(capture, (), rows)


def _new_records(delta: LineDelta) -> list[Numbered]:
    """Return the records to read: those that are new, and those that gave no row of their own before."""
    return sorted([*delta.added, *((number, record) for _, number, record in delta.kept)])


def stage_delta(
    source: Source, form: LineFormat, snapshot: Snapshot, capture: Capture, database: Path, path: Path
) -> StageFacts | None:
    """Make the stage of the lines that differ; None where all lines must be staged."""
    before = source.lines(snapshot.capture.scope)
    if before is None or before.columns != form.columns or dict(before.constants) != dict(form.constants):
        return None
    deltas = find_delta(form, snapshot, capture)
    if deltas is None:
        return None

    def fill(connection: sqlite3.Connection) -> StageFacts:
        stage = DeltaStage(connection, source, form, database)
        try:
            stage.refuse_other_rows(snapshot, capture)
        except SourceError as error:
            raise DoesNotMatch("the snapshot is not what the source sends today") from error
        return stage.fill_from(snapshot, capture, deltas)

    try:
        return make_stage(path, fill)
    except DoesNotMatch:
        return None
