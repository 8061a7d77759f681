"""Early voting of the 2020 general election in Texas, 4 to 30 October, as the state published it by county and day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Query = Callable[..., list[dict[str, Any]]]
Load = Callable[[str], Ended]
FILES = {"workbook": "texas_data_2020_general.xlsx", "csv": "tx_ev_2020_by_county_day.csv"}
COLUMNS = "vote_date, county, registered_voters, in_person_on_date, in_person_total, mail_total, ballots_total"
FALLS = [
    "in_person_total falls on 34 county-days",
    "mail_total falls on 12 county-days",
    "ballots_total falls on 32 county-days",
]


@pytest.fixture
def load(data: Path, run_clerk: Clerk, make_site: SiteMaker) -> Load:
    """Load one of the files."""
    make_site("tx", name="Texas", state="TX", texas={})

    def run(kind: str) -> Ended:
        file = data / "tx_sos_earlyvoting" / FILES[kind]
        source = ("--source", "TURNOUT_WORKBOOK", "--election", "2020-general")
        return run_clerk("states", "update", "tx", *source, "--from", file, "--json")

    return run


def find(run_clerk: Clerk, ended: Ended) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    return found


def test_the_workbook_holds_27_days_of_254_counties_and_the_published_totals(
    load: Load, query: Query, run_clerk: Clerk
) -> None:
    ended = load("workbook")
    counts = [ended.line[name] for name in ("outcome", "read", "added", "aside", "quarantined")]
    assert counts == ["changed", 6884, 6858, 26, 0]
    (final,) = query(
        "tx/voters.db",
        "SELECT count(*) AS counties, sum(in_person_total) AS in_person, sum(mail_total) AS mail, sum(ballots_total)"
        " AS ballots, sum(registered_voters) AS registered FROM county_turnout WHERE vote_date = '2020-10-30'",
    )
    assert final == {
        "counties": 254,
        "in_person": 8_745_958,
        "mail": 973_143,
        "ballots": 9_719_101,
        "registered": 16_955_519,
    }
    (days,) = query(
        "tx/voters.db", "SELECT count(DISTINCT vote_date) AS n, min(vote_date) AS first FROM county_turnout"
    )
    assert days == {"n": 27, "first": "2020-10-04"}
    check_findings(find(run_clerk, ended))


def check_findings(found: list[dict[str, Any]]) -> None:
    """The falls are noted, and 27 October is the one day on which the published total is another."""
    falling = [finding for finding in found if finding["check_name"] == "falling_total"]
    assert [finding["message"].split(":")[0] for finding in falling] == FALLS
    (warning,) = [finding for finding in found if finding["severity"] == "warning"]
    assert (warning["check_name"], warning["expected"], warning["actual"]) == ("state_totals", "8188246", "8193176")
    assert warning["message"].startswith(
        "2020-10-27: the counties do not add up to TOTAL: ballots_total 8,188,246 published against 8,193,176 summed"
    )
    (silent,) = [finding for finding in found if finding["check_name"] == "no_state_totals"]
    assert silent["message"] == "no TOTAL to compare with: 2020-10-16"


def test_the_csv_made_of_the_workbook_gives_the_same_rows(load: Load, query: Query, run_clerk: Clerk) -> None:
    ended = load("csv")
    assert [ended.line[name] for name in ("outcome", "added", "quarantined")] == ["changed", 6858, 0]
    assert [finding["message"].split(":")[0] for finding in find(run_clerk, ended)] == FALLS
    rows = query("tx/voters.db", f"SELECT {COLUMNS} FROM county_turnout ORDER BY 1, 2")
    again = load("workbook")
    assert [again.line[name] for name in ("outcome", "unchanged", "changed")] == ["fresh", 6858, 0]
    assert query("tx/voters.db", f"SELECT {COLUMNS} FROM county_turnout ORDER BY 1, 2") == rows
