"""Looking at runs and deciding about them: runs, quarantine, accept, undo."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Faults, Simulator, agency_year, write_netfile_csv

Clerk = Any  # the class of the fixture in conftest.py
ETL = ("finance", "etl", "sandiego.ca", "--year", "2020", "--json")
KEYS = ["run_id", "site", "source", "outcome", "scopes", "read", "added", "changed", "disappeared", "unchanged",
        "duplicates", "quarantined", "aside", "findings", "duration_seconds", "message"]  # fmt: skip
COLUMNS = "filing_id, form_type, tran_id, amount_cents"
OUR_KEYS = ["remedy", "job", "started_at"]


def read_rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM transactions_effective ORDER BY 1, 2, 3").fetchall()


QUARANTINED = {
    "run_id": 1,
    "site": "sandiego.ca",
    "source": "netfile",
    "scope": "2020",
    "page": "spoilt.csv",
    "column_name": "amount_cents",
    "value": "a lot",
    "message": "'a lot' is not an amount of money",
}


def hold(clerk: Clerk, simulator: Simulator) -> dict[str, Any]:
    """Load a year, then pull it with half of its rows gone."""
    assert clerk(*ETL).code == 0
    simulator.faults = Faults(drop_share=0.5)
    held = clerk(*ETL)
    assert held.code == 3
    run: dict[str, Any] = held.rows[0]
    return run


def test_a_held_run_is_not_applied_until_it_is_accepted(san_diego: Clerk, simulator: Simulator) -> None:
    run = hold(san_diego, simulator)
    rows = read_rows(san_diego.database("sandiego.ca"))
    assert run["outcome"] == "held"
    assert run["message"].startswith("transactions fell from 60 to 30 rows, 30 fewer (limit 1); not applied")
    accepted = san_diego("accept", "2", "--json")
    assert (accepted.code, accepted.rows[0]["disappeared"]) == (0, 30)
    assert set(read_rows(san_diego.database("sandiego.ca"))) < set(rows)


def test_what_holds_nothing_cannot_be_accepted(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    assert san_diego("accept", "1").err == "Error: run 1 holds nothing (clerk status)\n"
    assert san_diego("accept", "2").code == 0
    refused = san_diego("accept", "2")
    assert (refused.code, refused.err) == (2, "Error: run 2 holds nothing any more (2020: accepted) (clerk status)\n")


def test_undo_brings_the_rows_before_back(san_diego: Clerk, simulator: Simulator) -> None:
    san_diego(*ETL)
    rows = read_rows(san_diego.database("sandiego.ca"))
    simulator.set_day(3)
    san_diego(*ETL, CLERK_SHRINK_LIMIT="1")
    assert read_rows(san_diego.database("sandiego.ca")) != rows
    undone = san_diego("undo", "2", "--json")
    assert (undone.code, undone.rows[0]["job"], undone.rows[0]["outcome"]) == (0, "undo", "changed")
    assert read_rows(san_diego.database("sandiego.ca")) == rows


def test_a_run_that_applied_nothing_cannot_be_undone(san_diego: Clerk) -> None:
    san_diego(*ETL)
    san_diego(*ETL)
    [refused] = san_diego("undo", "2", "--json").rows
    assert (refused["outcome"], refused["message"]) == ("failed", "run 2 applied nothing")


@pytest.mark.parametrize("command", [["runs", "show"], ["accept"], ["undo"], ["quarantine", "list", "--run"]])
def test_an_unknown_run_names_the_newest_ones(san_diego: Clerk, command: list[str]) -> None:
    san_diego(*ETL)
    refused = san_diego(*command, "9")
    assert (refused.code, refused.err) == (2, "Error: no run 9 (newest runs: 1)\n")


def test_runs_list_tells_the_newest_first_and_can_be_narrowed(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    assert [run["run_id"] for run in san_diego("runs", "list", "--json").rows] == [2, 1]
    [run] = san_diego("runs", "list", "--outcome", "changed", "--json").rows
    assert list(run) == KEYS + OUR_KEYS + ["status", "holder", "options", "of_run", "holds"]
    assert san_diego("runs", "list", "--subdomain", "sandiego.ca", "--source", "nosuch", "--json").rows == []
    assert san_diego("runs", "list", "--limit", "1").out.splitlines()[1].split()[0] == "2"


def test_runs_show_tells_the_change_set_in_words(san_diego: Clerk) -> None:
    san_diego(*ETL)
    shown = san_diego("runs", "show", "1").out.splitlines()
    assert shown[0] == "run 1: finance.etl on sandiego.ca, source netfile: changed"
    assert shown[2:4] == ["", "2020: changed"]
    assert "60 transactions added (" in shown[4]
    assert "  60 read: 60 added, 0 changed, 0 unchanged; 0 disappeared" in shown
    assert san_diego("runs", "show", "1", "--json").rows[0]["scopes"][0]["added"] == 60


def spoil(clerk: Clerk, tmp_path: Path, count: int) -> Path:
    rows = agency_year(1, "CSD", 2020, 0, 60)
    for row in rows[:count]:
        row["Calculated_Amount"] = "a lot"
    return write_netfile_csv(tmp_path / "spoilt.csv", rows)


@pytest.mark.parametrize(("spoilt", "code"), [(1, 0), (20, 3)], ids=["applied", "held"])
def test_quarantine_lists_the_rejected_records_of_a_run(
    san_diego: Clerk, tmp_path: Path, spoilt: int, code: int
) -> None:
    assert san_diego(*ETL, "--from", spoil(san_diego, tmp_path, spoilt)).code == code
    rows = san_diego("quarantine", "list", "--run", "1", "--json").rows
    assert len(rows) == spoilt
    assert {name: value for name, value in rows[0].items() if name in QUARANTINED} == QUARANTINED
    assert "a lot" in san_diego("quarantine", "list", "--run", "1").out


def test_quarantine_lists_what_was_applied_of_all_sites(san_diego: Clerk, tmp_path: Path) -> None:
    assert san_diego("quarantine", "list").out == "Nothing is in quarantine.\n"
    san_diego(*ETL, "--from", spoil(san_diego, tmp_path, 1))
    assert len(san_diego("quarantine", "list", "--json").rows) == 1
    assert len(san_diego("quarantine", "list", "--subdomain", "sandiego.ca", "--json").rows) == 1


DAMAGE = {
    "empty": (b"", "SQLite says: no such table: "),
    "damaged": (b"not a database, not at all" * 100, "is damaged or not an SQLite database ("),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize(
    "command", [["quarantine", "list"], ["quarantine", "list", "--run", "1"], ["runs", "show", "1"]]
)
def test_a_database_that_cannot_be_read_is_named_and_the_others_are_shown(
    san_diego: Clerk, tmp_path: Path, command: list[str], content: bytes, reason: str
) -> None:
    san_diego(*ETL, "--from", spoil(san_diego, tmp_path, 1))
    whole = san_diego(*command)
    path = san_diego.root / "sites" / "sandiego.ca" / "aaa.db"
    path.write_bytes(content)
    shown = san_diego(*command)
    assert (whole.code, shown.code, shown.out) == (0, 1, whole.out)
    assert shown.err.startswith(f"Warning: {path}: {reason}")


def test_the_limit_of_quarantine_holds_for_all_sites_together_newest_run_first(fed: Clerk, tmp_path: Path) -> None:
    for subdomain in ("oakland.ca", "berkeley.ca", "sandiego.ca"):
        fed.add_site(subdomain, "netfile.agency=CSD")
        fed("finance", "etl", subdomain, "--year", "2020", "--from", spoil(fed, tmp_path, 2))
    listed = fed("quarantine", "list", "--limit", "3", "--json").rows
    assert [(row["run_id"], row["site"]) for row in listed] == [
        (3, "sandiego.ca"),
        (3, "sandiego.ca"),
        (2, "berkeley.ca"),
    ]


def test_as_text_a_run_is_a_line_and_what_helps(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    held = san_diego(*ETL[:-1])
    first, second = held.out.splitlines()
    assert first.startswith("sandiego.ca netfile: held (run 3, ")
    assert second == "  look first: clerk runs show 3; to apply it all the same: clerk accept 3"


def test_json_of_an_accepted_run_is_one_object(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    assert list(json.loads(san_diego("accept", "2", "--json").out)) == KEYS + OUR_KEYS
