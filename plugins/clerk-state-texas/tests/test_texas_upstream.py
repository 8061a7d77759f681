"""Pulling from the simulated platform over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Rows = list[dict[str, Any]]
Pull = Callable[..., Ended]
Query = Callable[..., Rows]
Make = Callable[..., str]
Update = Callable[..., Ended]
FIRST = date(2026, 5, 18)
OLD_DAY = "2024-10-21"


def listed(simulator: Simulator, election: int = 90501, day: date = FIRST) -> dict[str, tuple[int, int]]:
    counts = simulator.civix_world.voters_on(election, day, simulator.day)
    return {name: (c.in_person, c.mail) for name, c in counts.items() if c.in_person + c.mail}


def counted(query: Query, method: str = "early") -> dict[str, tuple[int, int]]:
    rows = query(
        "SELECT county, sum(voting_method = ?) AS in_person, sum(voting_method = 'absentee-mail') AS mail"
        " FROM roster WHERE removed_run_id IS NULL GROUP BY county",
        method,
    )
    return {row["county"]: (row["in_person"], row["mail"]) for row in rows}


def test_a_days_roster_holds_every_voter_once(pull: Pull, query: Query, simulator: Simulator) -> None:
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["outcome"], ended.line["quarantined"]) == (0, "changed", 0)
    assert counted(query) == listed(simulator)
    (row,) = query("SELECT DISTINCT source, scope, election_id, vote_date, party, voter_name FROM roster")
    assert row == {
        "source": "texas",
        "scope": "90501/EVR/2026-05-18",
        "election_id": "90501",
        "vote_date": "2026-05-18",
        "party": "REP",
        "voter_name": None,
    }


def test_the_day_is_asked_for_as_the_platform_wants_it(pull: Pull, simulator: Simulator) -> None:
    pull("EVR")
    asked = [path for _, path, _ in simulator.requests]
    assert asked == [
        "/api-ivis-system/api/v1/getFile?type=EVR_ELECTION",
        "/api-ivis-system/api/v1/getFile?type=EVR_STATEWIDE&electionId=90501&electionDate=05%2F18%2F2026",
    ]


def test_the_next_days_corrections_are_found(pull: Pull, query: Query, simulator: Simulator) -> None:
    pull("EVR")
    simulator.set_day(1)
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["outcome"]) == (0, "changed")
    assert counted(query) == listed(simulator)
    again = pull("EVR")
    assert (again.line["outcome"], simulator.requests[-1][2]) == ("fresh", 304)


def test_names_are_kept_where_the_site_keeps_them(
    make_texas: Make, update: Update, query: Query, simulator: Simulator
) -> None:
    make_texas(base_url=simulator.url, keep=["voter_name"])
    update("--election", "90501", "--source", "EVR", "--date", "2026-05-18")
    (row,) = query("SELECT count(*) AS n, sum(voter_name LIKE '%, %') AS named FROM roster")
    assert row["n"] == row["named"] > 0


def test_election_day_comes_as_a_zip(pull: Pull, query: Query, simulator: Simulator) -> None:
    simulator.set_day(8)
    ended = pull("ELECTION_DAY", "2026-05-26")
    assert (ended.exit_code, ended.line["outcome"]) == (0, "changed")
    assert counted(query, "election-day") == listed(simulator, day=date(2026, 5, 26))


@pytest.mark.parametrize(("source", "day"), [("EVR_TURNOUT", "2026-05-18"), ("ELECTION_DAY_TURNOUT", "2026-05-26")])
def test_the_turnout_has_every_county(pull: Pull, query: Query, simulator: Simulator, source: str, day: str) -> None:
    simulator.set_day(8)
    ended = pull(source, day)
    assert (ended.exit_code, ended.line["added"]) == (0, 254)
    (row,) = query("SELECT * FROM county_turnout WHERE county = 'HARRIS'")
    on_day = simulator.civix_world.voters_on(90501, date.fromisoformat(day), 8)["HARRIS"]
    through = simulator.civix_world.voters_through(90501, date.fromisoformat(day), 8)["HARRIS"]
    names = ("county_id", "vote_date", "in_person_on_date", "in_person_total", "mail_total")
    assert [row[name] for name in names] == ["101", day, on_day.in_person, through.in_person, through.mail]


def test_the_index_is_asked_for_once_and_kept(
    make_texas: Make, update: Update, query: Query, simulator: Simulator
) -> None:
    make_texas(base_url=simulator.url, data_sources=["ELECTIONS", "EVR_TURNOUT"], elections=["90502"])
    ended = update()
    # Early voting has long ended by the clock of this machine: only what is configured is followed.
    assert [scope["scope"] for scope in ended.line["scopes"]] == ["ELECTIONS", "90502/EVR_TURNOUT/2026-05-18"]
    assert sum(path.endswith("EVR_ELECTION") for _, path, _ in simulator.requests) == 1
    rows = query("SELECT election_id, party, election_date, certified FROM elections ORDER BY election_id")
    assert [tuple(row.values()) for row in rows] == [
        ("81105", None, "2024-11-05", 1),
        ("90501", "REP", "2026-05-26", 0),
        ("90502", "DEM", "2026-05-26", 0),
    ]


def test_where_the_index_fails_the_kept_one_tells_the_days(
    make_texas: Make, update: Update, simulator: Simulator
) -> None:
    make_texas(base_url=simulator.url, data_sources=["EVR_TURNOUT"])
    simulator.faults = Faults(html=True)
    broken = update("--election", "90501")
    assert (broken.exit_code, broken.line["outcome"]) == (1, "failed")
    assert broken.line["message"] == "texas elections.json: is no JSON object, or was cut off"
    simulator.faults = Faults()
    update("--source", "ELECTIONS")
    simulator.faults = Faults(html=True)
    ended = update("--election", "90501")
    assert [scope["scope"] for scope in ended.line["scopes"]] == ["90501/EVR_TURNOUT/2026-05-18"]
    assert "answered with an HTML page instead of data" in ended.line["message"]


def test_an_election_that_nobody_lists_fails_with_a_message(
    make_texas: Make, update: Update, simulator: Simulator
) -> None:
    make_texas(base_url=simulator.url, data_sources=["EVR_TURNOUT"], elections=["99999", "90501"])
    ended = update()
    outcomes = {scope["scope"]: scope["outcome"] for scope in ended.line["scopes"]}
    assert outcomes == {
        "ELECTIONS": "changed",
        "99999/EVR_TURNOUT": "failed",
        "90501/EVR_TURNOUT/2026-05-18": "changed",
    }
    (failed,) = [scope for scope in ended.line["scopes"] if scope["outcome"] == "failed"]
    assert failed["message"] == (
        "texas EVR_TURNOUT: the state's index does not list election 99999, so its days are not known"
    )


@pytest.mark.parametrize("fault", ["empty", "unwrapped"])
def test_an_empty_answer_is_no_data_yet_and_an_unwrapped_one_is_data(
    pull: Pull, simulator: Simulator, fault: str
) -> None:
    simulator.faults = Faults(civix=(fault,))
    expected = {"empty": (0, "skipped"), "unwrapped": (0, "changed")}[fault]
    for source in ("EVR", "EVR_TURNOUT"):
        ended = pull(source)
        assert (ended.exit_code, ended.line["outcome"]) == expected


def test_a_day_that_is_none_of_the_elections_is_not_published(pull: Pull) -> None:
    ended = pull("EVR", "2026-05-01")
    assert (ended.exit_code, ended.line["scopes"][0]["message"]) == (0, "not published yet")


FAILURES = {
    "exception": "the state's platform answers with an error: The request could not be processed.",
    "withdrawn": "the state refuses to hand this out (403): it was withdrawn, or this client is blocked",
    "wide": "has 400 columns, and no roster has more than 300",
    "cut_line": "the file ends in the middle of it",
}


@pytest.mark.parametrize(("fault", "message"), FAILURES.items(), ids=FAILURES)
def test_a_broken_answer_fails_and_changes_no_row(
    pull: Pull, query: Query, simulator: Simulator, fault: str, message: str
) -> None:
    pull("EVR")
    before = counted(query)
    simulator.set_day(1)
    simulator.faults = Faults(civix=(fault,))
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert message in ended.line["message"]
    assert ended.line["remedy"]
    assert counted(query) == before


def test_a_zip_that_unpacks_without_end_is_refused(pull: Pull, simulator: Simulator) -> None:
    simulator.set_day(8)
    simulator.faults = Faults(civix=("zip_bomb",))
    ended = pull("ELECTION_DAY", "2026-05-26")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert "a line has more than 2,000,000 bytes" in ended.line["message"]


def test_a_county_that_there_is_not_holds_even_a_first_pull(pull: Pull, simulator: Simulator) -> None:
    simulator.faults = Faults(civix=("unknown_county",))
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "'ATLANTIS'" in ended.line["message"]


def test_a_county_that_drops_out_of_a_roster_holds_the_run(pull: Pull, query: Query, simulator: Simulator) -> None:
    pull("EVR")
    before = counted(query)
    simulator.faults = Faults(civix=("county_dropped",))
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert counted(query) == before


def test_ids_that_are_none_go_to_quarantine(pull: Pull, query: Query, simulator: Simulator) -> None:
    simulator.faults = Faults(civix=("bad_ids",))
    ended = pull("EVR")
    assert (ended.exit_code, ended.line["quarantined"]) == (0, -(-ended.line["read"] // 50))
    assert query("SELECT DISTINCT rule, value FROM _clerk_quarantine") == [{"rule": "bad_voter_id", "value": ""}]


def test_a_statewide_file_that_fails_is_put_together_from_the_counties(
    pull: Pull, query: Query, simulator: Simulator
) -> None:
    pull("EVR")
    rows = "SELECT voter_id, county, precinct, voting_method, party FROM roster ORDER BY voter_id"
    before = query(rows)
    simulator.faults = Faults(civix=("statewide_502",))
    ended = pull("EVR")
    assert ended.exit_code == 0
    assert [ended.line[name] for name in ("added", "changed", "disappeared")] == [0, 0, 0]
    assert query(rows) == before
    asked = [path for _, path, _ in simulator.requests if "getFileByFormat" in path]
    assert len(asked) == 254
    assert asked[100].endswith(
        "type=EVR_EARLYVOTING&electionId=90501&electionDate=05%2F18%2F2026&county=HARRIS&countyId=101&format=csv"
    )


def test_counties_are_not_asked_where_the_site_says_never(
    make_texas: Make, update: Update, simulator: Simulator
) -> None:
    make_texas(base_url=simulator.url, county_files="never")
    ended = update("--election", "81105", "--source", "EVR", "--date", OLD_DAY)
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert "upstream answered 502; gave up after 3 tries" in ended.line["message"]


def test_a_word_for_county_files_that_is_none_is_told(make_texas: Make, update: Update, simulator: Simulator) -> None:
    make_texas(base_url=simulator.url, county_files="sometimes")
    ended = update("--election", "90501", "--source", "EVR", "--date", "2026-05-18")
    assert ended.line["message"] == "[sources.texas]: county_files cannot be 'sometimes'"
    assert ended.line["remedy"] == "write one of when_needed, always, never"


def test_addresses_come_from_the_settings(make_texas: Make, update: Update, simulator: Simulator) -> None:
    make_texas(base_url=simulator.url, endpoints={"evr": "/elsewhere/getFile?type=EVR_STATEWIDE"})
    ended = update("--election", "90501", "--source", "EVR", "--date", "2026-05-18")
    assert ended.line["scopes"][0]["message"] == "not published yet"
    assert simulator.requests[-1][1].startswith("/elsewhere/getFile?type=EVR_STATEWIDE&electionId=90501&")
