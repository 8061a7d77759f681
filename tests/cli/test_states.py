"""clerk states: list, update, try."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator

Clerk = Any  # the class of the fixture in conftest.py


@pytest.fixture
def florida(fed: Clerk) -> Clerk:
    """`clerk` with Florida, simulated."""
    fed.add_site("fl", "florida.election=49894", kind="state", state="FL")
    return fed


def test_states_list_names_adapters_and_their_sites(florida: Clerk) -> None:
    assert florida("states", "list", "--json").rows == [
        {
            "adapter": "florida",
            "help": "Florida vote-by-mail and early voting by county",
            "plugin": "clerk-state-florida",
            "sites": ["fl"],
        }
    ]
    assert florida("states", "list").out.splitlines()[1].split()[-2:] == ["clerk-state-florida", "fl"]


def test_states_update_brings_one_report(florida: Clerk) -> None:
    [run] = florida("states", "update", "fl", "--source", "VbmVoted", "--json").rows
    assert (run["outcome"], [scope["scope"] for scope in run["scopes"]]) == ("changed", ["49894/VbmVoted"])
    assert (run["added"], run["aside"]) == (67, 1)


def test_states_update_refuses_a_report_that_does_not_exist(florida: Clerk) -> None:
    failed = florida("states", "update", "fl", "--source", "Nosuch", "--json")
    assert (failed.code, failed.rows[0]["message"]) == (1, "florida has no data source 'Nosuch'")
    assert failed.rows[0]["remedy"] == "data sources: VbmProvided, VbmVoted, EarlyVoted"


def save_report(simulator: Simulator, path: Path) -> Path:
    answer = simulator.answer("/countyballotreportfiles/Stats_49894_VbmVoted.txt", {})
    path.write_bytes(answer.body)
    return path


def test_states_try_parses_a_file_and_writes_nothing(clerk: Clerk, simulator: Simulator, tmp_path: Path) -> None:
    file = save_report(simulator, tmp_path / "saved.txt")
    before = sorted(clerk.root.rglob("*"))
    words = ("states", "try", "florida", "--from", file, "--source", "VbmVoted", "--election", "49894")
    tried = clerk(*words, "--json")
    assert (tried.code, tried.rows[0]["facts"]) == (0, {"read": 68, "duplicates": 0, "quarantined": 0, "aside": 1})
    assert clerk(*words).out.startswith("68 records read: 67 usable, 0 duplicates, 0 quarantined, 1 set aside\n")
    assert sorted(path for path in clerk.root.rglob("*") if "civic.db-" not in path.name) == [
        path for path in before if "civic.db-" not in path.name
    ]


def test_states_try_of_a_source_that_is_no_adapter_says_what_it_is(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "netfile", "--from", tmp_path / "saved.txt")
    assert (refused.code, refused.err) == (2, "Error: 'netfile' is of finance, not of states (offered: florida)\n")


def test_states_try_of_a_source_that_nobody_offers_names_all(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "nosuch", "--from", tmp_path / "saved.txt")
    offered = "florida, netfile, netfile_campaign, netfile_excel, sandiego_efile"
    message = f"no installed plugin offers 'nosuch'; offered: {offered} (see: clerk plugins list)"
    assert (refused.code, refused.err) == (1, f"Error: {message}\n")


def test_states_try_of_a_file_that_may_be_several_asks_which(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "florida", "--from", tmp_path / "saved.txt", "--election", "49894")
    assert refused.code == 2
    assert refused.err.endswith("(say which, with --source)\n")
