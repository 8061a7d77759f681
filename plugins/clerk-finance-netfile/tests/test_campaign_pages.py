"""What a page may be, and what several of them must be together."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_finance_netfile.campaign_pages import Kind, Paging, Sheet, next_offset, read_sheet
from clerkcore import SourceError

sys.path.insert(0, str(Path(__file__).parent))

from campaign_samples import cut_pages, make_element, make_filer, make_filing, make_page, make_record, render

FILERS, FILINGS = [make_filer(1)], [make_filing(1, 1)]
ELEMENTS = [make_element(number, 1, 1) for number in range(1, 11)]


def sheet(document: Any, name: str = "p") -> Sheet:
    return read_sheet(io.BytesIO(render(document)), name)


def add_up(*documents: Any) -> None:
    paging = Paging()
    for number, document in enumerate(documents):
        paging.add(sheet(document, f"p{number}"))
    paging.check()


REFUSED = {
    "a web page": (b"<!DOCTYPE html><html></html>", "p: is a web page instead of data"),
    "another encoding": ("é".encode("latin-1"), "p: is not UTF-8"),
    "cut JSON": (render(make_page(FILERS))[:-20], "p: is not whole JSON: "),
    "nested too deeply": (b"[" * 200_000, "p: is not whole JSON: "),
    "a text": (b'"later"', "p: is no page of the Campaign API: results is missing or no list"),
    "another envelope": (b'{"filers": []}', "p: is no page of the Campaign API: results is missing or no list"),
    "an error": (b'{"results": null, "message": "no"}', "results is missing or no list"),
    "an empty list": (b"[]", "p: is an empty list"),
    "unknown records": (render([{"voterId": 1}]), "p: holds no record of a known kind"),
    "no hasNextPage": (render({"results": []}), "hasNextPage is missing or neither true nor false"),
    "hasNextPage as text": (render(make_page([]) | {"hasNextPage": "no"}), "hasNextPage is missing or neither"),
    "no totalCount": (render({"results": [], "hasNextPage": False, "offset": 0}), "totalCount is missing or no number"),
    "a negative offset": (render(make_page([]) | {"offset": -1}), "offset is missing or no number"),
    "a huge total": (
        b'{"results": [], "hasNextPage": false, "offset": 0, "totalCount": 1e400}',
        "totalCount is missing",
    ),
    "NaN for a total": (b'{"results": [], "hasNextPage": false, "offset": 0, "totalCount": NaN}', "totalCount is mis"),
    "another count": (render(make_page(FILERS) | {"count": 7}), "p: holds 1 records, but its count says 7"),
    "nothing of some": (render(make_page([], 0, 4)), "p: holds no record, but totalCount says 4"),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_page_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_sheet(io.BytesIO(body), "p")
    assert message in str(caught.value)
    assert str(caught.value).startswith("netfile_campaign p: ")
    assert caught.value.remedy


def test_pages_are_known_by_their_fields() -> None:
    kinds = [sheet(results).kind for results in make_record().values()]
    assert kinds == [Kind.FILERS, Kind.FILINGS, Kind.ELEMENTS]
    assert sheet(make_page([])).kind is None


def test_the_mark_of_utf_8_is_no_fault() -> None:
    assert read_sheet(io.BytesIO(b"\xef\xbb\xbf" + render(FILERS)), "p").kind is Kind.FILERS


def test_numbers_keep_the_digits_that_were_sent() -> None:
    body = json.dumps([{"elementNid": 1, "a": 0}]).replace("0}", "12345678901234567890.10}").encode()
    assert read_sheet(io.BytesIO(body), "p").results[0]["a"] == "12345678901234567890.10"


def test_the_next_page_starts_where_this_one_ends() -> None:
    assert next_offset(sheet(make_page(ELEMENTS[:4], 0, 10)), 0) == 4
    assert next_offset(sheet(make_page(ELEMENTS[4:], 4, 10)), 4) is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (make_page(ELEMENTS[:4], 0, 10), "was asked for records from 4 on and answers with those from 0 on"),
        (ELEMENTS, "is a bare list instead of a page"),
        (make_page(ELEMENTS[4:], 4, 10) | {"hasNextPage": True}, "says that there are more than the 10 of its"),
    ],
)
def test_a_page_that_does_not_advance_is_refused(document: Any, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        next_offset(sheet(document), 4)


@given(st.integers(0, 60), st.integers(1, 25))
def test_asking_from_offset_to_offset_gets_every_record_once(count: int, limit: int) -> None:
    elements = [make_element(number, 1, 1) for number in range(count)]
    offset: int | None = 0
    paging, found = Paging(), 0
    for document in (make_page(FILERS), make_page(FILINGS)):
        paging.add(sheet(document))
    while offset is not None:
        page = sheet(make_page(elements[offset : offset + limit], offset, count), f"elements {offset}")
        paging.add(page)
        found += len(page.results)
        offset = next_offset(page, offset)
    paging.check()
    assert found == count


@given(st.data(), st.integers(2, 40), st.integers(1, 12))
def test_pages_in_any_order_are_whole_and_with_one_missing_or_twice_are_not(
    data: st.DataObject, count: int, limit: int
) -> None:
    elements = [make_element(number, 1, 1) for number in range(count)]
    pages = data.draw(st.permutations(list(cut_pages(elements, limit))))
    others = (make_page(FILERS), make_page(FILINGS))
    add_up(*pages, *others)
    astray = data.draw(st.sampled_from(pages))
    with pytest.raises(SourceError):
        add_up(*(page for page in pages if page is not astray), *others)
    with pytest.raises(SourceError, match="repeats"):
        add_up(*pages, astray, *others)


REST = (make_page(FILERS), make_page(FILINGS))
CONTRADICTIONS = {
    "a page in between is missing": (
        [make_page(ELEMENTS[:3], 0, 10), make_page(ELEMENTS[6:], 6, 10)],
        "p1: starts with number 6 of the transaction elements, but the pages before it end at 3",
    ),
    "the last page is missing": (
        [make_page(ELEMENTS[:3], 0, 10)],
        "p0: the pages hold 3 transaction elements, but totalCount says 10",
    ),
    "totals differ": (
        [make_page(ELEMENTS[:3], 0, 10), make_page(ELEMENTS[3:], 3, 11)],
        "p1: the pages hold 10 transaction elements, but totalCount says 10 and 11",
    ),
    "a total is too small": (
        [make_page(ELEMENTS, 0, 9)],
        "p0: the pages hold 10 transaction elements, but totalCount says 9",
    ),
    "more is promised": (
        [make_page(ELEMENTS) | {"hasNextPage": True}],
        "p0: says that it is not the last page, against its totalCount",
    ),
    "an end in the middle": (
        [make_page(ELEMENTS[:3], 0, 10) | {"hasNextPage": False}, make_page(ELEMENTS[3:], 3, 10)],
        "p0: says that it is the last page, against its totalCount",
    ),
    "records come twice": (
        [make_page(ELEMENTS[:3], 0, 10), make_page(ELEMENTS[2:], 3, 10)],
        "p1: repeats 1 transaction elements of earlier pages",
    ),
}


@pytest.mark.parametrize(("pages", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_pages_that_contradict_their_totals_are_refused(pages: list[Any], message: str) -> None:
    with pytest.raises(SourceError) as caught:
        add_up(*pages, *REST)
    assert message in str(caught.value)
    assert caught.value.remedy


def test_a_whole_kind_must_not_be_missing() -> None:
    with pytest.raises(SourceError, match="no page of filings is there"):
        add_up(make_page(FILERS), make_page(ELEMENTS))
    add_up(make_page(FILERS), make_page(FILINGS), make_page([]))


def test_of_bare_lists_one_alone_is_enough() -> None:
    add_up(ELEMENTS)


def test_another_revision_of_an_element_is_no_repeat() -> None:
    older = [make_element(1, 1, 1, revisionNid="older", elementStatus="Inactive")]
    add_up(make_page(ELEMENTS, 0, 11), make_page(older, 10, 11), *REST)
