"""clerk states elections and diff: what is loaded of an election, and what changed between two pulls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

Clerk = Any  # the class of the fixture in conftest.py
OZ_PLUGIN = Path(__file__).parent / "states_plugin"
LOAD = ("states", "update", "oz", "--election", "77", "--json", "--source")
ELECTION = {
    "election_id": "77",
    "name": "General",
    "election_date": "2026-11-03",
    "first_early_day": "2026-10-19",
    "last_early_day": "2026-10-30",
}
Roster = Mapping[str, tuple[str, str]]  # county and precinct by voter
FIRST: Roster = {"001": ("Emerald", "1"), "002": ("Emerald", "2"), "003": ("Winkie", "7")}


def write_roster(voters: Roster) -> str:
    lines = [f"{voter},{county},{precinct},EARLY" for voter, (county, precinct) in voters.items()]
    return "\n".join(["id,county,precinct,method", *lines, ""])


def prepare(clerk: Clerk) -> None:
    """Let Oz be followed, by the plugin of the tests and without guards."""
    text = f'plugins_dir = "{OZ_PLUGIN}"\n[guards]\nshrink = 1.0\nturnover = 1.0\n'
    (clerk.root / "clerk.toml").write_text(text)
    states = {"OZ": {"enabled": True, "name": "Oz", "adapter": "oz"}}
    (clerk.root / "sites" / "states.json").write_text(json.dumps({"states": states}))


def load(clerk: Clerk, voters: Roster, day: str = "2026-10-19", *words: str) -> int:
    """Load a day's roster and return the run that applied it; what looks odd is accepted."""
    path = clerk.root / "day.csv"
    path.write_text(write_roster(voters))
    [run] = clerk(*LOAD, "EVR", "--date", day, "--from", path, *words).rows
    if run["outcome"] == "held":
        [run] = clerk("accept", str(run["run_id"]), "--json").rows
    assert run["outcome"] in ("changed", "fresh"), run["message"]
    return int(run["run_id"])


def load_list(clerk: Clerk, *elections: Mapping[str, str]) -> None:
    path = clerk.root / "elections.json"
    path.write_text(json.dumps(elections))
    loaded = clerk(*LOAD, "ELECTIONS", "--from", path)
    assert loaded.code == 0, loaded.out + loaded.err


@pytest.fixture
def oz(clerk: Clerk) -> Clerk:
    """`clerk` with Oz."""
    prepare(clerk)
    return clerk


def test_elections_tell_what_the_state_lists_and_what_is_loaded(oz: Clerk) -> None:
    load_list(oz, ELECTION, {"election_id": "78", "name": "Primary", "election_date": "2027-03-02", "party": "WIZ"})
    load(oz, FIRST)
    load(oz, {"004": ("Winkie", "7"), "001": ("Emerald", "1")}, "2026-10-20")
    coming, running = oz("states", "elections", "oz", "--json").rows
    assert running.pop("newest_pull")[-1] == "Z"
    assert running == {
        **ELECTION,
        "party": "",
        "ballots": 4,
        "data_sources": {"ELECTIONS": 1, "EVR": 2},
        "scopes": ["77/ELECTIONS", "77/EVR/2026-10-19", "77/EVR/2026-10-20"],
    }
    assert [coming[key] for key in ("election_id", "party", "ballots", "scopes")] == ["78", "WIZ", None, []]
    lines = [" ".join(line.split()) for line in oz("states", "elections", "oz").out.splitlines()]
    assert lines[1] == "78 2027-03-02 Primary WIZ - - - -"
    assert lines[2].startswith("77 2026-11-03 General - 2026-10-19 to 2026-10-30 ELECTIONS, EVR (2) 4 20")


def test_an_election_that_is_loaded_without_a_list_is_told_by_its_id(oz: Clerk) -> None:
    load(oz, FIRST)
    [election] = oz("states", "elections", "oz", "--json").rows
    assert [election[key] for key in ("election_id", "name", "ballots")] == ["77", "", 3]


