"""Questions as of a day, by year and by name, and since when their answers are known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection
from typing import Any

import pytest

from clerkcore import Scope
from clerkcore.errors import UsageError
from clerkcore.finance import matching, methods, names, totals
from clerkcore.finance.questions import (
    Asked,
    Beginning,
    as_held,
    known_since,
    read_amendments,
    read_donors,
    read_filers,
    search_transactions,
)
from clerkcore.store.database import read_database

from .conftest import YEAR, Desk, Row, filing, gift

OLD = {"calculated_date": "2025-02-01", "filing_start": "2025-01-01", "filing_end": "2025-06-30"}


@contextmanager
def opened(desk: Desk) -> Iterator[Connection]:
    bench = next(iter(desk.benches.values()))
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        yield connection


def load_year(desk: Desk, year: str, *records: tuple[str, Row], on: int = 1, source: str = "county") -> None:
    """Load what the county holds of another year on a day of August."""
    bench = desk.benches[source]
    bench.scope = Scope(year, {"year": year})
    desk.load(*records, on=on, source=source)
    bench.scope = YEAR


def amend(desk: Desk) -> None:
    """Let filing 2 take the place of filing 1 on the fifth."""
    desk.load(gift("1", "1", 100))
    desk.load(gift("2", "1", 100), on=5)


def filings(desk: Desk, as_of: str) -> list[tuple[Any, ...]]:
    with opened(desk) as connection:
        (filer,) = read_filers(connection, Asked(filer="F1", as_of=as_of))
    told = ("filing_id", "in_force", "superseded_by", "superseded_on", "basis", "ended_on")
    return [tuple(found[name] for name in told) for found in filer["filings"]]


def test_the_filings_of_a_day_are_told_as_they_stood_on_it(desk: Desk) -> None:
    amend(desk)
    assert filings(desk, "2026-08-02") == [("1", 1, None, None, None, None)]
    assert filings(desk, "2026-08-05") == [("2", 1, None, None, None, None)]


def test_without_a_day_what_became_of_each_filing_is_told(desk: Desk) -> None:
    amend(desk)
    assert filings(desk, "") == [
        ("1", 0, "2", "2026-08-05", "inferred", "2026-08-05"),
        ("2", 1, None, None, None, None),
    ]


def test_the_rows_found_as_of_a_day_are_told_as_they_stood_on_it(desk: Desk) -> None:
    amend(desk)
    with opened(desk) as connection:
        (row,) = search_transactions(connection, "donor", Asked(as_of="2026-08-02"), 9)
    told = ("filing_id", "in_force", "superseded_by", "superseded_on", "ended_on")
    assert [row[name] for name in told] == ["1", 1, None, None, None]


def test_a_supersession_by_the_day_is_still_told() -> None:
    state = {"in_force": 0, "ended_on": "2026-08-09", "superseded_by": "2", "superseded_on": "2026-08-05"}
    assert as_held(state, "2026-08-05") == {**state, "in_force": 1, "ended_on": None}
    assert as_held(state, "2026-08-04") == {**dict.fromkeys(state), "in_force": 1}


def test_a_search_narrows_by_year_before_it_cuts_off(desk: Desk) -> None:
    desk.load(*(gift("1", str(number), 100, tran_naml="Zed") for number in range(5)))
    load_year(desk, "2025", gift("2", "1", 100, tran_naml="Zed and many other words", **OLD))
    with opened(desk) as connection:
        found = search_transactions(connection, "zed", Asked(year=2025), 3)
        all_years = search_transactions(connection, "zed", Asked(), 3)
    assert [row["filing_id"] for row in found] == ["2"]
    assert [row["filing_id"] for row in all_years] == ["1", "1", "1"]


def test_each_year_is_known_since_its_own_first_capture(desk: Desk) -> None:
    desk.load(gift("1", "1", 100))
    load_year(desk, "2025", gift("2", "1", 77, **OLD), on=20)
    desk.load(gift("1", "1", 100), on=21)
    with opened(desk) as connection:
        assert known_since(connection) == [
            Beginning("county", "2025", "2026-08-20"),
            Beginning("county", "2026", "2026-08-01"),
        ]


def test_a_filing_of_an_old_day_makes_nothing_known_sooner(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), filing("1", filed_on="2026-01-31"), on=20)
    with opened(desk) as connection:
        assert known_since(connection) == [Beginning("county", "2026", "2026-08-20")]


def test_a_year_is_known_since_its_first_capture_though_that_held_nothing(desk: Desk) -> None:
    desk.load(on=1)
    desk.load(gift("1", "1", 100), on=20)
    with opened(desk) as connection:
        assert known_since(connection) == [Beginning("county", "2026", "2026-08-01")]


def test_an_older_capture_that_comes_later_makes_a_year_known_sooner(desk: Desk) -> None:
    desk.load(gift("1", "1", 100), on=20)
    desk.load(gift("1", "1", 100), on=3)
    with opened(desk) as connection:
        assert known_since(connection) == [Beginning("county", "2026", "2026-08-03")]


def test_a_source_that_is_not_believed_is_not_asked_since_when_it_knows(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("1", "1", 100), on=9, source="twin")
    with opened(two_sources) as connection:
        assert known_since(connection) == [Beginning("county", "2026", "2026-08-01")]


def test_a_whole_record_is_of_no_year() -> None:
    assert Beginning("county", "all", "2026-08-01").year is None
    assert Beginning("county", "2026", "2026-08-01").year == 2026


def test_a_donor_may_give_the_same_to_a_filer_without_a_name(desk: Desk) -> None:
    nameless = {"filer_name": None, "filer_local_id": "F9"}
    desk.load(gift("1", "1", 100, tran_naml="Zed"), gift("2", "2", 100, tran_naml="Zed", **nameless))
    with opened(desk) as connection:
        (donor,) = read_donors(connection, "zed", Asked())
    assert donor["given_to"] == [
        {"filer": "Ada Demo for Mayor 2026", "amount_cents": 100},
        {"filer": "F9", "amount_cents": 100},
    ]


@pytest.mark.parametrize("name", ["--", "...", " "])
@pytest.mark.parametrize("day", ["", "2026-08-02"])
def test_a_name_without_words_is_nobodys(desk: Desk, name: str, day: str) -> None:
    desk.load(gift("1", "1", 100))
    with opened(desk) as connection, pytest.raises(UsageError, match=r"no word \(clerk finance donors marriott\)"):
        read_donors(connection, name, Asked(as_of=day))


def test_methods_name_their_versions() -> None:
    assert f"(totals, version {totals.VERSION})" in methods.TOTALS
    assert names.METHOD in methods.CANDIDATES
    assert names.METHOD in methods.DONORS
    assert f"(rows, version {matching.VERSION})" in methods.AMENDMENTS


def test_without_a_name_the_largest_donors_are_told(desk: Desk) -> None:
    desk.load(*(gift("1", str(number), number, tran_naml=f"Donor{number}") for number in range(1, 5)))
    with opened(desk) as connection:
        assert [donor["donor"] for donor in read_donors(connection, "", Asked(), limit=2)] == ["Donor4", "Donor3"]


def test_amendments_that_a_cross_check_tells_are_asked_for_by_its_name(two_sources: Desk) -> None:
    two_sources.load(gift("1", "1", 100))
    told = [gift("a", "1", 100), gift("b", "1", 100), filing("b", amends_filing_id="a")]
    two_sources.load(*told, source="twin")
    with opened(two_sources) as connection:
        assert read_amendments(connection, Asked()) == []
        assert [row["amended_by"] for row in read_amendments(connection, Asked(source="twin"))] == ["b"]
