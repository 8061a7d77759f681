"""Points in time as text: aware, UTC, ISO 8601 with Z (law 11)."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware and in UTC."""
    return datetime.now(UTC)


def to_text(moment: datetime) -> str:
    """Return "2026-11-21T08:00:00.123456Z"; ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be kept")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Return the aware UTC time that `to_text` wrote; ValueError for a text without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} says no zone")
    return moment.astimezone(UTC)
