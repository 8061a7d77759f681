"""From a capture of Connect2 to rows; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import blake2b

from clerk_finance_netfile.agencies import PAGE as AGENCIES_PAGE
from clerk_finance_netfile.columns import COLUMNS, FIELDS
from clerk_finance_netfile.documents import WHERE
from clerk_finance_netfile.pages import Total, is_json, read_csv, read_json, read_results, read_total
from clerkcore import Capture, Location, Page, Parsed, Record, Rejected, SourceError, Value
from clerkcore.finance import with_filings, within_year
from clerkcore.parsing import Line

_READS = tuple((field.name, field.column, field.read) for field in FIELDS)


def parse_capture(capture: Capture) -> Iterator[Parsed]:
    """Yield transactions as they stand, then the filers and filings they belong to."""
    parsed = within_year(_parse_pages(capture), capture.scope.params["year"], WHERE)
    yield from with_filings(parsed)


def _parse_pages(capture: Capture) -> Iterator[Parsed]:
    pages = Pages()
    for page in capture.pages:
        if page.name == AGENCIES_PAGE:
            yield _agency(page)
            continue
        for line in pages.lines(page):
            yield line if isinstance(line, Rejected) else read_line(line)
    pages.check_totals()


def _agency(page: Page) -> Record:
    with page.open() as stream:
        return Record("agencies", json.load(stream), Location(page.name, 1))


class Pages:
    """Reads the pages in order, and refuses a repeated page and totals that do not hold."""

    def __init__(self) -> None:
        self.totals: list[Total] = []
        self.seen: set[bytes] = set()

    def lines(self, page: Page) -> Iterator[Line | Rejected]:
        """Yield the records of one page; SourceError when it repeats transactions of an earlier one."""
        here: set[bytes] = set()
        for line in self._read(page):
            if isinstance(line, Line):
                # Every transaction has its own NetFileKey; half of its digest tells a million of them apart.
                here.add(blake2b(line.values["NetFileKey"].encode(), digest_size=8).digest())
            yield line
        again = len(here & self.seen)
        if again:
            raise SourceError(
                f"repeats {again:,} transactions of earlier pages",
                where=f"{WHERE} {page.name}",
                remedy="the pages were served wrongly; fetch again",
            )
        self.seen |= here

    def _read(self, page: Page) -> Iterator[Line | Rejected]:
        if not is_json(page):
            return read_csv(page)
        document = read_json(page)
        self.totals.append(read_total(page, document))
        return read_results(page, document)

    def check_totals(self) -> None:
        """Refuse JSON pages that do not add up to their own totalMatchingCount."""
        if not self.totals:
            return
        matching = {total.matching for total in self.totals}
        here = sum(total.here for total in self.totals)
        if matching != {here}:
            said = " and ".join(f"{count:,}" for count in sorted(matching))
            raise SourceError(
                f"its pages hold {here:,} transactions, but totalMatchingCount says {said}",
                where=f"{WHERE} {self.totals[-1].page}",
                remedy="the data changed while it was read, or a page is missing; fetch again",
            )


def read_line(line: Line) -> Record | Rejected:
    """Return the transaction of a line; Rejected names the first field that cannot be read."""
    values: dict[str, Value] = dict.fromkeys(COLUMNS)
    try:
        for name, column, read in _READS:
            text = line.values[name]
            if text:  # most are blank, which every reader reads as None
                values[column] = read(text)
    except ValueError as error:
        return Rejected(f"bad_{column}", str(error), line.at, column, text)
    return Record("transactions", values, line.at)
