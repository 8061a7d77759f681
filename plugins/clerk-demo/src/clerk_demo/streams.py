"""A finance world as Connect2 sends it: page after page, each worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from clerk_demo.connect2 import Row, count_pages, encode_json
from clerk_demo.worlds import World

PAGE_SIZE = 1000


class WorldRows(Sequence[Row]):
    """Connect2's rows on a day without their blank columns; a slice is drawn when it is taken, and not kept."""

    def __init__(self, world: World, day: int) -> None:
        self._world = world
        self._day = day

    def __len__(self) -> int:
        return self._world.count(self._day)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            return list(self._world.connect2_fields(self._day, start, stop))
        place = range(len(self))[at]
        return self[place : place + 1][0]

    def __iter__(self) -> Iterator[Row]:
        return self._world.connect2_fields(self._day, 0, len(self))


def rows_stream(world: World, day: int = 0, page_size: int = PAGE_SIZE) -> Iterator[bytes]:
    """Yield all JSON pages of a day in order; only one is in memory at a time."""
    total = world.count(day)
    pages = count_pages(total, page_size)
    for page in range(pages):
        rows = world.connect2_fields(day, page * page_size, (page + 1) * page_size)
        yield encode_json(rows, total=total, pages=pages)
