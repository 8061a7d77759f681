"""Which version of a filing held on which days, where a publisher keeps several and says which amends which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush

Days = tuple[str, str]
OPEN = ""
_LAST = "~"  # sorts after every ISO day


def order_versions(amends: Mapping[str, str], ranks: Mapping[str, tuple[str, str]]) -> list[list[str]]:
    """Return the filings that amend each other as sequences, each from its first version to its last.

    `amends` names for each amendment what it amends; both are keys of `ranks`, which says what comes first of two
    that amend the same one. An amendment comes after what it amends; filings that amend each other in a circle say
    nothing, and are left out.
    """
    children: dict[str, list[str]] = {}
    for filing, amended in amends.items():
        children.setdefault(amended, []).append(filing)
    roots = sorted(children.keys() - amends.keys())
    return [list(_walk(root, children, ranks)) for root in roots]


def _walk(root: str, children: Mapping[str, Sequence[str]], ranks: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    waiting = [(ranks[root], root)]
    heapify(waiting)
    while waiting:
        _, filing = heappop(waiting)
        yield filing
        for child in children.get(filing, ()):
            heappush(waiting, (ranks[child], child))


def without(held: Iterable[Days], others: Iterable[Days]) -> list[Days]:
    """Return the days of `held` on which none of `others` holds; each is a first day and the day after the last."""
    left = [(start, end or _LAST) for start, end in held]
    for start, end in others:
        left = [piece for known in left for piece in _cut(known, (start, end or _LAST))]
    return [(start, OPEN if end == _LAST else end) for start, end in left]


def _cut(held: Days, other: Days) -> Iterator[Days]:
    before, after = (held[0], min(held[1], other[0])), (max(held[0], other[1]), held[1])
    for piece in (before, after):
        if piece[0] < piece[1]:
            yield piece
