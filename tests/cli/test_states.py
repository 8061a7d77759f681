"""clerk states: list, update, try."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator

Clerk = Any  # the class of the fixture in conftest.py
OZ_PLUGIN = Path(__file__).parent / "states_plugin"
FLORIDA = {
    "enabled": True,
    "name": "Florida",
    "adapter": "florida_adapter",
    "update_interval_hours": 4,
    "data_sources": ["VbmVoted", "EarlyVoted"],
}
OZ = {"enabled": False, "name": "Oz", "adapter": "nosuch_adapter", "update_interval_hours": 0.5, "site": "vote.oz"}


def write_states(clerk: Clerk, **states: Any) -> None:
    (clerk.root / "sites" / "states.json").write_text(json.dumps({"states": states}))


@pytest.fixture
def florida(fed: Clerk) -> Clerk:
    """`clerk` with Florida, simulated."""
    fed.add_site("fl", "florida.election=49894", kind="state", state="FL")
    return fed


def test_states_list_names_states_with_their_adapters_and_adapters_without_a_state(florida: Clerk) -> None:
    write_states(florida, FL=FLORIDA, OZ=OZ)
    listed = florida("states", "list", "--json", "--plugins-dir", OZ_PLUGIN)
    assert [row for row in listed.rows if row["adapter"] in ("florida", "nosuch", "oz")] == [
        {
            "state": "FL",
            "name": "Florida",
            "enabled": True,
            "adapter": "florida",
            "help": "Florida vote-by-mail and early voting by county",
            "plugin": "clerk-state-florida",
            "update_interval_hours": 4.0,
            "data_sources": ["VbmVoted", "EarlyVoted"],
            "site": "fl",
            "site_exists": True,
        },
        {
            "state": "OZ",
            "name": "Oz",
            "enabled": False,
            "adapter": "nosuch",
            "help": "",
            "plugin": None,
            "update_interval_hours": 0.5,
            "data_sources": [],
            "site": "vote.oz",
            "site_exists": False,
        },
        {
            "state": "",
            "name": "",
            "enabled": None,
            "adapter": "oz",
            "help": "Rosters of Oz",
            "plugin": "oz_states",
            "update_interval_hours": 4,
            "data_sources": [],
            "site": "",
            "site_exists": False,
        },
    ]
    lines = [" ".join(line.split()) for line in florida("states", "list").out.splitlines()]
    assert lines[1] == "FL Florida yes florida clerk-state-florida 4 h VbmVoted, EarlyVoted fl"
    assert lines[2] == "OZ Oz no nosuch none offers it 0.5 h all vote.oz (not made yet)"


def test_states_list_shows_what_a_site_of_its_own_says(florida: Clerk) -> None:
    write_states(florida)
    path = florida.root / "sites" / "fl" / "site.toml"
    path.write_text(path.read_text() + 'update_interval_hours = 12\ndata_sources = ["VbmVoted"]\n')
    [row] = [row for row in florida("states", "list", "--json").rows if row["site"]]
    assert [row[key] for key in ("state", "update_interval_hours", "data_sources")] == ["FL", 12.0, ["VbmVoted"]]


def test_states_list_names_what_cannot_be_read_and_shows_the_rest(florida: Clerk) -> None:
    (florida.root / "sites" / "fl" / "site.toml").write_text("name = ")
    listed = florida("states", "list")
    assert listed.code == 1
    assert f"Warning: {florida.root / 'sites' / 'fl' / 'site.toml'}: not valid TOML: " in listed.err
    assert "GA     Georgia" in listed.out


def test_states_update_brings_one_report(florida: Clerk) -> None:
    [run] = florida("states", "update", "fl", "--source", "VbmVoted", "--json").rows
    assert (run["outcome"], [scope["scope"] for scope in run["scopes"]]) == ("changed", ["49894/VbmVoted"])
    assert (run["added"], run["aside"]) == (67, 1)


def test_states_update_refuses_a_report_that_does_not_exist(florida: Clerk) -> None:
    failed = florida("states", "update", "fl", "--source", "Nosuch", "--json")
    assert (failed.code, failed.rows[0]["message"]) == (1, "florida has no data source 'Nosuch'")
    assert failed.rows[0]["remedy"] == "data sources: VbmProvided, VbmVoted, EarlyVoted"


VOTERS = "id,county,precinct,method\n001,Emerald,1,EARLY\n002,Winkie,7,EARLY\n"
LOAD = ("states", "update", "--subdomain", "oz", "--source", "EVR", "--election", "77", "--date", "2026-05-18")


@pytest.fixture
def oz(clerk: Clerk) -> Clerk:
    """`clerk` with Oz in states.json, and the plugin of the tests."""
    settings = clerk.root / "clerk.toml"
    settings.write_text(f'plugins_dir = "{OZ_PLUGIN}"\n[guards]\nshrink = 1.0\nturnover = 1.0\n')
    write_states(clerk, OZ={**OZ, "enabled": True, "adapter": "oz", "site": "oz"})
    return clerk


def save(clerk: Clerk, name: str, text: str) -> Path:
    path: Path = clerk.root / name
    path.write_text(text)
    return path


def test_a_file_that_was_saved_is_loaded_by_election_and_day(oz: Clerk) -> None:
    loaded = oz(*LOAD, "--from", save(oz, "day.csv", VOTERS), "--json")
    [run] = loaded.rows
    assert (run["outcome"], run["added"], [scope["scope"] for scope in run["scopes"]]) == (
        "changed",
        2,
        ["77/EVR/2026-05-18"],
    )


def test_a_file_may_be_dated_and_an_older_one_adds_history_alone(oz: Clerk) -> None:
    oz(*LOAD, "--from", save(oz, "day.csv", VOTERS))
    older = save(oz, "older.csv", VOTERS.replace("001", "009"))
    words = (*LOAD, "--from", older, "--json", "--taken")
    refused = oz(*words, "2999-01-01")
    assert (refused.code, refused.err) == (
        2,
        "Error: --taken lies in the future (give the day on which the files were saved)\n",
    )
    # A roster keeps no number that never changes, by which older rows could be told from new ones.
    assert oz(*words, "2026-05-19").rows[0]["outcome"] == "failed"
    assert oz("states", "update", "oz", "--taken", "2026-05-19").err.startswith("Error: --taken dates files, and none ")


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


TRY = ("states", "try", "oz", "--source", "EVR", "--election", "77", "--date", "2026-05-18", "--from")


def test_states_try_hides_voters(oz: Clerk) -> None:
    file = save(oz, "day.csv", VOTERS)
    [tried] = oz(*TRY, file, "--json").rows
    assert [(row["voter_id"], row["county"]) for row in tried["rows"]["roster"]] == [
        ("***", "Emerald"),
        ("***", "Winkie"),
    ]
    assert "changes" not in tried
    printed = oz(*TRY, file).out
    assert "  voter_id=***, vote_date=2026-05-18, voting_method=early, county=Emerald, precinct=1" in printed
    assert [line for line in printed.splitlines() if "001" in line or "002" in line] == []


def test_states_try_against_an_older_file_tells_what_the_adapter_finds(oz: Clerk) -> None:
    older = save(oz, "older.csv", VOTERS)
    newer = save(oz, "newer.csv", "id,county,precinct,method\n001,Emerald,2,EARLY\n003,Gillikin,5,MAIL\n")
    tried = oz(*TRY, newer, "--against", older, "--json")
    assert tried.rows[0]["changes"]["elections"] == {"added": 0, "changed": 0, "disappeared": 0, "rows": []}
    changes = tried.rows[0]["changes"]["roster"]
    assert [changes[kind] for kind in ("added", "changed", "disappeared")] == [1, 1, 1]
    added, changed, disappeared = changes["rows"]
    assert [added[key] for key in ("kind", "voter_id", "county")] == ["added", "***", "Gillikin"]
    assert [disappeared[key] for key in ("kind", "voter_id", "county")] == ["disappeared", "***", "Winkie"]
    assert changed == {
        "kind": "changed",
        "voter_id": "***",
        "vote_date": "2026-05-18",
        "voting_method": "early",
        "before": {"precinct": "1"},
        "after": {"precinct": "2"},
    }
    told = "  changed: voter_id=***, vote_date=2026-05-18, voting_method=early; precinct: 1 -> 2\n"
    assert "\nroster: 1 added, 1 changed, 1 disappeared\n" in oz(*TRY, newer, "--against", older).out
    assert told in oz(*TRY, newer, "--against", older).out


def test_states_try_of_a_source_that_is_no_adapter_says_what_it_is(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "netfile", "--from", tmp_path / "saved.txt")
    assert refused.code == 2
    assert refused.err.startswith("Error: 'netfile' is of finance, not of states (offered: ")
    assert "florida" in refused.err


def test_states_try_of_a_source_that_nobody_offers_names_all(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "nosuch", "--from", tmp_path / "saved.txt")
    assert refused.code == 1
    assert refused.err.startswith("Error: no installed plugin offers 'nosuch'; offered: ")
    assert refused.err.endswith(", sandiego_efile, texas (see: clerk plugins list)\n")


def test_states_try_of_a_file_that_may_be_several_asks_which(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "florida", "--from", tmp_path / "saved.txt", "--election", "49894")
    assert refused.code == 2
    assert refused.err.endswith("(say which, with --source)\n")
