"""clerk ledger, and clerk init with the ledger on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerkcore.ledger.tables import REVISIONS

Clerk = Any  # the class of the fixture in conftest.py
NEWEST = REVISIONS[-1]


def test_show_tells_where_the_ledger_is_and_what_it_holds(clerk: Clerk) -> None:
    path = clerk.root / "civic.db"
    lines = clerk("ledger", "show").out.splitlines()
    assert lines[0] == f"{path}: revision {NEWEST} (current), {path.stat().st_size:,} bytes"
    assert ["sites", "2"] in [line.split() for line in lines]


def test_show_as_json_is_one_object(clerk: Clerk) -> None:
    [row] = clerk("ledger", "show", "--json").rows
    assert (row["backend"], row["revision"], row["state"], row["rows"]["sites"]) == ("sqlite", NEWEST, "current", 2)


def test_show_of_a_missing_ledger_says_what_to_do(clerk: Clerk, tmp_path: Path) -> None:
    done = clerk.at(tmp_path)("ledger", "show")
    assert (done.code, done.error) == (1, f"Error: {tmp_path}/civic.db: there is no ledger (run `clerk init`)")


def test_migrate_makes_what_is_missing(clerk: Clerk, tmp_path: Path) -> None:
    assert clerk.at(tmp_path)("ledger", "migrate").out == f"{tmp_path}/civic.db: revision {NEWEST}\n"


def test_copy_moves_the_ledger_and_prints_what_was_compared(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "civic.db"
    done = clerk("ledger", "copy", "--to", f"sqlite:///{other}", "--json")
    assert done.code == 0, done.err
    assert {row["table"]: row["rows"] for row in done.rows if row["rows"]} == {"marks": 1, "sites": 2}
    assert all(len(row["sha256"]) == 64 for row in done.rows)
    assert clerk.at(tmp_path / "other")("sites", "list", "--json").out == clerk("sites", "list", "--json").out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "say --to URL or --from URL, one of them (see: clerk ledger copy --help)"),
        (["--to", "mysql://db/x"], 1, "mysql://db/x: the ledger is SQLite in the root, or on PostgreSQL (write "),
        (["--to", "civic.db"], 1, "the URL of the ledger cannot be used: "),
        (["--to", "postgresql://me@127.0.0.1:1/x"], 1, "postgresql+psycopg://me@127.0.0.1:1/x: the ledger's server "),
        (["--from", "sqlite:////nowhere/civic.db"], 1, "/nowhere/civic.db: there is no ledger (run `clerk init`)"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(clerk: Clerk, words: list[str], code: int, message: str) -> None:
    done = clerk("ledger", "copy", *words)
    assert done.code == code
    assert done.error.startswith(f"Error: {message}")


def test_init_with_a_server_makes_the_ledger_there_and_no_file(clerk: Clerk, tmp_path: Path, server_url: str) -> None:
    root = tmp_path / "new"
    done = clerk.at(root)("init", CLERK_DATABASE_URL=server_url)
    assert done.code == 0, done.err
    assert "the ledger is on the server of database_url; see: clerk ledger show" in done.out.splitlines()
    assert not (root / "civic.db").exists()
    added = clerk.at(root)(
        *("sites", "add", "chico.ca", "--name", "Chico", "--state", "CA", "--kind", "city"),
        CLERK_DATABASE_URL=server_url,
    )
    assert added.code == 0, added.err
    [row] = clerk.at(root)("ledger", "show", "--json", CLERK_DATABASE_URL=server_url).rows
    assert (row["backend"], row["rows"]["sites"]) == ("postgresql", 1)
    assert row["bytes"] > 0


def test_init_of_another_folder_heeds_the_server_that_was_named(clerk: Clerk, tmp_path: Path, server_url: str) -> None:
    done = clerk("init", tmp_path / "new", CLERK_DATABASE_URL=server_url)
    assert done.code == 0, done.err
    assert not (tmp_path / "new" / "civic.db").exists()


def test_a_ledger_goes_to_a_server_and_back(clerk: Clerk, tmp_path: Path, server_url: str) -> None:
    there = clerk("ledger", "copy", "--to", server_url, "--json")
    assert there.code == 0, there.err
    (tmp_path / "back").mkdir()
    back = clerk.at(tmp_path / "back")("ledger", "copy", "--from", server_url, "--json")
    assert back.rows == there.rows
