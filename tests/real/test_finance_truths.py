"""Published figures, met by the views, totals and findings of whole loads of real exports."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Query = Callable[..., list[dict[str, Any]]]
Load = Callable[..., Ended]


@pytest.fixture
def load(data: Path, run_clerk: Clerk, make_site: SiteMaker) -> Load:
    """Load files of a year into a site that has NetFile's API first and its Excel export second."""
    made: set[str] = set()

    def run(site: str, year: int, *files: str, source: str = "netfile_excel", taken: str = "2026-11-01") -> Ended:
        if site not in made:
            make_site(site, netfile={"agency": "CSD"}, netfile_excel={"agency": "CSD"})
            made.add(site)
        paths = [part for file in files for part in ("--from", data / file)]
        order = ("finance", "etl", site, "--source", source, "--year", str(year), *paths)
        return run_clerk(*order, "--taken", taken, "--json")

    return run


def findings(run_clerk: Clerk, ended: Ended, check: str) -> list[dict[str, Any]]:
    found = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    return [finding for finding in found if finding["check_name"] == check]


@pytest.mark.slow
def test_berkeley_2017_has_the_two_known_misses_and_names_the_rows_without_amounts(
    load: Load, query: Query, run_clerk: Clerk
) -> None:
    ended = load("berkeley.ca", 2017, "netfile_excel/efile_BRK_2017.xlsx")
    told = [
        (re.sub(r", filing .*; ", ": ", finding["message"]), finding["expected"], finding["actual"])
        for finding in findings(run_clerk, ended, "summary_line_1")
    ]
    assert told == [
        (
            "Berkeley Citizens Action Campaign 2016: without an amount: VO167hpV1wf6, WxfMXTKdb3fi",
            "$2,375.00",
            "$1,375.00",
        ),
        ("Judy Appel for School Board 2016: without an amount: JD9BfyhLnByA", "$1,924.31", "$1,729.31"),
    ]
    assert findings(run_clerk, ended, "form_460_identity") == []
    agreeing = query(
        "berkeley.ca/finance/election_finance.db",
        "SELECT form_type, sum(difference_cents = 0) AS agree, count(*) AS rows FROM form_460_summary"
        " WHERE row_count > 0 GROUP BY form_type ORDER BY form_type",
    )
    assert [tuple(row.values()) for row in agreeing] == [("A", 42, 43), ("C", 10, 10), ("E", 66, 67), ("I", 5, 5)]


@pytest.mark.slow
def test_san_diego_2020_agrees_with_every_summary_page_also_of_superseded_reports(
    load: Load, query: Query, run_clerk: Clerk
) -> None:
    ended = load("sandiego.ca", 2020, "netfile_excel/netfile_2020__CSD__2020-06-09.xlsx", taken="2020-06-09")
    database = "sandiego.ca/finance/election_finance.db"
    agreeing = query(
        database,
        "SELECT form_type, sum(difference_cents = 0) AS agree, count(*) AS rows FROM form_460_summary"
        " WHERE row_count > 0 GROUP BY form_type ORDER BY form_type",
    )
    assert [tuple(row.values()) for row in agreeing] == [
        ("A", 108, 108),
        ("C", 13, 13),
        ("E", 128, 128),
        ("I", 14, 14),
    ]
    assert {finding["check_name"] for finding in _found(run_clerk, ended)} == {"date_in_year", "possible_duplicate"}
    (amended,) = query(database, "SELECT count(*) AS n, count(DISTINCT amended_by) AS by FROM amendments")
    assert amended == {"n": 58, "by": 58}
    assert query(database, "SELECT DISTINCT basis FROM amendments") == [{"basis": "reported"}]


def _found(run_clerk: Clerk, ended: Ended) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    return rows


@pytest.mark.slow
def test_an_export_beside_the_api_is_a_cross_check_and_makes_no_double_rows(
    load: Load, query: Query, run_clerk: Clerk
) -> None:
    api = "netfile_connect2/netfile_api_2020__CSD__2020-07-14.csv"
    database = "sandiego.ca/finance/election_finance.db"
    load("sandiego.ca", 2020, api, source="netfile", taken="2020-07-14")
    before = query(database, "SELECT count(*) AS n, sum(amount_cents) AS cents FROM contributions")
    ended = load("sandiego.ca", 2020, "netfile_excel/netfile_2020__CSD__2020-06-09.xlsx", taken="2020-06-09")
    assert query(database, "SELECT count(*) AS n, sum(amount_cents) AS cents FROM contributions") == before
    assert query(database, "SELECT source FROM authority WHERE year = 2020") == [{"source": "netfile"}]
    differing = findings(run_clerk, ended, "cross_check")
    assert differing
    assert all(
        "differ between netfile, which the totals read, and netfile_excel" in row["message"] for row in differing
    )


def test_cat_brooks_is_told_by_the_amended_report_alone(load: Load, query: Query) -> None:
    load("oakland.ca", 2018, "oakland_fixtures/amendment_with_null_filer_id/Summary.csv")
    totals = query(
        "oakland.ca/finance/election_finance.db",
        "SELECT summary_contributions_cents FROM totals_by_filer WHERE filer_state_id = '1405474'",
    )
    assert totals == [{"summary_contributions_cents": 4993242}]


def test_independent_expenditures_against_dan_kalb(load: Load, query: Query) -> None:
    load("oakland.ca", 2016, "oakland_fixtures/candidate_independent_supporting_kalb/D-Expenditure.csv")
    database = "oakland.ca/finance/election_finance.db"
    sql = "SELECT count(*) AS n, sum(amount_cents) AS cents FROM independent_expenditures WHERE sup_opp_cd = 'O'"
    assert query(database, sql) == [{"n": 6, "cents": 1324165}]
    candidate = query(database, "SELECT candidate, support_cents, oppose_cents, given_cents FROM totals_by_candidate")
    assert candidate == [{"candidate": "Dan Kalb", "support_cents": 0, "oppose_cents": 1324165, "given_cents": 275000}]


def test_contributions_of_the_referendum(load: Load, query: Query) -> None:
    folder = "oakland_fixtures/referendum_contributions_by_origin"
    load("oakland.ca", 2016, *(f"{folder}/{name}.csv" for name in ("A-Contributions", "C-Contributions", "497")))
    sums = query(
        "oakland.ca/finance/election_finance.db",
        "SELECT kind, count(*) AS n, sum(amount_cents) AS cents FROM contributions GROUP BY kind ORDER BY kind",
    )
    assert [tuple(row.values()) for row in sums] == [("in kind", 41, 12389981), ("monetary", 129, 35382000)]


def test_san_diego_as_of_a_day_is_the_pull_of_that_day(load: Load, run_clerk: Clerk) -> None:
    for day in ("2020-07-14", "2020-07-08"):
        file = f"netfile_connect2/netfile_api_2020__CSD__{day}.csv"
        ended = load("sandiego.ca", 2020, file, source="netfile", taken=day)
    assert (ended.line["added"], ended.line["unchanged"]) == (0, 6392)

    def ask(day: str) -> int:
        lines = run_clerk("finance", "totals", "--as-of", day, "--json").lines
        return sum(line["expenditures_cents"] for line in lines)

    # Schedule E grew by 31 rows on filings made between the pulls.
    assert ask("2020-07-07") == 0
    assert ask("2020-07-14") - ask("2020-07-13") == ask("2020-11-01") - ask("2020-07-08") > 0
