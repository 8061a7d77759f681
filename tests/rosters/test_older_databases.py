"""A database of the schema before is brought up to date by the next load."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.rosters.conftest import State, roster

from clerkcore.store.system import SCHEMA_VERSION

MONDAY, TUESDAY = "2026-05-18", "2026-05-19"
OF_SCHEMA_2 = ("runs", "scopes", "captures", "history", "quarantine", "asides", "findings", "tables", "columns")
LINES = ("ADAMS 1001 P S1", "ADAMS 1001 P S1", "BROWN 1002 M S1")


@contextmanager
def opened(state: State) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(state.folder / "site" / "voters.db")) as connection:
        yield connection


@pytest.fixture
def old(folder: Path) -> State:
    """A site whose database a clerk of schema 2 filled: it kept no lines of exact duplicates, for one."""
    state = State(folder)
    state.load(roster(*LINES))
    with opened(state) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            if name.startswith("_clerk_") and name.removeprefix("_clerk_") not in OF_SCHEMA_2:
                connection.execute(f"DROP TABLE {name}")
        connection.execute("PRAGMA user_version = 2")
    return state


def schema(state: State) -> tuple[int, list[tuple[object, ...]]]:
    with opened(state) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        return version, connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


def test_a_database_of_schema_2_becomes_one_of_today(old: State, make_state: Callable[..., State]) -> None:
    fresh = make_state()
    fresh.load(roster(*LINES))
    assert schema(old)[0] == 2
    old.load(roster(*LINES, "CLAY 1003 P S1"))
    assert schema(old) == schema(fresh)
    assert schema(old)[0] == SCHEMA_VERSION


def test_rows_and_totals_of_schema_2_are_compared_with_the_next_file(old: State) -> None:
    result = old.load(roster(*LINES, "CLAY 1003 P S1"))
    counts = result.counts
    assert (counts.read, counts.added, counts.unchanged, counts.duplicates) == (4, 1, 2, 1)
    assert old.turnout() == [
        ("ADAMS", "early", MONDAY, 1, 1),
        ("BROWN", "absentee-mail", MONDAY, 1, 1),
        ("CLAY", "early", MONDAY, 1, 1),
    ]


def test_the_duplicates_of_schema_2_are_known_after_the_next_load(old: State) -> None:
    old.load(roster(*LINES, "CLAY 1003 P S1"))
    assert old.ask("SELECT run_id, line FROM _clerk_duplicates") == [(2, 3)]
    old.load(roster(*LINES, "CLAY 1003 P S2"))
    assert old.bench().relative_to
    assert old.ask("SELECT run_id, line FROM _clerk_duplicates") == [(2, 3), (3, 3)]


def test_a_file_that_schema_2_holds_already_is_fresh(old: State) -> None:
    assert str(old.load(roster(*LINES)).outcome) == "fresh"


def test_a_run_of_schema_2_can_be_undone(old: State) -> None:
    old.undo(1)
    assert (old.turnout(), schema(old)[0]) == ([], SCHEMA_VERSION)


def test_another_day_beside_one_of_schema_2_is_told_apart_from_it(old: State) -> None:
    old.load(roster("ADAMS 1001 P S1"), TUESDAY)
    assert old.turnout()[-1] == ("ADAMS", "early", TUESDAY, 0, 1)
