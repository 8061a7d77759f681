"""An upstream that misbehaves: an error that helps or a held run, and rows as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
Change = Callable[[str, dict[str, Any]], object]
TABLES = ("transactions", "filings", "filers")
HTML = b"<!DOCTYPE html>\n<html><body>Sorry</body></html>"
FIRST = "sandiego_efile transactions-01-0001.json: "
FILINGS = "sandiego_efile filings-0001.json: "


def check_failure(ended: Ended, message: str) -> None:
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert message in ended.line["message"]
    assert ended.line["remedy"]


ANSWERS = {
    "a web page": ("transactions", (200, HTML), FIRST + "is a web page instead of data"),
    "cut JSON": ("transactions", (200, b'{"data": [{"tran_id": "INC'), FIRST + "is not whole JSON: Unterminated"),
    "another encoding": ("transactions", (200, b'{"data": "Jos\xe9"}'), FIRST + "is not UTF-8"),
    "another envelope": ("transactions", (200, b'{"results": []}'), FIRST + "is no answer of eFile: data is missing"),
    "data that is no list": ("transactions", (200, b'{"data": "x"}'), FIRST + "is no answer of eFile: data is missing"),
    "a failure that it admits": (
        "transactions",
        (200, b'{"success": false, "data": []}'),
        FIRST + "says that the request failed",
    ),
    "rows of something else": (
        "transactions",
        (200, b'{"data": [{"id": 1, "colour": "red"}]}'),
        FIRST + "lists something unknown, with the keys colour, id",
    ),
    "depth without end": ("transactions", (200, b"[" * 100_000), FIRST + "is not whole JSON"),
    "401": ("transactions", (401, b"{}"), "upstream answered 401"),
    "403": ("transactions", (403, b"{}"), "upstream answered 403"),
    "404": ("transactions", (404, b"{}"), FIRST + "the search is not there"),
    "429": ("transactions", (429, b"{}"), "upstream answered 429"),
    "500": ("transactions", (500, b"{}"), "upstream answered 500"),
    "filings as a web page": ("filings", (200, HTML), FILINGS + "is a web page instead of data"),
    "filings not there": ("filings", (404, b"{}"), FILINGS + "the search is not there"),
    "filings as an empty list": ("filings", (200, b"[]"), FILINGS + "is an empty list"),
}


@pytest.mark.parametrize(("name", "answer", "message"), ANSWERS.values(), ids=ANSWERS)
def test_a_broken_answer_fails_and_changes_no_row(
    etl: Etl, efile: Any, read_table: ReadTable, name: str, answer: tuple[int, bytes], message: str
) -> None:
    etl()
    before = {table: read_table(table) for table in TABLES}
    efile.spoil = {name: answer}
    check_failure(etl(), message)
    assert {table: read_table(table) for table in TABLES} == before


def set_value(name: str, key: str, value: object, page: str = "") -> Change:
    """Rewrite what a document says of itself, on one page or on all."""

    def change(named: str, document: dict[str, Any]) -> None:
        if named == name and page in ("", document.get("page_number")):
            document[key] = value

    return change


def set_in_rows(name: str, **values: object) -> Change:
    def change(named: str, document: dict[str, Any]) -> None:
        if named == name:
            for row in document["data"]:
                row.update(values)

    return change


def drop_key(name: str, key: str) -> Change:
    def change(named: str, document: dict[str, Any]) -> None:
        if named == name:
            for row in document["data"]:
                del row[key]

    return change


def empty(named: str, document: dict[str, Any]) -> None:
    if document.get("page_number") == "2":
        document["data"] = []


LAST = "sandiego_efile transactions-01-0003.json: "
PAGES = {
    "another's number": (set_value("transactions", "page_number", 3, "2"), LAST + "page 3 is there twice"),
    "the first page twice": (set_value("transactions", "page_number", 1, "2"), FIRST + "page 2 of 3 is missing"),
    "a number too high": (
        set_value("transactions", "page_number", 9, "3"),
        LAST + "says it is page 9 of 3",
    ),
    "a page that lists nothing": (empty, "sandiego_efile transactions-01-0002.json: page 3 of 3 is missing"),
    "pages that differ on how many": (
        set_value("transactions", "total_pages", 4, "1"),
        "its pages say there are 3 and 4 of them",
    ),
    "a total that is too high": (set_value("transactions", "total_count", 21), LAST + "its pages hold 20 rows, but"),
    "totals that differ": (set_value("transactions", "total_count", 21, "2"), "total_count says 20 and 21"),
    "no number of pages": (set_value("transactions", "total_pages", None), FIRST + "does not say which of how many"),
    "a number that is none": (set_value("transactions", "page_number", "one"), FIRST + "says page_number 'one', which"),
    "a huge number": (
        set_value("transactions", "page_number", 10**400),
        FIRST + "says page_number '100000",
    ),
    "too many pages": (set_value("transactions", "total_pages", 10**9), FIRST + "says there are 1,000,000,000 pages"),
    "a renamed field": (drop_key("transactions", "amount"), FIRST + "lacks the field 'amount' in row 1 of its trans"),
    "a renamed field of filings": (drop_key("filings", "state_id"), FILINGS + "lacks the field 'state_id' in row 1"),
    "a nested filing": (set_in_rows("filings", state_id=[1]), FILINGS + "lists a filing whose state_id cannot be read"),
    "an amended filing without id": (
        set_in_rows("filings", amends_prev_id={}),
        FILINGS + "lists a filing whose amends_prev_id cannot be read",
    ),
    "a filing's date that is none": (
        set_in_rows("filings", filing_date="soon"),
        "cannot be read: 'soon' is not a date",
    ),
    "a version that is none": (
        set_in_rows("filings", amendment_number="few"),
        "cannot be read: 'few' is not a whole number",
    ),
    "filings of another year": (
        set_in_rows("filings", filing_id="other"),
        FILINGS + "lists only 0 of the 6 filings that transactions of the year stand on",
    ),
    "rows of another year": (
        set_in_rows("transactions", transaction_date="01/02/2020"),
        "sandiego_efile: 20 of 20 transactions are not of 2026",
    ),
}


@pytest.mark.parametrize(("change", "message"), PAGES.values(), ids=PAGES)
def test_pages_that_contradict_themselves_are_refused(
    etl: Etl, efile: Any, run_clerk: Clerk, change: Change, message: str
) -> None:
    efile.page_size, efile.change = 7, change
    check_failure(etl(), message)
    assert not list(run_clerk.root.rglob("election_finance.db"))


def test_a_page_served_in_place_of_another_is_refused(etl: Etl, efile: Any) -> None:
    def serve_first(name: str, document: dict[str, Any]) -> None:
        if document.get("page_number") == "2":
            document["data"] = efile.transactions[:10]

    efile.page_size, efile.change = 10, serve_first
    check_failure(etl(), "transactions-01-0002.json: repeats 10 of its 10 transactions from earlier pages")


def test_a_row_that_moved_to_the_next_page_is_a_duplicate(etl: Etl, efile: Any) -> None:
    efile.page_size = 10
    efile.transactions[10] = efile.transactions[9]
    ended = etl()
    assert [ended.line[name] for name in ("read", "added", "duplicates")] == [20, 19, 1]


def test_exactly_ten_thousand_rows_may_be_cut_off(etl: Etl, efile: Any) -> None:
    row = efile.transactions[0]
    efile.transactions = [{**row, "tran_id": f"INC{number}"} for number in range(10_000)]
    ended = etl()
    check_failure(ended, "says there are exactly 10,000 rows, where searches are often cut off")
    assert ended.line["remedy"] == "set months = 1 in [sources.sandiego_efile], so that each search is smaller"


def test_a_pull_with_half_its_rows_gone_is_held(etl: Etl, efile: Any, read_table: ReadTable) -> None:
    etl()
    efile.transactions = efile.transactions[::2]
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["disappeared"]) == (3, "held", 10)
    assert len(read_table("transactions")) == 20


def test_a_bad_filing_that_matters_to_no_row_does_no_harm(etl: Etl, efile: Any) -> None:
    efile.filings[7]["filing_date"] = "01/05/2026"
    efile.filings[7]["amendment_number"] = "few"
    assert etl().exit_code == 0


def test_a_filing_that_is_no_object_is_refused(etl: Etl, efile: Any) -> None:
    efile.change = lambda name, document: name == "filings" and document["data"].append(json.loads('"x"'))
    check_failure(etl(), FILINGS + "lists something that is no filing, in row 9")
