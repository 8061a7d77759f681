"""What becomes of the lines of a report that an operator saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import county_file
from clerk_state_florida.adapter import read_compiled
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Update = Callable[..., Ended]
ReadCounties = Callable[[], dict[str, dict[str, Any]]]
Findings = Callable[[Ended], list[dict[str, Any]]]
Write = Callable[..., Path]
ALACHUA = {
    "source": "florida",
    "scope": "49894/VbmVoted",
    "election_id": "49894",
    "stat_type": "Voted Vote-by-Mail",
    "county": "Alachua",
    "election_date": "2026-11-03",
    "election_name": "2026 Simulated General",
    "total_rep": 13534,
    "total_dem": 10187,
    "total_oth": 357,
    "total_npa": 2683,
    "grand_total": 26761,
    "compiled_at": "2026-10-09T12:04:00Z",
}
REP, NPA, TOTAL, COMPILED = 5, 8, 9, 10


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a report with some fields of some counties changed."""

    def write_file(changes: dict[tuple[str, int], str] | None = None, encoding: str = "utf-8", day: int = 1) -> Path:
        lines = [line.split("\t") for line in county_file(7, "49894", "VbmVoted", day).decode().splitlines()]
        for (county, place), text in (changes or {}).items():
            next(line for line in lines if line[3] == county)[place] = text
        path = tmp_path / "Stats_49894_VbmVoted.txt"
        path.write_bytes("".join("\t".join(line) + "\r\n" for line in lines).encode(encoding))
        return path

    return write_file


def read_quarantine(run_clerk: Clerk, ended: Ended) -> list[dict[str, Any]]:
    return run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines


def test_a_line_becomes_this_row(update: Update, read_counties: ReadCounties, write: Write) -> None:
    update("--from", write())
    assert read_counties()["Alachua"] == ALACHUA


def test_totals_that_agree_are_no_finding(update: Update, findings: Findings, write: Write) -> None:
    found = findings(update("--from", write()))
    assert [finding["check_name"] for finding in found] == ["compiled_late"]


def test_totals_that_differ_hold_the_run_and_say_both_sides(update: Update, write: Write) -> None:
    ended = update("--from", write({("State Totals", REP): "180,373"}, day=0))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert ended.line["message"] == (
        "the source contradicts itself: Voted Vote-by-Mail: the counties' total_rep differs from State Totals"
        " (expected 180373, found 171820); not applied"
    )


def test_a_county_that_differs_shows_in_the_totals_too_once_it_is_accepted(
    update: Update, run_clerk: Clerk, findings: Findings, write: Write
) -> None:
    held = update("--from", write({("Alachua", REP): "13,535"}))
    found = findings(run_clerk("accept", str(held.line["run_id"]), "--json"))
    wrong = {finding["check_name"]: (finding["expected"], finding["actual"]) for finding in found}
    assert wrong["state_totals"] == ("180372", "180373")
    assert wrong["parties_sum"] == ("26761", "26762")


def test_a_report_without_totals_is_told(update: Update, findings: Findings, tmp_path: Path) -> None:
    lines = county_file(7, "49894", "VbmVoted", 0).splitlines(keepends=True)
    path = tmp_path / "Stats.txt"
    path.write_bytes(b"".join([lines[0], *lines[2:]]))
    ended = update("--from", path)
    assert (ended.line["added"], ended.line["aside"]) == (67, 0)
    (finding,) = findings(ended)
    assert (finding["severity"], finding["message"]) == ("warning", "the file has no State Totals to compare with")


def test_thousands_are_read_with_and_without_commas(update: Update, read_counties: ReadCounties, write: Write) -> None:
    update("--from", write({("Alachua", REP): " 13534 "}))
    counties = read_counties()
    assert (counties["Alachua"]["total_rep"], counties["Alachua"]["total_dem"]) == (13534, 10187)


