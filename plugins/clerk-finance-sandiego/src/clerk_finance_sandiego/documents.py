"""Reading what eFile sends as JSON, and telling by its keys what a document lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

from clerk_finance_sandiego.columns import FIELDS
from clerkcore import Page, SourceError

WHERE = "sandiego_efile"
MOST_PAGES = 5000
LONGEST_NUMBER = 18

TRANSACTIONS = "transactions"
FILINGS = "filings"
COMMITTEES = "committees"
ELECTIONS = "elections"
NOTHING = "nothing"

KEYS = {
    TRANSACTIONS: tuple(field.name for field in FIELDS),
    FILINGS: (
        "filing_id",
        "filing_date",
        "filing_type",
        "period_start",
        "period_end",
        "amends_prev_id",
        "amendment_number",
        "state_id",
        "entity_name",
    ),
    COMMITTEES: ("entity_id", "entity_name", "entity_type"),
    ELECTIONS: ("election_id", "election_date", "election_type"),
}


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer of the API: what it lists, and what it says of itself.

    `number` is its number among `pages`, and `total` counts the rows of them all; None where it says none.
    """

    page: str
    kind: str
    rows: list[Any]
    number: int | None = None
    pages: int | None = None
    total: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is a whole answer that lists nothing."""
        return not self.rows and (self.pages or 0) <= 1 and not self.total


def open_batch(page: Page) -> Batch:
    """Return what a page of a capture lists."""
    with page.open() as stream:
        return read_batch(stream, page.name)


def read_batch(stream: BinaryIO, name: str) -> Batch:
    """Return what a document lists; SourceError when it is cut off, or not of this API."""
    document = _read_document(stream, name)
    rows = _rows(document, name)
    if isinstance(document, list):
        if not rows:
            raise unusable(name, "is an empty list, which does not say what it lists")
        return Batch(name, _kind(rows, name), rows)
    kind = _kind(rows, name) if rows else NOTHING
    number, pages, total = (_number(document, key, name) for key in ("page_number", "total_pages", "total_count"))
    if kind == TRANSACTIONS and (number is None or pages is None):
        raise unusable(name, "does not say which of how many pages it is (page_number, total_pages)")
    if pages is not None and pages > MOST_PAGES:
        raise unusable(name, f"says there are {pages:,} pages, more than {MOST_PAGES:,}", "see the raw file")
    return Batch(name, kind, rows, number, pages, total)


def unusable(page: str, told: str, remedy: str = "fetch it again; see the raw file") -> SourceError:
    """Return the error for a document that cannot be used."""
    return SourceError(told, where=f"{WHERE} {page}".rstrip(), remedy=remedy)


def _read_document(stream: BinaryIO, name: str) -> Any:
    try:
        text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unusable(name, "is not UTF-8", "fetch it again") from error
    if text.lstrip().startswith("<"):
        remedy = "open the address in a browser; eFile may be down or have moved"
        raise unusable(name, "is a web page instead of data", remedy)
    try:
        # Numbers stay texts: amounts are decimals, and a number may be longer than Python reads.
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise unusable(name, f"is not whole JSON: {error}", "it was cut off; fetch it again") from error


def _rows(document: Any, name: str) -> list[Any]:
    if isinstance(document, dict) and document.get("success") is False:
        raise unusable(name, "says that the request failed", "fetch it again later")
    held = document.get("data") if isinstance(document, dict) else document
    if isinstance(held, dict):
        held = held.get("committee_list")
    if not isinstance(held, list):
        raise unusable(name, "is no answer of eFile: data is missing or no list")
    return held


def _kind(rows: list[Any], name: str) -> str:
    """Return the kind of list whose keys the first row has most of, and at least half."""
    first = next((row for row in rows if isinstance(row, dict)), {})
    share, kind = max((sum(key in first for key in keys) / len(keys), kind) for kind, keys in KEYS.items())
    if share < 1 / 2:
        told = f"lists something unknown, with the keys {', '.join(sorted(first)[:5]) or 'of no object'}"
        raise unusable(name, told, f"name files of {', '.join(KEYS)}, as eFile sends them")
    return kind


def _number(document: dict[str, Any], key: str, name: str) -> int | None:
    text = document.get(key)
    if text is None:
        return None
    if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER:
        raise unusable(name, f"says {key} {str(text)[:LONGEST_NUMBER]!r}, which is no number")
    return int(text)
