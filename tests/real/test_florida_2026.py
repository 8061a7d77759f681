"""Florida's returned vote-by-mail ballots on 8 and 9 October 2026."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Replay, Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Query = Callable[..., list[dict[str, Any]]]
Load = Callable[[str], Ended]
COUNTS = "total_rep, total_dem, total_oth, total_npa, grand_total"
# Of the second day, as the state published them.
STATE_TOTALS = {
    "total_rep": 155131,
    "total_dem": 186706,
    "total_oth": 10805,
    "total_npa": 80795,
    "grand_total": 433437,
}


@pytest.fixture
def load(data: Path, run_clerk: Clerk) -> Load:
    """Load the report of a day into a site made from the pilots."""
    assert run_clerk("sites", "import", "--pilots").exit_code == 0

    def run(day: str) -> Ended:
        file = data / "fl_vbm_stats" / f"Stats_49894_VbmVoted_{day}.txt"
        return run_clerk("states", "update", "fl", "--source", "VbmVoted", "--from", file, "--json")

    return run


def read_counties(query: Query, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = query("fl/voters.db", f"SELECT county, {columns} FROM county_ballots_effective ORDER BY county")
    return {row.pop("county"): tuple(row.values()) for row in rows}


@pytest.mark.parametrize("day", ["20261008", "20261009"])
def test_the_counties_agree_with_state_totals(load: Load, run_clerk: Clerk, day: str) -> None:
    ended = load(day)
    counts = [ended.line[name] for name in ("outcome", "read", "added", "aside", "quarantined")]
    assert counts == ["changed", 68, 67, 1, 0]
    found = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    assert [finding for finding in found if finding["severity"] != "info"] == []


def test_the_sums_are_the_published_ones(load: Load, query: Query) -> None:
    load("20261009")
    sums = ", ".join(f"sum({column}) AS {column}" for column in STATE_TOTALS)
    assert query("fl/voters.db", f"SELECT {sums} FROM county_ballots_effective") == [STATE_TOTALS]


def test_baker_and_hardee_alone_did_not_change(load: Load, query: Query) -> None:
    load("20261008")
    before = read_counties(query, COUNTS)
    ended = load("20261009")
    counts = [ended.line[name] for name in ("changed", "unchanged", "added", "disappeared")]
    assert counts == [65, 2, 0, 0]
    after = read_counties(query, COUNTS)
    assert [county for county in after if after[county] == before[county]] == ["Baker", "Hardee"]


def test_compile_dates_move_without_a_change(load: Load, query: Query) -> None:
    load("20261008")
    assert set(read_counties(query, "compiled_at").values()) == {("2026-10-08T12:04:00Z",), ("2026-10-08T15:01:00Z",)}
    ended = load("20261009")
    assert ended.line["scopes"][0]["refreshed"] == 2
    compiled = read_counties(query, "compiled_at")
    assert compiled["Baker"] == compiled["Hardee"] == ("2026-10-09T12:04:00Z",)


def test_the_same_report_again_is_fresh(load: Load) -> None:
    load("20261009")
    ended = load("20261009")
    assert (ended.line["outcome"], ended.line["message"]) == ("fresh", "the source has not changed")


def test_undo_returns_to_the_day_before(load: Load, query: Query, run_clerk: Clerk) -> None:
    load("20261008")
    before = read_counties(query, f"{COUNTS}, compiled_at")
    run_id = load("20261009").line["run_id"]
    assert run_clerk("undo", str(run_id)).exit_code == 0
    assert read_counties(query, f"{COUNTS}, compiled_at") == before


def test_the_days_pulled_over_http_give_the_same_rows(
    data: Path, run_clerk: Clerk, make_site: SiteMaker, query: Query
) -> None:
    with Simulator(replay=Replay.from_folder(data / "fl_vbm_stats")) as simulator:
        make_site("fl", name="Florida", state="FL", florida={"election": "49894", "base_url": simulator.florida_url})
        update = ("states", "update", "fl", "--source", "VbmVoted", "--json")
        outcomes = []
        for day in (0, 1, 1):
            simulator.set_day(day)
            outcomes.append(run_clerk(*update).line["outcome"])
        assert [status for _, _, status in simulator.requests] == [200, 200, 304]
    assert outcomes == ["changed", "changed", "fresh"]
    assert read_counties(query, COUNTS)["Alachua"] == (1178, 2741, 104, 782, 4805)
