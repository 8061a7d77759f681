"""From a capture of eFile to rows; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b

from clerk_finance_sandiego.columns import FIELDS, is_code, read_word
from clerk_finance_sandiego.documents import FILINGS, NOTHING, TRANSACTIONS, WHERE, Batch, open_batch, unusable
from clerk_finance_sandiego.filers import find_token
from clerk_finance_sandiego.filings import Listing
from clerk_finance_sandiego.forms import WITHOUT_AMOUNT_1, find_form
from clerk_finance_sandiego.rows import read_rows
from clerk_finance_sandiego.windows import check_windows
from clerkcore import Capture, Page, Parsed, Record, Rejected, Value
from clerkcore.finance import TRANSACTION_TYPES, with_filings, within_year
from clerkcore.parsing import Line


def parse_capture(capture: Capture) -> Iterator[Parsed]:
    """Yield transactions as they stand, then the filers and filings they belong to."""
    parsed = within_year(_parse_pages(capture), capture.scope.params["year"], WHERE)
    yield from with_filings(parsed)


def _parse_pages(capture: Capture) -> Iterator[Parsed]:
    # The list of filings may come last and is needed first; so every page is looked at before any is read.
    listing, pages = _survey(capture.pages)
    used: dict[str, None] = {}
    for parsed in _read_pages(pages, listing):
        if isinstance(parsed, Record):
            used[str(parsed.values["filing_id"] or "")] = None
        yield parsed
    yield from listing.tell([name for name in used if name])


def _survey(pages: Sequence[Page]) -> tuple[Listing, list[Page]]:
    """Return the filings that pages list, and the pages of transactions; SourceError where one is missing."""
    listing, wanted = Listing(), list[Page]()
    searched, listed = list[Batch](), list[Batch]()
    for page in pages:
        batch = open_batch(page)
        outline = replace(batch, rows=[None] * len(batch.rows))
        if batch.kind == FILINGS:
            listing.add(batch)
            listed.append(outline)
        elif batch.kind in (TRANSACTIONS, NOTHING):
            wanted.append(page)
            searched.append(outline)
    if not searched:
        raise unusable("", "none of the files lists transactions", "name those that do beside the others")
    check_windows(searched)
    check_windows(listed)
    return listing, wanted


def _read_pages(pages: Sequence[Page], listing: Listing) -> Iterator[Parsed]:
    seen: set[bytes] = set()
    for page in pages:
        here: set[bytes] = set()
        for line in read_rows(open_batch(page)):
            if isinstance(line, Line):
                here.add(_digest(line))
            yield line if isinstance(line, Rejected) else read_line(line, listing)
        again = len(here & seen)
        if 2 * again > len(here):
            told = f"repeats {again:,} of its {len(here):,} transactions from earlier pages"
            raise unusable(page.name, told, "the pages were served wrongly; fetch again")
        seen |= here


def _digest(line: Line) -> bytes:
    # Half of a digest tells a million transactions apart.
    return blake2b(repr(sorted(line.values.items())).encode(), digest_size=8).digest()


def read_line(line: Line, listing: Listing) -> Record | Rejected:
    """Return the transaction of a line; Rejected names the first field that cannot be read."""
    values: dict[str, Value] = {}
    for field in FIELDS:
        text = line.values[field.name]
        try:
            values[field.column] = field.read(text)
        except ValueError as error:
            return Rejected(f"bad_{field.column}", str(error), line.at, field.column, text)
    texts = [read_word(line.values[name]) for name in ("filing_type", "schedule", "tx_type")]
    try:
        values["form_type"] = find_form(*texts)
    except ValueError as error:
        return Rejected("bad_form_type", str(error), line.at, "form_type", texts[0])
    return Record("transactions", {**values, **_derive(values), **_ask(values, listing)}, line.at)


def _derive(values: dict[str, Value]) -> dict[str, Value]:
    """Return the columns that repeat or reword others of the same row."""
    form, kind = str(values["form_type"]), values["tran_code"]
    code = is_code(str(kind or ""))
    return {
        "tran_date": values["calculated_date"],
        "tran_amt1_cents": None if form in WITHOUT_AMOUNT_1 else values["amount_cents"],
        "tran_code": kind if code else None,
        "tran_dscr": None if code else kind,
        "transaction_type": TRANSACTION_TYPES.get(form),
    }


def _ask(values: dict[str, Value], listing: Listing) -> dict[str, Value]:
    """Return the columns that the list of filings knows, and what stands for the filer."""
    filing, name = str(values["filing_id"] or ""), str(values["filer_name"] or "")
    state_id = listing.find_state_id(filing, name)
    start, end = listing.find_period(filing)
    token = find_token(name, state_id)
    return {"filer_state_id": state_id, "filer_local_id": token, "filing_start": start, "filing_end": end}
