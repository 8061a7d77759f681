"""What was rejected comes in by a release, once the plugin reads it."""

from __future__ import annotations

from pathlib import Path

from tests.redact.conftest import Lenient, World, person

from clerkcore.models import Outcome


def test_a_release_brings_in_what_is_read_well_now(folder: Path) -> None:
    world = World(folder)
    loaded = world.load(person("a1", "Ann"), "b2;Alma;Bob;3", "c3;Alma;Cid;-3", "ragged")
    world.source = Lenient()
    result = world.release(loaded)
    assert (result.outcome, result.message) == (
        Outcome.CHANGED,
        "1 of 3 quarantined records is a row now; 2 still rejected: invalid_value (1), ragged (1)."
        " 1 people row added (Alma 1). 2 quarantined",
    )
    assert [row[1] for row in world.people()] == ["a1", "b2"]


def test_a_release_of_what_is_still_rejected_is_fresh(folder: Path) -> None:
    world = World(folder)
    loaded = world.load(person("a1", "Ann"), "b2;Alma;Bob;3", "ragged")
    result = world.release(loaded)
    assert (result.outcome, result.message) == (
        Outcome.FRESH,
        "nothing changed; the plugin still rejects them: ragged (2)",
    )


def test_a_release_can_be_taken_back(folder: Path) -> None:
    world = World(folder)
    loaded = world.load(person("a1", "Ann"), "b2;Alma;Bob;3")
    world.source = Lenient()
    world.release(loaded)
    world.undo(2)
    assert world.people() == [("2026", "a1", "Alma", "Ann", 40, 1), ("2026", "b2", "Alma", "Bob", 3, 0)]


def test_guards_judge_a_release(folder: Path) -> None:
    world = World(folder, quarantine_limit=0.9)
    loaded = world.load(person("a1", "Ann"), "b2;Alma;Bob;3", "c3;Alma;Cid;-3")
    world.source = Lenient()
    world.settings = World(folder, quarantine_limit=0.1).settings
    assert (world.release(loaded).outcome, len(world.people())) == (Outcome.HELD, 1)
