"""Repeatable chance: the same parts give the same draws on every machine and every Python."""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from random import Random


def dice(*parts: object) -> Random:
    """Return a generator that depends on these parts alone.

    Callers use only random, randrange and choice, whose sequences Python keeps stable.
    """
    return Random(int.from_bytes(sha256(_joined(parts)).digest()[:8], "big"))


def hex_key(*parts: object) -> str:
    """Return 32 hexadecimal digits that depend on these parts alone."""
    return sha256(_joined(parts)).hexdigest()[:32]


def make_uuid(*parts: object) -> str:
    """Return a UUID that depends on these parts alone."""
    digits = hex_key(*parts)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def day_between(chance: Random, start: date, end: date) -> date:
    """Draw a day from start to end, both included."""
    return start + timedelta(days=chance.randrange((end - start).days + 1))


def money(cents: int) -> str:
    """Write cents as NetFile does: 15000.00, -250.00."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _joined(parts: tuple[object, ...]) -> bytes:
    return "\x1f".join(str(part) for part in parts).encode()