@pytest.mark.parametrize(
    ("place", "text", "rule", "column"),
    [
        (REP, "-5", "invalid_value", "total_rep"),
        (REP, "13,53", "bad_total_rep", "total_rep"),
        (TOTAL, "n/a", "bad_grand_total", "grand_total"),
        (NPA, "", "invalid_value", "total_npa"),
        (COMPILED, "soon", "bad_compiled_at", "compiled_at"),
        (COMPILED, "12/31/9999 11:59PM", "bad_compiled_at", "compiled_at"),
        (1, "2026", "bad_election_date", "election_date"),
    ],
)
def test_a_line_that_cannot_be_read_goes_to_quarantine(
    update: Update, run_clerk: Clerk, write: Write, place: int, text: str, rule: str, column: str
) -> None:
    ended = update("--from", write({("Alachua", place): text}))
    assert [ended.line[name] for name in ("read", "added", "aside", "quarantined")] == [68, 66, 1, 1]
    (rejected,) = read_quarantine(run_clerk, ended)
    assert [rejected[name] for name in ("rule", "column_name", "value", "line")] == [rule, column, text, 3]


def test_a_county_that_can_be_read_no_more_holds_the_run(
    update: Update, read_counties: ReadCounties, write: Write
) -> None:
    update("--from", write(day=0))
    before = read_counties()
    ended = update("--from", write({("Alachua", REP): "-5"}))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert read_counties() == before


def test_a_file_of_another_election_is_refused(update: Update, write: Write) -> None:
    ended = update("--from", write(), "--election", "12345")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert ended.line["message"] == "florida Stats_49894_VbmVoted.txt line 2: is of election 49894, not 12345"
    assert ended.line["remedy"] == "name the election of the file with --election"


def test_a_file_of_another_report_is_refused(update: Update, write: Write, tmp_path: Path) -> None:
    ended = update("--from", write(), source="EarlyVoted")
    assert ended.exit_code == 1
    assert "counts 'Voted Vote-by-Mail', which is not what EarlyVoted counts" in ended.line["message"]
    provided = tmp_path / "provided.txt"
    provided.write_bytes(county_file(7, "49894", "VbmProvided", 1))
    ended = update("--from", provided)
    assert "counts 'Provided Vote-by-Mail', which is not what VbmVoted counts" in ended.line["message"]
    assert ended.line["remedy"] == "name the report of the file with --source"


def test_a_latin_1_file_is_refused(update: Update, write: Write) -> None:
    ended = update("--from", write({("Alachua", 2): "Elección"}, "latin-1"))
    assert (ended.exit_code, ended.line["message"]) == (
        1,
        "florida Stats_49894_VbmVoted.txt: is not UTF-8 (byte 0xf3 after line 2)",
    )


def test_quotes_are_no_quoting(update: Update, read_counties: ReadCounties, write: Write) -> None:
    update("--from", write({("Alachua", 2): '"2026" General'}))
    assert read_counties()["Alachua"]["election_name"] == '"2026" General'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/08/2026  8:04AM", "2026-10-08T12:04:00Z"),
        ("10/08/2026 11:01PM", "2026-10-09T03:01:00Z"),
        ("12/01/2026 12:00AM", "2026-12-01T05:00:00Z"),
        ("12/01/2026 12:30PM", "2026-12-01T17:30:00Z"),
    ],
    ids=["summer time", "next day in UTC", "midnight in winter", "half past noon"],
)
def test_compile_dates_are_eastern_time(text: str, expected: str) -> None:
    assert read_compiled(text) == expected


def test_an_evening_is_of_the_same_day_though_not_in_utc(update: Update, findings: Findings, write: Write) -> None:
    found = findings(update("--from", write({("Alachua", COMPILED): "10/08/2026 11:30PM"}, day=0)))
    assert found == []


def test_a_file_can_be_tried_without_a_site(run_clerk: Clerk, write: Write, make_site: SiteMaker) -> None:
    tried = ("states", "try", "florida", "--from", write(), "--source", "VbmVoted", "--election", "49894", "--json")
    ended = run_clerk(*tried)
    assert ended.line["facts"]["read"] == 68
    assert not list(run_clerk.root.rglob("voters.db"))


def test_an_election_must_be_named_somewhere(run_clerk: Clerk, make_site: SiteMaker, write: Write) -> None:
    make_site("nowhere", state="FL", florida={})
    ended = run_clerk("states", "update", "nowhere", "--source", "VbmVoted", "--from", write(), "--json")
    assert ended.exit_code == 1
    assert ended.line["message"] == "site nowhere: florida does not know which election to follow"
    assert "--election ID" in ended.line["remedy"]
