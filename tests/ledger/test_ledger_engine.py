"""Creating, opening and refusing ledgers."""

from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

import clerkcore.ledger
from clerkcore.errors import LedgerError, SiteError
from clerkcore.ledger import Ledger, create_ledger, get_site, ledger_url, list_sites, open_ledger, set_enabled
from clerkcore.ledger.create import alembic_config
from clerkcore.ledger.engine import check_revision
from clerkcore.ledger.tables import REVISIONS, metadata


def refusal(url: str) -> str:
    with pytest.raises(LedgerError) as caught:
        open_ledger(url)
    return str(caught.value)


def schema(path: Path) -> list[tuple[str, str]]:
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version' ORDER BY name"
    with sqlite3.connect(path) as conn:
        return conn.execute(query).fetchall()


def test_migrations_build_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    (tmp_path / "migrated").mkdir()
    create_ledger(ledger_url(tmp_path / "migrated")).dispose()
    engine = create_engine(ledger_url(tmp_path))
    metadata.create_all(engine)
    engine.dispose()
    migrated, coded = (dict(schema(folder / "civic.db")) for folder in (tmp_path / "migrated", tmp_path))
    # A column that a migration adds stands behind the constraints, and is else the same.
    assert {name: definitions(sql) for name, sql in migrated.items()} == {
        name: definitions(sql) for name, sql in coded.items()
    }


def definitions(sql: str) -> list[str]:
    """The columns and constraints of a CREATE TABLE, in no order."""
    head, _, body = sql.partition("(")
    parts = re.split(r",\s*(?![^(]*\))", body.strip().removesuffix(")"))
    return [head.strip(), *sorted(" ".join(part.split()) for part in parts)]


def test_every_revision_is_listed_in_order(ledger: Ledger) -> None:
    with ledger.read() as conn:
        walked = ScriptDirectory.from_config(alembic_config(conn)).walk_revisions()
    assert tuple(script.revision for script in walked)[::-1] == REVISIONS


def test_creating_a_ledger_twice_keeps_what_it_holds(ledger: Ledger, url: str, add_sites: Callable[..., None]) -> None:
    add_sites("alameda.ca")
    with create_ledger(url) as again, again.read() as conn:
        assert get_site(conn, "alameda.ca").name == "Alameda.Ca"


def test_four_processes_create_one_ledger_at_once(url: str, run_together: Callable[..., list[str]]) -> None:
    imports = "from clerkcore.ledger import create_ledger, list_sites"
    script = "with create_ledger(sys.argv[1]) as ledger, ledger.read() as conn: print(len(list_sites(conn)))"
    assert run_together(imports, script, 4, url) == ["0"] * 4
    with open_ledger(url) as ledger, ledger.read() as conn:
        assert list_sites(conn) == []


def test_a_failed_upgrade_leaves_nothing_behind(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "civic.db") as conn:
        conn.execute("CREATE TABLE idx_events_kind_at (a)")
    with pytest.raises(LedgerError, match="already"):
        create_ledger(ledger_url(tmp_path))
    assert schema(tmp_path / "civic.db") == [("idx_events_kind_at", "CREATE TABLE idx_events_kind_at (a)")]


def test_the_writer_waits_for_the_disk_and_checks_foreign_keys(tmp_path: Path) -> None:
    with create_ledger(ledger_url(tmp_path)) as ledger, ledger.write() as conn:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [conn.scalar(text(f"PRAGMA {name}")) for name in names] == ["wal", 2, 1, 30000]


def disable(conn: Connection, *subdomains: str) -> None:
    for subdomain in subdomains:
        set_enabled(conn, subdomain, False)


def test_a_write_that_fails_is_rolled_back(ledger: Ledger, add_sites: Callable[..., None]) -> None:
    add_sites("alameda.ca")
    with pytest.raises(SiteError), ledger.write() as conn:
        disable(conn, "alameda.ca", "nowhere.ca")
    with ledger.read() as conn:
        assert get_site(conn, "alameda.ca").enabled


def test_has_finance_data_is_false_at_first_and_indexed(ledger: Ledger, add_sites: Callable[..., None]) -> None:
    add_sites("alameda.ca")
    with ledger.read() as conn:
        assert get_site(conn, "alameda.ca").has_finance_data is False
        assert "idx_sites_has_finance_data" in {index["name"] for index in inspect(conn).get_indexes("sites")}


