"""clerk states status and log."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
FLORIDA = {"enabled": True, "name": "Florida", "adapter": "florida", "data_sources": ["VbmVoted"]}
ALABAMA = {**FLORIDA, "name": "Alabama", "settings": {"election": "49894"}}
COLUMNS = [
    "id",
    "run_timestamp",
    "state_code",
    "data_source",
    "election_id",
    "election_date",
    "records_before",
    "records_after",
    "records_added",
    "records_updated",
    "records_verified",
    "changes_detected",
    "summary",
    "details",
    "error_message",
    "duration_seconds",
    "created_at",
    "records_disappeared",
    "held",
    "capture",
    "run_id",
    "scope",
]


def write_states(clerk: Clerk, **states: Any) -> None:
    (clerk.root / "sites" / "states.json").write_text(json.dumps({"states": states}))


@pytest.fixture
def states(fed: Clerk) -> Clerk:
    """`clerk` with Florida, simulated, in states.json."""
    write_states(fed, FL=FLORIDA)
    return fed


def update(clerk: Clerk, *sites: str) -> int:
    code: int = clerk("states", "update", *(sites or ("--all",)), CLERK_HTTP_RETRIES="0").code
    return code


def show(clerk: Clerk, *sites: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = clerk("states", "status", *sites, "--json").rows
    return rows


def test_a_state_without_a_site_says_how_it_gets_one(states: Clerk) -> None:
    assert show(states) == [
        {
            "state": "FL",
            "name": "Florida",
            "site": "fl",
            "adapter": "florida",
            "enabled": True,
            "outcome": "no site",
            "run_id": None,
            "last_update": None,
            "changes": {"added": 0, "updated": 0, "verified": 0, "disappeared": 0},
            "held": 0,
            "failures": 0,
            "next_due": None,
            "due": True,
            "message": "states.json names it; its first update makes the site",
            "command": "clerk states update fl",
        }
    ]


def test_a_state_that_was_updated_shows_its_changes_and_when_the_next_is_due(states: Clerk) -> None:
    assert update(states) == 0
    [row] = show(states)
    begun = states("runs", "list", "--json").rows[0]["started_at"]
    at = datetime.fromisoformat(begun) + timedelta(hours=4)
    assert (row["outcome"], row["run_id"], row["last_update"], row["due"]) == ("changed", 1, begun, False)
    assert row["changes"] == {"added": 67, "updated": 0, "verified": 0, "disappeared": 0}
    assert datetime.fromisoformat(row["next_due"]) == at
    [_, line] = states("states", "status").out.splitlines()
    told = line.split()
    assert told[:8] == ["FL", "fl", "just", "now", "changed", "67", "0", "0"]
    assert "in 4 h 0 min" in line


def test_a_state_that_failed_shows_the_command_that_repeats_it_and_the_sooner_time(
    states: Clerk, simulator: Simulator
) -> None:
    update(states)
    simulator.faults = Faults(html=True)
    assert update(states) == 1
    [row] = show(states)
    assert (row["outcome"], row["failures"], row["command"]) == ("failed", 1, "clerk states update fl")
    assert "in 5 min" in states("states", "status").out


def test_a_state_that_is_held_shows_the_run_to_look_at(states: Clerk, simulator: Simulator) -> None:
    update(states)
    simulator.faults = Faults(drop_share=0.5)
    assert update(states) == 3
    [row] = show(states)
    assert (row["outcome"], row["held"], row["command"]) == ("held", 1, "clerk runs show 2")


def test_a_disabled_state_has_a_line_that_says_so(states: Clerk) -> None:
    write_states(states, FL={**FLORIDA, "enabled": False})
    said = "disabled in states.json: only clerk states update fl runs it"
    keys = ("enabled", "outcome", "message", "next_due", "due")
    assert [show(states)[0][key] for key in keys] == [False, "disabled", said, None, False]
    update(states, "fl")
    assert [show(states)[0][key] for key in keys] == [False, "changed", said, None, False]


def test_a_disabled_site_says_how_to_bring_it_back(states: Clerk) -> None:
    update(states)
    states("sites", "disable", "fl")
    [row] = show(states)
    assert (row["outcome"], row["command"], row["due"]) == ("disabled", "clerk sites enable fl", False)


def test_a_setting_that_cannot_be_used_stands_in_the_message(states: Clerk) -> None:
    update(states)
    path = states.root / "sites" / "fl" / "site.toml"
    path.write_text(path.read_text() + 'update_interval_hours = "often"\n')
    [row] = show(states)
    assert row["message"].startswith("fl: [sources.florida] update_interval_hours: 'often' is not a positive number")
    assert row["command"] == "clerk doctor"


def test_sites_may_be_named_and_those_of_no_state_are_refused(states: Clerk) -> None:
    write_states(states, AL=ALABAMA, FL=FLORIDA)
    assert [row["site"] for row in show(states, "al")] == ["al"]
    states.add_site("oz.ks", state="KS")
    refused = states("states", "status", "oz.ks")
    assert (refused.code, refused.err) == (2, "Error: 'oz.ks' is no site of a state (sites: al, fl)\n")


def test_a_site_that_states_json_does_not_name_is_shown_too(states: Clerk) -> None:
    write_states(states)
    states.add_site("fl", "florida.election=49894", kind="state", state="FL")
    [row] = show(states)
    assert (row["state"], row["site"], row["outcome"], row["due"]) == ("FL", "fl", "never", True)


def test_no_states_at_all_says_so(states: Clerk) -> None:
    write_states(states)
    told = "No states: sites/states.json names none, and no site has an adapter"
    assert states("states", "status").out.splitlines()[-1] == told


def test_a_damaged_database_is_named_and_the_rest_is_shown(states: Clerk) -> None:
    write_states(states, AL=ALABAMA, FL=FLORIDA)
    update(states)
    path = states.root / "sites" / "al" / "voters.db"
    path.write_bytes(b"no database at all")
    for words in (("states", "status"), ("states", "log")):
        shown = states(*words, "--json")
        assert (shown.code, f"Warning: {path}: is damaged or not an SQLite database" in shown.err) == (1, True)
        assert "fl" in {row["site"] for row in shown.rows}


def test_the_log_has_the_missions_columns_and_the_newest_first(states: Clerk, simulator: Simulator) -> None:
    update(states)
    simulator.faults = Faults(html=True)
    update(states)
    newest, first = states("states", "log", "--json").rows
    assert list(first) == ["site", *COLUMNS]
    assert [row["run_id"] for row in (newest, first)] == [2, 1]
    told = ("site", "state_code", "data_source", "election_id", "records_added", "changes_detected", "error_message")
    assert [first[key] for key in told] == ["fl", "FL", "VbmVoted", "49894", 67, 1, None]
    assert first["details"][0]["table"] == "county_ballots"
    assert "HTML" in newest["error_message"] or "web page" in newest["error_message"]
    lines = states("states", "log").out.splitlines()
    assert [line.split()[2:7] for line in lines[1:]] == [
        ["FL", "VbmVoted", "49894", "-", "failed"],
        ["FL", "VbmVoted", "49894", "-", "changed"],
    ]


def test_the_log_is_narrowed_by_site_state_and_time(states: Clerk) -> None:
    write_states(states, AL=ALABAMA, FL=FLORIDA)
    update(states)

    def ask(*words: str) -> list[str]:
        return [row["state_code"] for row in states("states", "log", "--json", *words).rows]

    begun = states("states", "log", "fl", "--json").rows[0]["run_timestamp"]
    assert (ask(), ask("al"), ask("--state", "fl")) == (["FL", "AL"], ["AL"], ["FL"])
    assert (ask("--since", "2999-01-01"), ask("--since", begun[:10])) == ([], ["FL", "AL"])
    assert ask("--limit", "1") == ["FL"]
    assert states("states", "log", "--since", "2999-01-01").out.splitlines()[-1] == "Nothing is logged"


def test_the_log_tells_details(states: Clerk, simulator: Simulator) -> None:
    update(states)
    simulator.faults = Faults(drop_share=0.5)
    update(states)
    held, first = (block.splitlines() for block in split_blocks(states("states", "log", "--details").out))
    assert held[0].endswith(" FL VbmVoted 49894: held")
    assert first[1].startswith("  67 county ballots added (")
    assert first[2].startswith("  0 rows before, 67 after, 0 verified, ")
    assert first[3].startswith("  run 1 of fl, 49894/VbmVoted, capture 20")


def split_blocks(text: str) -> list[str]:
    blocks = text.replace("\n2", "\n\n2").split("\n\n")
    return [block for block in blocks if block.strip()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--state", "Texas"], "Error: 'Texas' is not a two-letter state code (write CA or FL)\n"),
        (["nosuch"], "Error: the ledger has no site 'nosuch' (it has no sites yet)\n"),
    ],
)
def test_what_the_log_is_not_narrowed_by_is_refused(states: Clerk, words: list[str], told: str) -> None:
    refused = states("states", "log", *words)
    assert (refused.code, refused.err) == (2, told)
