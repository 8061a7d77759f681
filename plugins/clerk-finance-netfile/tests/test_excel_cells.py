"""Cells as texts, against the values they were made of."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, WINDOWS_EPOCH

from clerk_finance_netfile.cells import day_text, value_text
from clerk_finance_netfile.workbook import ERROR_VALUE, FORMULA, Row, open_workbook
from clerkcore.parsing import read_cents, read_date

sys.path.insert(0, str(Path(__file__).parent))

from xlsx_writer import MAIN, Cell, wrap_rows, write_xlsx

MOST_CENTS = 10**14
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20).filter(
    lambda text: text not in ERRORS and not text.startswith("=") and "x005F_" not in text
)
# What is written, and the text that is read.
CELLS: st.SearchStrategy[tuple[Cell, str]] = st.one_of(
    st.just((None, "")),
    TEXTS.map(lambda text: (text, text)),
    st.integers(-(10**12), 10**12).map(lambda number: (number, str(number))),
    st.decimals(-(10**9), 10**9, places=2).map(lambda number: (float(number), format(number.normalize(), "f"))),
    st.dates(date(1904, 1, 2)).map(lambda day: (day, day.isoformat())),
    st.datetimes(datetime(1904, 1, 2), datetime(9999, 12, 31))
    .map(lambda moment: moment.replace(microsecond=0))
    .map(lambda moment: (moment, moment.isoformat().removesuffix("T00:00:00"))),
    st.booleans().map(lambda truth: (truth, str(truth).lower())),
)


@given(st.integers(-MOST_CENTS, MOST_CENTS))
def test_no_cent_is_lost_on_the_way_through_a_binary_fraction(cents: int) -> None:
    assert read_cents(value_text(cents / 100)) == cents


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_the_noise_of_sums_of_binary_fractions_is_left_out(cents: list[int]) -> None:
    assert read_cents(value_text(sum((each / 100 for each in cents), 0.0))) == sum(cents)


@given(st.integers(-(10**9), 10**9), st.integers(1, 999))
def test_a_real_fraction_of_a_cent_is_never_rounded_away(cents: int, thousandths: int) -> None:
    text = value_text(float(Decimal(cents * 1000 + thousandths) / 100_000))
    with pytest.raises(ValueError, match="fractions of a cent"):
        read_cents(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (652.5, "652.5"),
        (100.0, "100"),
        (0.1 + 0.2, "0.3"),
        (1.5e3, "1500"),
        (1e-7, "0.0000001"),
        (-0.0, "-0"),
        (12345678901234567890, "12345678901234567890"),
        (float("inf"), "inf"),
        (True, "true"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4), "2026-01-02T03:04:00"),
        (time(), "00:00:00"),
        ("00123", "00123"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_value_is_shown_as_the_spreadsheet_shows_it(value: object, expected: str) -> None:
    assert value_text(value) == expected


@given(st.dates(date(1900, 3, 1)))
def test_a_day_is_read_from_its_number(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert read_date(day_text(serial, WINDOWS_EPOCH)) == day.isoformat()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "00:00:00"),
        (0.5, "12:00:00"),
        (1, "1900-01-01"),
        (61, "1900-03-01"),
        (46023, "2026-01-01"),
        (46023.75, "2026-01-01T18:00:00"),
        (2958465, "9999-12-31"),
        (2958466, "2958466"),
        (2958465.9999999999, "2958466"),
        (-1, "-1"),
        (1e300, value_text(1e300)),
        (float("inf"), "inf"),
    ],
)
def test_a_number_that_is_no_day_stays_a_number(number: float, expected: str) -> None:
    assert day_text(number, WINDOWS_EPOCH) == expected


def test_a_day_may_be_counted_from_1904() -> None:
    assert day_text(44561, CALENDAR_MAC_1904) == "2026-01-01"


def read(body: bytes) -> list[Row]:
    return list(open_workbook(io.BytesIO(body), "test").rows("one"))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=6), max_size=6), st.booleans())
def test_a_sheet_is_read_as_it_was_written(table: Sequence[Sequence[tuple[Cell, str]]], date1904: bool) -> None:
    body = write_xlsx({"one": [[cell for cell, _ in row] for row in table]}, date1904=date1904)
    expected = [
        Row(number, {place: text for place, (_, text) in enumerate(row) if text})
        for number, row in enumerate(table, start=1)
        if any(text for _, text in row)
    ]
    assert read(body) == expected


def read_raw(rows: str, **parts: Any) -> list[Row]:
    return read(write_xlsx({"one": [["a text"]]}, sheet1=wrap_rows(rows), **parts))


def test_texts_in_pieces_and_in_the_cell_itself_are_read() -> None:
    strings = (
        f'<x:sst xmlns:x="{MAIN}"><x:si><x:r><x:t>Zo</x:t></x:r><x:r><x:t>ë</x:t></x:r><x:rPh sb="0" eb="1">'
        "<x:t>left out</x:t></x:rPh></x:si><x:si><x:t/></x:si><x:si><x:t>two</x:t></x:si></x:sst>"
    )
    rows = (
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c>'
        '<c t="inlineStr"><is><r><t>in </t></r><rPh sb="0" eb="1"><t>no</t></rPh><r><t>line</t></r></is></c>'
        '<c t="b"><v>1</v></c><c t="str"><v>text</v></c><c t="d"><v>2026-01-01</v></c></row>'
    )
    assert read_raw(rows, sharedStrings=strings) == [
        Row(1, {0: "Zoë", 2: "in line", 3: "true", 4: "text", 5: "2026-01-01"})
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("n", "soon"), ("n", "1,5"), ("n", "nan"), ("b", "yes"), ("d", "2026-13-01"), ("d", "soon"), ("?", "what")],
)
def test_what_is_no_value_of_its_kind_stays_a_text(kind: str, text: str) -> None:
    assert read_raw(f'<row><c t="{kind}"><v>{text}</v></c></row>') == [Row(1, {0: text})]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<c><f>1+1</f><v>2</v></c>", (FORMULA, 0, "=1+1")),
        ('<c><f t="shared" ref="A1:A9" si="0">B1</f><v>2</v></c>', (FORMULA, 0, "=B1")),
        ('<c><f t="shared" si="7"/><v>2</v></c>', (FORMULA, 0, "=")),
        ('<c><f t="array" ref="A1">SUM(B1)</f><v>2</v></c>', (FORMULA, 0, "=SUM(B1)")),
        ('<c><f t="dataTable" made="up"/><v>2</v></c>', (FORMULA, 0, "=")),
        ('<c t="str"><f>HYPERLINK("http://x")</f><v>x</v></c>', (FORMULA, 0, '=HYPERLINK("http://x")')),
        ('<c t="e"><v>#REF!</v></c>', (ERROR_VALUE, 0, "#REF!")),
    ],
)
def test_formulas_and_errors_are_told_and_never_taken_for_values(cell: str, expected: tuple[str, int, str]) -> None:
    assert read_raw(f'<row>{cell}<c r="B1"><v>5</v></c></row>') == [Row(1, {1: "5"}, expected)]


@pytest.mark.parametrize("claim", ["A1", "A1:A1", "A1:XFD1048576", "B7:C8"])
def test_what_a_sheet_says_of_its_own_size_does_not_matter(claim: str) -> None:
    sheet = wrap_rows('<row><c><v>1</v></c><c><v>2</v></c></row><row r="3"/>', f'<dimension ref="{claim}"/>')
    assert read(write_xlsx({"one": []}, sheet1=sheet)) == [Row(1, {0: "1", 1: "2"})]


def test_rows_may_have_gaps_and_stand_at_the_very_end() -> None:
    rows = '<row r="7"><c r="C7"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    assert read_raw(rows) == [Row(7, {2: "1"}), Row(1_048_576, {16_383: "2"})]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mm/dd/yyy", "2026-01-01"),
        ("yyyy\\-mm\\-dd", "2026-01-01"),
        ("[$-409]d-mmm-yy;@", "2026-01-01"),
        ("General", "46023"),
        ('#,##0.00 "USD"', "46023"),
        ("[Red]-0.00", "46023"),
        ("0.00E+00", "46023"),
    ],
)
def test_a_number_is_a_day_where_its_style_shows_one(
    code: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="200" formatCode="{escape(code)}"/></numFmts>'
        '<fonts><font><color rgb="no colour"/></font></fonts>'
        '<cellXfs><xf/><xf numFmtId="200" fontId="9"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    rows = '<row><c><v>46023</v></c><c s="1"><v>46023</v></c><c s="2"><v>46023</v></c><c s="9"><v>46023</v></c></row>'
    assert read_raw(rows, styles=styles) == [Row(1, {0: "46023", 1: expected, 2: "2026-01-01", 3: "46023"})]
    assert capsys.readouterr() == ("", "")


def test_a_workbook_without_styles_is_read() -> None:
    assert read_raw("<row><c><v>1</v></c></row>", styles=None) == [Row(1, {0: "1"})]
