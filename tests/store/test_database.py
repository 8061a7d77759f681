"""Opening a site database, and refusing what is none."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clerkcore.errors import StoreError
from clerkcore.store.database import APPLICATION_ID, open_database, read_database, transaction
from clerkcore.store.system import SCHEMA_VERSION


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "finance" / "election_finance.db"


@pytest.fixture
def made(path: Path) -> Path:
    with open_database(path):
        return path


def refusal(path: Path) -> str:
    """Open a database for writing and for reading; return the message of both refusals."""
    messages = set()
    for opened in (open_database, read_database):
        with pytest.raises(StoreError) as refused, opened(path):
            pass
        messages.add(str(refused.value))
    (message,) = messages
    return message.removeprefix(f"{path}: ")


def test_a_database_is_made_with_its_folder_mark_and_version(path: Path) -> None:
    with open_database(path) as connection:
        pragmas = ("application_id", "user_version", "journal_mode", "synchronous")
        assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == [
            APPLICATION_ID,
            SCHEMA_VERSION,
            "wal",
            2,
        ]
        assert connection.execute("SELECT count(*) FROM _clerk_runs").fetchone()[0] == 0


def test_opening_again_changes_nothing(made: Path) -> None:
    before = made.read_bytes()
    with open_database(made):
        pass
    assert made.read_bytes() == before


def test_a_database_that_somebody_else_made_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()
    before = path.read_bytes()
    assert refusal(path) == "was not made by clerk (move it away; clerk makes its own)"
    assert path.read_bytes() == before


def test_a_database_of_a_newer_clerk_is_refused(made: Path) -> None:
    with closing(sqlite3.connect(made)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert refusal(made) == "was written by a newer clerk (upgrade clerk)"


@pytest.mark.parametrize("content", [b"county,ballots\nBay,1\n" * 100, b"\x1f\x8b" * 500], ids=["text", "gzip"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert refusal(path) == (
        "is damaged or not an SQLite database (restore it from a backup, or move it away and load again)"
    )
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused(made: Path) -> None:
    content = made.read_bytes()
    made.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    assert refusal(made).startswith("is damaged or not an SQLite database")


def test_a_database_that_was_cut_off_is_refused(made: Path) -> None:
    made.write_bytes(made.read_bytes()[:6000])
    assert refusal(made).startswith("is damaged or not an SQLite database")


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be made: Is a directory"), open_database(path):
        pass


def test_a_file_in_place_of_its_folder_is_refused(path: Path) -> None:
    path.parent.write_text("no folder")
    with pytest.raises(StoreError, match="cannot be made: File exists"), open_database(path):
        pass


def test_reading_makes_no_database(path: Path) -> None:
    with pytest.raises(StoreError, match=r"does not exist yet \(load some data first\)"), read_database(path):
        pass
    assert not path.parent.exists()


def test_a_reader_cannot_write(made: Path) -> None:
    with (
        pytest.raises(StoreError, match="cannot be opened for writing"),
        read_database(made) as connection,
    ):
        connection.execute("DELETE FROM _clerk_runs")


def fill(path: Path, pages: int) -> None:
    """Write more into a new table than so many pages more can hold."""
    with open_database(path) as connection:
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0] + pages}")
        with transaction(connection):
            connection.execute("CREATE TABLE big (a TEXT)")
            connection.executemany("INSERT INTO big VALUES (?)", [("x" * 1000,)] * 1000)


def tables(path: Path) -> list[str]:
    with read_database(path) as connection:
        return [row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]


def test_a_full_disk_is_named_and_nothing_is_kept(made: Path) -> None:
    before = tables(made)
    with pytest.raises(StoreError) as full:
        fill(made, pages=2)
    assert str(full.value) == f"{made}: the disk is full; nothing was changed (free some space, run again)"
    assert tables(made) == before


def break_off(path: Path) -> None:
    with open_database(path) as connection, transaction(connection):
        connection.execute("CREATE TABLE half (a)")
        raise ZeroDivisionError


def test_an_exception_inside_a_transaction_takes_everything_back(made: Path) -> None:
    before = tables(made)
    with pytest.raises(ZeroDivisionError):
        break_off(made)
    assert tables(made) == before


def test_two_processes_may_make_the_same_database_at_once(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from clerkcore.store.database import open_database\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "with open_database(Path(sys.argv[1])) as c: print(c.execute('SELECT count(*) FROM _clerk_runs').fetchone()[0])"
    )
    command = [sys.executable, "-c", script, str(path)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.stdout.readline() for process in both if process.stdout] == ["ready\n"] * 2
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in both] == ["0\n", "0\n"]
