"""Collecting the raw archive: what nothing rests on goes, what something rests on never does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from clerkcore.jobs.holding import hold_site
from clerkcore.ledger import hash_names
from clerkcore.road.acquire import reopen_capture
from clerkcore.road.stage import build_stage
from clerkcore.road.work import Work
from clerkcore.upkeep.collection import collect_sites
from clerkcore.upkeep.spare import keep_days, plan_collection

State = Any  # the class of the fixture in conftest.py
KEEP = "[raw]\nkeep_days = 30"


def plan(state: State) -> Any:
    return plan_collection(state.installation, state.installation.site("ks"))


def going(state: State) -> list[str]:
    return [shelved.kept.id for shelved in plan(state).going]


def test_captures_are_kept_for_good_by_default(state: State) -> None:
    assert going(state) == []


def test_old_captures_go_but_for_the_base_and_the_one_an_undo_leads_to(state: State) -> None:
    state.configure(KEEP)
    captures = state.captures()
    found = plan(state)
    assert [shelved.kept.id for shelved in found.going] == captures[:2]
    assert {key[2]: why for key, why in found.kept.items()} == {
        captures[2]: "an undo leads to it",
        captures[3]: "rows rest on it",
    }


def test_showing_tells_what_may_go_and_what_stays(state: State) -> None:
    state.configure(KEEP)
    size = sum(path.stat().st_size for path in (state.folder / "raw" / "downloads").glob("*/*.gz"))
    assert state("raw", "show", "--json").rows == [
        {
            "site": "ks",
            "source": "ballots",
            "captures": 4,
            "downloads": 4,
            "bytes": size,
            "going_captures": 2,
            "kept": {"an undo leads to it": 1, "rows rest on it": 1},
            "offered": True,
        }
    ]


def test_nothing_is_collected_without_yes(state: State) -> None:
    state.configure(KEEP)
    before = state.captures(), state.downloads()
    told = state("raw", "collect")
    freed = plan(state).bytes
    assert told.out == (
        f"ks: 2 captures, 2 downloads, {freed} bytes may go\n"
        "Nothing was removed; to remove it: clerk raw collect --yes\n"
    )
    assert (state.captures(), state.downloads(), state.tombstones()) == (*before, [])


def test_a_collection_leaves_a_tombstone_and_an_event(state: State) -> None:
    state.configure(KEEP)
    captures, downloads, freed = state.captures(), state.downloads(), plan(state).bytes
    assert state("raw", "collect", "--yes").out == f"ks: 2 captures, 2 downloads, {freed} bytes gone\n"
    gone = downloads - state.downloads()
    assert (state.captures(), len(gone)) == (captures[2:], 2)
    [tombstone] = state.tombstones()
    assert (tombstone.kind, tombstone.subdomain, tombstone.target) == ("collected", "ks", "raw archive")
    assert (tombstone.records, tombstone.sha256) == (2, hash_names(gone))
    assert (tombstone.reason, tombstone.removed_by) == ("raw.keep_days = 30, raw.max_bytes = 0", "clerk raw collect")
    assert tombstone.details == {"captures": 2, "downloads": 2, "bytes": freed, "sources": {"ballots": 2}}
    assert state.ask("SELECT subdomain, message FROM events WHERE kind = 'raw.collected'") == [
        ("ks", f"2 captures and 2 downloads, {freed} bytes, are gone from the raw archive: tombstone 1")
    ]
    assert state("raw", "collect", "--yes").out == "ks: nothing may go\n"


def test_a_size_limit_takes_the_oldest_until_it_is_met(state: State) -> None:
    size = plan(state).shelf.size
    state.configure(f"[raw]\nmax_bytes = {size - 1}")
    assert going(state) == state.captures()[:1]
    state.configure("[raw]\nmax_bytes = 1")
    assert going(state) == state.captures()[:2]


def test_a_source_may_keep_its_captures_longer_or_shorter(state: State) -> None:
    state.configure(KEEP, "[sources.ballots]\nraw_keep_days = 0")
    assert going(state) == []
    state.configure("[sources.ballots]\nraw_keep_days = 1.5")
    assert len(going(state)) == 2


def test_days_that_are_no_number_are_refused(state: State) -> None:
    state.configure(KEEP, '[sources.ballots]\nraw_keep_days = "long"')
    told = state("raw", "collect", "--yes")
    assert (told.code, told.err) == (
        1,
        "Warning: ks [sources.ballots] raw_keep_days: 'long' is not a number of days (0 or more; 0 is for good)\n",
    )
    assert len(state.captures()) == 4


def test_a_capture_written_today_stays_whatever_its_date(state: State) -> None:
    state.configure(KEEP)
    for path in (state.folder / "raw" / "captures").rglob("*.json"):
        os.utime(path)
    assert going(state) == []


def test_a_download_that_another_capture_names_stays(state: State) -> None:
    state.configure(KEEP)
    assert state.outcome("ADAMS 1001 P", "BROWN 2001 M", "ADAMS bad P", taken="2026-01-05") == "changed"
    first = state.downloads()
    assert state("raw", "collect", "--yes").code == 0
    assert len(state.captures()) == 2
    # The first load was of the very bytes that the newest is of.
    assert len(first - state.downloads()) == 2
    assert state.outcome("ADAMS 1001 P", "BROWN 2001 M", "ADAMS bad P") == "fresh"


def test_what_is_held_can_still_be_accepted(state: State) -> None:
    state.configure(KEEP)
    assert state.outcome("ADAMS 1001 P", "NOWHERE 3001 P") == "held"
    held = state.captures()[-1]
    state.age()
    assert [why for (_, _, capture), why in plan(state).kept.items() if capture == held] == ["held"]
    assert state("raw", "collect", "--yes").code == 0
    assert state("accept", "5").code == 0
    assert state.query("SELECT voter_id FROM roster WHERE removed_run_id IS NULL") == [("1001",)]


def test_what_is_staged_can_still_be_loaded(state: State) -> None:
    state.configure(KEEP)
    stage_capture(state, state.captures()[0])
    assert {capture: why for (_, _, capture), why in plan(state).kept.items()}[state.captures()[0]] == "staged"
    assert state("raw", "collect", "--yes").code == 0
    assert len(state.captures()) == 3


def stage_capture(state: State, capture_id: str) -> None:
    """Leave a stage as transform does."""
    installation = state.installation
    site = installation.site("ks")
    work = Work(site, installation.source(site, "ballots"), installation.folder("ks"), installation.settings, 0, "test")
    [[scope]] = state.query("SELECT scope FROM _clerk_scopes")
    capture = reopen_capture(work, work.archive.load_capture("ballots", scope, capture_id))
    build_stage(work.source, capture, work.stage_path(scope))


def test_a_stage_that_cannot_be_read_stops_the_collection_of_its_site(state: State) -> None:
    state.configure(KEEP)
    stage = state.folder / "stage" / "ballots" / "odd.db"
    stage.parent.mkdir(parents=True, exist_ok=True)
    stage.write_bytes(b"")
    told = state("raw", "collect", "--yes")
    assert (told.code, len(state.captures())) == (1, 4)
    assert "odd.db" in told.err


def test_a_site_that_lost_its_databases_keeps_its_whole_archive(state: State) -> None:
    state.configure(KEEP)
    for path in state.folder.glob("voters.db*"):
        path.unlink()
    told = state("raw", "collect", "--yes")
    assert (told.code, len(state.captures())) == (1, 4)
    assert told.err == (
        "Warning: ks: was loaded, but its databases are gone; its raw archive stays whole"
        " (restore them from a backup, or load again)\n"
    )


def test_a_damaged_manifest_stops_the_collection_of_its_site(state: State) -> None:
    state.configure(KEEP)
    manifest = next((state.folder / "raw" / "captures").rglob("*.json"))
    manifest.write_text("{")
    told = state("raw", "collect", "--yes")
    assert (told.code, len(state.downloads())) == (1, 4)
    assert f"Warning: {manifest}: this manifest cannot be used: " in told.err


def test_a_manifest_that_lies_in_another_folder_is_refused(state: State) -> None:
    state.configure(KEEP)
    manifest = next((state.folder / "raw" / "captures").rglob("*.json"))
    other = manifest.parent.with_name("other")
    other.mkdir()
    shutil.move(manifest, other)
    told = state("raw", "collect", "--yes")
    assert (told.code, "this manifest is of another source or scope" in told.err) == (1, True)


def test_downloads_that_no_capture_names_go_when_they_are_old(state: State) -> None:
    state.configure(KEEP)
    loose = state.folder / "raw" / "downloads" / "ab" / f"{'ab' * 32}.gz"
    loose.parent.mkdir(exist_ok=True)
    loose.write_bytes(b"x")
    assert "ab" * 32 not in plan(state).downloads
    os.utime(loose, (0, 0))
    assert "ab" * 32 in plan(state).downloads
    stranger = loose.with_name("notes.gz")
    stranger.write_bytes(b"x")
    os.utime(stranger, (0, 0))
    assert state("raw", "collect", "--yes").code == 0
    assert (loose.exists(), stranger.exists()) == (False, True)


def test_a_collection_that_breaks_off_leaves_no_manifest_without_its_downloads(state: State) -> None:
    state.configure(KEEP)
    first = sorted(plan(state).downloads)[-1]
    blob = state.folder / "raw" / "downloads" / first[:2] / f"{first}.gz"
    blob.unlink()
    (blob / "in the way").mkdir(parents=True)
    os.utime(blob, (0, 0))
    [broken] = collect_sites(state.installation, ["ks"])
    remedy = "check that the folder exists and belongs to the user who runs clerk"
    assert broken.error is not None
    assert (broken.done, broken.error.remedy) == (False, remedy)
    named = {name for shelved in plan(state).shelf.captures for name in shelved.names}
    assert (len(state.captures()), named <= state.downloads()) == (2, True)
    assert [tombstone.records for tombstone in state.tombstones()] == [2]
    shutil.rmtree(blob)
    blob.write_bytes(b"")
    os.utime(blob, (0, 0))
    assert state("raw", "collect", "--yes").code == 0
    assert state.downloads() == named


def test_a_site_that_somebody_works_on_is_passed_over(state: State) -> None:
    state.configure(KEEP)
    with hold_site(state.installation, "ks", "other"):
        told = state("raw", "collect", "--yes")
    assert (told.code, told.err.startswith("Warning: site 'ks' is busy: ")) == (1, True)
    assert len(state.captures()) == 4


def test_a_legal_hold_keeps_everything(state: State) -> None:
    state.configure(KEEP)
    (state.folder / "raw" / "downloads" / "ab").mkdir(exist_ok=True)
    loose = state.folder / "raw" / "downloads" / "ab" / f"{'ab' * 32}.gz"
    loose.write_bytes(b"x")
    os.utime(loose, (0, 0))
    assert state("legal-hold", "place", "--all", "--reason", "recount", "--by", "Ann").code == 0
    assert state("raw", "collect", "--yes").out == "ks: nothing may go\n"
    assert set(plan(state).kept.values()) == {"legal hold"}
    assert (len(state.captures()), len(state.downloads())) == (4, 5)


def test_a_source_without_its_plugin_loses_nothing(state: State) -> None:
    state.configure(KEEP)
    state.lose_plugin()
    loose = state.folder / "raw" / "downloads" / "ab" / f"{'ab' * 32}.gz"
    loose.parent.mkdir(exist_ok=True)
    loose.write_bytes(b"x")
    os.utime(loose, (0, 0))
    assert state("raw", "collect", "--yes").out == "ks: nothing may go\n"
    assert "ballots (no plugin)" in state("raw", "show").out
    assert (len(state.captures()), len(state.downloads())) == (4, 5)


def test_an_unknown_site_is_refused(state: State) -> None:
    told = state("raw", "show", "nosuch.ks")
    assert (told.code, told.err) == (2, "Error: the ledger has no site 'nosuch.ks' (sites: ks)\n")


@pytest.mark.parametrize("value", [True, -1, float("inf"), "7"])
def test_only_numbers_are_days(state: State, value: object) -> None:
    installation = state.installation
    site = installation.site("ks")
    object.__setattr__(installation.settings, "sources", {"ballots": {"raw_keep_days": value}})
    with pytest.raises(Exception, match=" is not a number of days"):
        keep_days(installation, site, "ballots")


def test_the_archive_of_a_site_may_lie_on_another_disk(state: State, tmp_path: Path) -> None:
    state.configure(KEEP)
    shutil.move(state.folder / "raw", tmp_path / "raw")
    (state.folder / "raw").symlink_to(tmp_path / "raw")
    assert state("raw", "collect", "--yes").code == 0
    assert len(state.captures()) == 2
