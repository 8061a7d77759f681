"""Reading money, counts, dates, texts and flags as upstreams write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkcore.parsing import LARGEST_CENTS, read_cents, read_count, read_date, read_flag, read_text


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("15000.00", 1_500_000),
        ("$10,000", 1_000_000),
        ("-$300", -30_000),
        ("(12.50)", -1250),
        ("($1,234.5)", -123_450),
        (" 7 ", 700),
        (".5", 50),
        ("0.10", 10),
        ("1.500", 150),
        ("-0.00", 0),
        ("0", 0),
        ("", None),
        (" \t", None),
        ("10000000000000.00", LARGEST_CENTS),
    ],
)
def test_money_is_read_as_cents(text: str, cents: int | None) -> None:
    assert read_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("abc", "is not an amount of money"),
        ("1,00", "is not an amount of money"),
        ("1,0000", "is not an amount of money"),
        ("1.2.3", "is not an amount of money"),
        ("12.", "is not an amount of money"),
        ("$", "is not an amount of money"),
        ("-", "is not an amount of money"),
        ("()", "is not an amount of money"),
        (".", "is not an amount of money"),
        ("--5", "is not an amount of money"),
        ("-(5)", "is not an amount of money"),
        ("-5)", "is not an amount of money"),
        ("(5", "is not an amount of money"),
        ("((5))", "is not an amount of money"),
        ("1e5", "is not an amount of money"),
        ("NaN", "is not an amount of money"),
        ("Infinity", "is not an amount of money"),
        ("٣", "is not an amount of money"),
        ("1 000", "is not an amount of money"),
        ("€5", "is not an amount of money"),
        ("1.005", "has fractions of a cent"),
        ("0.001", "has fractions of a cent"),
        ("1." + "0" * 40 + "1", "has fractions of a cent"),
        ("10000000000000.01", "is larger than any amount of money"),
        ("9" * 60, "is larger than any amount of money"),
    ],
)
def test_what_is_no_money_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"money|cent") as caught:
        read_cents(text)
    assert str(caught.value) == f"{text!r} {reason}"


@given(st.integers(-LARGEST_CENTS, LARGEST_CENTS))
def test_every_amount_survives_the_way_through_text(cents: int) -> None:
    sign, whole, part = "-" if cents < 0 else "", *divmod(abs(cents), 100)
    assert read_cents(f"{sign}{whole}.{part:02}") == cents
    assert read_cents(f"{sign}${whole:,}.{part:02}") == cents


@given(st.text())
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(read_cents(text), int | None)


@pytest.mark.parametrize(
    ("text", "count"),
    [("126,968", 126_968), ("0", 0), ("-5", -5), (" 12 ", 12), ("1,234,567", 1_234_567), ("", None), (" ", None)],
)
def test_counts_are_read(text: str, count: int | None) -> None:
    assert read_count(text) == count


@pytest.mark.parametrize("text", ["1,00", "1.0", "abc", "+5", "1,", "-", "٣", "0x10", "1_000", "9" * 21, "1234,567"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whole number") as caught:
        read_count(text)
    assert str(caught.value) == f"{text!r} is not a whole number"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-07-14", "2020-07-14"),
        ("2020-07-14T00:00:00.0000000-07:00", "2020-07-14"),
        ("2020-07-14T23:59:59Z", "2020-07-14"),
        ("7/4/2020", "2020-07-04"),
        ("11/03/2026", "2026-11-03"),
        (" 2020-02-29 ", "2020-02-29"),
        ("", None),
        ("  ", None),
    ],
)
def test_dates_are_read(text: str, day: str | None) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    "text",
    ["2021-02-29", "13/01/2020", "2020-7-4", "20200704", "0000-01-01", "7/4/20", "2020-07-14Tnoon", "today", "1/1"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="date") as caught:
        read_date(text)
    assert str(caught.value) == f"{text!r} is not a date"


@given(st.dates())
def test_every_date_survives_the_way_through_text(day: date) -> None:
    assert read_date(day.isoformat()) == day.isoformat()
    assert read_date(f"{day.month}/{day.day}/{day.year:04}") == day.isoformat()


@pytest.mark.parametrize(("text", "flag"), [("True", 1), ("false", 0), (" TRUE ", 1), ("", None), (" ", None)])
def test_flags_are_read(text: str, flag: int | None) -> None:
    assert read_flag(text) == flag


def test_what_is_no_flag_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^'yes' is neither True nor False$"):
        read_flag("yes")


@pytest.mark.parametrize(("text", "value"), [(" Ada ", "Ada"), ("A\x00da", "Ada"), ("\x00", None), (" ", None)])
def test_texts_lose_outer_blanks_and_nuls(text: str, value: str | None) -> None:
    assert read_text(text) == value
