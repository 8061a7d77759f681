"""What is redacted is in no byte of a site any more, and stays away; every other row is as without it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.redact.conftest import CODE, MEMORY, SECRET, Lines, People, Searched, World, day, forgotten, person

from clerkcore.errors import LeaseLost, SourceError, UsageError
from clerkcore.models import Capture, Outcome, Parsed
from clerkcore.road.redact import redact_record

OTHERS = ("a1", "b2", "c3")
LINES = st.one_of(
    st.builds(person, st.sampled_from(OTHERS), st.sampled_from(("Ann", "Bob")), st.sampled_from((1, 2, -1, "x", 101))),
    st.builds(forgotten, st.sampled_from((1, 2, -1, "x", 101)), st.sampled_from(("Alma", "Bern"))),
    st.sampled_from(("# note", f"# about {CODE}: {SECRET}", "ragged", f"{CODE};{SECRET}", f"{CODE}|{SECRET}|7")),
)
FILES = st.lists(LINES, max_size=6)
STEPS = st.one_of(
    st.tuples(st.just("load"), FILES),
    st.tuples(st.just("load"), FILES),
    st.tuples(st.just("other year"), FILES),
    st.tuples(st.just("late"), st.tuples(st.integers(1, 3), FILES)),
    st.tuples(st.just("undo"), st.just(())),
)


def take(world: World, kind: str, what: Any) -> None:
    """Take one step; what is refused is refused."""
    if kind == "undo":
        known = world.ask("SELECT max(run_id) FROM _clerk_runs WHERE scope = '2026' AND job <> 'redact'")
        try:
            world.undo(known[0][0] or 0)
        except UsageError:
            return
    elif kind == "late":
        world.load(*what[1], taken=day(what[0]))
    else:
        world.load(*what, year=2025 if kind == "other year" else 2026)


@settings(
    max_examples=12, deadline=None, phases=[Phase.generate, Phase.shrink], suppress_health_check=[HealthCheck.too_slow]
)
@given(before=st.lists(STEPS, max_size=4), after=st.lists(STEPS, max_size=4), lines=st.booleans())
def test_a_redacted_record_is_in_no_byte_and_changes_no_other_row(
    before: list[tuple[str, Any]], after: list[tuple[str, Any]], lines: bool
) -> None:
    source: type[People] = Lines if lines else Searched
    with TemporaryDirectory(dir=MEMORY) as one, TemporaryDirectory(dir=MEMORY) as other:
        world, untouched = World(Path(one), source()), World(Path(other), source())
        for kept in (world, untouched):
            kept.load(person("a1", "Ann"), forgotten())
            for kind, what in before:
                take(kept, kind, what)
        world.redact()
        untouched.run_id = world.run_id
        assert world.leaks() == []
        for kept in (world, untouched):
            for kind, what in (*after, ("load", [person("z9", "Zoe"), forgotten(5)])):
                take(kept, kind, what)
        assert world.people() == untouched.people()
        assert world.ask(f"SELECT * FROM people WHERE code = '{CODE}'") == []
        assert world.leaks() == []


def test_a_record_that_comes_again_is_set_aside_and_counted(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten())
    world.redact()
    result = world.load(person("a1", "Ann"), person("b2", "Bob"), forgotten(41))
    counts = result.counts
    assert (result.outcome, counts.read, counts.added, counts.unchanged, counts.aside) == (Outcome.CHANGED, 3, 1, 1, 1)
    assert world.ask("SELECT run_id, line, rule, record FROM _clerk_asides") == [(3, 3, "redacted", "{}")]


def test_the_same_file_again_is_fresh_and_its_bytes_do_not_stay(world: World) -> None:
    lines = person("a1", "Ann"), forgotten()
    world.load(*lines)
    world.redact()
    assert (world.load(*lines).outcome, world.leaks()) == (Outcome.FRESH, [])


def test_a_file_without_the_record_keeps_its_bytes(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten())
    world.redact()
    world.load(person("a1", "Ann"), person("b2", "Bob"))
    assert len(list(world.folder.rglob("*.gz"))) == 1


def test_lines_are_compared_as_they_are_where_nothing_is_redacted(folder: Path) -> None:
    world = World(folder, Lines())
    world.load(person("b2", "Bob"), forgotten(), year=2025)
    world.load(person("a1", "Ann"), forgotten())
    world.redact(scope="2025")
    result = world.load(person("a1", "Ann"), forgotten(41))
    assert (result.counts.changed, world.reports[-1]) == (1, "people.ca people 2026: people.txt, 46 bytes")
    assert world.ask(f"SELECT scope FROM people WHERE code = '{CODE}'") == [("2026",)]


def test_an_undo_brings_nothing_back(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten(40))
    world.load(person("a1", "Ann"), forgotten(41))
    world.load(person("a1", "Ann"))
    world.redact()
    for run_id in (3, 2, 1):
        world.undo(run_id)
    assert (world.people(), world.leaks()) == ([("2026", "a1", "Alma", "Ann", 40, 0)], [])
    assert world.ask(f"SELECT * FROM people WHERE code = '{CODE}'") == []


def test_a_redaction_cannot_be_undone(world: World) -> None:
    world.load(forgotten())
    world.redact()
    with pytest.raises(UsageError) as caught:
        world.undo(2)
    assert str(caught.value) == ("run 2 redacted records, which is for good (runs before and after it can be undone)")


def test_what_was_held_can_still_be_accepted_and_leaves_no_byte(folder: Path) -> None:
    world = World(folder, shrink_limit=0.1)
    world.load(*(person(f"p{n}", "Ann") for n in range(9)), forgotten())
    world.redact()
    held = world.load(person("p1", "Ann"), forgotten(41))
    assert (held.outcome, len(world.leaks())) == (Outcome.HELD, 1)
    assert (world.accept(held).outcome, world.leaks()) == (Outcome.CHANGED, [])


def test_a_held_run_whose_bytes_are_gone_says_so(folder: Path) -> None:
    world = World(folder, shrink_limit=0.1)
    world.load(*(person(f"p{n}", "Ann") for n in range(9)), forgotten())
    held = world.load(person("p1", "Ann"), forgotten(41))
    world.redact()
    result = world.accept(held)
    today = world.ask("SELECT substr(at, 1, 10) FROM _clerk_redactions")[0][0]
    assert (result.outcome, result.message, result.remedy) == (
        Outcome.FAILED,
        f"people.ca people 2026: the raw bytes of capture {held.capture} were removed on {today}, for they held a"
        " redacted record (run 3, by A. Clerk: court order)",
        "pull again; what was redacted stays away",
    )


def test_a_stage_is_made_anew_without_the_record(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten(39), taken=day(1))
    world.load(person("a1", "Ann"), forgotten())
    assert world.transform().outcome is Outcome.FRESH
    world.redact()
    assert list(world.folder.rglob("stage/people/*")) == []
    assert world.transform().message.endswith("by A. Clerk: court order)")


def test_transform_and_load_keep_the_record_out(world: World) -> None:
    world.load(person("a1", "Ann"))
    world.redact()
    world.extract(person("a1", "Ann"), forgotten())
    world.transform()
    assert [Path(leak).suffix for leak in world.leaks()] == [".gz"]
    result = world.load_stage()
    assert (result.outcome, result.counts.aside, world.leaks()) == (Outcome.FRESH, 1, [])


def test_a_record_known_by_some_columns_of_its_key_goes_in_all_its_rows(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten(town="Alma"), forgotten(town="Bern"))
    world.redact(f"code={CODE}", "town=Alma")
    assert world.ask(f"SELECT town FROM people WHERE code = '{CODE}'") == [("Bern",)]
    world.redact()
    assert (world.ask("SELECT code FROM people"), world.leaks()) == ([("a1",)], [])


def test_computed_tables_follow(world: World) -> None:
    world.load(person("a1", "Ann"), person("z1", "zz"), forgotten())
    world.redact()
    assert world.ask("SELECT initial, people, anyone FROM initials") == [("A", 1, "Ann"), ("z", 1, "zz")]


def test_a_failed_pull_leaves_no_byte(folder: Path) -> None:
    class Broken(Searched):
        def parse(self, capture: Capture) -> Iterator[Parsed]:
            raise SourceError("is no list of people", where=capture.id)

    world = World(folder)
    world.load(person("a1", "Ann"))
    world.redact()
    world.source = Broken()
    assert (world.load(forgotten()).outcome, world.leaks()) == (Outcome.FAILED, [])


@pytest.mark.parametrize("stopped_at", [1, 2, 3])
def test_a_redaction_that_was_interrupted_is_finished_by_the_next(folder: Path, stopped_at: int) -> None:
    world = World(folder)
    world.load(person("a1", "Ann"), forgotten(40))
    world.load(person("a1", "Ann"), forgotten(41))
    checks = count(1)

    def stop() -> None:
        if next(checks) == stopped_at:
            raise LeaseLost("another process has the site")

    with pytest.raises(LeaseLost):
        redact_record(world.work(job="redact", check_lease=stop), world.target())
    world.redact()
    assert (world.leaks(), world.people()) == ([], [("2026", "a1", "Alma", "Ann", 40, 1)])
    assert world.ask("SELECT rows_removed FROM _clerk_redactions") == [(1,)]


def test_nothing_comes_back_after_an_interruption(world: World) -> None:
    world.load(person("a1", "Ann"))
    checks = count(1)

    def stop() -> None:
        if next(checks) == 2:
            raise LeaseLost("another process has the site")

    with pytest.raises(LeaseLost):
        redact_record(world.work(job="redact", check_lease=stop), world.target())
    assert (world.load(person("a1", "Ann"), forgotten()).counts.aside, world.leaks()) == (1, [])


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (["name=Ann"], "'name=Ann' names no value of a column of the key of people, or one for the second time"),
        (["code"], "'code' names no value of a column of the key of people, or one for the second time"),
        (["code=1", "code=2"], "'code=2' names no value of a column of the key of people, or one for the second time"),
    ],
    ids=["no column of the key", "no value", "twice"],
)
def test_a_key_that_means_nothing_is_refused(world: World, key: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        world.redact(*key)
    assert str(caught.value) == f"{message} (write --key COLUMN=VALUE; its key: code, town)"


def test_a_scope_that_is_not_there_is_refused(world: World) -> None:
    world.load(person("a1", "Ann"))
    with pytest.raises(UsageError) as caught:
        world.redact(scope="1999")
    assert str(caught.value) == "people has no scope '1999' here (scopes: 2026)"


def test_a_preview_counts_and_changes_nothing(world: World) -> None:
    world.load(person("a1", "Ann"), forgotten(40), f"{CODE};{SECRET}", f"# {CODE}", forgotten(-1, "Bern"))
    world.load(person("a1", "Ann"), forgotten(101))
    before = world.ask("SELECT * FROM people"), sorted(world.folder.rglob("*.gz"))
    found = world.find()
    assert (dict(found.scopes), dict(found.captures_of)) == (
        {
            "2026": {
                "rows": 1,
                "before-images": 1,
                "quarantined records": 2,
                "records set aside": 1,
                "findings": 1,
            }
        },
        {"2026": 2},
    )
    assert (world.ask("SELECT * FROM people"), sorted(world.folder.rglob("*.gz"))) == before


def test_evidence_keeps_its_place_and_loses_its_content(world: World) -> None:
    world.load(person("a1", "Ann"), f"{CODE};{SECRET}", "ragged", forgotten(-1))
    world.redact()
    assert world.ask("SELECT line, rule, value, message FROM _clerk_quarantine ORDER BY line") == [
        (2, "ragged", "", "it holds a record that was redacted"),
        (3, "ragged", "ragged", "this line is no record: ragged"),
        (4, "invalid_value", "", "it holds a record that was redacted"),
    ]


def test_a_database_of_the_schema_before_has_no_redactions(world: World) -> None:
    world.load(person("a1", "Ann"))
    with closing(sqlite3.connect(world.database)) as connection:
        connection.execute("DROP TABLE _clerk_redactions")
        connection.execute("PRAGMA user_version = 3")
    assert world.load(person("a1", "Ann"), forgotten()).counts.added == 1
    world.redact()
    assert world.leaks() == []