def test_elections_before_the_first_update_say_what_to_do(oz: Clerk) -> None:
    oz.add_site("oz", "oz.x=1", kind="state", state="OZ")
    refused = oz("states", "elections", "oz")
    assert (refused.code, refused.err) == (2, "Error: oz: has no election data yet (clerk states update oz)\n")


def diff(clerk: Clerk, first: object, last: object, *words: str) -> dict[str, tuple[int, int, int]]:
    rows = clerk("states", "diff", "77", "--between", str(first), str(last), "--json", *words).rows
    return {row["county"]: (row["added"], row["changed"], row["disappeared"]) for row in rows}


def test_diff_tells_what_changed_by_county_and_in_all(oz: Clerk) -> None:
    before = load(oz, FIRST)
    after = load(oz, {"001": ("Emerald", "9"), "003": ("Winkie", "7"), "004": ("Winkie", "8"), "005": ("Winkie", "8")})
    assert diff(oz, before, after) == {"Emerald": (0, 1, 1), "Winkie": (2, 0, 0)}
    assert diff(oz, 0 + before, before) == {}
    told = oz("states", "diff", "77", "--between", str(before), str(after)).out.splitlines()
    assert told[0] == f"election 77 of oz, after run {before} up to run {after}"
    assert [line.split() for line in told[1:]] == [
        ["County", "Added", "Changed", "Disappeared"],
        ["Emerald", "0", "1", "1"],
        ["Winkie", "2", "0", "0"],
        ["(all)", "2", "1", "1"],
    ]


def test_what_came_and_went_in_between_counts_as_nothing(oz: Clerk) -> None:
    before = load(oz, FIRST)
    load(oz, {**FIRST, "001": ("Emerald", "9"), "004": ("Winkie", "8")})
    after = load(oz, FIRST)
    later = load(oz, {**FIRST, "005": ("Gillikin", "5")})
    assert diff(oz, before, after) == {}
    assert oz("states", "diff", "77", "--between", str(before), str(after)).out.endswith("\nnothing changed\n")
    assert diff(oz, before, later) == {"Gillikin": (1, 0, 0)}


def test_what_was_undone_counts_as_nothing(oz: Clerk) -> None:
    before = load(oz, FIRST)
    wrong = load(oz, {**FIRST, "002": ("Winkie", "2"), "004": ("Winkie", "8")})
    [undone] = oz("undo", str(wrong), "--json").rows
    assert diff(oz, before, wrong) == {"Winkie": (1, 1, 0)}
    assert diff(oz, wrong, undone["run_id"]) == {"Emerald": (0, 1, 0), "Winkie": (0, 0, 1)}
    assert diff(oz, before, undone["run_id"]) == {}


def test_days_of_an_election_are_told_together(oz: Clerk) -> None:
    before = load(oz, FIRST)
    load(oz, {"004": ("Winkie", "8")}, "2026-10-20")
    after = load(oz, {"005": ("Winkie", "8")}, "2026-10-21")
    assert diff(oz, before, after) == {"Winkie": (2, 0, 0)}


def test_points_may_be_days_and_times(oz: Clerk) -> None:
    load(oz, FIRST)
    assert diff(oz, "2000-01-01", "2999-12-31T12:00") == {"Emerald": (2, 0, 0), "Winkie": (1, 0, 0)}
    assert diff(oz, "2999-01-01T00:00+02:00", "2999-12-31") == {}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["77", "1", "soon"], "'soon' is neither a run nor a time (write a run, as 12, or a time, as 2026-05-18 or"),
        (["77", "2999-01-01", "1"], "2999-01-01 lies after 1 (name the earlier one first)"),
        (["77", "1", "99"], "no run 99 (newest runs: 2, 1)"),
        (["78", "1", "2"], "oz: nothing of election '78' is loaded (elections: 77)"),
        (["78", "2026-01-01", "2027-01-01"], "nothing of election '78' is loaded (elections: 77)"),
    ],
)
def test_what_cannot_be_compared_is_refused(oz: Clerk, words: list[str], told: str) -> None:
    load(oz, FIRST)
    load(oz, {**FIRST, "004": ("Winkie", "8")})
    refused = oz("states", "diff", words[0], "--between", *words[1:])
    assert (refused.code, refused.err.startswith(f"Error: {told}")) == (2, True), refused.err


