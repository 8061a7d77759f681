"""What a source computes from its rows: in the same transaction, in its own tables, and after every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from clerkcore import (
    About,
    Capture,
    Client,
    Column,
    Download,
    Note,
    Parsed,
    Record,
    Request,
    Scope,
    Site,
    Source,
    Table,
    Writer,
)
from clerkcore.errors import PluginError
from clerkcore.models import Kind, Outcome
from clerkcore.parsing import Line, read_delimited
from clerkcore.testing.bench import Bench

BOXES = Table(
    "boxes", ("box",), (Column("box"), Column("ballots", "integer")), title="Boxes", description="Ballots by box"
)
SUMS = Table("sums", ("what",), (Column("what"), Column("ballots", "integer")), title="Sums", description="Sums")


class Summing(Source):
    name: ClassVar[str] = "summing"
    database: ClassVar[str] = "voters"
    about = About("Boxes", "A county", "https://county.example/", "Public record")
    tables = (BOXES,)
    computed = (SUMS,)
    statement = ""

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield Scope("all")

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield client.get("https://county.example/")

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        for line in read_delimited(capture.pages[0], ("box", "ballots"), where=self.name):
            if isinstance(line, Line):
                yield Record("boxes", line.values, line.at)

    def compute(self, db: Writer, scope: Scope) -> Iterable[Note]:
        if self.statement:
            db.execute(self.statement)
        (row,) = db.rows("SELECT sum(ballots) AS ballots FROM boxes_effective")
        db.insert(SUMS, [{"what": "all", "ballots": row["ballots"]}])
        yield Note(f"{row['ballots']} ballots in all")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, Summing(), Scope("all"), Site("example.ca", "Example", "CA", Kind.CITY))


def load(bench: Bench, *rows: str) -> tuple[str, ...]:
    return bench.load({"boxes.csv": "\n".join(("box,ballots", *rows, "")).encode()}).notes


def sums(bench: Bench) -> list[int]:
    return [row["ballots"] for row in bench.query("SELECT ballots FROM sums")]


def test_what_is_computed_stands_with_the_rows_it_follows_from(bench: Bench) -> None:
    assert load(bench, "Hall,3", "Library,4") == ("7 ballots in all",)
    assert sums(bench) == [7]
    load(bench, "Hall,5", "Library,4")
    assert sums(bench) == [9]


def test_an_undo_computes_anew(bench: Bench) -> None:
    load(bench, "Hall,3", "Library,4")
    load(bench, "Hall,5", "Library,4")
    bench.undo(2)
    assert sums(bench) == [7]


def test_a_held_run_leaves_what_was_computed_before(bench: Bench) -> None:
    load(bench, *(f"Box {number},1" for number in range(20)))
    result = bench.load({"boxes.csv": b"box,ballots\nHall,1\n"})
    assert (result.outcome, sums(bench)) == (Outcome.HELD, [20])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM boxes",
        "UPDATE boxes SET ballots = 1",
        "INSERT INTO _clerk_findings SELECT * FROM _clerk_findings",
        "DROP TABLE sums",
        "ATTACH 'other.db' AS other",
        "PRAGMA user_version = 9",
    ],
)
def test_compute_writes_its_own_tables_and_nothing_else(bench: Bench, statement: str) -> None:
    Summing.statement = statement
    try:
        with pytest.raises(PluginError, match="compute asks what compute cannot"):
            load(bench, "Hall,3")
    finally:
        Summing.statement = ""
    with pytest.raises(Exception, match="no such table"):
        bench.query("SELECT * FROM boxes")


def test_rows_and_computed_tables_appear_together_or_not_at_all(bench: Bench) -> None:
    load(bench, "Hall,3")
    Summing.statement = "DELETE FROM boxes"
    try:
        with pytest.raises(PluginError):
            load(bench, "Hall,4")
    finally:
        Summing.statement = ""
    assert ([row["ballots"] for row in bench.rows()["boxes"]], sums(bench)) == ([3], [3])


DAYS = replace(SUMS, columns=(*SUMS.columns, Column("boxes", "integer")))


class Recounting(Summing):
    """The source as a newer plugin has it, with another column in its computed table; it computes on changes alone."""

    computed = (DAYS,)

    def compute(self, db: Writer, scope: Scope) -> Iterable[Note]:
        if db.changes is not None:
            live = "source = :source AND scope = :scope AND removed_run_id IS NULL"
            (row,) = db.rows(f"SELECT sum(ballots) AS ballots, count(*) AS boxes FROM boxes WHERE {live}")
            db.insert(DAYS, [{"what": "all", **row}])
        return ()


def recounted(bench: Bench) -> list[tuple[str, int, int]]:
    rows = bench.query("SELECT scope, ballots, boxes FROM sums ORDER BY scope")
    return [(row["scope"], row["ballots"], row["boxes"]) for row in rows]


def test_a_computed_table_made_anew_is_filled_though_the_source_has_not_changed(bench: Bench) -> None:
    load(bench, "Hall,3", "Library,4")
    bench.source = Recounting()
    result = bench.load({"boxes.csv": b"box,ballots\nHall,3\nLibrary,4\n"})
    assert (result.message, recounted(bench)) == ("the source has not changed", [("all", 7, 2)])


def test_a_computed_table_made_anew_is_filled_for_every_scope_of_the_source(bench: Bench) -> None:
    load(bench, "Hall,3")
    bench.scope = Scope("late")
    load(bench, "Hall,1", "Library,1")
    bench.source = Recounting()
    load(bench, "Hall,1", "Library,2")
    assert recounted(bench) == [("all", 3, 1), ("late", 3, 2)]


def test_a_computed_table_made_anew_is_filled_by_an_undo(bench: Bench) -> None:
    load(bench, "Hall,3")
    load(bench, "Hall,4")
    bench.source = Recounting()
    bench.undo(2)
    assert recounted(bench) == [("all", 3, 1)]


def test_a_held_run_leaves_the_computed_tables_as_they_were_declared(bench: Bench) -> None:
    load(bench, *(f"Box {number},1" for number in range(20)))
    bench.source = Recounting()
    bench.load({"boxes.csv": b"box,ballots\nHall,1\n"})
    assert sums(bench) == [20]
    assert bench.query("SELECT name FROM pragma_table_info('sums') WHERE name = 'boxes'") == []


def test_a_scope_that_was_computed_anew_is_not_computed_again(bench: Bench) -> None:
    load(bench, "Hall,3")
    bench.source = Recounting()
    load(bench, "Hall,3")
    assert bench.query("SELECT computed FROM _clerk_scopes") == [{"computed": 1}]
