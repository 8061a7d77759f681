"""The rows of a document as texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clerk_finance_sandiego.columns import FIELDS
from clerk_finance_sandiego.documents import KEYS, Batch, unusable
from clerkcore import Location, Rejected
from clerkcore.parsing import Line

FORMAT = "the publisher changed the format: see the plugin's README and its newest version"


def read_rows(batch: Batch) -> Iterator[Line | Rejected]:
    """Yield the transactions of a document; SourceError where a field is missing."""
    for number, row in enumerate(batch.rows, start=1):
        at = Location(batch.page, number)
        if not isinstance(row, dict):
            yield Rejected("not_a_record", "the row is not an object", at)
            continue
        check_keys(batch, number, row)
        yield _read_row(row, at)


def check_keys(batch: Batch, number: int, row: dict[str, Any]) -> None:
    """Refuse a document one of whose rows lacks a field that is read."""
    missing = [key for key in KEYS[batch.kind] if key not in row]
    if missing:
        told = f"lacks the field {', '.join(repr(key) for key in missing[:5])} in row {number} of its {batch.kind}"
        raise unusable(batch.page, told, FORMAT)


def is_text(text: str) -> bool:
    """Whether a text can be kept: JSON can spell half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_row(row: dict[str, Any], at: Location) -> Line | Rejected:
    values = {}
    for field in FIELDS:
        value = row[field.name]
        if isinstance(value, dict | list):
            return Rejected("not_a_value", f"{field.name} holds more than one value", at, field.column)
        values[field.name] = "" if value is None else str(value)
    if not is_text("".join(values.values())):
        return Rejected("broken_text", "a text holds half a character", at)
    return Line(at, values)
