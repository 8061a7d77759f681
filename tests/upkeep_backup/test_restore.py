"""Verifying backups and putting them back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.ledger import acquire, ledger_url, open_ledger, release
from clerkcore.times import now

Clerk = Any  # the class of the fixture in conftest.py
Summaries = Callable[[Path], list[str]]
ALAMEDA = "sites/alameda.ca/finance/election_finance.db"
BERKELEY = "sites/berkeley.ca/finance/election_finance.db"
NEXT = "Next: clerk upgrade, clerk sites import, clerk doctor; secrets are in no backup"


@pytest.fixture
def backup(clerk: Clerk) -> Path:
    """A backup with the raw downloads."""
    folder: Path = clerk.back_up("--raw")
    return folder


@pytest.fixture
def busy(clerk: Clerk) -> Iterator[str]:
    """Another machine works on alameda.ca; the end of its lease."""
    with open_ledger(ledger_url(clerk.root)) as ledger:
        lease = acquire(ledger, "alameda.ca", "finance.etl", "otherhost:boot-1:77:123", 60, now())
        yield f"{lease.expires_at:%Y-%m-%dT%H:%M:%S}"
        release(ledger, lease)


def aside(clerk: Clerk) -> Path:
    [folder] = clerk.root.glob("replaced-*")
    return Path(folder)


def test_a_backup_that_is_whole_is_verified(clerk: Clerk, backup: Path) -> None:
    before = clerk.files()
    done = clerk("restore", backup, "--verify")
    assert (done.code, done.out) == (0, f"{backup}: 9 files, {rows_in(backup)} rows, all as the manifest says\n")
    assert clerk.files() == before


def rows_in(backup: Path) -> int:
    files = json.loads((backup / "manifest.json").read_text())["files"]
    return sum(sum(file["rows"].values()) for file in files)


def test_a_backup_restored_into_a_new_root_is_what_it_was(clerk: Clerk, backup: Path, tmp_path: Path) -> None:
    there = clerk.at(tmp_path / "new")
    done = there("restore", backup)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2:] == ["9 files restored, 0 were the same already", NEXT]
    again = there.back_up("--raw")
    assert hashes(again, "civic.db") == hashes(backup, "civic.db")
    assert there("sites", "list", "--json").out == clerk("sites", "list", "--json").out
    assert not (there.root / "secrets").exists()


def hashes(backup: Path, but: str) -> dict[str, str]:
    files = json.loads((backup / "manifest.json").read_text())["files"]
    return {file["path"]: file["sha256"] for file in files if file["path"] != but}


def test_what_is_there_is_not_overwritten(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries
) -> None:
    add_line(clerk.database(), "third")
    done = clerk("restore", backup, "--subdomain", "alameda.ca")
    assert done.code == 1
    assert done.error == (
        f"Error: {clerk.root}: would overwrite {ALAMEDA}; nothing was changed "
        "(--replace moves what is there to a folder replaced-TIME; or restore into another root)"
    )
    assert summaries(clerk.database()) == ["first", "second", "third"]


def test_what_is_replaced_is_moved_aside(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries
) -> None:
    add_line(clerk.database(), "third")
    done = clerk("restore", backup, "--subdomain", "alameda.ca", "--replace")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"restored {ALAMEDA}",
        "1 files restored, 3 were the same already",
        f"what they replaced is in {aside(clerk)}",
        NEXT,
    ]
    assert summaries(clerk.database()) == ["first", "second"]
    assert summaries(aside(clerk) / ALAMEDA) == ["first", "second", "third"]


def test_a_restored_site_is_noted_in_the_ledger(clerk: Clerk, backup: Path, add_line: Callable[..., None]) -> None:
    add_line(clerk.database(), "third")
    clerk("restore", backup, "--subdomain", "alameda.ca", "--replace")
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection:
        rows = connection.execute("SELECT kind, subdomain, message FROM events ORDER BY id").fetchall()
        leases = connection.execute("SELECT count(*) FROM leases").fetchone()
    assert rows[1:] == [("site.restored", "alameda.ca", f"restored from {backup}")]
    assert leases == (0,)


def test_a_site_that_is_worked_on_is_left_alone(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries, busy: str
) -> None:
    add_line(clerk.database(), "third")
    done = clerk("restore", backup, "--subdomain", "alameda.ca", "--replace")
    assert done.code == 1
    assert done.error.startswith("Error: site 'alameda.ca' is busy: otherhost:boot-1:77:123 has run finance.etl since")
    assert summaries(clerk.database()) == ["first", "second", "third"]
    assert not list(clerk.root.glob("replaced-*"))


def test_the_whole_installation_is_replaced_the_ledger_last(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries
) -> None:
    add_line(clerk.database(), "third")
    assert clerk("sites", "disable", "berkeley.ca").code == 0
    done = clerk("restore", backup, "--replace", "--json")
    assert done.code == 0, done.err
    [row] = done.rows
    assert row == {
        "restored": ["civic.db", ALAMEDA, "sites/berkeley.ca/site.toml", BERKELEY],
        "same": 5,
        "aside": str(aside(clerk)),
        "notes": [],
    }
    assert summaries(clerk.database()) == ["first", "second"]
    assert [site["enabled"] for site in clerk("sites", "list", "--json").rows] == [True, True]


def test_a_ledger_that_another_program_has_open_is_not_replaced(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries
) -> None:
    add_line(clerk.database(), "third")
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection:
        connection.execute("SELECT * FROM sites").fetchall()
        done = clerk("restore", backup, "--replace")
    assert done.error == (
        f"Error: {clerk.root}/civic.db: is open in another program "
        "(stop the scheduler, workers and servers that use it, and run it again)"
    )
    assert summaries(clerk.database()) == ["first", "second", "third"]


def test_a_damaged_ledger_is_replaced_without_a_lease(clerk: Clerk, backup: Path) -> None:
    (clerk.root / "civic.db").write_text("Filed,Amount\n" * 100)
    done = clerk("restore", backup, "--replace")
    assert done.code == 0, done.err
    assert "no lease was taken: the ledger is not a database" in done.out
    assert (aside(clerk) / "civic.db").read_text().startswith("Filed,Amount")
    assert clerk("sites", "list").code == 0


def test_the_log_of_a_damaged_database_goes_aside_with_it(clerk: Clerk, backup: Path, summaries: Summaries) -> None:
    path = clerk.database()
    path.write_text("Filed,Amount\n" * 100)
    path.with_name(f"{path.name}-wal").write_bytes(b"left over")
    done = clerk("restore", backup, "--subdomain", "alameda.ca", "--replace")
    assert done.code == 0, done.err
    assert (aside(clerk) / f"{ALAMEDA}-wal").read_bytes() == b"left over"
    assert (aside(clerk) / ALAMEDA).read_text().startswith("Filed,Amount")
    assert summaries(path) == ["first", "second"]


def test_a_log_whose_database_is_gone_is_not_read_into_the_restored_one(
    clerk: Clerk, backup: Path, add_line: Callable[..., None], summaries: Summaries
) -> None:
    path = clerk.database()
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM data_update_log").fetchall()
        add_line(path, "third")
        log = path.with_name(f"{path.name}-wal").read_bytes()
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(log)
    assert clerk("restore", backup, "--subdomain", "alameda.ca").code == 0
    assert summaries(path) == ["first", "second"]


def test_a_removed_site_comes_back(clerk: Clerk, backup: Path) -> None:
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection, connection:
        connection.execute("DELETE FROM site_sources WHERE subdomain = 'berkeley.ca'")
        connection.execute("DELETE FROM sites WHERE subdomain = 'berkeley.ca'")
    clerk.database("berkeley.ca").unlink()
    (clerk.root / "sites/berkeley.ca/site.toml").unlink()
    assert clerk("restore", backup, "--subdomain", "berkeley.ca").code == 0
    assert clerk("sites", "import").code == 0
    assert clerk("sites", "show", "berkeley.ca").code == 0


def test_restoring_twice_changes_nothing_the_second_time(clerk: Clerk, backup: Path, tmp_path: Path) -> None:
    there = clerk.at(tmp_path / "new")
    assert there("restore", backup, "--subdomain", "alameda.ca").code == 0
    assert there("restore", backup, "--subdomain", "alameda.ca").out.splitlines() == [
        "0 files restored, 4 were the same already",
        NEXT,
    ]


def test_what_a_killed_restore_left_is_taken_away(clerk: Clerk, backup: Path) -> None:
    left = clerk.database().with_name(".part-killed")
    left.write_bytes(b"half")
    assert clerk("restore", backup, "--subdomain", "alameda.ca", "--replace").code == 0
    assert not left.exists()


def flip_byte(backup: Path) -> None:
    path = backup / ALAMEDA
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut_off(backup: Path) -> None:
    path = backup / ALAMEDA
    path.write_bytes(path.read_bytes()[:8192])


def change_manifest(backup: Path, **changes: Any) -> None:
    path = backup / "manifest.json"
    document = json.loads(path.read_text())
    [file] = [file for file in document["files"] if file["path"] == ALAMEDA]
    file.update(changes)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(flip_byte, f"{ALAMEDA} has other content than when it was backed up (sha256)", id="byte"),
        pytest.param(cut_off, f"{ALAMEDA} has 8,192 bytes, not ", id="cut off"),
        pytest.param(lambda backup: (backup / ALAMEDA).unlink(), f"{ALAMEDA} is missing", id="missing"),
        pytest.param(lambda backup: (backup / "extra").touch(), "extra is not in the manifest", id="extra"),
        pytest.param(
            lambda backup: change_manifest(backup, rows={"data_update_log": 3}),
            f"{ALAMEDA} has 0 rows in _clerk_asides, not none",
            id="rows",
        ),
        pytest.param(lambda backup: change_manifest(backup, version="99"), f"{ALAMEDA} is of version ", id="version"),
    ],
)
def test_a_backup_that_is_not_as_its_manifest_says_is_refused(
    clerk: Clerk, backup: Path, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(backup)
    checked = clerk("restore", backup, "--verify")
    assert checked.code == 1
    assert checked.out.startswith(message)
    there = clerk.at(tmp_path / "new")
    refused = there("restore", backup)
    assert refused.code == 1
    assert refused.error.startswith(f"Error: {backup}: is not as its manifest says: {message}")
    assert not there.root.exists()


@pytest.mark.parametrize("name", ["link", "sites/link"])
def test_a_backup_with_a_link_is_refused(clerk: Clerk, backup: Path, tmp_path: Path, name: str) -> None:
    (backup / name).symlink_to(tmp_path)
    assert clerk("restore", backup).error == (
        f"Error: {backup}/{name}: is a link or no file, and no backup has such (do not use it; take another backup)"
    )


def test_a_site_that_is_not_in_the_backup_is_refused(clerk: Clerk, backup: Path) -> None:
    assert clerk("restore", backup, "--subdomain", "nowhere.ca").error == (
        "Error: the backup has no site 'nowhere.ca' (sites: alameda.ca, berkeley.ca)"
    )


def test_verifying_and_replacing_are_not_one(clerk: Clerk, backup: Path) -> None:
    done = clerk("restore", backup, "--verify", "--replace")
    assert (done.code, done.error) == (2, "Error: --verify changes nothing (leave out --verify or --replace)")


def test_the_ledger_of_a_server_is_left_alone(clerk: Clerk, backup: Path, server_url: str) -> None:
    assert clerk("ledger", "copy", "--to", server_url).code == 0
    done = clerk("restore", backup, "--replace", CLERK_DATABASE_URL=server_url)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2] == (
        "the ledger is on a server and was left alone; "
        f"into an empty one: clerk ledger copy --from sqlite:///{backup}/civic.db"
    )
