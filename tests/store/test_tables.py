"""The tables of sources: what is made, what is refused, what newer plugins add."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from clerkcore.errors import PluginError, StoreError
from clerkcore.interfaces import About, Client, Column, Source, Table
from clerkcore.models import Capture, Download, Parsed, Request, Scope, Site
from clerkcore.store.database import open_database, transaction
from clerkcore.store.tables import check_tables, create_table_sql, ensure_tables

COUNTS = Table(
    "counts",
    key=("county", "day"),
    columns=(
        Column("county", description="County", public=True),
        Column("day", "date"),
        Column("ballots", "integer", required=True, check="ballots >= 0"),
        Column("share", "real"),
        Column("final", "boolean"),
        Column("compiled_at", "datetime"),
        Column("cost_cents", "cents"),
        Column("clerk", sensitive=True),
    ),
    title="Counts",
    description="Ballots by county and day",
    facets=("county",),
)


class Plain(Source):
    name = "plain"
    database = "voters"
    about = About("Plain counts", "The state", "https://x.example", "CC0", "https://cc.example")
    tables: ClassVar[tuple[Table, ...]] = (COUNTS,)

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield from ()

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield from ()

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        yield from ()


def source_with(*tables: Table) -> Source:
    class Changed(Plain):
        pass

    Changed.tables = tables
    return Changed()


def with_columns(*columns: Column) -> Table:
    return replace(COUNTS, columns=(*COUNTS.columns, *columns))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "voters.db") as connection:
        yield connection


def make(connection: sqlite3.Connection, *tables: Table) -> None:
    with transaction(connection):
        ensure_tables(connection, source_with(*tables))


def insert(connection: sqlite3.Connection, **values: object) -> None:
    row = {"source": "plain", "scope": "all", "county": "Bay", "day": "2026-11-03", "ballots": 1, "run_id": 1}
    row |= values
    connection.execute(
        f"INSERT INTO counts ({', '.join(row)}) VALUES ({', '.join('?' for _ in row)})", tuple(row.values())
    )


def test_a_table_is_made_with_types_checks_and_key() -> None:
    assert create_table_sql(COUNTS) == (
        "CREATE TABLE counts (\n"
        "    source TEXT NOT NULL,\n"
        "    scope TEXT NOT NULL,\n"
        "    county TEXT NOT NULL,\n"
        "    day TEXT NOT NULL CHECK (day IS NULL OR (day IS date(day, '+0 days'))),\n"
        "    ballots INTEGER NOT NULL CHECK (ballots IS NULL OR (ballots >= 0)),\n"
        "    share REAL CHECK (share IS NULL OR (abs(share) < 9e999)),\n"
        "    final INTEGER CHECK (final IS NULL OR (final IN (0, 1))),\n"
        "    compiled_at TEXT CHECK (compiled_at IS NULL OR"
        " (compiled_at GLOB '????-??-??T??:??:*Z' AND substr(compiled_at, 1, 10) IS date(compiled_at, '+0 days'))),\n"
        "    cost_cents INTEGER,\n"
        "    clerk TEXT,\n"
        "    run_id INTEGER NOT NULL,\n"
        "    removed_run_id INTEGER,\n"
        "    PRIMARY KEY (source, scope, county, day)\n"
        ") STRICT"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"day": "2026-02-28"},
        {"ballots": 0, "share": -1.5, "final": 0, "cost_cents": -5},
        {"compiled_at": "2026-11-03T08:15:00Z"},
        {"compiled_at": "2026-11-03T08:15:00.123456Z"},
        {"share": None, "final": None, "compiled_at": None, "cost_cents": None, "clerk": None},
    ],
)
def test_values_of_the_columns_types_are_taken(connection: sqlite3.Connection, values: dict[str, object]) -> None:
    make(connection, COUNTS)
    insert(connection, **values)
    assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] == 1


@pytest.mark.parametrize(
    "values",
    [
        {"day": "2026-02-30"},
        {"day": "03.11.2026"},
        {"day": "2026-11-3"},
        {"day": None},
        {"county": None},
        {"ballots": -1},
        {"ballots": "many"},
        {"ballots": 1.5},
        {"ballots": None},
        {"share": float("inf")},
        {"final": 2},
        {"compiled_at": "2026-11-03 08:15:00"},
        {"compiled_at": "2026-11-03T08:15:00+01:00"},
        {"compiled_at": "2026-11-03T25:15:00Z"},
        {"compiled_at": "2026-02-30T08:15:00Z"},
        {"cost_cents": 1.5},
    ],
    ids=str,
)
def test_any_other_value_is_refused(connection: sqlite3.Connection, values: dict[str, object]) -> None:
    make(connection, COUNTS)
    with pytest.raises(sqlite3.IntegrityError):
        insert(connection, **values)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (replace(COUNTS, name="Counts"), "'Counts' is not a usable name (small letters, digits and _)"),
        (replace(COUNTS, name="counts; DROP"), "'counts; DROP' is not a usable name (small letters, digits and _)"),
        (with_columns(Column("2nd")), "'2nd' is not a usable name (small letters, digits and _)"),
        (with_columns(Column("a" * 64)), f"{'a' * 64!r} is not a usable name (small letters, digits and _)"),
        (with_columns(Column("run_id")), "the column 'run_id' is reserved or named twice"),
        (with_columns(Column("scope")), "the column 'scope' is reserved or named twice"),
        (with_columns(Column("county")), "the column 'county' is reserved or named twice"),
        (replace(COUNTS, key=("county", "town")), "its key names a column that it lacks: 'town'"),
        (replace(COUNTS, key=()), "has no key"),
        (with_columns(Column("cost", "cents")), "cost: cents and only cents end in _cents"),
        (with_columns(Column("two_cents", "real")), "two_cents: cents and only cents end in _cents"),
        (with_columns(Column("order")), 'SQLite does not make it: near "order": syntax error'),
        (with_columns(Column("x", check="y > 1")), "SQLite does not make it: no such column: y"),
        (replace(COUNTS, name="group"), 'SQLite does not make it: near "group": syntax error'),
        (replace(COUNTS, name="data_update_log"), "SQLite does not make it: table data_update_log already exists"),
        (replace(COUNTS, group_by="town"), "its group_by names a column that it lacks: 'town'"),
        (replace(COUNTS, facets=("town",)), "its facets names a column that it lacks: 'town'"),
    ],
)
def test_tables_that_cannot_be_made_are_refused_with_their_plugin(table: Table, complaint: str) -> None:
    with pytest.raises(PluginError) as refused:
        check_tables(source_with(table))
    assert str(refused.value) == f"source plain, table {table.name}: {complaint}"


def test_a_table_named_twice_is_refused() -> None:
    with pytest.raises(PluginError, match="table counts already exists"):
        check_tables(source_with(COUNTS, COUNTS))


def test_tables_that_can_be_made_are_taken() -> None:
    check_tables(Plain())


def test_a_table_is_described_beside_its_rows(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    about = ("The state", "Plain counts", "https://x.example", "CC0", "https://cc.example")
    table = ("counts", "plain", "Counts", "Ballots by county and day", '["county"]', *about, "source")
    assert [tuple(row) for row in connection.execute("SELECT * FROM _clerk_tables")] == [table]
    columns = "SELECT column_name, type, description, public, sensitive FROM _clerk_columns WHERE column_name IN"
    assert [tuple(row) for row in connection.execute(f"{columns} ('county', 'clerk') ORDER BY 1")] == [
        ("clerk", "text", "", 0, 1),
        ("county", "text", "County", 1, 0),
    ]


def test_the_effective_view_shows_live_rows_alone(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    insert(connection)
    insert(connection, county="Gulf", removed_run_id=2)
    assert [row["county"] for row in connection.execute("SELECT county FROM counts_effective")] == ["Bay"]


def test_a_column_that_a_newer_plugin_adds_is_added_and_shown_by_the_view(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    insert(connection)
    make(connection, with_columns(Column("precincts", "integer", check="precincts >= 0")))
    assert [tuple(row) for row in connection.execute("SELECT county, precincts FROM counts_effective")] == [
        ("Bay", None)
    ]
    with pytest.raises(sqlite3.IntegrityError, match="precincts IS NULL OR"):
        connection.execute("UPDATE counts SET precincts = -1")


def test_a_required_column_cannot_be_added_to_a_table(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    insert(connection)
    with pytest.raises(StoreError) as refused:
        make(connection, with_columns(Column("precincts", "integer", required=True)))
    assert refused.value.message == "table counts has rows already, which lack the required column precincts"
    assert [row["name"] for row in connection.execute("PRAGMA table_info(counts)")].count("precincts") == 0


def test_a_column_that_a_newer_plugin_drops_stays(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    insert(connection, clerk="Kim")
    make(connection, replace(COUNTS, columns=COUNTS.columns[:-1]))
    assert connection.execute("SELECT clerk FROM counts_effective").fetchone()["clerk"] == "Kim"


def test_two_sources_may_share_a_table_and_each_keeps_its_licence(connection: sqlite3.Connection) -> None:
    class Other(Plain):
        name = "other"
        about = replace(Plain.about, licence="none")

    make(connection, COUNTS)
    with transaction(connection):
        ensure_tables(connection, Other())
    licences = connection.execute("SELECT source, licence FROM _clerk_tables ORDER BY source")
    assert [tuple(row) for row in licences] == [("other", "none"), ("plain", "CC0")]


def test_another_key_is_refused(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    with pytest.raises(StoreError) as refused:
        make(connection, replace(COUNTS, key=("county",)))
    assert str(refused.value) == (
        "table counts is keyed by source, scope, county, day, the plugin wants source, scope, county"
        " (two plugins disagree about this table, or one changed its key; see: clerk plugins list)"
    )


def with_check(check: str) -> Table:
    return replace(COUNTS, columns=tuple(replace(c, check=check) if c.name == "ballots" else c for c in COUNTS.columns))


def test_a_check_that_a_newer_plugin_loosens_holds_from_then_on(connection: sqlite3.Connection) -> None:
    make(connection, with_check("ballots < 10"))
    insert(connection)
    make(connection, with_check("ballots < 100"))
    insert(connection, county="Gulf", ballots=50)
    rows = connection.execute("SELECT county, ballots FROM counts_effective ORDER BY county")
    assert [tuple(row) for row in rows] == [("Bay", 1), ("Gulf", 50)]


def test_rows_that_break_a_newer_check_are_named_and_stay(connection: sqlite3.Connection) -> None:
    make(connection, with_check("ballots < 100"))
    insert(connection, ballots=50)
    with pytest.raises(StoreError, match="rows of table counts break a rule that the plugin has now"):
        make(connection, with_check("ballots < 10"))
    assert connection.execute("SELECT ballots FROM counts_effective").fetchone()["ballots"] == 50


class Computing(Plain):
    tables: ClassVar[tuple[Table, ...]] = ()
    computed: ClassVar[tuple[Table, ...]] = (COUNTS,)


def compute_with(connection: sqlite3.Connection, table: Table) -> None:
    class Changed(Computing):
        computed: ClassVar[tuple[Table, ...]] = (table,)

    with transaction(connection):
        ensure_tables(connection, Changed())


def computed_scopes(connection: sqlite3.Connection) -> list[int]:
    return [row["computed"] for row in connection.execute("SELECT computed FROM _clerk_scopes ORDER BY scope")]


def add_scopes(connection: sqlite3.Connection) -> None:
    values = "('plain', '2025', 1, 'x', 'x'), ('other', '2026', 1, 'x', 'x')"
    connection.execute(f"INSERT INTO _clerk_scopes (source, scope, run_id, checked_at, changed_at) VALUES {values}")


@pytest.mark.parametrize(
    "changed",
    [
        replace(COUNTS, key=("county",)),
        with_columns(Column("precincts", "integer", required=True)),
        replace(COUNTS, columns=COUNTS.columns[:-1]),
    ],
    ids=["key", "column", "dropped"],
)
def test_a_computed_table_that_is_declared_otherwise_is_made_anew(
    connection: sqlite3.Connection, changed: Table
) -> None:
    compute_with(connection, COUNTS)
    insert(connection)
    add_scopes(connection)
    compute_with(connection, changed)
    assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] == 0
    made = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'counts'").fetchone()["sql"]
    assert made == create_table_sql(changed)
    assert computed_scopes(connection) == [0, 0]


def test_a_computed_table_that_is_declared_as_before_keeps_its_rows(connection: sqlite3.Connection) -> None:
    compute_with(connection, COUNTS)
    insert(connection)
    add_scopes(connection)
    compute_with(connection, COUNTS)
    assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] == 1
    assert computed_scopes(connection) == [1, 1]


def test_a_computed_table_of_evidence_keeps_its_rows_and_grows(connection: sqlite3.Connection) -> None:
    compute_with(connection, replace(COUNTS, evidence=True))
    insert(connection)
    compute_with(connection, replace(with_columns(Column("precincts", "integer")), evidence=True))
    rows = [tuple(row) for row in connection.execute("SELECT county, precincts FROM counts")]
    assert rows == [("Bay", None)]


def test_a_computed_table_of_evidence_keeps_its_key(connection: sqlite3.Connection) -> None:
    compute_with(connection, replace(COUNTS, evidence=True))
    with pytest.raises(StoreError, match="table counts is keyed by"):
        compute_with(connection, replace(COUNTS, evidence=True, key=("county",)))


def test_a_table_that_a_source_fills_is_not_made_anew_as_a_computed_one(connection: sqlite3.Connection) -> None:
    make(connection, COUNTS)
    insert(connection)
    with pytest.raises(StoreError) as refused:
        compute_with(connection, replace(COUNTS, key=("county",)))
    assert refused.value.message == "table counts holds what source plain sends, and cannot be computed"
    assert connection.execute("SELECT count(*) FROM counts").fetchone()[0] == 1
