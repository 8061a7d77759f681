"""Which elections, days and data sources a run asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clerk_state_texas.adapter import Texas
from clerkcore import ClerkError, Client, Request, Scope, SiteError, UsageError
from clerkcore.fetch import Archive, OfflineClient
from clerkcore.rosters import make_scope
from clerkcore.testing import Bench
from clerkcore.testing.suite.base import SuiteBase

SAMPLES = Path(__file__).parent / "samples" / "later"
SITE = SuiteBase.site
# The Republican runoff of 26 May 2026, with early voting from 18 to 20 May.
FIRST, SECOND, DAY = "2026-05-18", "2026-05-19", "2026-05-26"
Plan = Callable[..., list[Scope]]


class Kept:
    """What the site keeps, and a client that has nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loads = 0

    def load(self, scope: Scope, file: str) -> None:
        """Load a sample as a scope."""
        bench = Bench(self.folder, Texas(), scope, SITE)
        bench.last_run = self.loads
        bench.load({file: (SAMPLES / file).read_bytes()})
        self.loads += 1

    @property
    def client(self) -> Client:
        return OfflineClient(Archive(self.folder / "site" / "raw"), "texas")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """The index as of 20 May 2026."""
    kept = Kept(tmp_path)
    kept.load(make_scope("ELECTIONS", ""), "elections.json")
    return kept


@pytest.fixture
def plan(kept: Kept) -> Plan:
    """Plan a run of a day with settings and options."""

    def run(
        today: str, overdue: tuple[str, ...] = (), options: dict[str, str] | None = None, **config: Any
    ) -> list[Scope]:
        request = Request(date.fromisoformat(today), options=options or {}, overdue=overdue)
        return list(Texas(config).plan(SITE, request, kept.client))

    return run


def names(scopes: list[Scope], election: str = "") -> list[str]:
    return [scope.name for scope in scopes if scope.name.startswith(election)]


def test_before_early_voting_there_is_the_index_alone(plan: Plan) -> None:
    assert names(plan("2026-05-17")) == ["ELECTIONS"]


def test_each_early_day_that_has_come_is_asked_for_in_every_running_election(plan: Plan) -> None:
    scopes = plan(SECOND)
    assert names(scopes, "90501") == [
        "90501/EVR_TURNOUT/2026-05-18",
        "90501/EVR_TURNOUT/2026-05-19",
        "90501/EVR/2026-05-18",
        "90501/EVR/2026-05-19",
    ]
    assert len(scopes) == 1 + 6 * 4


def test_a_scope_tells_party_and_election_day(plan: Plan) -> None:
    (scope,) = plan(SECOND, options={"election": "90502", "data_source": "EVR", "date": FIRST})
    assert scope.params == {
        "data_source": "EVR",
        "election_id": "90502",
        "election_date": FIRST,
        "party": "DEM",
        "election_day": DAY,
    }


def test_the_files_of_election_day_are_asked_for_once_it_has_come(plan: Plan) -> None:
    final = ["90501/ELECTION_DAY_TURNOUT/2026-05-26", "90501/ELECTION_DAY/2026-05-26"]
    assert [name for name in names(plan("2026-05-25"), "90501") if DAY in name] == []
    assert [name for name in names(plan(DAY), "90501") if DAY in name] == final


@pytest.mark.parametrize(
    ("today", "follow", "count"), [("2026-06-25", 30, 6), ("2026-06-26", 30, 0), ("2026-06-02", 6, 0)]
)
def test_an_election_is_followed_so_many_days(plan: Plan, today: str, follow: int, count: int) -> None:
    scopes = plan(today, follow_days=follow, data_sources=["EVR", "EVR_TURNOUT"])
    assert len(names(scopes, "90501")) == count


def test_an_older_day_is_asked_for_until_it_is_kept_and_when_it_is_overdue(plan: Plan, kept: Kept) -> None:
    first = "90501/EVR/2026-05-18"
    kept.load(make_scope("EVR", "90501", FIRST, party="REP", election_day=DAY), "statewide.csv")
    later = "2026-05-26"
    assert first not in names(plan(later))
    assert "90501/EVR/2026-05-19" in names(plan(later))
    assert first in names(plan(later, recent_days=8))
    assert first in names(plan(later, overdue=(first,)))
    assert first in names(plan(later, options={"election": "90501"}))


