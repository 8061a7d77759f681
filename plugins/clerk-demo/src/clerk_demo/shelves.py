"""Filings one after another, so that any stretch of their rows is found without drawing those before it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from clerk_demo.history import Filing


class Shelf:
    """Filings in order, with where the rows of each begin."""

    def __init__(self, filings: list[Filing]) -> None:
        self.filings = filings
        self._begins = list(accumulate((filing.rows for filing in filings), initial=0))

    @property
    def count(self) -> int:
        """How many rows they have together."""
        return self._begins[-1]

    def cut(self, start: int, stop: int) -> Iterator[tuple[Filing, int, int]]:
        """Yield the filings with rows from start up to stop, and from which row up to which those are."""
        first = max(bisect_right(self._begins, start) - 1, 0)
        for filing, begin in zip(self.filings[first:], self._begins[first:], strict=False):
            if begin >= stop:
                return
            yield filing, max(start - begin, 0), min(stop - begin, filing.rows)
