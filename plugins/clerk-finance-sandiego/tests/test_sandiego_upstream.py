"""Pulling from eFile over HTTP, and what it says of amendments."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

README = Path(__file__).parents[1] / "README.md"
Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
SCOPE = {"source": "sandiego_efile", "scope": "2026"}
SEARCH = {
    "query": "",
    "transaction_name": "",
    "transaction_type": "",
    "most_recent_amendment": "false",
    "search_boolean_expression": "false",
    "filer_name": "",
    "start_date": "2026-01-01T00:00:00.000Z",
    "end_date": "2026-12-31T23:59:59.999Z",
    "page_size": "2000",
    "page_number": "1",
}
FILED = {"start_date": "2026-01-01T00:00:00.000Z", "end_date": "2028-12-31T23:59:59.999Z"}
TABLES = ("transactions", "filings", "filers")


def set_setting(run_clerk: Clerk, line: str) -> None:
    config = run_clerk.root / "sites" / "sandiego.ca" / "site.toml"
    config.write_text(config.read_text() + f"{line}\n")


def test_a_year_is_one_search_and_one_list_of_filings(etl: Etl, efile: Any) -> None:
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["added"]) == (0, "changed", 20)
    assert [ended.line[name] for name in ("quarantined", "duplicates", "aside")] == [0, 0, 0]
    assert efile.asked == [("transactions", SEARCH), ("filings", FILED)]


@pytest.mark.parametrize(("size", "pages"), [(7, 3), (10, 2), (20, 1), (19, 2)])
def test_a_year_of_many_pages_is_fetched_page_by_page(etl: Etl, efile: Any, size: int, pages: int) -> None:
    efile.page_size = size
    assert etl().line["added"] == 20
    asked = [query.get("page_number") for name, query in efile.asked if name == "transactions"]
    assert asked == [str(number) for number in range(1, pages + 1)]


def test_smaller_searches_give_the_same_rows(etl: Etl, efile: Any, make_site: SiteMaker, read_table: ReadTable) -> None:
    efile.page_size = 4
    make_site("twin.ca", sandiego_efile={"base_url": efile.url, "months": 1})
    assert etl().exit_code == etl(subdomain="twin.ca").exit_code == 0
    for table in TABLES:
        assert read_table(table, "twin.ca") == read_table(table)
    months = [(q["start_date"][:10], q["end_date"][:10]) for _, q in efile.asked if q.get("page_number") == "1"]
    assert (len(months), months[2], months[-1]) == (13, ("2026-02-01", "2026-02-28"), ("2026-12-01", "2026-12-31"))


def test_a_second_pull_of_the_same_ends_fresh(etl: Etl) -> None:
    etl()
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["message"]) == (0, "fresh", "the source has not changed")


def test_a_year_without_transactions_is_no_failure(etl: Etl, efile: Any) -> None:
    efile.transactions, efile.filings = [], []
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["read"]) == (0, "fresh", 0)


def test_filings_say_what_they_amend_and_when(etl: Etl, read_table: ReadTable, efile: Any) -> None:
    etl()
    ids = [filing["filing_id"] for filing in efile.filings]
    rows = {row["filing_id"]: row for row in read_table("filings")}
    assert rows[ids[1]] == SCOPE | {
        "filing_id": ids[1],
        "filer_local_id": "9960001",
        "filer_state_id": "9960001",
        "filer_name": "DEMO FOR COUNCIL 2026",
        "form_family": "460",
        "filing_start": "2026-01-01",
        "filing_end": "2026-06-30",
        "forms": "A,E,F",
        "report_num": "001",
        "filed_on": "2026-08-20",
        "amends_filing_id": ids[0],
    }
    assert rows[ids[3]] == SCOPE | {
        "filing_id": ids[3],
        "filer_local_id": "9960003",
        "filer_state_id": "9960003",
        "filer_name": "Committee for Fictional Parks",
        "form_family": "497",
        "forms": "F497P1",
        "report_num": "000",
        "filed_on": "2026-05-21",
    }


def test_the_readme_s_sums_follow_amendments_and_count_late_reports_once(etl: Etl, run_clerk: Clerk) -> None:
    etl()
    sql = README.read_text(encoding="utf-8").partition("```sql\n")[2].partition("```")[0]
    path = run_clerk.root / "sites" / "sandiego.ca" / "finance" / "election_finance.db"
    with closing(sqlite3.connect(path)) as connection:
        sums = sorted(connection.execute(sql).fetchall())
    assert sums == [
        ("Café Ejemplo Committee", 2026, 0, 0),
        ("Committee for Fictional Parks", 2026, 150000 + 250000 + 70000, 400000 + 1234500),
        ("DEMO FOR COUNCIL 2026", 2026, 25000 - 30000 + 9900, 1050000),
    ]


def test_an_amendment_without_transactions_is_told_and_an_unrelated_filing_is_not(
    etl: Etl, read_table: ReadTable, efile: Any
) -> None:
    later = {**efile.filings[6], "filing_id": "later", "amends_prev_id": {"prev_id": efile.filings[6]["filing_id"]}}
    efile.filings.append({**later, "amendment_number": 2})
    etl()
    ids = [filing["filing_id"] for filing in efile.filings]
    rows = {row["filing_id"]: row for row in read_table("filings")}
    assert rows.keys() == {*ids} - {ids[7]}
    assert rows[ids[6]] == SCOPE | {
        "filing_id": ids[6],
        "filer_local_id": "café-ejemplo-committee",
        "filer_name": "Café Ejemplo Committee",
        "form_family": "460",
        "filing_start": "2026-01-01",
        "filing_end": "2026-06-30",
        "forms": "",
        "report_num": "001",
        "filed_on": "2026-09-01",
        "amends_filing_id": ids[2],
    }
    assert rows["later"]["amends_filing_id"] == ids[6]


def test_filers_have_the_state_s_number_or_their_name(etl: Etl, read_table: ReadTable) -> None:
    etl()
    assert [(row["filer_local_id"], row["filer_state_id"], row["filer_name"]) for row in read_table("filers")] == [
        ("9960001", "9960001", "DEMO FOR COUNCIL 2026"),
        ("9960003", "9960003", "Committee for Fictional Parks"),
        ("café-ejemplo-committee", "Pending", "Café Ejemplo Committee"),
    ]


def test_an_unlisted_filing_takes_its_filer_from_the_name(etl: Etl, read_table: ReadTable, efile: Any) -> None:
    unlisted = efile.filings.pop(1)["filing_id"]
    etl()
    filers = {(row["filer_local_id"], row["filer_state_id"]) for row in read_table("filers")}
    assert ("9960001", "9960001") in filers
    (row,) = (row for row in read_table("filings") if row["filing_id"] == unlisted)
    assert "amends_filing_id" not in row


def test_without_the_list_of_filings_names_stand_for_filers(
    etl: Etl, read_table: ReadTable, efile: Any, run_clerk: Clerk
) -> None:
    set_setting(run_clerk, "filings = false")
    ended = etl()
    assert (ended.exit_code, ended.line["added"], [name for name, _ in efile.asked]) == (0, 20, ["transactions"])
    assert [row["filer_local_id"] for row in read_table("filers")] == [
        "café-ejemplo-committee",
        "committee-for-fictional-parks",
        "demo-for-council-2026",
    ]
    assert not any("amends_filing_id" in row for row in read_table("filings"))


def test_going_without_the_list_later_is_held(etl: Etl, run_clerk: Clerk) -> None:
    etl()
    set_setting(run_clerk, "filings = false")
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert ended.line["message"].startswith("filer_state_id in transactions was filled in 20 rows and is in 0")


def test_pages_of_filings_are_followed_where_it_says_so(etl: Etl, read_table: ReadTable, efile: Any) -> None:
    def split(name: str, document: dict[str, Any]) -> None:
        if name == "filings":
            number = int(efile.asked[-1][1].get("page_number", "1"))
            document |= {"data": document["data"][(number - 1) * 4 : number * 4], "total_pages": 2}

    efile.change = split
    etl()
    assert len(read_table("filings")) == 7


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("months = 5", "[sources.sandiego_efile] months: 5 is not known", "known: 12, 6, 4, 3, 2, 1"),
        ("months = true", "[sources.sandiego_efile] months: True is not known", "known: 12, 6, 4, 3, 2, 1"),
        ('filings = "no"', "[sources.sandiego_efile] filings: 'no' is not known", "known: true, false"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    etl: Etl, run_clerk: Clerk, line: str, message: str, remedy: str
) -> None:
    set_setting(run_clerk, line)
    ended = etl()
    assert (ended.exit_code, ended.line["message"], ended.line["remedy"]) == (1, message, remedy)
