"""Disk budgets: told once per change, and shown by doctor."""

from __future__ import annotations

from typing import Any

from clerkcore.jobs.disk import check_disk, measure_site

State = Any  # the class of the fixture in conftest.py


def events(state: State) -> list[Any]:
    found: list[Any] = state.ask("SELECT kind, severity, subdomain FROM events WHERE kind LIKE 'disk.%' ORDER BY id")
    return found


def test_sizes_are_told_by_what_takes_them(state: State) -> None:
    size = measure_site(state.installation.folder("ks"))
    raw = sum(path.stat().st_size for path in (state.folder / "raw").rglob("*") if path.is_file())
    assert (size.raw, size.databases > 50_000) == (raw, True)
    assert size.total == sum(path.stat().st_size for path in state.folder.rglob("*") if path.is_file())


def test_a_budget_that_is_exceeded_is_an_event_once_and_so_is_the_end_of_it(state: State) -> None:
    assert (check_disk(state.installation, "ks"), events(state)) == ([], [])
    state.configure("[disk]\nsite_budget_bytes = 1")
    for _ in range(2):
        [found] = check_disk(state.installation, "ks")
        assert (found.kind, found.limit, found.exceeded) == ("disk.budget", 1, True)
    assert events(state) == [("disk.budget", "warning", "ks")]
    state.configure("[disk]\nsite_budget_bytes = 1000000000")
    for _ in range(2):
        assert check_disk(state.installation, "ks") == []
    assert events(state) == [("disk.budget", "warning", "ks"), ("disk.budget", "info", "ks")]


def test_a_full_disk_is_an_event_of_no_site(state: State) -> None:
    state.configure("[disk]\nmin_free_bytes = 1000000000000000000")
    assert [found.kind for found in check_disk(state.installation, "ks")] == ["disk.low"]
    assert events(state) == [("disk.low", "warning", "")]


def test_doctor_shows_the_budget(state: State) -> None:
    state.configure("[disk]\nsite_budget_bytes = 1")
    [told] = [row for row in state("doctor", "--json").rows if row.get("what") == "disk" and row["level"] == "warning"]
    assert told["message"].startswith("ks takes ")
    assert told["message"].endswith(", more than its budget of 1")
    assert told["remedy"] == "clerk raw show ks, or raise disk.site_budget_bytes"


def test_a_renamed_site_takes_along_what_was_told(state: State) -> None:
    state.configure("[disk]\nsite_budget_bytes = 1")
    check_disk(state.installation, "ks")
    assert state("sites", "rename", "ks", "kansas").code == 0
    check_disk(state.installation, "kansas")
    assert events(state) == [("disk.budget", "warning", "kansas")]


def test_a_source_without_its_plugin_is_shown_as_such(state: State) -> None:
    state.lose_plugin()
    [source] = state("sites", "show", "ks", "--json").rows[0]["sources"]
    assert source == 'ballots (x = "1"): no plugin offers it; what it brought is kept'
    [told] = state("status", "--json").rows
    assert (told["source"], told["outcome"], told["command"]) == ("ballots", "changed", "clerk plugins list")
    assert told["message"].startswith("no plugin offers it; what it brought is kept. Last: 1 roster row added")
