"""The pages of the Campaign API: what each one holds, and whether together they hold the whole."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, BinaryIO

from clerkcore import Location, Page, SourceError

WHERE = "netfile_campaign"
CHANGED = "the publisher changed the format: see the plugin's README and its newest version"
AGAIN = "the data changed while it was read, or a page is missing; fetch again"
LONGEST_NUMBER = 18


class Kind(StrEnum):
    """What the records of a page are."""

    FILERS = "filers"
    FILINGS = "filings"
    ELEMENTS = "transaction elements"
    ELECTIONS = "elections"


NEEDED = (Kind.FILERS, Kind.FILINGS, Kind.ELEMENTS)

# A record is what the first of these fields that it has says.
_MARKS = {
    "elementNid": Kind.ELEMENTS,
    "filingMeta": Kind.FILINGS,
    "filerName": Kind.FILERS,
    "electionCaption": Kind.ELECTIONS,
}
# What tells a record of each kind from every other: an element comes back with each of its revisions.
_IDENTITY = {
    Kind.ELEMENTS: ("elementNid", "revisionNid"),
    Kind.FILINGS: ("filingNid",),
    Kind.FILERS: ("filerNid",),
    Kind.ELECTIONS: ("electionNid",),
}


@dataclass(frozen=True, slots=True)
class Span:
    """What the envelope of a page says: its first record's place, how many it holds, how many there are."""

    page: str
    offset: int
    here: int
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page taken apart; without records it is of no kind, and a bare list has no span."""

    page: str
    kind: Kind | None
    results: list[Any]
    span: Span | None

    def number(self) -> Iterable[tuple[Location, Any]]:
        """Return each record with its place."""
        return ((Location(self.page, number), result) for number, result in enumerate(self.results, start=1))


def refuse(told: str, page: str = "", remedy: str = CHANGED) -> SourceError:
    """Return the error for a page, or for all of them."""
    return SourceError(told, where=f"{WHERE} {page}".rstrip(), remedy=remedy)


def require_fields(record: dict[str, Any], names: Iterable[str], at: Location) -> None:
    """Raise SourceError where a record lacks a field that every one has."""
    missing = [name for name in names if name not in record]
    if missing:
        told = ", ".join(repr(name) for name in missing[:5])
        raise refuse(f"lacks the field {told} in result {at.line}", at.page)


def read_page(page: Page) -> Sheet:
    """Return what a page of a capture holds."""
    with page.open() as stream:
        return read_sheet(stream, page.name)


def read_sheet(stream: BinaryIO, name: str) -> Sheet:
    """Return what a page holds, in its envelope or as a bare list; SourceError when it is something else."""
    document = _read_json(stream, name)
    if isinstance(document, list):
        if not document:
            raise refuse("is an empty list", name, "leave the file out, or save the page with its envelope")
        return Sheet(name, _find_kind(document, name), document, None)
    span = _read_span(document, name)
    kind = _find_kind(document["results"], name) if span.here else None
    return Sheet(name, kind, document["results"], span)


def _read_json(stream: BinaryIO, name: str) -> Any:
    """Return a JSON document with every number as the text that was sent."""
    try:
        text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("is not UTF-8", name, "fetch it again") from error
    if text.lstrip().startswith("<"):
        raise refuse("is a web page instead of data", name, "open the address in a browser; NetFile may be down")
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise refuse(f"is not whole JSON: {error}", name, "it was cut off; fetch it again") from error


def _read_span(document: Any, name: str) -> Span:
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        raise refuse("is no page of the Campaign API: results is missing or no list", name)
    more, here = document.get("hasNextPage"), len(document["results"])
    if not isinstance(more, bool):
        raise refuse("is no page of the Campaign API: hasNextPage is missing or neither true nor false", name)
    span = Span(name, _read_number(document, "offset", name), here, _read_number(document, "totalCount", name), more)
    if document.get("count") is not None and _read_number(document, "count", name) != here:
        raise refuse(f"holds {here:,} records, but its count says {document['count']}", name, AGAIN)
    if not here and span.total:
        raise refuse(f"holds no record, but totalCount says {span.total:,}", name, AGAIN)
    return span


def _read_number(document: dict[str, Any], field: str, name: str) -> int:
    text = str(document.get(field))
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise refuse(f"is no page of the Campaign API: {field} is missing or no number", name)
    return int(text)


def _find_kind(results: list[Any], name: str) -> Kind:
    for result in results:
        for mark, kind in _MARKS.items():
            if isinstance(result, dict) and mark in result:
                return kind
    raise refuse("holds no record of a known kind: filers, filings or transaction elements", name)


def next_offset(sheet: Sheet, asked: int) -> int | None:
    """Return where the page after this one starts, None after the last; SourceError where the paging goes astray."""
    span = sheet.span
    if span is None:
        raise refuse("is a bare list instead of a page", sheet.page)
    if span.offset != asked:
        told = f"was asked for records from {asked:,} on and answers with those from {span.offset:,} on"
        raise refuse(told, sheet.page, "the pages were served wrongly; fetch again")
    end = asked + span.here
    if not span.more:
        return None
    if end >= span.total:
        raise refuse(f"says that there are more than the {span.total:,} of its totalCount", sheet.page, AGAIN)
    return end


class Paging:
    """Whether pages, in whatever order, hold each record once and all of them."""

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()
        self.empty = 0
        self.spans: dict[Kind, list[Span]] = defaultdict(list)
        self.seen: dict[Kind, set[bytes]] = defaultdict(set)

    def add(self, sheet: Sheet) -> None:
        """Take note of a page; SourceError when it repeats records of an earlier one."""
        if sheet.kind is None:
            self.empty += 1
            return
        self.kinds.add(sheet.kind)
        if sheet.span:
            self.spans[sheet.kind].append(sheet.span)
        here = {_digest(result, _IDENTITY[sheet.kind]) for result in sheet.results if isinstance(result, dict)}
        again = len(here & self.seen[sheet.kind])
        if again:
            told = f"repeats {again:,} {sheet.kind} of earlier pages"
            raise refuse(told, sheet.page, "the pages were served wrongly, or a file is there twice; fetch again")
        self.seen[sheet.kind] |= here

    def check(self) -> None:
        """Refuse pages that leave something out; of bare lists nothing is known."""
        for kind, spans in self.spans.items():
            _check_spans(kind, sorted(spans, key=lambda span: span.offset))
        if self.spans or self.empty:
            self._check_kinds()

    def _check_kinds(self) -> None:
        missing = [kind for kind in NEEDED if kind not in self.kinds]
        # A page without records does not say which of them it is a page of.
        if len(missing) > self.empty:
            raise refuse(f"no page of {missing[0]} is there", remedy="a page is missing; fetch again, or add its file")


def _check_spans(kind: Kind, spans: list[Span]) -> None:
    reached = 0
    for span in spans:
        if span.offset != reached:
            told = f"starts with number {span.offset:,} of the {kind}, but the pages before it end at {reached:,}"
            raise refuse(told, span.page, AGAIN)
        reached += span.here
    totals = {span.total for span in spans}
    if totals != {reached}:
        said = " and ".join(f"{total:,}" for total in sorted(totals))
        raise refuse(f"the pages hold {reached:,} {kind}, but totalCount says {said}", spans[-1].page, AGAIN)
    astray = next((span for span in spans if span.more is (span is spans[-1])), None)
    if astray:
        told = "it is not the last page" if astray.more else "it is the last page"
        raise refuse(f"says that {told}, against its totalCount", astray.page, AGAIN)


def _digest(result: dict[str, Any], names: tuple[str, ...]) -> bytes:
    # Half of a digest tells a million of them apart.
    identity = "\n".join(str(result.get(name)) for name in names)
    return blake2b(identity.encode(errors="surrogatepass"), digest_size=8).digest()
