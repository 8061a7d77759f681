"""Georgia as a site: what is pulled and imported, what the checks say, and what an operator is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Load = Callable[..., Ended]
Rows = Callable[[str], list[dict[str, Any]]]
Findings = Callable[[Ended], list[dict[str, Any]]]
MakeCsv = Callable[..., bytes]
MakeLine = Callable[..., str]
Make = Callable[..., bytes]
COLUMNS = {"county": 0, "registered_voters": 1, "ballots_total": 2}
HEAD = ("County", "Registered Voters", "Ballots")
ISSUED = {"Ballot Status": "", "Ballot Return Date": ""}


def voters(count: int, **changes: str) -> list[dict[str, str]]:
    return [{"Voter Registration #": f"{number:08}", **changes} for number in range(1, count + 1)]


def told(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(finding["check_name"], finding["severity"], finding["message"]) for finding in findings]


def test_what_has_an_address_is_pulled(
    ga: Callable[..., str],
    upstream: Any,
    run_clerk: Clerk,
    read_rows: Rows,
    make_csv: MakeCsv,
    make_zip: Make,
    make_line: MakeLine,
    make_pdf: Make,
) -> None:
    upstream.files.update(
        {
            "/2026/A-12601.zip": make_zip({"STATEWIDE.csv": make_csv([{}])}),
            "/history.txt": f"{make_line('00468992')}\r\n".encode(),
            "/turnout-2026-11-03.pdf": make_pdf([[HEAD, ("APPLING", "11,200", "4,500")]]),
        }
    )
    ga(
        absentee_url=f"{upstream.url}/{{year}}/{{election}}.zip",
        base_url=upstream.url,
        endpoints={"HISTORY": "history.txt"},
        turnout_url=f"{upstream.url}/turnout-{{date}}.pdf",
        turnout_columns=COLUMNS,
    )
    ended = run_clerk("states", "update", "ga", "--json")
    outcomes = {scope["scope"]: scope["outcome"] for scope in ended.line["scopes"]}
    assert outcomes == {
        "A-12601/ABSENTEE": "changed",
        "A-12601/HISTORY/2026-11-03": "changed",
        "A-12601/TURNOUT/2026-11-03": "changed",
    }
    assert [row["voter_id"] for row in read_rows("roster")] == ["00468991", "00468992"]
    (turnout,) = read_rows("county_turnout")
    assert (turnout["county"], turnout["registered_voters"], turnout["ballots_total"]) == ("Appling", 11200, 4500)


def test_only_accepted_ballots_are_counted(
    ga: Callable[..., str], load: Load, read_rows: Rows, make_csv: MakeCsv
) -> None:
    ga()
    statuses = ("A", "R", "C", "S", "", "I", "A")
    rows = [{**row, "Ballot Status": status} for row, status in zip(voters(7), statuses, strict=True)]
    assert load("ABSENTEE", make_csv(rows)).line["added"] == 7
    (total,) = read_rows("turnout_totals")
    assert (total["county"], total["vote_date"], total["ballots"], total["listed"]) == ("Appling", "2026-10-20", 2, 2)


def test_ballots_that_come_back_are_not_taken_for_lost(
    ga: Callable[..., str], load: Load, read_rows: Rows, make_csv: MakeCsv
) -> None:
    ga()
    load("ABSENTEE", make_csv(voters(20, **ISSUED)))
    ended = load("ABSENTEE", make_csv(voters(20)))
    assert (ended.exit_code, ended.line["outcome"]) == (0, "changed")
    assert "20 ballots moved on to another day or method" in ended.line["scopes"][0]["notes"]
    assert {row["vote_date"] for row in read_rows("roster")} == {"2026-10-20"}


def test_ballots_that_are_gone_hold_the_run_all_the_same(ga: Callable[..., str], load: Load, make_csv: MakeCsv) -> None:
    ga()
    load("ABSENTEE", make_csv(voters(20)))
    ended = load("ABSENTEE", make_csv(voters(9)))
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")


def test_a_voter_of_both_files_counts_once_and_holds_nothing(
    ga: Callable[..., str],
    load: Load,
    read_rows: Rows,
    findings: Findings,
    make_csv: MakeCsv,
    make_line: MakeLine,
) -> None:
    ga()
    load("ABSENTEE", make_csv(voters(12)))
    lines = [make_line(f"{number:08}", flags="YNN" if number < 13 else "NNN") for number in range(1, 21)]
    ended = load("HISTORY", "".join(f"{line}\n" for line in lines).encode())
    assert (ended.exit_code, ended.line["added"]) == (0, 20)
    assert told(findings(ended)) == [
        (
            "overlap",
            "info",
            "12 of 20 voters are listed in A-12601/ABSENTEE (12) already, which the absentee file and the voter history"
            " are to do; each voter counts once",
        )
    ]
    assert sum(row["ballots"] for row in read_rows("turnout_totals")) == 20


def test_a_history_of_another_election_holds_the_run(ga: Callable[..., str], load: Load, make_line: MakeLine) -> None:
    ga()
    ended = load("HISTORY", f"{make_line('00468991', day='2024-11-05')}\n".encode())
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "the file holds no voter of 2026-11-03; it may be that of another election" in ended.line["message"]


def test_an_absentee_file_of_another_election_holds_the_run(
    ga: Callable[..., str], load: Load, make_csv: MakeCsv
) -> None:
    ga()
    ended = load("ABSENTEE", make_csv(voters(3, **{"Ballot Return Date": "10/20/2024"})))
    assert ended.exit_code == 3
    assert "ballots are of days outside the election of 2026-11-03: 2024-10-20 (3)" in ended.line["message"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("TOTAL", "21,000", "8,500")], []),
        (
            [("TOTAL", "21,000", "8,501")],
            [("state_totals", "warning", "the counties' ballots_total differs from the TOTAL row", "8501", "8500")],
        ),
        ([], [("state_totals", "warning", "the PDF has no TOTAL row to compare with", "", "")]),
    ],
    ids=["agrees", "differs", "missing"],
)
def test_the_total_is_compared_with_the_counties(
    ga: Callable[..., str], load: Load, findings: Findings, make_pdf: Make, rows: Any, expected: Any
) -> None:
    ga(turnout_columns=COLUMNS)
    table = [HEAD, ("APPLING", "11,200", "4,500"), ("BACON", "9,800", "4,000"), *rows]
    ended = load("TURNOUT", make_pdf([table]))
    assert (ended.exit_code, ended.line["added"], ended.line["aside"]) == (0, 2, len(rows))
    found = findings(ended)
    names = ("check_name", "severity", "message", "expected", "actual")
    compared = [tuple(finding[name] or "" for name in names) for finding in found]
    missing = "157 of 159 counties are not in the PDF: Atkinson, Baker, Baldwin, Banks, Barrow, ..."
    assert compared == [*expected, ("missing_county", "info", missing, "", "157")]


def test_a_county_that_drops_out_holds_the_run(ga: Callable[..., str], load: Load, make_pdf: Make) -> None:
    ga(turnout_columns=COLUMNS)
    rows = [("APPLING", "11,200", "4,500"), ("BACON", "9,800", "4,000")]
    load("TURNOUT", make_pdf([[HEAD, *rows]]))
    ended = load("TURNOUT", make_pdf([[HEAD, *rows[:1]]]))
    assert ended.exit_code == 3
    assert ended.line["message"].startswith("1 of 2 rows of county_turnout vanished, and none may")


def test_pdfplumber_is_not_imported_before_a_pdf_is_read() -> None:
    told = "import sys, clerk_state_georgia.adapter; print('pdfplumber' in sys.modules, 'pdfminer' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "False"]
