"""Views and computed tables of sources, and databases of an earlier version."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clerkcore.errors import PluginError
from clerkcore.interfaces import Column, View
from clerkcore.store.database import APPLICATION_ID, open_database, transaction
from clerkcore.store.system import SCHEMA_VERSION
from clerkcore.store.tables import check_tables, ensure_tables

from .test_tables import COUNTS, Plain, with_columns

BALLOTS = View(
    "ballots_by_day",
    "SELECT day, sum(ballots) AS ballots FROM counts_effective GROUP BY day",
    (Column("day", "date", "The day"), Column("ballots", "integer", "Ballots")),
    title="By day",
    description="Ballots by day",
)


class Viewed(Plain):
    views = (BALLOTS,)


def view_names(connection: sqlite3.Connection) -> set[str]:
    return {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")}


def test_a_view_is_made_and_described(tmp_path: Path) -> None:
    with open_database(tmp_path / "voters.db") as connection:
        ensure_tables(connection, Viewed())
        assert view_names(connection) == {"counts_effective", "ballots_by_day"}
        kinds = connection.execute("SELECT table_name, kind FROM _clerk_tables ORDER BY 1").fetchall()
        assert [tuple(row) for row in kinds] == [("ballots_by_day", "view"), ("counts", "source")]


def test_a_view_whose_question_changed_is_made_anew(tmp_path: Path) -> None:
    class Later(Viewed):
        views = (
            View(
                "ballots_by_day",
                "SELECT day, max(ballots) AS most FROM counts_effective GROUP BY day",
                (Column("day"), Column("most")),
                title="By day",
                description="Most",
            ),
        )

    with open_database(tmp_path / "voters.db") as connection:
        ensure_tables(connection, Viewed())
        ensure_tables(connection, Later())
        columns = [row["name"] for row in connection.execute("SELECT name FROM pragma_table_info('ballots_by_day')")]
        assert columns == ["day", "most"]


def test_a_table_is_rebuilt_under_the_views_of_another_source(tmp_path: Path) -> None:
    class Wider(Plain):
        tables = (with_columns(Column("note")),)

    with open_database(tmp_path / "voters.db") as connection:
        ensure_tables(connection, Viewed())
        ensure_tables(connection, Wider())
        assert view_names(connection) == {"counts_effective", "ballots_by_day"}
        assert connection.execute("SELECT * FROM ballots_by_day").fetchall() == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT nosuch FROM counts", "SQLite does not make it: no such column: nosuch"),
        ("SELECT 1 AS x FROM nowhere", "SQLite does not make it: no such table: main.nowhere"),
        ("SELECT day, ballots, county FROM counts", "its columns are not those it declares: county"),
        ("SELECT ballots, day FROM counts", "its columns are not those it declares: ballots, day"),
    ],
)
def test_a_view_that_cannot_be_made_is_refused_by_name(sql: str, message: str) -> None:
    class Broken(Plain):
        views = (View("ballots_by_day", sql, BALLOTS.columns, title="By day", description="Ballots"),)

    with pytest.raises(PluginError) as caught:
        check_tables(Broken())
    assert caught.value.message == message
    assert caught.value.where == "source plain, view ballots_by_day"


def test_a_database_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "voters.db"
    with closing(sqlite3.connect(path)) as old:
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
        old.execute("CREATE TABLE _clerk_tables (table_name TEXT, source TEXT) STRICT")
        old.execute(
            "CREATE TABLE _clerk_runs (run_id INTEGER, source TEXT, scope TEXT, capture TEXT, capture_sha256 TEXT,"
            " undoes_run_id INTEGER) STRICT"
        )
        old.execute("CREATE TABLE _clerk_scopes (source TEXT, scope TEXT) STRICT")
        old.execute("INSERT INTO _clerk_scopes VALUES ('plain', 'all')")
        old.execute("INSERT INTO _clerk_runs VALUES (1, 'plain', 'all', 'c1', 'x', NULL)")
        old.execute("INSERT INTO _clerk_runs VALUES (2, 'plain', 'all', 'c1', 'x', 1)")
        old.commit()
    with open_database(path) as connection, transaction(connection):
        assert connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        connection.execute("INSERT INTO _clerk_tables (table_name, source) VALUES ('counts', 'plain')")
        assert connection.execute("SELECT kind FROM _clerk_tables").fetchone()["kind"] == "source"
        captures = [tuple(row) for row in connection.execute("SELECT * FROM _clerk_captures")]
        assert captures == [("plain", "all", "c1", "x", 1)]
        assert [row["late"] for row in connection.execute("SELECT late FROM _clerk_runs")] == [0, 0]
        assert connection.execute("SELECT computed FROM _clerk_scopes").fetchone()["computed"] == 1


def test_a_computed_table_has_no_view_of_its_live_rows(tmp_path: Path) -> None:
    class Computing(Plain):
        tables = (COUNTS,)
        computed = (with_columns(),)

    Computing.computed = (COUNTS.__class__("sums", ("day",), (Column("day"),), title="Sums", description="Sums"),)
    with open_database(tmp_path / "voters.db") as connection:
        ensure_tables(connection, Computing())
        assert view_names(connection) == {"counts_effective"}
