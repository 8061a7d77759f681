"""An upstream that misbehaves: an error that helps or a held run, and rows as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
TABLES = ("transactions", "filings", "filers", "agencies")

FAILURES = {
    "a web page": (Faults(html=True), "netfile agencies.json: is a web page instead of data"),
    "a total that is too high": (
        Faults(wrong_total=1),
        "transactions, but totalMatchingCount says ",
    ),
    "a renamed column": (
        Faults(rename_column="Calculated_Amount"),
        "netfile page-0000.json: lacks the field 'calculated_Amount' in result 1",
    ),
    "another encoding": (Faults(encoding="latin-1"), "netfile page-0000.json: is not UTF-8"),
    "UTF-16": (Faults(encoding="utf-16"), "netfile agencies.json: is not UTF-8"),
    "a cut answer": (Faults(truncate=600), "netfile page-0000.json: is not whole JSON: Unterminated string"),
    "a broken connection": (Faults(broken_body=True), "upstream broke off its answer"),
    "nothing but 500s": (Faults(every_nth_500=1), "upstream answered 500; gave up after 3 tries"),
}
CSV_FAILURES = {
    "a renamed column": (Faults(rename_column="Tran_Id"), "netfile page-0000.csv: lacks the column 'Tran_Id'"),
    "another encoding": (Faults(encoding="latin-1"), "netfile page-0000.csv: is not UTF-8 (byte 0xe"),
    "a cut answer": (Faults(truncate=3000), "netfile page-0000.csv: ends in the middle of line"),
}


def check_failure(ended: Ended, message: str) -> None:
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert message in ended.line["message"]
    assert ended.line["remedy"]


@pytest.mark.parametrize(("faults", "message"), FAILURES.values(), ids=FAILURES)
def test_a_broken_answer_fails_and_changes_no_row(
    etl: Etl, simulator: Simulator, read_table: ReadTable, faults: Faults, message: str
) -> None:
    etl()
    before = {table: read_table(table) for table in TABLES}
    simulator.set_day(1)
    simulator.faults = faults
    check_failure(etl(), message)
    assert {table: read_table(table) for table in TABLES} == before
    simulator.faults = Faults()
    assert etl().line["outcome"] == "changed"


@pytest.mark.parametrize(("faults", "message"), FAILURES.values(), ids=FAILURES)
def test_a_broken_first_answer_makes_no_rows(
    etl: Etl, simulator: Simulator, run_clerk: Clerk, faults: Faults, message: str
) -> None:
    simulator.faults = faults
    check_failure(etl(), message)
    assert not list(run_clerk.root.rglob("election_finance.db"))


@pytest.mark.parametrize(("faults", "message"), CSV_FAILURES.values(), ids=CSV_FAILURES)
def test_a_broken_csv_fails_too(
    make_site: SiteMaker, etl: Etl, simulator: Simulator, faults: Faults, message: str
) -> None:
    make_site("twin.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url, "format": "csv"})
    simulator.faults = faults
    check_failure(etl(subdomain="twin.ca"), message)


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_a_repeated_page_is_refused(make_site: SiteMaker, run_clerk: Clerk, format_: str) -> None:
    with Simulator(seed=7, size=2000, faults=Faults(repeat_page=True)) as simulator:
        make_site("sandiego.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url, "format": format_})
        ended = run_clerk("finance", "etl", "sandiego.ca", "--year", "2026", "--json")
    check_failure(ended, f"netfile page-0001.{format_}: repeats 1,000 transactions of earlier pages")


def test_a_pull_with_half_its_rows_gone_is_held(
    etl: Etl, simulator: Simulator, read_table: ReadTable, run_clerk: Clerk
) -> None:
    etl()
    before = {table: read_table(table) for table in TABLES}
    simulator.faults = Faults(drop_share=0.5)
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["disappeared"]) == (3, "held", 75)
    assert ended.line["message"] == "transactions fell from 150 to 75 rows, 75 fewer (limit 3); not applied"
    assert f"clerk accept {ended.line['run_id']}" in ended.line["remedy"]
    assert {table: read_table(table) for table in TABLES} == before
    assert run_clerk("accept", str(ended.line["run_id"])).exit_code == 0
    assert len(read_table("transactions")) == 75


def test_a_year_that_empties_is_held(etl: Etl, simulator: Simulator, read_table: ReadTable) -> None:
    etl()
    simulator.faults = Faults(drop_share=1)
    assert etl().line["outcome"] == "held"
    assert len(read_table("transactions")) == 150


def test_a_year_without_transactions_is_no_failure(etl: Etl, simulator: Simulator) -> None:
    simulator.faults = Faults(drop_share=1)
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["read"]) == (0, "fresh", 0)


def test_one_failing_site_stops_no_other(
    site: str, make_site: SiteMaker, run_clerk: Clerk, simulator: Simulator
) -> None:
    make_site("alamda.ca", netfile={"agency": "NOSUCH", "base_url": simulator.netfile_url})
    ended = run_clerk("finance", "etl", "--all", "--year", "2026", "--json")
    assert ended.exit_code == 1
    assert {line["site"]: line["outcome"] for line in ended.lines} == {"alamda.ca": "failed", site: "changed"}
