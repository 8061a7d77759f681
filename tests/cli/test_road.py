"""The road from the command line: fetch, compare, apply, look, decide."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Faults, Simulator, agency_year, write_netfile_csv
from clerkcore.models import Counts

Clerk = Any  # the class of the fixture in conftest.py
ETL = ("finance", "etl", "sandiego.ca", "--year", "2020", "--json")
KEYS = ["run_id", "site", "source", "outcome", "scopes", "read", "added", "changed", "disappeared", "unchanged",
        "duplicates", "quarantined", "aside", "findings", "duration_seconds", "message"]  # fmt: skip
OUR_KEYS = ["remedy", "job", "started_at"]


@pytest.fixture
def san_diego(fed: Clerk) -> Clerk:
    """`clerk` with one site whose upstream is simulated."""
    fed.add_site("sandiego.ca", "netfile.agency=CSD")
    return fed


def read_rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT filing_id, form_type, tran_id, amount_cents FROM transactions_effective ORDER BY 1, 2, 3").fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def hold(clerk: Clerk, simulator: Simulator) -> dict[str, Any]:
    """Load a year, then pull it with half of its rows gone."""
    assert clerk(*ETL).code == 0
    simulator.faults = Faults(drop_share=0.5)
    held = clerk(*ETL)
    assert held.code == 3
    run: dict[str, Any] = held.rows[0]
    return run


def test_the_json_line_of_a_run_has_the_agreed_keys_alone_on_stdout(san_diego: Clerk) -> None:
    loaded = san_diego(*ETL)
    [run] = loaded.rows
    assert list(run) == KEYS + OUR_KEYS
    assert (loaded.code, run["run_id"], run["site"], run["source"]) == (0, 1, "sandiego.ca", "netfile")
    assert (run["outcome"], run["job"], run["started_at"][-1]) == ("changed", "finance.etl", "Z")
    assert run["read"] == run["added"] == 60
    assert "sandiego.ca netfile 2020: page-0000.json, " in loaded.err


def test_the_json_line_tells_every_scope(san_diego: Clerk) -> None:
    [run] = san_diego(*ETL, "--year", "2021").rows
    assert [scope["scope"] for scope in run["scopes"]] == ["2020", "2021"]
    for scope in run["scopes"]:
        assert scope.keys() == {"scope", "outcome", "findings", "capture", "message", "remedy", "tables"} | {
            field.name for field in fields(Counts)
        }
    assert sum(scope["read"] for scope in run["scopes"]) == run["read"]


def test_every_line_accounts_for_what_was_read(san_diego: Clerk, simulator: Simulator) -> None:
    for day in range(3):
        simulator.set_day(day)
        [run] = san_diego(*ETL).rows
        parts = ("added", "changed", "unchanged", "duplicates", "quarantined", "aside")
        assert run["read"] == sum(run[part] for part in parts)


def test_a_second_day_brings_what_changed_and_the_rows_are_those_of_the_upstream(
    san_diego: Clerk, simulator: Simulator
) -> None:
    san_diego(*ETL)
    simulator.set_day(1)
    before = {(row["FilingId"], row["Form_Type"], row["Tran_Id"]) for row in agency_year(1, "CSD", 2020, 0, 60)}
    after = {(row["FilingId"], row["Form_Type"], row["Tran_Id"]) for row in agency_year(1, "CSD", 2020, 1, 60)}
    [run] = san_diego(*ETL).rows if len(before - after) <= 1 else san_diego(*ETL, **{"CLERK_SHRINK_LIMIT": "1"}).rows
    assert (run["added"], run["disappeared"]) == (len(after - before), len(before - after))
    assert {row[:3] for row in read_rows(san_diego.database("sandiego.ca"))} == after


def test_an_unchanged_upstream_changes_nothing_and_says_so(san_diego: Clerk) -> None:
    san_diego(*ETL)
    rows = read_rows(san_diego.database("sandiego.ca"))
    [run] = san_diego(*ETL).rows
    assert (run["outcome"], run["read"], run["message"]) == ("fresh", 0, "the source has not changed")
    assert read_rows(san_diego.database("sandiego.ca")) == rows


def test_extract_transform_and_load_apart_give_the_rows_of_etl(san_diego: Clerk) -> None:
    san_diego.add_site("other.ca", "netfile.agency=CSD")
    assert san_diego(*ETL).code == 0
    outcomes = [
        san_diego("finance", stage, "other.ca", "--year", "2020", "--json").rows[0]["outcome"]
        for stage in ("extract", "transform", "load")
    ]
    assert outcomes == ["fresh", "fresh", "changed"]
    assert read_rows(san_diego.database("other.ca")) == read_rows(san_diego.database("sandiego.ca"))


def test_what_transform_leaves_can_be_inspected_with_sqlite(san_diego: Clerk) -> None:
    san_diego("finance", "extract", "sandiego.ca", "--year", "2020")
    [run] = san_diego("finance", "transform", "sandiego.ca", "--year", "2020", "--json").rows
    path = san_diego.root / "sites" / "sandiego.ca" / "stage" / "netfile" / "2020.db"
    assert run["message"] == f"60 records read, 60 rows staged, 0 quarantined: {path}"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM transactions").fetchone() == (60,)
    assert not san_diego.database("sandiego.ca").exists()


@pytest.mark.parametrize(
    ("stage", "reason"),
    [("transform", "sandiego.ca netfile 2020: nothing was extracted yet"), ("load", "sandiego.ca: nothing is staged")],
)
def test_a_stage_without_the_one_before_says_which(san_diego: Clerk, stage: str, reason: str) -> None:
    failed = san_diego("finance", stage, "sandiego.ca", "--year", "2020", "--json")
    assert (failed.code, failed.rows[0]["outcome"], failed.rows[0]["message"]) == (1, "failed", reason)


def test_a_dry_run_tells_the_changes_and_leaves_no_trace(san_diego: Clerk, simulator: Simulator) -> None:
    san_diego(*ETL)
    ledger, database = san_diego.root / "civic.db", san_diego.database("sandiego.ca")
    before = dump(ledger), dump(database)
    simulator.set_day(1)
    [run] = san_diego(*ETL, "--dry-run").rows
    assert run["run_id"] is None
    assert run["message"].startswith("dry run, nothing applied: ")
    assert (dump(ledger), dump(database)) == before


def test_a_dry_run_of_an_empty_site_makes_no_database(san_diego: Clerk) -> None:
    [run] = san_diego(*ETL, "--dry-run").rows
    assert (run["outcome"], run["added"]) == ("changed", 60)
    assert not san_diego.database("sandiego.ca").exists()
    assert san_diego("runs", "list", "--json").rows == []


def test_a_saved_file_is_loaded_instead_of_fetching(san_diego: Clerk, simulator: Simulator, tmp_path: Path) -> None:
    path = write_netfile_csv(tmp_path / "saved.csv", agency_year(1, "CSD", 2020, 0, 60))
    assert san_diego(*ETL, "--from", path).rows[0]["added"] == 60
    assert simulator.requests == []


def test_a_file_for_several_sites_is_refused(san_diego: Clerk, tmp_path: Path) -> None:
    refused = san_diego("finance", "etl", "--all", "--from", tmp_path)
    assert (refused.code, refused.err) == (
        2,
        "Error: files belong to one site (name it, as in: etl sandiego.ca --from FILE)\n",
    )


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
    assert (refused.code, refused.err) == (1, "Error: no run 9 (newest runs: 1)\n")


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
    assert shown[3] == "2020: changed"
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
    told = {name: rows[0][name] for name in ("run_id", "site", "source", "scope", "page", "column_name", "value", "message")}
    assert told == {
        "run_id": 1,
        "site": "sandiego.ca",
        "source": "netfile",
        "scope": "2020",
        "page": "spoilt.csv",
        "column_name": "amount_cents",
        "value": "a lot",
        "message": "'a lot' is not an amount of money",
    }
    assert "a lot" in san_diego("quarantine", "list", "--run", "1").out


def test_quarantine_lists_what_was_applied_of_all_sites(san_diego: Clerk, tmp_path: Path) -> None:
    assert san_diego("quarantine", "list").out == "Nothing is in quarantine.\n"
    san_diego(*ETL, "--from", spoil(san_diego, tmp_path, 1))
    assert len(san_diego("quarantine", "list", "--json").rows) == 1
    assert len(san_diego("quarantine", "list", "--subdomain", "sandiego.ca", "--json").rows) == 1


@pytest.fixture
def florida(fed: Clerk) -> Clerk:
    """`clerk` with Florida, simulated."""
    fed.add_site("fl", "florida.election=49894", kind="state", state="FL")
    return fed


def test_states_list_names_adapters_and_their_sites(florida: Clerk) -> None:
    assert florida("states", "list", "--json").rows == [
        {
            "adapter": "florida",
            "help": "Florida vote-by-mail and early voting by county",
            "plugin": "clerk-state-florida",
            "sites": ["fl"],
        }
    ]
    assert florida("states", "list").out.splitlines()[1].split()[-2:] == ["clerk-state-florida", "fl"]


def test_states_update_brings_one_report(florida: Clerk) -> None:
    [run] = florida("states", "update", "fl", "--source", "VbmVoted", "--json").rows
    assert (run["outcome"], [scope["scope"] for scope in run["scopes"]]) == ("changed", ["49894/VbmVoted"])
    assert (run["added"], run["aside"]) == (67, 1)


def test_states_update_refuses_a_report_that_does_not_exist(florida: Clerk) -> None:
    failed = florida("states", "update", "fl", "--source", "Nosuch", "--json")
    assert (failed.code, failed.rows[0]["message"]) == (1, "florida has no data source 'Nosuch'")
    assert failed.rows[0]["remedy"] == "data sources: VbmProvided, VbmVoted, EarlyVoted"


def save_report(simulator: Simulator, path: Path) -> Path:
    answer = simulator.answer("/countyballotreportfiles/Stats_49894_VbmVoted.txt", {})
    path.write_bytes(answer.body)
    return path


def test_states_try_parses_a_file_and_writes_nothing(clerk: Clerk, simulator: Simulator, tmp_path: Path) -> None:
    file = save_report(simulator, tmp_path / "saved.txt")
    before = sorted(clerk.root.rglob("*"))
    words = ("states", "try", "florida", "--from", file, "--source", "VbmVoted", "--election", "49894")
    tried = clerk(*words, "--json")
    assert (tried.code, tried.rows[0]["facts"]) == (0, {"read": 68, "duplicates": 0, "quarantined": 0, "aside": 1})
    assert clerk(*words).out.startswith("68 records read: 67 usable, 0 duplicates, 0 quarantined, 1 set aside\n")
    assert sorted(path for path in clerk.root.rglob("*") if "civic.db-" not in path.name) == [
        path for path in before if "civic.db-" not in path.name
    ]


def test_states_try_of_a_file_that_may_be_several_asks_which(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "saved.txt").write_text("")
    refused = clerk("states", "try", "florida", "--from", tmp_path / "saved.txt", "--election", "49894")
    assert refused.code == 2
    assert refused.err.endswith("(say which, with --source)\n")


@pytest.mark.parametrize(
    "faults",
    [
        Faults(html=True),
        Faults(truncate=200),
        Faults(rename_column="Tran_Id"),
        Faults(wrong_total=5),
        Faults(encoding="utf-16"),
        Faults(broken_body=True),
    ],
    ids=["HTML", "truncated", "renamed column", "wrong total", "encoding", "broken off"],
)
def test_a_broken_upstream_fails_with_a_message_and_the_rows_stay(
    san_diego: Clerk, simulator: Simulator, faults: Faults
) -> None:
    san_diego(*ETL)
    rows = read_rows(san_diego.database("sandiego.ca"))
    simulator.set_day(1)
    simulator.faults = faults
    failed = san_diego(*ETL, CLERK_HTTP_RETRIES="0")
    assert (failed.code, failed.rows[0]["outcome"]) == (1, "failed")
    assert failed.rows[0]["message"]
    assert failed.rows[0]["remedy"]
    assert read_rows(san_diego.database("sandiego.ca")) == rows


def test_answers_of_500_are_asked_again(san_diego: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(every_nth_500=2)
    assert san_diego(*ETL).rows[0]["outcome"] == "changed"
    assert [status for _, _, status in simulator.requests].count(500) == 1


def test_as_text_a_run_is_a_line_and_what_helps(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    held = san_diego(*ETL[:-1])
    first, second = held.out.splitlines()
    assert first.startswith("sandiego.ca netfile: held (run 3, ")
    assert second == "  look at it: clerk runs show 3; apply it all the same: clerk accept 3"


def test_two_years_as_text_are_a_line_each(san_diego: Clerk) -> None:
    lines = san_diego(*ETL[:-1], "--year", "2021").out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["sandiego.ca netfile", "  2020", "  2021"]


def test_json_of_an_accepted_run_is_one_object(san_diego: Clerk, simulator: Simulator) -> None:
    hold(san_diego, simulator)
    assert list(json.loads(san_diego("accept", "2", "--json").out)) == KEYS + OUR_KEYS