def test_an_election_of_two_sites_asks_which(oz: Clerk) -> None:
    load(oz, FIRST)
    oz.add_site("zo", "oz.x=1", kind="state", state="OZ")
    [run] = oz("states", "update", "zo", *LOAD[3:], "EVR", "--date", "2026-10-19", "--from", oz.root / "day.csv").rows
    asked = oz("states", "diff", "77", "--between", "2000-01-01", "2999-01-01")
    assert (asked.code, asked.err) == (2, "Error: '77' is an election of oz and zo (say which: --site)\n")
    assert diff(oz, "2000-01-01", "2999-01-01", "--site", "zo") == {"Emerald": (2, 0, 0), "Winkie": (1, 0, 0)}
    assert diff(oz, "2000-01-01", run["run_id"]) == {"Emerald": (2, 0, 0), "Winkie": (1, 0, 0)}
    mixed = oz("states", "diff", "77", "--between", "1", str(run["run_id"]))
    assert (mixed.code, mixed.err) == (2, "Error: the runs are of oz and zo (name two runs of one site)\n")


def test_a_state_that_names_no_voters_has_no_diff(fed: Clerk) -> None:
    fed.add_site("fl", "florida.election=49894", kind="state", state="FL")
    fed("states", "update", "fl", "--source", "VbmVoted")
    refused = fed("states", "diff", "49894", "--between", "2000-01-01", "2999-01-01")
    assert (refused.code, refused.err.startswith("Error: there is no roster: ")) == (2, True)


ROSTERS = st.dictionaries(
    st.sampled_from([f"{n:03d}" for n in range(6)]),
    st.tuples(st.sampled_from(["Emerald", "Gillikin", "Winkie"]), st.sampled_from(["1", "2"])),
    min_size=1,
)


def compare(before: Roster, after: Roster) -> dict[str, tuple[int, int, int]]:
    """Compare two captures directly: the net change by county that they amount to."""
    added = Counter(after[voter][0] for voter in after.keys() - before.keys())
    changed = Counter(after[voter][0] for voter in after.keys() & before.keys() if after[voter] != before[voter])
    gone = Counter(before[voter][0] for voter in before.keys() - after.keys())
    return {name: (added[name], changed[name], gone[name]) for name in {*added, *changed, *gone}}


# Every example runs a dozen commands, so that a failure is shown as it was found.
@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(captures=st.lists(ROSTERS, min_size=3, max_size=4), undo=st.booleans(), points=st.data())
def test_a_net_change_is_what_the_two_captures_differ_in(
    clerk: Clerk, captures: list[Roster], undo: bool, points: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        runner = type(clerk)(Path(folder) / "civic", clerk.capsys)
        runner("init")
        prepare(runner)
        states = [(load(runner, roster), roster) for roster in captures]
        if undo and captures[-1] != captures[-2]:
            [undone] = runner("undo", str(states[-1][0]), "--json").rows
            states.append((undone["run_id"], captures[-2]))
        low, high = sorted(points.draw(st.lists(st.integers(0, len(states) - 1), min_size=2, max_size=2)))
        (first, before), (last, after) = states[low], states[high]
        assert diff(runner, first, last) == compare(before, after)


def test_diff_tells_only_the_counties_that_changed_most(oz: Clerk) -> None:
    run = load(oz, FIRST)
    told = oz("states", "diff", "77", "--between", "2000-01-01", str(run), "--limit", "1").out.splitlines()
    assert [line.split() for line in told[2:4]] == [["Emerald", "2", "0", "0"], ["(all)", "3", "0", "0"]]
    assert told[4] == "the 1 counties that changed most, of 2"
