"""Money in words."""

from __future__ import annotations


def tell_cents(cents: int | None) -> str:
    """Write cents as dollars: "$1,729.31", "-$300.00"; "-" where there is no amount."""
    if cents is None:
        return "-"
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"
