"""Readers given anything: a value, a rejection or a message, and no other exception."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clerk_finance_sandiego.columns import FIELDS, read_words
from clerk_finance_sandiego.documents import KEYS, TRANSACTIONS, Batch, read_batch
from clerk_finance_sandiego.filers import LONGEST, find_token, is_state_id, make_token
from clerk_finance_sandiego.filings import Listing
from clerk_finance_sandiego.parse import read_line
from clerk_finance_sandiego.rows import read_rows
from clerk_finance_sandiego.windows import check_windows
from clerkcore import Record, Rejected, SourceError
from clerkcore.parsing import Line

VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=2)
ROWS = st.fixed_dictionaries({field.name: VALUES for field in FIELDS})
FILING = st.fixed_dictionaries({key: VALUES | st.dictionaries(st.text(), VALUES) for key in KEYS["filings"]})
DOCUMENTS = st.recursive(VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
NUMBERS = st.none() | st.integers(-1, 4)
CASES = st.sampled_from((str.upper, str.lower, str.title))


def check_error(error: SourceError) -> None:
    assert error.remedy
    assert "sandiego_efile page" in str(error)


def read_all(rows: list[Any]) -> list[Line | Rejected]:
    return list(read_rows(Batch("page", TRANSACTIONS, rows)))


@given(st.lists(ROWS | VALUES, max_size=5))
def test_every_row_becomes_a_record_or_is_rejected(rows: list[Any]) -> None:
    lines = read_all(rows)
    told = [line if isinstance(line, Rejected) else read_line(line, Listing()) for line in lines]
    assert [item.at.line for item in told] == [*range(1, len(rows) + 1)]
    assert all(isinstance(item, Record | Rejected) for item in told)


@given(DOCUMENTS)
def test_any_document_is_a_batch_or_an_error_that_helps(document: Any) -> None:
    try:
        batch = read_batch(io.BytesIO(json.dumps(document).encode()), "page")
    except SourceError as error:
        check_error(error)
    else:
        assert batch.kind in (*KEYS, "nothing")


@given(st.binary())
def test_any_bytes_are_a_batch_or_an_error(body: bytes) -> None:
    try:
        read_batch(io.BytesIO(body), "page")
    except SourceError as error:
        check_error(error)


@given(st.lists(FILING | VALUES, max_size=4))
def test_any_list_of_filings_is_told_or_refused(rows: list[Any]) -> None:
    listing = Listing()
    try:
        listing.add(Batch("page", "filings", rows))
        told = list(listing.tell([*listing.filings]))
    except SourceError as error:
        check_error(error)
    else:
        assert [record.values["filing_id"] for record in told] == [*listing.filings]


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=4))
def test_pages_that_pass_are_complete(told: list[tuple[int | None, int | None, int | None]]) -> None:
    batches = [Batch("page", TRANSACTIONS, [{}], number, pages, total) for number, pages, total in told]
    try:
        check_windows(batches)
    except SourceError as error:
        check_error(error)
    else:
        numbered = [batch for batch in batches if None not in (batch.number, batch.pages)]
        starts = sum(batch.number == 1 for batch in numbered)
        assert bool(numbered) == bool(starts)
        assert all(1 <= (batch.number or 0) <= (batch.pages or 0) for batch in numbered)


@given(st.text(), CASES)
def test_a_token_is_the_same_whatever_the_capitals_and_spaces(name: str, recase: Any) -> None:
    token = make_token(name)
    assert 0 < len(token) <= LONGEST + 9
    assert token == make_token(f" {name}  ")
    if name.isascii():
        assert token == make_token(recase(name))


@given(st.text(st.characters(categories=["Ll", "Nd"]), min_size=61, max_size=200), st.integers(0, 199))
def test_long_names_that_differ_have_tokens_that_differ(name: str, place: int) -> None:
    other = name[: place % len(name)] + "-x-" + name[place % len(name) :]
    assert make_token(name) != make_token(other)


@given(st.text(), st.none() | st.text())
def test_a_number_of_the_state_stands_before_the_name(name: str, state_id: str | None) -> None:
    assert (
        (find_token(name, state_id) == state_id) if is_state_id(state_id) else find_token(name, state_id) != "Pending"
    )


@given(st.text())
def test_words_hold_no_control_character_and_are_read_alike_twice(text: str) -> None:
    words = read_words(text)
    assert words is None or not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in words)
    assert words is None or read_words(words) == words
