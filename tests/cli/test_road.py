"""The road from the command line: fetch, compare, apply."""

from __future__ import annotations

import os
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
COLUMNS = "filing_id, form_type, tran_id, amount_cents"
OUR_KEYS = ["remedy", "job", "started_at"]


def read_rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM transactions_effective ORDER BY 1, 2, 3").fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


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
        assert scope.keys() == {"scope", "outcome", "findings", "capture", "message", "remedy", "tables", "notes"} | {
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
    [run] = san_diego(*ETL, CLERK_SHRINK_LIMIT="1").rows
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


def test_a_saved_file_may_have_a_name_that_is_not_utf_8(san_diego: Clerk, tmp_path: Path) -> None:
    path = write_netfile_csv(tmp_path / os.fsdecode(b"x\xff.csv"), agency_year(1, "CSD", 2020, 0, 60))
    loaded = san_diego(*ETL, "--from", path)
    assert (loaded.code, loaded.rows[0]["added"]) == (0, 60)
    [told] = san_diego("runs", "show", "1", "--json").rows
    assert told["options"]["files"] == [r"x\xff.csv"]


def test_a_file_for_several_sites_is_refused(san_diego: Clerk, tmp_path: Path) -> None:
    refused = san_diego("finance", "etl", "--all", "--from", tmp_path)
    assert (refused.code, refused.err) == (
        2,
        "Error: files belong to one site (name it, as in: etl sandiego.ca --from FILE)\n",
    )


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


def test_two_years_as_text_are_a_line_each(san_diego: Clerk) -> None:
    lines = san_diego(*ETL[:-1], "--year", "2021").out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["sandiego.ca netfile", "  2020", "  2021"]
