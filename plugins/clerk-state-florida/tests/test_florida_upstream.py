"""Pulling the county reports over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Update = Callable[..., Ended]
ReadCounties = Callable[[], dict[str, dict[str, Any]]]
Findings = Callable[[Ended], list[dict[str, Any]]]


def test_a_report_is_loaded_with_its_totals_set_aside(update: Update, read_counties: ReadCounties) -> None:
    ended = update()
    counts = [ended.line[name] for name in ("outcome", "read", "added", "aside", "findings")]
    assert (ended.exit_code, counts) == (0, ["changed", 68, 67, 1, 0])
    assert "State Totals" not in read_counties()


def test_the_next_day_changes_all_but_the_counties_that_did_not_move(
    update: Update, simulator: Simulator, read_counties: ReadCounties
) -> None:
    update()
    before = read_counties()
    simulator.set_day(1)
    ended = update()
    counts = [ended.line[name] for name in ("added", "changed", "unchanged", "disappeared")]
    assert counts == [0, 64, 3, 0]
    after = read_counties()
    same = [county for county in after if after[county]["grand_total"] == before[county]["grand_total"]]
    assert same == ["Baker", "Columbia", "Hardee"]


def test_a_new_compile_date_alone_is_kept_and_is_no_change(
    update: Update, simulator: Simulator, read_counties: ReadCounties
) -> None:
    update()
    simulator.set_day(1)
    ended = update()
    assert ended.line["scopes"][0]["refreshed"] == 2
    compiled = {county: row["compiled_at"] for county, row in read_counties().items()}
    assert compiled["Baker"] == compiled["Hardee"] == compiled["Alachua"] == "2026-10-09T12:04:00Z"


def test_a_county_that_is_out_of_date_is_named(update: Update, simulator: Simulator, findings: Findings) -> None:
    update()
    simulator.set_day(1)
    (finding,) = findings(update())
    assert (finding["check_name"], finding["severity"]) == ("compiled_late", "info")
    assert finding["message"] == "Columbia was compiled on 2026-10-08, others on 2026-10-09"


def test_an_unchanged_file_is_not_sent_again_and_not_parsed(update: Update, simulator: Simulator) -> None:
    update()
    ended = update()
    assert simulator.requests[-1][2] == 304
    assert (ended.exit_code, ended.line["outcome"], ended.line["read"]) == (0, "fresh", 0)
    assert ended.line["message"] == "the source has not changed"


def test_a_report_that_is_not_published_yet_is_skipped(run_clerk: Clerk, site: str) -> None:
    ended = run_clerk("states", "update", site, "--json")
    assert ended.exit_code == 0
    assert {scope["scope"]: scope["outcome"] for scope in ended.line["scopes"]} == {
        "49894/VbmProvided": "changed",
        "49894/VbmVoted": "changed",
        "49894/EarlyVoted": "skipped",
    }


def test_a_report_that_was_published_and_is_gone_fails(
    update: Update, simulator: Simulator, read_counties: ReadCounties
) -> None:
    simulator.set_day(1)
    update(source="EarlyVoted")
    before = read_counties()
    simulator.set_day(0)
    ended = update(source="EarlyVoted")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert ended.line["message"].endswith("upstream answered 404; the source had this before")
    assert ended.line["remedy"] == "see whether the publisher withdrew it"
    assert read_counties() == before


def test_the_three_reports_lie_beside_each_other(
    run_clerk: Clerk, site: str, simulator: Simulator, update: Update
) -> None:
    simulator.set_day(1)
    ended = run_clerk("states", "update", site, "--json")
    assert (ended.line["added"], len(ended.line["scopes"])) == (201, 3)


def test_an_unknown_report_is_refused_with_those_there_are(update: Update) -> None:
    ended = update(source="Turnout")
    assert ended.exit_code == 1
    assert ended.line["message"] == "florida has no data source 'Turnout'"
    assert ended.line["remedy"] == "data sources: VbmProvided, VbmVoted, EarlyVoted"


def test_another_election_is_asked_for_by_its_number(update: Update, simulator: Simulator) -> None:
    ended = update("--election", "12345")
    assert ended.line["scopes"][0]["scope"] == "12345/VbmVoted"
    assert simulator.requests[-1][1].endswith("/Stats_12345_VbmVoted.txt")


FAILURES = {
    "a web page": (Faults(html=True), "Stats_49894_VbmVoted.txt: answered with an HTML page instead of data"),
    "a renamed column": (Faults(rename_column="TotalNpa"), "lacks the column 'TotalNpa'; columns it has instead: "),
    "a cut file": (Faults(truncate=4000), "Stats_49894_VbmVoted.txt: ends in the middle of line "),
    "a broken connection": (Faults(broken_body=True), "upstream broke off its answer"),
    "nothing but 500s": (Faults(every_nth_500=1), "upstream answered 500; gave up after 3 tries"),
    "UTF-16": (Faults(encoding="utf-16"), "florida Stats_49894_VbmVoted.txt: is not UTF-8"),
}


@pytest.mark.parametrize(("faults", "message"), FAILURES.values(), ids=FAILURES)
def test_a_broken_answer_fails_and_changes_no_row(
    update: Update, simulator: Simulator, read_counties: ReadCounties, faults: Faults, message: str
) -> None:
    update()
    before = read_counties()
    simulator.set_day(1)
    simulator.faults = faults
    ended = update()
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert message in ended.line["message"]
    assert ended.line["remedy"]
    assert read_counties() == before


@pytest.mark.parametrize(("share", "gone"), [(0.5, 34), (1 / 67, 1)], ids=["half of them", "one"])
def test_counties_that_are_missing_hold_the_run(
    update: Update, simulator: Simulator, read_counties: ReadCounties, share: float, gone: int
) -> None:
    update()
    before = read_counties()
    simulator.faults = Faults(drop_share=share)
    ended = update()
    assert (ended.exit_code, ended.line["outcome"], ended.line["disappeared"]) == (3, "held", gone)
    assert ended.line["message"].startswith(f"{gone} of 67 rows of county_ballots vanished, and none may")
    assert read_counties() == before
