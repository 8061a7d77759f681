"""Values of a worksheet's cells as texts: numbers as Excel shows them, days as ISO dates."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal

from openpyxl.utils.datetime import from_excel

_DIGITS = 15  # Excel keeps and shows no more; what follows is noise of binary fractions


def value_text(value: object) -> str:
    """Return a value's text: numbers without noise and without an exponent, days without an empty time."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if math.isfinite(value):
            return format(Decimal(f"{value:.{_DIGITS}g}"), "f")
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def day_text(number: float, epoch: datetime) -> str:
    """Return the day, the time or both that a number stands for; the number itself where it stands for none."""
    try:
        return value_text(from_excel(number, epoch) if number >= 0 else number)
    except (OverflowError, ValueError):
        return value_text(number)
