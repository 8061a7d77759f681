"""Taking backups."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.installation import Installation
from clerkcore.plugins import Manager
from clerkcore.plugins.discovery import discover
from clerkcore.settings import read_settings
from clerkcore.store.system import SCHEMA_VERSION
from clerkcore.upkeep.backup import make_backup, plan_backup
from clerkcore.upkeep.manifest import read_manifest
from clerkcore.upkeep.verify import verify_backup

Clerk = Any  # the class of the fixture in conftest.py
ALAMEDA = "sites/alameda.ca/finance/election_finance.db"
BERKELEY = "sites/berkeley.ca/finance/election_finance.db"
COMMON = ["civic.db", "clerk.toml", "sites/states.json"]
FILES = [*COMMON, "sites/alameda.ca/site.toml", ALAMEDA, "sites/berkeley.ca/site.toml", BERKELEY]


def names(backup: Path) -> list[str]:
    return [file.path for file in read_manifest(backup).files]


def test_a_backup_holds_the_ledger_the_settings_and_every_site(clerk: Clerk) -> None:
    backup = clerk.back_up()
    assert names(backup) == FILES
    found = sorted(path.relative_to(backup).as_posix() for path in backup.rglob("*") if path.is_file())
    assert found == sorted([*FILES, "manifest.json"])


def test_the_command_says_where_the_backup_is_and_what_is_not_in_it(clerk: Clerk) -> None:
    done = clerk("backup")
    [backup] = (clerk.root / "backups").iterdir()
    size = read_manifest(backup).bytes
    assert done.out.splitlines() == [
        f"{backup}: 7 files, {size:,} bytes",
        "Secrets are not in it: keep what stands in the folder of secrets elsewhere.",
    ]
    assert done.code == 0


def test_no_secret_is_copied(clerk: Clerk) -> None:
    backup = clerk.back_up("--raw")
    assert not [path for path in backup.rglob("*") if path.is_file() and b"hush" in path.read_bytes()]


def test_a_backup_is_its_owners_alone(clerk: Clerk) -> None:
    backup = clerk.back_up("--raw")
    folders = [clerk.root / "backups", backup, *(path for path in backup.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    files = [path for path in backup.rglob("*") if path.is_file() and "raw" not in path.parts]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_manifest_tells_version_integrity_and_rows_of_a_database(clerk: Clerk) -> None:
    [file] = [file for file in read_manifest(clerk.back_up()).files if file.path == ALAMEDA]
    assert (file.kind, file.version, file.integrity) == ("database", str(SCHEMA_VERSION), "ok")
    assert {name: count for name, count in file.rows.items() if count} == {"data_update_log": 2, "sqlite_sequence": 1}


def test_a_backup_of_one_site_holds_that_site_alone(clerk: Clerk, tmp_path: Path) -> None:
    backup = clerk.back_up(tmp_path / "safe", "--subdomain", "berkeley.ca")
    assert backup.parent == tmp_path / "safe"
    assert names(backup) == ["sites/berkeley.ca/site.toml", BERKELEY]
    assert read_manifest(backup).sites == ("berkeley.ca",)


@pytest.mark.parametrize(
    ("subdomain", "message"),
    [
        ("nowhere.ca", "Error: site 'nowhere.ca' has no folder here (see: clerk sites list)"),
        ("../../etc", "Error: '../../etc' is not a subdomain (small letters, digits and hyphens, parts joined by dots"),
    ],
)
def test_a_site_that_is_not_there_is_refused(clerk: Clerk, subdomain: str, message: str) -> None:
    done = clerk("backup", "--subdomain", subdomain)
    assert done.code == 2
    assert done.error.startswith(message)
    assert not (clerk.root / "backups").exists()


def test_raw_downloads_are_linked_not_copied(clerk: Clerk) -> None:
    backup = clerk.back_up("--raw")
    raw = "sites/alameda.ca/raw"
    assert names(backup)[-2:] == [f"{raw}/captures/netfile/2026/one.json", f"{raw}/downloads/ab/abc.gz"]
    assert (backup / raw / "downloads/ab/abc.gz").samefile(clerk.root / raw / "downloads/ab/abc.gz")


def test_a_link_among_the_raw_downloads_is_named_and_not_followed(clerk: Clerk) -> None:
    link = clerk.root / "sites/alameda.ca/raw/downloads/ab/link.gz"
    link.symlink_to(clerk.root / "secrets/netfile_key")
    done = clerk("backup", "--raw")
    assert done.code == 1
    assert done.out.splitlines()[1] == (
        "left out: sites/alameda.ca/raw/downloads/ab/link.gz: is a link, not a file (put the file itself there)"
    )


def test_what_is_still_in_the_write_ahead_log_is_backed_up(
    clerk: Clerk, add_line: Callable[..., None], summaries: Callable[[Path], list[str]]
) -> None:
    with closing(sqlite3.connect(clerk.database())) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM data_update_log").fetchall()
        add_line(clerk.database(), "third")  # cannot leave the log while somebody reads what was before
        backup = clerk.back_up()
    assert summaries(backup / ALAMEDA) == ["first", "second", "third"]


def test_a_backup_is_one_state_of_a_database_that_others_write_to(clerk: Clerk) -> None:
    path, done = clerk.database(), threading.Event()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE one (a BLOB); CREATE TABLE two (a BLOB);")

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            while not done.is_set():
                connection.executescript(
                    "BEGIN; INSERT INTO one VALUES (zeroblob(9000)); INSERT INTO two VALUES (zeroblob(9000)); COMMIT;"
                )

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        backups = [clerk.back_up("--subdomain", "alameda.ca") for _ in range(3)]
        done.set()
        writing.result()
    rows = [read_manifest(backup).files[1].rows for backup in backups]
    assert [each["one"] for each in rows] == [each["two"] for each in rows]
    assert len({each["one"] for each in rows}) == 3


def damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 12] = b"\xff" * (4096 * 11)
    path.write_bytes(content)


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")


def replace_by_text(path: Path) -> None:
    path.write_text("Filed,Amount\n" * 500)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(damage, "is damaged", id="damaged"),
        pytest.param(replace_by_text, "is damaged or not an SQLite database", id="text"),
        pytest.param(make_newer, "was written by a newer clerk (upgrade clerk)", id="newer"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_and_the_others_are_backed_up(
    clerk: Clerk, spoil: Callable[[Path], None], message: str
) -> None:
    spoil(clerk.database())
    done = clerk("backup")
    assert done.code == 1
    assert done.out.splitlines()[1].startswith(f"left out: {ALAMEDA}: {message}")
    [backup] = (clerk.root / "backups").iterdir()
    assert names(backup) == [name for name in FILES if name != ALAMEDA]
    assert not (backup / ALAMEDA).exists()


def test_a_missing_ledger_is_named_and_the_sites_are_backed_up(clerk: Clerk) -> None:
    (clerk.root / "civic.db").unlink()
    done = clerk("backup")
    assert (done.code, done.out.splitlines()[1]) == (1, "left out: civic.db: is not there")
    assert not (clerk.root / "civic.db").exists()


def test_a_backup_that_was_killed_looks_like_none_and_is_named(clerk: Clerk, dead_holder: str) -> None:
    left = clerk.root / "backups" / "clerk-abc.part"
    left.mkdir(parents=True)
    (left / "holder").write_text(dead_holder)
    done = clerk("backup")
    assert done.error == f"Warning: {left} was left by a backup that was killed; it can be deleted"
    assert clerk("restore", left, "--verify").error == (
        f"Error: {left}: has no manifest.json "
        "(name the folder of a backup, as backups/clerk-20261124T060000Z; one without is not complete)"
    )


def test_a_backup_that_fails_leaves_nothing_behind(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 10}))
    done = clerk("backup")
    assert done.code == 1
    assert "has 10 bytes free and the backup needs about" in done.error
    assert list((clerk.root / "backups").iterdir()) == []


def test_two_backups_at_once_do_no_harm(clerk: Clerk) -> None:
    def take() -> Path:
        installation = Installation(read_settings(clerk.root, {}), Manager(discover("", reserved={})))
        try:
            return make_backup(installation, plan_backup(installation)).folder
        finally:
            installation.close()

    with ThreadPoolExecutor() as pool:
        backups = [future.result() for future in [pool.submit(take) for _ in range(3)]]
    assert sorted(backups) == sorted((clerk.root / "backups").iterdir())
    assert [verify_backup(backup).problems for backup in backups] == [(), (), ()]


def test_a_backup_is_noted_in_the_ledger(clerk: Clerk) -> None:
    backup = clerk.back_up()
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection:
        rows = connection.execute("SELECT kind, severity, message FROM events").fetchall()
    assert rows == [("backup.made", "info", f"7 files, {read_manifest(backup).bytes:,} bytes in {backup}")]


def test_a_ledger_on_a_server_is_backed_up_as_a_file(clerk: Clerk, server_url: str) -> None:
    assert clerk("ledger", "copy", "--to", server_url).code == 0
    done = clerk("backup", "--json", CLERK_DATABASE_URL=server_url)
    assert done.code == 0, done.err
    backup = Path(done.rows[-1]["backup"])
    [ledger] = [row for row in done.rows if row.get("kind") == "ledger"]
    assert (ledger["path"], ledger["rows"]["sites"], ledger["integrity"]) == ("civic.db", 2, "ok")
    assert verify_backup(backup).problems == ()
    assert sorted(path.name for path in backup.iterdir()) == ["civic.db", "clerk.toml", "manifest.json", "sites"]
