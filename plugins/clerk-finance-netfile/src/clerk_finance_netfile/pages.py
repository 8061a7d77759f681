"""The transactions on a page, whether it is JSON or CSV, as texts under the CSV's field names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from clerk_finance_netfile.columns import FIELDS, JSON_NAMES, REQUIRED
from clerk_finance_netfile.documents import WHERE, read_document, read_number
from clerkcore import Location, Page, Rejected, SourceError
from clerkcore.parsing import Line, read_delimited

_MANY = frozenset((dict, list))
_take = itemgetter(*JSON_NAMES)


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
    with page.open() as stream:
        return read_document(stream, page.name)


def read_csv(page: Page) -> Iterator[Line | Rejected]:
    """Yield the transactions of a page of the year CSV."""
    return read_delimited(page, REQUIRED, where=WHERE)


def read_total(page: Page, document: Any) -> Total:
    """Return a JSON page's own totals; SourceError when it has none."""
    try:
        matching = read_number(document, "totalMatchingCount")
        if not isinstance(document.get("results"), list):
            raise ValueError("results is missing or no list")
    except ValueError as error:
        raise SourceError(
            f"is no page of transactions: {error}",
            where=f"{WHERE} {page.name}",
            remedy="fetch it again; see the raw file",
        ) from error
    return Total(page.name, matching, len(document["results"]))


def read_results(page: Page, document: Any) -> Iterator[Line | Rejected]:
    """Yield the transactions of a JSON page."""
    for number, result in enumerate(document["results"], start=1):
        at = Location(page.name, number)
        if not isinstance(result, dict):
            yield Rejected("not_a_record", "the result is not an object", at)
            continue
        try:
            found = _take(result)
        except KeyError as error:
            missing = [name for name in JSON_NAMES if name not in result]
            raise SourceError(
                f"lacks the field {', '.join(repr(name) for name in missing[:5])} in result {number}",
                where=f"{WHERE} {page.name}",
                remedy="the publisher changed the format: see the plugin's README and its newest version",
            ) from error
        yield _read_result(found, at)


def _read_result(found: tuple[Any, ...], at: Location) -> Line | Rejected:
    if not _MANY.isdisjoint(map(type, found)):
        field = next(field for field, value in zip(FIELDS, found, strict=True) if type(value) in _MANY)
        return Rejected("not_a_value", f"{field.json_name} holds more than one value", at, field.column)
    texts = ["" if value is None else str(value) for value in found]
    if not _is_text("".join(texts)):
        return Rejected("broken_text", "a text holds half a character", at)
    return Line(at, dict(zip(REQUIRED, texts, strict=True)))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
