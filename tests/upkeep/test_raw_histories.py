"""Whatever happened before, a collection takes no byte that the rows rest on, and pulls go on as before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clerkcore.fetch import Archive
from clerkcore.models import Scope
from clerkcore.road.acquire import import_capture
from clerkcore.road.bases import current_base
from clerkcore.road.prepare import prepare_stage
from clerkcore.road.work import Work
from clerkcore.store.database import read_database
from clerkcore.times import now
from clerkcore.upkeep.collection import collect_sites
from clerkcore.upkeep.resting import scope_rests

State = Any  # the class of the fixture in conftest.py
ROSTERS = {
    "a": ("ADAMS 1001 P", "BROWN 2001 M"),
    "b": ("ADAMS 1001 P", "BROWN 2002 M", "ADAMS bad P"),
    "c": ("ADAMS 1003 M",),
    "held": ("NOWHERE 1001 P",),
}
LOADS = st.tuples(st.sampled_from(["2026-05-18", "2026-05-19"]), st.sampled_from(sorted(ROSTERS)))
STEPS = st.lists(st.one_of(LOADS, LOADS, st.sampled_from(["undo", "collect"])), min_size=3, max_size=6)


@given(STEPS)
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],  # a history takes seconds, and shrinking one minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_collection_takes_what_rows_rest_on(
    new_state: Callable[[], AbstractContextManager[State]], steps: list[Any]
) -> None:
    with new_state() as state:
        state.configure("[raw]\nkeep_days = 2\nmax_bytes = 1")
        for step in [*steps, "collect"]:
            if step == "undo":
                undo_newest(state)
            elif step == "collect":
                collect(state)
            else:
                state.load(*ROSTERS[step[1]], day=step[0])
        assert compares_by_lines(state)


def undo_newest(state: State) -> None:
    if (state.folder / "voters.db").exists():
        for [run] in state.query("SELECT run_id FROM _clerk_runs ORDER BY run_id DESC LIMIT 1"):
            assert state("undo", str(run)).code == 0


def collect(state: State) -> None:
    """Collect as if ten days had gone by: what was whole before and is rested on is whole afterwards."""
    before, had = rested_on(state), state.downloads()
    for collection in collect_sites(state.installation, ["ks"], now() + timedelta(days=10)):
        assert collection.error is None
    archive = Archive(state.folder / "raw")
    for source, scope, capture in before:
        kept = archive.load_capture(source, scope, capture)
        assert all(archive.is_intact(download) for download in kept.downloads)
    assert {name for manifest in manifests(archive) for name in manifest} == state.downloads() <= had


def rested_on(state: State) -> set[tuple[str, str, str]]:
    """The captures under the rows, those an undo leads to, those held: as many as are still kept."""
    if not (state.folder / "voters.db").exists():
        return set()
    with read_database(state.folder / "voters.db") as connection:
        found = {(rest.source, rest.scope, rest.capture) for rest in scope_rests(connection)}
    held = state.ask(
        "SELECT source, scope, capture FROM run_scopes JOIN job_tracking ON id = run_id WHERE hold_state = 'open'"
    )
    return {key for key in {*found, *held} if key[2] in state.captures()}


def manifests(archive: Archive) -> list[set[str]]:
    scopes = {path.parent.name.replace("%2F", "/") for path in archive.folder.glob("captures/*/*/*.json")}
    return [{d.sha256 for d in kept.downloads} for scope in scopes for kept in archive.captures("ballots", scope)]


def compares_by_lines(state: State) -> bool:
    """Whether the next pull of each scope would stage only what differs, where its base is kept."""
    installation = state.installation
    site = installation.site("ks")
    work = Work(site, installation.source(site, "ballots"), installation.folder("ks"), installation.settings, 0, "test")
    file = state.root / "roster.csv"
    file.write_text("county,id,method\nADAMS,1001,P\nADAMS,1009,M\n")
    return all(_stages_lines(work, day, file) for day in ("2026-05-18", "2026-05-19"))


def _stages_lines(work: Work, day: str, file: Path) -> bool:
    name = f"7/EVR/{day}"
    base = current_base(work, name)
    if base is None or base.capture not in {kept.id for kept in work.archive.captures("ballots", name)}:
        return True
    capture = import_capture(
        work, Scope(name, {"data_source": "EVR", "election_id": "7", "election_date": day}), [file]
    )
    prepared = prepare_stage(work, capture, base.capture, work.passing_stage_path(name))
    return prepared.relative_to == base.capture


def test_an_undo_beyond_what_is_kept_restores_the_rows_and_the_next_pull_is_compared_all_the_same(state: State) -> None:
    state.configure("[raw]\nkeep_days = 30")
    assert state("raw", "collect", "--yes").code == 0
    for run in ("4", "3"):
        assert state("undo", run).code == 0
    assert state.query("SELECT voter_id FROM roster WHERE removed_run_id IS NULL ORDER BY 1") == [("1001",), ("2002",)]
    pulled = state.load("ADAMS 1001 P", "BROWN 2007 M", "ADAMS bad P")
    assert pulled.rows[0]["outcome"] == "changed"
