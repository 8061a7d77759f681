"""A site is removed into an archive that was read back; whatever interrupts, the site or the archive is there."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.errors import ClerkError
from clerkcore.upkeep.removal import remove_site
from clerkcore.upkeep.site_archive import pack_site

State = Any  # the class of the fixture in conftest.py
WHY = ("--by", "Ann", "--reason", "merged")


def remove(state: State, target: Path) -> Any:
    return state("sites", "remove", "ks", "--archive", target, *WHY)


def test_a_site_is_not_removed_without_an_archive(state: State) -> None:
    refused = state("sites", "remove", "ks", *WHY)
    assert (refused.code, refused.err) == (
        2,
        "Error: a site is removed into an archive only (add --archive, or --archive FILE)\n",
    )
    assert state("sites", "show", "ks").code == 0


def test_a_removed_site_is_in_its_archive_whole(state: State, tmp_path: Path) -> None:
    (state.folder / "link").symlink_to("/etc/passwd")
    os.link(state.folder / "site.toml", state.folder / "twin.toml")
    before = {str(path.relative_to(state.folder)): path for path in state.folder.rglob("*") if path.is_file()}
    texts = {name: path.read_bytes() for name, path in before.items() if not path.is_symlink() and "voters" not in name}
    told = remove(state, tmp_path / "ks.tar.gz")
    assert (told.code, stat.S_IMODE((tmp_path / "ks.tar.gz").stat().st_mode)) == (0, 0o600)
    assert not state.folder.exists()
    with tarfile.open(tmp_path / "ks.tar.gz") as archive:
        archive.extractall(tmp_path / "out", filter="tar")
    out = tmp_path / "out"
    manifest = json.loads((out / "MANIFEST.json").read_text())
    assert (manifest["site"], manifest["links"]) == ("ks", {"site/link": "/etc/passwd"})
    for name, facts in manifest["files"].items():
        content = (out / name).read_bytes()
        assert facts == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert {name: (out / "site" / name).read_bytes() for name in texts} == texts
    with closing(sqlite3.connect(out / "site" / "voters.db")) as database:
        assert database.execute("SELECT count(*) FROM _clerk_runs").fetchall() == [(4,)]
    rows = json.loads((out / "ledger.json").read_text())
    assert [row["id"] for row in rows["job_tracking"]] == [1, 2, 3, 4]
    assert (rows["sites"][0]["subdomain"], len(rows["run_scopes"])) == ("ks", 4)


def test_a_removal_leaves_a_tombstone_an_event_and_the_history(state: State) -> None:
    told = state("sites", "remove", "ks", "--archive", *WHY)
    [archive] = (state.root / "archive").iterdir()
    [tombstone] = state.tombstones()
    counts = f"{tombstone.records} files, {archive.stat().st_size:,} bytes"
    assert told.out == f"ks is removed; {counts}, are in {archive}\n"
    assert (tombstone.kind, tombstone.subdomain, tombstone.reason) == ("site removed", "ks", "merged")
    assert (tombstone.removed_by, tombstone.details["archive"]) == ("Ann", str(archive))
    with tarfile.open(archive) as packed:
        manifest = packed.extractfile("MANIFEST.json")
        assert manifest is not None
        assert tombstone.sha256 == hashlib.sha256(manifest.read()).hexdigest()
    assert state.ask("SELECT message FROM events WHERE kind = 'site.removed'") == [
        (f"removed by Ann: merged; archive: {archive}",)
    ]
    assert state.ask("SELECT count(*) FROM job_tracking") == [(4,)]
    for table in ("sites", "site_sources", "clocks", "leases", "schedules"):
        assert state.ask(f"SELECT count(*) FROM {table}") == [(0,)]
    assert [row for row in state("doctor", "--json").rows if row.get("level") == "failure"] == []


def test_what_waited_for_a_removed_site_ends(state: State) -> None:
    state.change(
        "INSERT INTO jobs (job_type, subdomain, queue, status, asked_by, created_at, not_before)"
        " VALUES ('states.update', 'ks', 'states', 'waiting', 'me', '2026', '2026')"
    )
    state.change(
        "INSERT INTO alerts (id, cause, type, severity, status, subdomain, title, detected_at, last_seen_at)"
        " VALUES (1, 'c', 't', 'info', 'active', 'ks', 'T', '2026', '2026')"
    )
    state.change("INSERT INTO alert_members VALUES (1, 'ks', 'ballots', 'states.update', NULL, '2026', NULL)")
    state.change("UPDATE run_scopes SET hold_state = 'open' WHERE run_id = 4")
    assert state("sites", "remove", "ks", "--archive", *WHY).code == 0
    assert state.ask("SELECT status, message FROM jobs WHERE status <> 'finished'") == [
        ("cancelled", "the site was removed")
    ]
    assert state.ask("SELECT status, resolved_by FROM alerts") == [("resolved", "Ann")]
    assert state.ask("SELECT count(*) FROM alert_members WHERE recovered_at IS NULL") == [(0,)]
    assert state.ask("SELECT hold_state FROM run_scopes WHERE run_id = 4") == [("replaced",)]


def test_a_site_of_the_same_name_can_be_added_again(state: State) -> None:
    assert state("sites", "remove", "ks", "--archive", *WHY).code == 0
    words = ("--name", "Kansas", "--state", "KS", "--kind", "county", "--set", "ballots.x=1")
    assert state("sites", "add", "ks", *words).code == 0
    assert state.load("ADAMS 1001 P").rows[0]["run_id"] == 5


def test_a_legal_hold_forbids_a_removal(state: State, tmp_path: Path) -> None:
    assert state("legal-hold", "place", "ks", "--reason", "recount", "--by", "Bob").code == 0
    refused = remove(state, tmp_path / "ks.tar.gz")
    assert (refused.code, refused.err) == (
        1,
        "Error: nothing of 'ks' may be removed: legal hold 1 by Bob: recount"
        " (clerk legal-hold lift 1, once nothing forbids it)\n",
    )
    assert (state.folder.exists(), list(tmp_path.iterdir())) == (True, [])


def test_a_state_that_states_json_names_is_not_removed(state: State, tmp_path: Path) -> None:
    words = ("--name", "Florida", "--state", "FL", "--kind", "state", "--set", "ballots.x=1")
    assert state("sites", "add", "fl", *words).code == 0
    refused = state("sites", "remove", "fl", "--archive", tmp_path / "fl.tar.gz", *WHY)
    assert (refused.code, "states.json names 'fl' as the site of FL" in refused.err) == (2, True)


def _take(target: Path, state: State) -> None:
    target.write_bytes(b"mine")


def _full(target: Path, state: State) -> None:
    os.mkfifo(state.folder / "pipe")


@pytest.mark.parametrize(
    ("prepare", "told"),
    [(_take, "exists already (name a file that does not)"), (_full, "is neither a file nor a folder nor a link")],
    ids=["file exists", "a pipe"],
)
def test_what_cannot_be_packed_is_refused_and_the_site_stays(
    state: State, tmp_path: Path, prepare: Callable[[Path, State], None], told: str
) -> None:
    target = tmp_path / "ks.tar.gz"
    prepare(target, state)
    refused = remove(state, target)
    assert (refused.code > 0, told in refused.err) == (True, True)
    assert (state("sites", "show", "ks").code, len(list(tmp_path.iterdir())) <= 1) == (0, True)


def test_an_archive_does_not_go_into_the_folder_that_goes(state: State) -> None:
    refused = remove(state, state.folder / "ks.tar.gz")
    assert (refused.code, "lies in the folder that goes (name a file elsewhere)" in refused.err) == (2, True)


def test_a_database_that_somebody_writes_is_waited_for_and_then_refused(state: State, tmp_path: Path) -> None:
    with closing(sqlite3.connect(state.folder / "voters.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        refused = remove(state, tmp_path / "ks.tar.gz")
    assert (refused.code, "is locked by another program" in refused.err) == (1, True)
    assert (state.folder.exists(), list(tmp_path.iterdir())) == (True, [])


def test_a_damaged_database_is_packed_as_it_lies(state: State, tmp_path: Path) -> None:
    (state.folder / "broken.db").write_bytes(b"no database at all" * 100)
    assert remove(state, tmp_path / "ks.tar.gz").code == 0
    with tarfile.open(tmp_path / "ks.tar.gz") as archive:
        assert archive.getmember("site/broken.db").size == 1800


def test_a_folder_that_cannot_be_moved_leaves_the_ledger_as_it_was(state: State, tmp_path: Path) -> None:
    (state.root / "sites" / ".removing-ks").write_text("in the way")
    with pytest.raises(ClerkError, match="cannot be moved"):
        remove_site(state.installation, "ks", tmp_path / "ks.tar.gz", "Ann", "merged")
    assert (state("sites", "show", "ks").code, state.tombstones()) == (0, [])
    assert (tmp_path / "ks.tar.gz").exists()


def test_what_a_removal_left_behind_is_told_by_doctor_and_is_no_site(state: State) -> None:
    left = state.root / "sites" / ".removing-oz.ks"
    left.mkdir()
    warnings = [row for row in state("doctor", "--json").rows if row.get("level") == "warning"]
    assert {
        "what": "sites",
        "level": "warning",
        "message": f"{left} is left of a site that was removed",
        "remedy": f"delete it: rm -r {left}",
    } in warnings
    (left / "site.toml.removed").write_text("")
    imported = state("sites", "import")
    assert (imported.code, "removing" in imported.out) == (0, False)


def test_names_that_are_no_text_are_packed_too(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / os.fsdecode(b"odd\xff\n.txt")).write_bytes(b"x")
    packed = pack_site(folder, {}, {}, tmp_path / "a" / "x.tar.gz")
    assert packed.files == 2
