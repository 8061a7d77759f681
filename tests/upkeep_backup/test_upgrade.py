"""Bringing an installation to the version of the code."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.ledger import acquire, create_ledger, ledger_url, open_ledger, release
from clerkcore.ledger.tables import REVISIONS
from clerkcore.store.system import SCHEMA_VERSION
from clerkcore.times import now

Clerk = Any  # the class of the fixture in conftest.py
ALAMEDA = "sites/alameda.ca/finance/election_finance.db"
BERKELEY = "sites/berkeley.ca/finance/election_finance.db"
NOTHING = "everything is of this version; nothing to do\n"


@pytest.fixture
def old_ledger(clerk: Clerk) -> None:
    """The ledger as an older clerk left it, with one site."""
    path = clerk.root / "civic.db"
    path.unlink()
    create_ledger(ledger_url(clerk.root), "0002").dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO sites (subdomain, name, state, kind, created_at, updated_at)"
            " VALUES ('alameda.ca', 'Alameda', 'CA', 'city', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')"
        )


@pytest.fixture
def busy(clerk: Clerk) -> Iterator[None]:
    """Another machine works on alameda.ca."""
    with open_ledger(ledger_url(clerk.root)) as ledger:
        lease = acquire(ledger, "alameda.ca", "finance.etl", "otherhost:boot-1:77:123", 60, now())
        yield
        release(ledger, lease)


def test_an_installation_of_this_version_has_nothing_to_do(clerk: Clerk) -> None:
    done = clerk("upgrade")
    assert (done.code, done.out) == (0, NOTHING)
    assert not (clerk.root / "backups").exists()


def test_an_older_site_database_is_backed_up_and_upgraded(
    clerk: Clerk, make_old: Callable[[Path], None], user_version: Callable[[Path], int]
) -> None:
    make_old(clerk.database())
    done = clerk("upgrade")
    assert done.code == 0, done.err
    [backup] = (clerk.root / "backups").iterdir()
    assert done.out.splitlines() == [f"backed up in {backup}", f"{ALAMEDA}: 2 -> {SCHEMA_VERSION}"]
    assert (user_version(clerk.database()), user_version(backup / ALAMEDA)) == (SCHEMA_VERSION, 2)
    assert [str(path.relative_to(backup)) for path in backup.rglob("*.db")] == [ALAMEDA]
    assert clerk("upgrade").out == NOTHING


def test_an_older_ledger_is_upgraded_though_nothing_else_opens_it(clerk: Clerk, old_ledger: None) -> None:
    refused = clerk("sites", "list")
    assert refused.error.endswith("the ledger was written by an older clerk (run `clerk upgrade`)")
    done = clerk("upgrade")
    assert done.code == 0, done.err
    assert done.out.splitlines()[1:] == [f"ledger: 0002 -> {REVISIONS[-1]}"]
    assert [site["subdomain"] for site in clerk("sites", "list", "--json").rows] == ["alameda.ca"]


def test_the_ledger_is_upgraded_first_so_that_sites_can_be_leased(
    clerk: Clerk, old_ledger: None, make_old: Callable[[Path], None]
) -> None:
    make_old(clerk.database())
    done = clerk("upgrade", "--no-backup")
    assert done.out.splitlines() == [f"ledger: 0002 -> {REVISIONS[-1]}", f"{ALAMEDA}: 2 -> {SCHEMA_VERSION}"]
    assert not (clerk.root / "backups").exists()


def test_an_older_ledger_in_use_is_left_alone(clerk: Clerk, old_ledger: None) -> None:
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection, connection:
        connection.execute(
            "INSERT INTO leases VALUES ('alameda.ca', 'otherhost:b-1:7:1', 't', 'finance.etl', '2026', '2026', '2999')"
        )
    done = clerk("upgrade", "--no-backup")
    assert done.code == 1
    assert done.out.splitlines() == [
        "ledger: not upgraded: site 'alameda.ca' is busy: otherhost:b-1:7:1 runs finance.etl "
        "(wait for it to end, and stop what starts jobs)"
    ]


def test_a_newer_database_is_refused_and_the_others_are_upgraded(
    clerk: Clerk, make_old: Callable[[Path], None], user_version: Callable[[Path], int]
) -> None:
    make_old(clerk.database("berkeley.ca"))
    with closing(sqlite3.connect(clerk.database())) as connection:
        connection.execute("PRAGMA user_version = 999")
    done = clerk("upgrade", "--no-backup")
    assert done.code == 1
    assert done.out.splitlines() == [
        f"{ALAMEDA}: not upgraded: was written by a newer clerk (upgrade clerk)",
        f"{BERKELEY}: 2 -> {SCHEMA_VERSION}",
    ]
    assert user_version(clerk.database()) == 999


def test_a_newer_ledger_is_refused(clerk: Clerk) -> None:
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    done = clerk("upgrade", "--json")
    assert (done.code, done.rows) == (
        1,
        [
            {
                "what": "ledger",
                "was": "9999",
                "now": "9999",
                "problem": "was written by a newer clerk",
                "remedy": "upgrade clerk",
                "backup": "",
            }
        ],
    )


def test_a_site_that_is_worked_on_is_named_and_the_others_are_upgraded(
    clerk: Clerk, busy: None, make_old: Callable[[Path], None], user_version: Callable[[Path], int]
) -> None:
    make_old(clerk.database())
    make_old(clerk.database("berkeley.ca"))
    done = clerk("upgrade", "--no-backup")
    assert done.code == 1
    first, second = done.out.splitlines()
    assert first.startswith(f"{ALAMEDA}: not upgraded: site 'alameda.ca' is busy: otherhost:boot-1:77:123 has run")
    assert second == f"{BERKELEY}: 2 -> {SCHEMA_VERSION}"
    assert user_version(clerk.database()) == 2


def test_without_a_backup_that_is_whole_nothing_is_upgraded(
    clerk: Clerk, make_old: Callable[[Path], None], user_version: Callable[[Path], int]
) -> None:
    make_old(clerk.database())
    content = bytearray(clerk.database().read_bytes())
    content[-4096 * 3 :] = b"\xff" * 4096 * 3
    clerk.database().write_bytes(content)
    done = clerk("upgrade")
    assert done.code == 1
    assert done.error.startswith(f"Error: {ALAMEDA}: could not be backed up, so nothing was upgraded: is damaged")
    assert user_version(clerk.database()) == 2


def test_a_root_without_a_ledger_says_so(clerk: Clerk, tmp_path: Path) -> None:
    done = clerk.at(tmp_path / "nothing")("upgrade")
    assert (done.code, done.out) == (1, "ledger: not upgraded: there is no ledger (run `clerk init`)\n")


def test_an_older_ledger_on_a_server_is_backed_up_and_upgraded(clerk: Clerk, server_url: str) -> None:
    create_ledger(server_url, "0002").dispose()
    done = clerk("upgrade", CLERK_DATABASE_URL=server_url)
    assert done.code == 0, done.err
    assert done.out.splitlines()[1:] == [f"ledger: 0002 -> {REVISIONS[-1]}"]
    [backup] = (clerk.root / "backups").iterdir()
    with closing(sqlite3.connect(backup / "civic.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
