"""Cells as texts, set against openpyxl where it has an opinion, and against the numbers they were made of."""

from __future__ import annotations

import io
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.styles.numbers import is_date_format as openpyxl_is_date
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel

from clerk_finance_netfile.cells import DAYS, column_place, day_text, is_date_format, number_text
from clerk_finance_netfile.workbook import open_workbook
from clerkcore.parsing import read_cents, read_date

sys.path.insert(0, str(Path(__file__).parent))

from excel_samples import HEADERS, make_workbook
from xlsx_writer import Cell, write_xlsx

MOST_CENTS = 10**14
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)
TABLES = st.lists(
    st.lists(
        st.none()
        | PLAIN
        | st.integers(-(10**12), 10**12)
        | st.decimals(-(10**9), 10**9, places=2).map(float)
        | st.dates(date(1900, 3, 1)),
        max_size=6,
    ),
    max_size=6,
)


@given(st.integers(-MOST_CENTS, MOST_CENTS))
def test_no_cent_is_lost_on_the_way_through_a_binary_fraction(cents: int) -> None:
    assert read_cents(number_text(repr(cents / 100))) == cents


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_the_noise_of_sums_of_binary_fractions_is_left_out(cents: list[int]) -> None:
    assert read_cents(number_text(repr(sum((each / 100 for each in cents), 0.0)))) == sum(cents)


@given(st.integers(-(10**9), 10**9), st.integers(1, 999))
def test_a_real_fraction_of_a_cent_is_never_rounded_away(cents: int, thousandths: int) -> None:
    text = number_text(str(Decimal(cents * 1000 + thousandths) / 100_000))
    with pytest.raises(ValueError, match="fractions of a cent"):
        read_cents(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("652.5", "652.5"),
        ("100.00", "100"),
        ("18284.889999999999", "18284.89"),
        ("1.5E+3", "1500"),
        ("1e-7", "0.0000001"),
        ("-0.0", "-0"),
        ("00123", "00123"),
        ("12345678901234567890", "12345678901234567890"),
        ("1e999", "1e999"),
        ("nan", "nan"),
        ("1_000", "1_000"),
        ("٣", "٣"),
        ("", ""),
    ],
)
def test_a_number_is_shown_as_the_spreadsheet_shows_it(text: str, expected: str) -> None:
    assert number_text(text) == expected


@given(st.text(max_size=30))
def test_what_is_no_number_stays_as_it_is(text: str) -> None:
    assert number_text(f"x{text}") == day_text(f"x{text}") == f"x{text}"


@given(st.dates(date(1900, 3, 1)))
def test_a_day_is_read_from_its_number(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert read_date(day_text(str(serial))) == day.isoformat()


@given(st.integers(1, DAYS - 2), st.integers(0, 86_399))
def test_days_and_times_agree_with_openpyxl(days: int, seconds: int) -> None:
    serial = days + seconds / 86_400
    expected = from_excel(serial)
    assert isinstance(expected, datetime)
    ours = datetime.fromisoformat(day_text(repr(serial)))
    # Excel's 29 February 1900 is none; openpyxl takes it for 1 March, and the days before it are known to both.
    assert days == 60 or abs(ours - expected) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "00:00:00"),
        ("0.5", "12:00:00"),
        ("1", "1900-01-01"),
        ("61", "1900-03-01"),
        ("46023", "2026-01-01"),
        ("46023.75", "2026-01-01T18:00:00"),
        ("2958465", "9999-12-31"),
        ("2958465.9999999", "9999-12-31"),
        ("2958466", "2958466"),
        ("-1", "-1"),
        ("1e300", number_text("1e300")),
        ("soon", "soon"),
    ],
)
def test_a_number_that_is_no_day_stays_a_number(text: str, expected: str) -> None:
    assert day_text(text) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mm/dd/yyy", True),
        ("yyyy\\-mm\\-dd", True),
        ("[$-409]d-mmm-yy;@", True),
        ("[h]:mm", True),
        ("General", False),
        ("0.00", False),
        ('#,##0.00 "USD"', False),
        ("[Red]-0.00", False),
        ('"$"#,##0.00_);[Red]\\("$"#,##0.00\\)', False),
        ("0.00E+00", False),
        ("", False),
    ],
)
def test_a_number_format_of_days_is_known(code: str, expected: bool) -> None:
    assert is_date_format(164, code) is expected


def test_the_formats_that_excel_brings_are_known() -> None:
    for number, code in BUILTIN_FORMATS.items():
        assert is_date_format(number, None) == openpyxl_is_date(code), code


@given(st.integers(0, 16_383))
def test_a_column_is_found_by_its_letters(place: int) -> None:
    assert column_place(f"{get_column_letter(place + 1)}7") == place


@pytest.mark.parametrize("reference", ["", "7", "A", "a1", "A1B", "$A$1", "A-1", "ABCDEFGH1"])
def test_what_is_no_reference_is_none(reference: str) -> None:
    assert column_place(reference) is None


def as_text(value: object) -> str:
    """What a cell that openpyxl read says, as our reader tells it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return number_text(repr(value))
    return "" if value is None else str(value)


def read_both(body: bytes, title: str) -> tuple[list[dict[int, str]], list[dict[int, str]]]:
    """The filled rows of a sheet as our reader and as openpyxl have them."""
    theirs = openpyxl.load_workbook(io.BytesIO(body), read_only=True)[title].iter_rows(values_only=True)
    filled = [{place: as_text(value) for place, value in enumerate(row) if as_text(value)} for row in theirs]
    ours = [row.cells for row in open_workbook(io.BytesIO(body), "test").rows(title)]
    return ours, [row for row in filled if row]


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_a_written_sheet_is_read_as_openpyxl_reads_it(table: list[list[Cell]]) -> None:
    ours, theirs = read_both(write_xlsx({"one": table}), "one")
    assert ours == theirs


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_a_sheet_that_openpyxl_wrote_is_read_as_it_reads_it(table: list[list[Cell]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in table:
        sheet.append(["'" if isinstance(cell, str) and cell.startswith("=") else cell for cell in row])
    body = io.BytesIO()
    book.save(body)
    ours, theirs = read_both(body.getvalue(), sheet.title)
    assert ours == theirs


@pytest.mark.parametrize("title", HEADERS)
def test_the_sample_is_read_as_openpyxl_reads_it(title: str) -> None:
    ours, theirs = read_both(make_workbook(), title)
    assert ours == theirs


def test_texts_in_pieces_and_in_the_cell_itself_are_read() -> None:
    strings = (
        '<sst><si><r><t>Zo</t></r><r><t>ë</t></r><rPh sb="0" eb="1"><t>left out</t></rPh></si>'
        "<si><t/></si><si><t>two</t></si></sst>"
    )
    sheet = (
        '<x:worksheet xmlns:x="urn:x"><x:sheetData><x:row><x:c t="s"><x:v>0</x:v></x:c><x:c t="s"><x:v>1</x:v></x:c>'
        '<x:c t="inlineStr"><x:is><x:t>in </x:t><x:rPh><x:t>no</x:t></x:rPh><x:t>line</x:t></x:is></x:c>'
        '<x:c t="b"><x:v>1</x:v></x:c><x:c t="str"><x:v>text</x:v></x:c><x:c t="d"><x:v>2026-01-01</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    body = write_xlsx({"one": []}, sharedStrings=strings, sheet1=sheet)
    (row,) = open_workbook(io.BytesIO(body), "test").rows("one")
    assert row.cells == {0: "Zoë", 2: "in line", 3: "true", 4: "text", 5: "2026-01-01"}