def test_a_configured_election_is_followed_after_its_time(plan: Plan) -> None:
    scopes = plan("2027-01-01", election="90501", elections=[90502], data_sources=["ELECTION_DAY_TURNOUT"])
    assert names(scopes) == [
        "ELECTIONS",
        "90501/ELECTION_DAY_TURNOUT/2026-05-26",
        "90502/ELECTION_DAY_TURNOUT/2026-05-26",
    ]


def test_a_configured_roster_brings_the_turnout_that_it_is_compared_with(plan: Plan) -> None:
    scopes = plan("2027-01-01", election="90501", data_sources=["ELECTION_DAY"])
    assert names(scopes, "90501") == ["90501/ELECTION_DAY_TURNOUT/2026-05-26", "90501/ELECTION_DAY/2026-05-26"]


def test_the_index_alone_can_be_asked_for(plan: Plan) -> None:
    assert names(plan(SECOND, options={"data_source": "ELECTIONS"})) == ["ELECTIONS"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"date": FIRST}, ["90501/EVR_TURNOUT/2026-05-18", "90501/EVR/2026-05-18"]),
        ({"date": DAY}, ["90501/ELECTION_DAY_TURNOUT/2026-05-26", "90501/ELECTION_DAY/2026-05-26"]),
        ({"date": FIRST, "data_source": "EVR"}, ["90501/EVR/2026-05-18"]),
        ({"data_source": "ELECTION_DAY"}, ["90501/ELECTION_DAY/2026-05-26"]),
        ({"data_source": "TURNOUT_WORKBOOK"}, ["90501/TURNOUT_WORKBOOK"]),
    ],
    ids=str,
)
def test_an_election_that_is_asked_for_is_planned_alone(
    plan: Plan, options: dict[str, str], expected: list[str]
) -> None:
    assert names(plan("2027-01-01", options={"election": "90501", **options})) == expected


def test_an_election_that_the_index_lacks_takes_its_party_from_the_settings(plan: Plan) -> None:
    asked = {"election": "58315", "data_source": "ELECTION_DAY", "date": "2026-05-26"}
    (scope,) = plan(SECOND, options=asked, party="REP")
    assert (scope.params["party"], scope.params["election_day"]) == ("REP", "2026-05-26")
    (scope,) = plan(SECOND, options=asked)
    assert scope.params["party"] == ""


def test_a_saved_file_needs_a_day(plan: Plan) -> None:
    with pytest.raises(UsageError) as caught:
        plan(SECOND, options={"election": "90501", "data_source": "EVR"})
    assert str(caught.value) == "texas: EVR has a file for each day (name the day of the file with --date YYYY-MM-DD)"


def test_without_an_index_there_is_only_the_index(tmp_path: Path) -> None:
    client = Kept(tmp_path).client
    assert names(list(Texas().plan(SITE, Request(date(2026, 5, 19)), client))) == ["ELECTIONS"]


def test_an_unknown_data_source_is_refused_with_those_there_are(plan: Plan) -> None:
    with pytest.raises(UsageError, match="texas has no data source 'EVR_COUNTY'") as caught:
        plan(SECOND, options={"data_source": "EVR_COUNTY"})
    assert caught.value.remedy == (
        "data sources: ELECTIONS, EVR_TURNOUT, EVR, ELECTION_DAY_TURNOUT, ELECTION_DAY, DISTRICTS, TURNOUT_WORKBOOK"
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"elections": "90501"}, "[sources.texas]: elections is no list"),
        ({"elections": [None]}, "[sources.texas]: None is no election's id"),
        ({"recent_days": "7"}, "[sources.texas]: recent_days cannot be '7'"),
        ({"follow_days": -1}, "[sources.texas]: follow_days cannot be -1"),
        ({"endpoints": "x"}, "[sources.texas]: endpoints is no table"),
    ],
)
def test_a_wrong_setting_is_told(plan: Plan, config: dict[str, Any], message: str) -> None:
    with pytest.raises(ClerkError) as caught:
        plan(SECOND, **config)
    assert isinstance(caught.value, SiteError)
    assert str(caught.value).startswith(message)
    assert caught.value.remedy