def test_a_missing_ledger_is_refused(tmp_path: Path) -> None:
    expected = f"{tmp_path}/civic.db: there is no ledger (run `clerk init`)"
    assert refusal(ledger_url(tmp_path)) == expected
    assert not (tmp_path / "civic.db").exists()


def test_an_empty_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "civic.db").touch()
    expected = f"{tmp_path}/civic.db: there is no ledger in this database (run `clerk init`)"
    assert refusal(ledger_url(tmp_path)) == expected


@pytest.mark.parametrize("use", [open_ledger, create_ledger])
def test_a_newer_ledger_is_neither_opened_nor_upgraded(ledger: Ledger, url: str, use: Callable[[str], Ledger]) -> None:
    with ledger.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError) as caught:
        use(url)
    assert str(caught.value) == f"{ledger.where}: the ledger was written by a newer clerk (upgrade clerk)"


def test_an_older_ledger_is_refused() -> None:
    with pytest.raises(LedgerError) as caught:
        check_revision("0001", "civic.db", known=("0001", "0002"))
    expected = "civic.db: the ledger was written by an older clerk (run `clerk upgrade`)"
    assert str(caught.value) == expected


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "civic.db").write_text("Filed,Amount\n" * 100)
    remedy = "restore it from a backup, or move it away and run `clerk init`"
    assert refusal(ledger_url(tmp_path)) == f"{tmp_path}/civic.db: the ledger is not a database ({remedy})"


def test_a_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "civic.db") as conn:
        conn.execute("CREATE TABLE sites (a)")
    with pytest.raises(LedgerError, match="belongs to another program: it has a table 'sites'") as caught:
        create_ledger(ledger_url(tmp_path))
    assert caught.value.remedy == "move it away, or use another root"
    assert schema(tmp_path / "civic.db") == [("sites", "CREATE TABLE sites (a)")]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened") as caught:
        create_ledger(ledger_url(tmp_path / "nowhere"))
    assert caught.value.where == f"{tmp_path}/nowhere/civic.db"
    assert caught.value.remedy == "check that its folder exists and can be written"


def test_a_locked_ledger_says_so(tmp_path: Path) -> None:
    with (
        create_ledger(ledger_url(tmp_path)) as ledger,
        Ledger(ledger_url(tmp_path), busy_seconds=0) as impatient,
        ledger.write(),
        pytest.raises(LedgerError, match="is locked by another process"),
        impatient.write(),
    ):
        pass


def test_reading_cannot_change_the_ledger(tmp_path: Path) -> None:
    with (
        create_ledger(ledger_url(tmp_path)) as ledger,
        pytest.raises(LedgerError, match="is read-only"),
        ledger.read() as conn,
    ):
        conn.execute(text("DELETE FROM events"))


def fill_disk(conn: Connection) -> None:
    conn.execute(text("PRAGMA max_page_count = 1"))
    conn.execute(text("CREATE TABLE big AS SELECT randomblob(1000000) AS a"))


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    with (
        create_ledger(ledger_url(tmp_path)) as ledger,
        pytest.raises(LedgerError, match="the disk of the ledger is full"),
        ledger.write() as conn,
    ):
        fill_disk(conn)


def test_a_url_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(LedgerError, match="the URL of the ledger cannot be used") as caught:
        open_ledger("civic.db")
    assert caught.value.remedy.startswith("write postgresql://USER@HOST/NAME")


def test_the_password_of_a_server_is_not_shown() -> None:
    pytest.importorskip("psycopg")
    with Ledger("postgresql+psycopg://me:secret@db/clerk") as ledger:
        assert ledger.where == "postgresql+psycopg://me:***@db/clerk"


def test_the_names_listed_are_those_offered() -> None:
    assert len(set(clerkcore.ledger.__all__)) == len(clerkcore.ledger.__all__)
    assert all(hasattr(clerkcore.ledger, name) for name in clerkcore.ledger.__all__)


def test_importing_the_package_loads_neither_sqlalchemy_nor_alembic(run_python: Callable[..., str]) -> None:
    script = "import sys, clerkcore.ledger; print(sorted({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    assert run_python(script) == "[]"


def test_opening_a_ledger_does_not_load_alembic(ledger: Ledger, url: str, run_python: Callable[..., str]) -> None:
    script = "import sys; from clerkcore.ledger import open_ledger; open_ledger(sys.argv[1])"
    assert run_python(f"{script}; print('alembic' in sys.modules)", url) == "False"


def test_a_new_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    create_ledger(ledger_url(tmp_path)).dispose()
    assert stat.S_IMODE((tmp_path / "civic.db").stat().st_mode) == 0o600
