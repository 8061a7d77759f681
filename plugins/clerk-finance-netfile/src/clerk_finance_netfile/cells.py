"""Cells of a worksheet as texts: numbers as Excel shows them, days as ISO dates."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from decimal import Decimal

DAYS = 2_958_466  # the day after 9999-12-31, counted as Excel does
SHIFT_1904 = 1_462  # days by which workbooks of old Macintoshes count otherwise
_LEAP_DAY = 60  # Excel believes in 29 February 1900
_DIGITS = 15  # Excel keeps and shows no more; what follows is noise of binary fractions

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\Z", re.ASCII)
_WHOLE = re.compile(r"\d+\Z", re.ASCII)
_REFERENCE = re.compile(r"([A-Z]{1,7})([0-9]{1,15})\Z")
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))


def number_text(text: str) -> str:
    """Return a number's text without the noise of binary fractions and without an exponent; others as they are."""
    if _WHOLE.match(text) or not _NUMBER.match(text):
        return text
    number = float(text)
    if not math.isfinite(number):
        return text
    return format(Decimal(f"{number:.{_DIGITS}g}"), "f")


def day_text(text: str, *, from_1904: bool = False) -> str:
    """Return the date that a number stands for, with its time of day if it has one; no date as it is."""
    if not _NUMBER.match(text):
        return text
    serial = float(text) + (SHIFT_1904 if from_1904 else 0)
    if not 0 <= serial < DAYS:
        return number_text(text)
    days, seconds = divmod(round(serial * 86_400), 86_400)
    if serial < 1:
        return f"{timedelta(seconds=seconds % 86_400)!s:0>8}"
    # A last half second of 9999 would be rounded into a year that is none.
    moment = datetime(1899, 12, 31 if days < _LEAP_DAY else 30) + timedelta(min(days, DAYS - 1), seconds)
    return moment.isoformat() if seconds else moment.date().isoformat()


def is_date_format(number: int, code: str | None) -> bool:
    """Whether a number format shows a day or a time; `code` is its pattern where the workbook has its own."""
    if code is None:
        return number in _DATE_FORMATS
    first = code.partition(";")[0]
    return bool(_DATE_LETTERS.search(_NOT_SHOWN.sub("", first))) and first.casefold() != "general"


def column_place(reference: str) -> int | None:
    """Return the place of a cell in its row, 0 for column A; None for what is no cell's reference."""
    found = _REFERENCE.match(reference)
    if not found:
        return None
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - 64
    return place - 1
