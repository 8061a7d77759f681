"""The sites of states.json: made when they are first needed, with what the file says for settings."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Simulator

Clerk = Any  # the class of the fixture in conftest.py
ALABAMA = {"enabled": True, "name": "Alabama", "adapter": "florida", "settings": {"election": "49894"}}
FLORIDA = {"enabled": True, "name": "Florida", "adapter": "florida_adapter", "update_interval_hours": 4}
MADE = "made site fl (Florida), for states.json names it"


def write_states(clerk: Clerk, **states: Any) -> Path:
    path: Path = clerk.root / "sites" / "states.json"
    path.write_text(json.dumps({"states": states}))
    return path


@pytest.fixture
def states(fed: Clerk) -> Clerk:
    """`clerk` with Alabama off and Florida on, both simulated."""
    write_states(fed, AL={**ALABAMA, "enabled": False}, FL=FLORIDA)
    return fed


def taken(clerk: Clerk, *words: str) -> list[str]:
    return [run["site"] for run in clerk("states", "update", "--json", *words).rows]


def list_sites(clerk: Clerk) -> list[str]:
    return [row["subdomain"] for row in clerk("sites", "list", "--json").rows]


def test_init_writes_states_json_and_never_over_one(clerk: Clerk) -> None:
    path = clerk.root / "sites" / "states.json"
    assert list(json.loads(path.read_text())["states"]) == ["TX", "FL", "NC", "GA"]
    write_states(clerk)
    clerk("init")
    assert json.loads(path.read_text()) == {"states": {}}


@pytest.mark.parametrize("way", ["--all", "--due", "--next-site"])
def test_an_update_makes_the_sites_of_enabled_states_and_says_so(states: Clerk, way: str) -> None:
    ended = states("states", "update", way, "--json")
    assert (ended.code, [(run["site"], run["outcome"]) for run in ended.rows]) == (0, [("fl", "changed")])
    assert MADE in ended.err.splitlines()
    assert MADE not in states("states", "update", way).err
    assert list_sites(states) == ["fl"]


def test_a_site_is_made_of_the_pilot_that_ships_with_the_settings_it_needs(states: Clerk) -> None:
    states("states", "update", "--due")
    assert 'election = "49894"' in (states.root / "sites" / "fl" / "site.toml").read_text()


def test_a_site_without_a_pilot_gets_what_states_json_says(states: Clerk) -> None:
    write_states(states, AL=ALABAMA)
    states("states", "update", "--due")
    text = 'name = "Alabama"\nstate = "AL"\nkind = "state"\n\n[sources.florida]\n'
    assert (states.root / "sites" / "al" / "site.toml").read_text() == text
    [shown] = states("sites", "show", "al", "--json").rows
    assert 'election = "49894"' in shown["sources"][0]


def test_import_makes_the_sites_of_enabled_states_and_says_so(states: Clerk) -> None:
    assert states("sites", "import").out.splitlines() == [
        "fl: Florida, florida; made, for states.json names it",
        "1 sites registered",
    ]
    assert states("sites", "import").out.splitlines() == ["fl: Florida, florida", "1 sites registered"]


def test_import_with_a_broken_states_json_registers_nothing(states: Clerk) -> None:
    folder = states.root / "sites" / "oz.ks"
    folder.mkdir()
    (folder / "site.toml").write_text('name = "Oz"\nstate = "KS"\nkind = "city"\n')
    (states.root / "sites" / "states.json").write_text("{")
    assert states("sites", "import").code == 2
    assert list_sites(states) == []


def test_a_folder_that_was_copied_here_is_registered(states: Clerk) -> None:
    folder = states.root / "sites" / "fl"
    folder.mkdir()
    (folder / "site.toml").write_text(
        'name = "Mine"\nstate = "FL"\nkind = "state"\n[sources.florida]\nelection = "49894"\n'
    )
    ended = states("states", "update", "--all", "--json")
    assert ([run["site"] for run in ended.rows], MADE in ended.err) == (["fl"], False)
    assert states("sites", "show", "fl", "--json").rows[0]["name"] == "Mine"


@pytest.mark.parametrize("way", ["--all", "--due", "--next-site"])
def test_a_disabled_state_runs_only_by_name(states: Clerk, way: str) -> None:
    assert taken(states, "al") == ["al"]
    assert taken(states, way) == ["fl"]
    assert taken(states, "al") == ["al"]


def test_next_site_takes_enabled_states_in_turn(states: Clerk) -> None:
    write_states(states, AL=ALABAMA, CO={**ALABAMA, "enabled": False}, FL=FLORIDA)
    taken(states, "co")
    assert [taken(states, "--next-site") for _ in range(3)] == [["al"], ["fl"], ["al"]]


def test_next_site_passes_over_a_site_that_another_process_holds(states: Clerk) -> None:
    write_states(states, AL=ALABAMA, CO={**ALABAMA, "enabled": False}, FL=FLORIDA)
    taken(states, "--all")
    hold_site(states, "al")
    assert [taken(states, "--next-site") for _ in range(2)] == [["fl"], ["fl"]]
    hold_site(states, "fl")
    assert states("states", "update", "--next-site").err == (
        "No site to do: none has such a source, or all are being worked on.\n"
    )


def hold_site(clerk: Clerk, subdomain: str) -> None:
    """Let another machine hold a site's lease."""
    at = "2999-01-01T00:00:00.000000Z"
    with closing(sqlite3.connect(clerk.root / "civic.db")) as connection, connection:
        names = "subdomain, holder, token, job, acquired_at, heartbeat_at, expires_at"
        values = (subdomain, "elsewhere:-:1:1", f"token {subdomain}", "test", at, at, at)
        connection.execute(f"INSERT INTO leases ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def test_what_states_json_says_reaches_the_adapter(states: Clerk) -> None:
    write_states(states, FL={**FLORIDA, "data_sources": ["VbmVoted"]})
    [run] = states("states", "update", "--due", "--json").rows
    assert [scope["scope"] for scope in run["scopes"]] == ["49894/VbmVoted"]


def test_clerk_toml_stands_before_states_json_and_site_toml_before_both(states: Clerk, simulator: Simulator) -> None:
    """The address that Florida is fetched from here stands in clerk.toml, that of states.json leads nowhere."""
    api = {"base_url": "http://127.0.0.1:9/"}
    write_states(states, FL={**FLORIDA, "data_sources": ["VbmVoted"], "api_config": api})
    assert states("states", "update", "--due").code == 0
    path = states.root / "sites" / "fl" / "site.toml"
    path.write_text(path.read_text() + 'data_sources = ["EarlyVoted"]\n')
    [run] = states("states", "update", "fl", "--json").rows
    assert [scope["scope"] for scope in run["scopes"]] == ["49894/EarlyVoted"]
    [shown] = states("sites", "show", "fl", "--json").rows
    assert f'base_url = "{simulator.florida_url}"' in shown["sources"][0]


def test_an_adapter_that_nobody_offers_is_named_by_its_path_and_stops_no_other(states: Clerk) -> None:
    path = write_states(states, AL={**ALABAMA, "adapter": "nosuch"}, FL=FLORIDA)
    ended = states("states", "update", "--due", "--json")
    assert (ended.code, [run["outcome"] for run in ended.rows]) == (1, ["changed"])
    [told] = [line for line in ended.err.splitlines() if line.startswith("Error: ")]
    assert told.startswith(f"Error: {path}: states.AL.adapter: no plugin offers 'nosuch'; offered: ")
    assert ", florida" in told
    assert told.endswith('(install its plugin, or write "enabled": false in states.AL)')
    named = states("states", "update", "al")
    assert (named.code, named.err) == (2, f"{told}\n")
    assert list_sites(states) == ["fl"]


def test_states_whose_plugin_is_gone_fail_no_finance(san_diego: Clerk) -> None:
    write_states(san_diego, AL={**ALABAMA, "adapter": "nosuch"})
    san_diego.add_site("al", "nosuch.election=1", kind="state", state="AL")
    ended = san_diego("finance", "etl", "--all", "--year", "2020")
    assert (ended.code, [line for line in ended.err.splitlines() if line.startswith("Error")]) == (0, [])
    assert san_diego("states", "update", "--all").code == 1


def test_a_disabled_state_whose_plugin_is_not_there_is_no_failure(states: Clerk) -> None:
    write_states(states, FL=FLORIDA, AL={**ALABAMA, "adapter": "nosuch", "enabled": False})
    assert states("states", "update", "--due").code == 0
    assert states("sites", "import", "--pilots").code == 0


def test_a_site_that_lacks_the_adapter_of_its_state_is_named(states: Clerk) -> None:
    states.add_site("fl", kind="state", state="FL")
    ended = states("states", "update", "--all")
    config = states.root / "sites" / "fl" / "site.toml"
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"Error: {config}: has no [sources.florida], which states.json names for FL (add it, or correct states.json)\n"
    )
    states("sites", "disable", "fl")
    assert states("states", "update", "--all").code == 0


def test_a_site_of_another_name_is_that_of_the_state(states: Clerk) -> None:
    write_states(states, FL={**FLORIDA, "site": "vote.fl", "settings": {"election": "49894"}})
    assert taken(states, "--due") == ["vote.fl"]


def test_a_site_that_states_json_names_is_not_renamed_beside_it(states: Clerk) -> None:
    states("sites", "import")
    refused = states("sites", "rename", "fl", "vote.fl")
    said = 'states.json names \'fl\' as the site of FL (write "site": "vote.fl" in states.FL first)'
    assert (refused.code, refused.err) == (2, f"Error: {said}\n")
    write_states(states, FL={**FLORIDA, "site": "vote.fl"})
    assert states("sites", "rename", "fl", "vote.fl").code == 0
    assert taken(states, "--due") == ["vote.fl"]
    assert list_sites(states) == ["vote.fl"]


def test_a_site_that_is_no_states_is_not_made(states: Clerk) -> None:
    refused = states("states", "update", "nosuch")
    assert (refused.code, refused.err) == (2, "Error: the ledger has no site 'nosuch' (it has no sites yet)\n")
