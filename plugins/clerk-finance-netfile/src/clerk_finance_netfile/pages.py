"""The transactions on a page, whether it is JSON or CSV, as texts under the CSV's field names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clerk_finance_netfile.columns import FIELDS, REQUIRED
from clerkcore import Location, Page, Rejected, SourceError
from clerkcore.parsing import Line, read_delimited

WHERE = "netfile"


@dataclass(frozen=True, slots=True)
class Total:
    """What a JSON page says of the whole: transactions in all, and how many this page holds."""

    page: str
    matching: int
    here: int


def is_json(page: Page) -> bool:
    """Whether a page is JSON, by its first byte that is no white space."""
    with page.open() as stream:
        return stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def read_json(page: Page) -> Any:
    """Return the page's document; SourceError when it is cut off or no JSON."""
    where = f"{WHERE} {page.name}"
    try:
        with page.open() as stream:
            return json.loads(stream.read().decode("utf-8-sig"), parse_float=str)
    except UnicodeDecodeError as error:
        raise SourceError("is not UTF-8", where=where, remedy="fetch it again") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"is not whole JSON: {error}", where=where, remedy="it was cut off; fetch it again"
        ) from error


def read_csv(page: Page) -> Iterator[Line | Rejected]:
    """Yield the transactions of a page of the year CSV."""
    return read_delimited(page, REQUIRED, where=WHERE)


def read_total(page: Page, document: Any) -> Total:
    """Return a JSON page's own totals; SourceError when it has none."""
    try:
        return Total(page.name, int(document["totalMatchingCount"]), len(document["results"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            "is no page of transactions: totalMatchingCount or results is missing",
            where=f"{WHERE} {page.name}",
            remedy="fetch it again; see the raw file",
        ) from error


def read_results(page: Page, document: Any) -> Iterator[Line | Rejected]:
    """Yield the transactions of a JSON page."""
    for number, result in enumerate(document["results"], start=1):
        at = Location(page.name, number)
        if not isinstance(result, dict):
            yield Rejected("not_a_record", "the result is not an object", at)
            continue
        missing = [field.json_name for field in FIELDS if field.json_name not in result]
        if missing:
            raise SourceError(
                f"lacks the field {', '.join(repr(name) for name in missing[:5])} in result {number}",
                where=f"{WHERE} {page.name}",
                remedy="the publisher changed the format: see the plugin's README and its newest version",
            )
        yield Line(at, {field.name: _as_text(result[field.json_name]) for field in FIELDS})


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
