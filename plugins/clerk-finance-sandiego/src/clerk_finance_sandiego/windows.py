"""Whether the answers of a capture are all there: each search of it has its own numbered pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from clerk_finance_sandiego.documents import Batch, unusable

CAP = 10_000


def check_windows(batches: Sequence[Batch]) -> None:
    """Refuse pages that are missing, repeated or that contradict each other; lists without numbers are not judged."""
    numbered = [batch for batch in batches if batch.number is not None and batch.pages is not None]
    for window in _split([batch for batch in numbered if not batch.is_empty]):
        _check_numbers(window)
        _check_total(window)


def _split(batches: list[Batch]) -> Iterator[list[Batch]]:
    """Yield the pages of each search: all of them, or from each first page to the next where numbers repeat."""
    window: list[Batch] = []
    distinct = len({batch.number for batch in batches}) == len(batches)
    for batch in batches:
        if window and batch.number == 1 and not distinct:
            yield window
            window = []
        window.append(batch)
    if window:
        yield window


def _check_numbers(window: list[Batch]) -> None:
    last, pages = window[-1].page, {batch.pages or 0 for batch in window}
    if len(pages) > 1:
        told = " and ".join(f"{count:,}" for count in sorted(pages))
        raise unusable(
            last, f"its pages say there are {told} of them", "the data changed while it was read; fetch again"
        )
    numbers = [batch.number or 0 for batch in window]
    repeated = next((number for number, times in Counter(numbers).items() if times > 1), None)
    if repeated is not None:
        raise unusable(last, f"page {repeated:,} is there twice", "the pages were served wrongly; fetch again")
    count = max(pages)
    stranger = next((number for number in numbers if not 1 <= number <= count), None)
    if stranger is not None:
        raise unusable(last, f"says it is page {stranger:,} of {count:,}")
    lacking = sorted({*range(1, count + 1)}.difference(numbers))
    if lacking:
        raise unusable(last, f"page {lacking[0]:,} of {count:,} is missing", "name all pages, or fetch again")


def _check_total(window: list[Batch]) -> None:
    last, totals = window[-1].page, {batch.total for batch in window} - {None}
    here = sum(len(batch.rows) for batch in window)
    if totals and totals != {here}:
        told = " and ".join(f"{total:,}" for total in sorted(filter(None, totals))) or "0"
        remedy = "the data changed while it was read, or a page is missing; fetch again"
        raise unusable(last, f"its pages hold {here:,} rows, but total_count says {told}", remedy)
    if totals == {CAP}:
        remedy = "set months = 1 in [sources.sandiego_efile], so that each search is smaller"
        raise unusable(last, f"says there are exactly {CAP:,} rows, where searches are often cut off", remedy)
