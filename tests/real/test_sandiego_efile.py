"""San Diego's eFile: 1,000 transactions of 2021 and 934 filings, as the city's API answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Rows = list[dict[str, Any]]
Query = Callable[..., Rows]
Load = Callable[..., Ended]
DATABASE = "sandiego.ca/finance/election_finance.db"

# Rows and cents by schedule, counted apart from the program.
FORMS = {
    "A": 716,
    "B1": 3,
    "C": 5,
    "D": 2,
    "E": 172,
    "F": 87,
    "G": 10,
    "I": 5,
}


@pytest.fixture
def load(data: Path, run_clerk: Clerk, make_site: SiteMaker) -> Load:
    """Load files of the sample into a site."""
    make_site("sandiego.ca", sandiego_efile={})

    def run(*names: str) -> Ended:
        files = [part for name in names for part in ("--from", data / "sandiego_efile" / f"{name}.json")]
        return run_clerk("finance", "etl", "sandiego.ca", "--year", "2021", *files, "--json")

    return run


@pytest.fixture
def rows(data: Path) -> Rows:
    read: Rows = json.loads((data / "sandiego_efile" / "transactions1.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def filings(data: Path) -> Rows:
    read: Rows = json.loads((data / "sandiego_efile" / "filings.json").read_text(encoding="utf-8"))
    return read


def sum_schedules(rows: Rows) -> dict[str, int]:
    """Add up the amounts in another way than the plugin reads them."""
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row["schedule"]] += int(Decimal(row["amount"].replace("$", "").replace(",", "")) * 100)
    return dict(sums)


@pytest.mark.parametrize("names", [("transactions1",), ("transactions1", "filings", "committees", "elections")])
def test_every_record_is_loaded_and_the_sums_are_those_of_the_file(
    load: Load, query: Query, rows: Rows, names: tuple[str, ...]
) -> None:
    ended = load(*names)
    assert (ended.exit_code, ended.line["outcome"], ended.line["read"]) == (0, "changed", 1000)
    told = [ended.line[name] for name in ("added", "quarantined", "duplicates", "aside", "findings")]
    assert told == [1000, 0, 0, 0, 6]  # six notes of possible duplicates
    sql = "SELECT form_type, count(*) AS n, sum(amount_cents) AS cents FROM transactions_effective GROUP BY 1"
    found = query(DATABASE, sql)
    assert {row["form_type"]: row["n"] for row in found} == FORMS
    assert {row["form_type"]: row["cents"] for row in found} == sum_schedules(rows)


def test_filings_and_filers_are_told_with_the_list(load: Load, query: Query) -> None:
    load("filings", "transactions1")
    (told,) = query(
        DATABASE,
        "SELECT count(*) AS n, count(filed_on) AS filed, count(filing_start) AS started, count(filing_end) AS ended,"
        " sum(report_num = '000') AS originals, count(amends_filing_id) AS amendments FROM filings_effective",
    )
    assert told == {"n": 32, "filed": 32, "started": 32, "ended": 32, "originals": 32, "amendments": 0}
    filers = query(DATABASE, "SELECT filer_local_id, filer_state_id FROM filers_effective")
    assert len(filers) == 31
    assert all(row["filer_local_id"] == row["filer_state_id"] for row in filers)


def test_without_the_list_names_tell_the_filers_apart_just_as_well(load: Load, query: Query) -> None:
    load("transactions1")
    assert query(DATABASE, "SELECT count(*) AS n FROM filers_effective") == [{"n": 31}]
    assert query(DATABASE, "SELECT 1 FROM filers_effective WHERE filer_state_id IS NOT NULL") == []


def test_every_amount_is_in_whole_dollars(rows: Rows) -> None:
    assert [row["amount"] for row in rows if "." in row["amount"]] == []


def test_the_transactions_lie_within_the_periods_of_their_filings(load: Load, query: Query) -> None:
    load("transactions1", "filings")
    sql = "SELECT 1 FROM transactions WHERE calculated_date NOT BETWEEN filing_start AND filing_end"
    assert query(DATABASE, sql) == []


def test_the_chain_of_amendments_is_told_as_the_list_has_it(
    data: Path, run_clerk: Clerk, make_site: SiteMaker, query: Query, rows: Rows, filings: Rows, tmp_path: Path
) -> None:
    """The sample's transactions stand on originals only, so each filing of its amendments is given one made up."""
    amendments = {f["filing_id"]: f["amends_prev_id"]["prev_id"] for f in filings if f["amendment"]}
    kept = {name: before for name, before in amendments.items() if before in {f["filing_id"] for f in filings}}
    assert (len(amendments), len(kept)) == (168, 112)
    # What is neither amended itself nor an original gets its row from the chain alone.
    originals = sorted({*kept.values()} - {*kept})
    made = [{**rows[0], "filing_id": name} for name in originals]
    (tmp_path / "transactions.json").write_text(json.dumps(made), encoding="utf-8")
    make_site("sandiego.ca", sandiego_efile={})
    listed = data / "sandiego_efile" / "filings.json"
    files = ("--from", tmp_path / "transactions.json", "--from", listed)
    ended = run_clerk("finance", "etl", "sandiego.ca", "--year", "2021", *files, "--json")
    assert (ended.exit_code, ended.line["added"]) == (0, len(originals))
    told = query(DATABASE, "SELECT filing_id, amends_filing_id FROM filings_effective ORDER BY 1")
    found = {row["filing_id"]: row["amends_filing_id"] for row in told}
    # Of the originals, some are amendments themselves, of a filing made before the list begins.
    assert found == {name: amendments.get(name) for name in (*originals, *kept)}
    assert sum(value is not None for value in found.values()) == len(kept) + sum(n in amendments for n in originals)
