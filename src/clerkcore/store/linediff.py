"""Which lines two snapshots of a file do not share, as a difference of multisets, found by walking side by side.

`linehash.compare_hashes` gives the same answer where the order is another one. Both return None where the files differ
in more than `limit` records, and this one also where it loses its way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clerkcore.lines import join_records

PIECE = 128
WINDOWS = (8, 64, 512)

Numbered = tuple[int, bytes]
Batches = Callable[[], Iterator[list[bytes]]]


@dataclass
class LineDelta:
    """Records that only the old or only the new snapshot holds, each with the number of the line it starts on.

    `kept` gives, of the old lines that were watched, those that the new snapshot still holds: the old number, the new
    one, and the record.
    """

    added: list[Numbered] = field(default_factory=list)
    removed: list[Numbered] = field(default_factory=list)
    kept: list[tuple[int, int, bytes]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.added) + len(self.removed)


class _Side:
    """One of two files, of which some records ahead are at hand, with the numbers of their lines."""

    def __init__(self, batches: Iterator[list[bytes]], quoted: bool) -> None:
        self.batches = join_records(batches, quoted)
        self.numbers: list[int] = []
        self.records: list[bytes] = []
        self.at = 0
        self.done = False

    def fill(self, wanted: int) -> None:
        while len(self.records) - self.at < wanted and not self.done:
            batch = next(self.batches, None)
            if batch is None:
                self.done = True
            else:
                self.numbers = [*self.numbers[self.at :], *batch[0]]
                self.records = [*self.records[self.at :], *batch[1]]
                self.at = 0

    @property
    def left(self) -> int:
        return len(self.records) - self.at

    def ahead(self, count: int) -> list[bytes]:
        return self.records[self.at : self.at + count]

    def take(self, count: int) -> Iterator[Numbered]:
        start, self.at = self.at, self.at + count
        return zip(self.numbers[start : self.at], self.records[start : self.at], strict=True)


def compare_in_step(old: Batches, new: Batches, quoted: bool, limit: int, watched: Sequence[int]) -> LineDelta | None:
    """Compare record by record, finding the way again after those that differ; `watched` are old lines, rising."""
    return _Walk(_Side(old(), quoted), _Side(new(), quoted), limit, watched).run()


class _Walk:
    def __init__(self, old: _Side, new: _Side, limit: int, watched: Sequence[int]) -> None:
        self.old, self.new = old, new
        self.limit = limit
        self.watched = watched
        self.next_watched = 0
        self.delta = LineDelta()

    def run(self) -> LineDelta | None:
        while len(self.delta) <= self.limit:
            self.old.fill(WINDOWS[-1])
            self.new.fill(WINDOWS[-1])
            if not (self.old.left or self.new.left):
                return cancel_moved(self.delta, self.watched)
            same = _common(self.old, self.new)
            if same:
                self._pass(same)
                continue
            meeting = self._meet()
            if meeting is None:
                return None
            self.delta.removed.extend(self.old.take(meeting[0]))
            self.delta.added.extend(self.new.take(meeting[1]))
        return None

    def _pass(self, count: int) -> None:
        """Go on beyond records that are the same on both sides."""
        self._note_watched(count)
        self.old.at += count
        self.new.at += count

    def _note_watched(self, count: int) -> None:
        numbers = self.old.numbers
        first, last = numbers[self.old.at], numbers[self.old.at + count - 1]
        while self.next_watched < len(self.watched) and self.watched[self.next_watched] <= last:
            number = self.watched[self.next_watched]
            self.next_watched += 1
            if number >= first:
                at = bisect_left(numbers, number, self.old.at, self.old.at + count) - self.old.at
                self.delta.kept.append((number, self.new.numbers[self.new.at + at], self.old.records[self.old.at + at]))

    def _meet(self) -> tuple[int, int] | None:
        """Return how many records of each side differ before both go on alike; never none of either."""
        old, new = self.old, self.new
        if not old.left:
            return 0, new.left
        if not new.left:
            return old.left, 0
        for window in WINDOWS:
            olds, news = old.ahead(window), new.ahead(window)
            found = _nearest(olds, news)
            if found:
                return found
            if old.done and new.done and len(olds) == old.left and len(news) == new.left:
                return len(olds), len(news)
        return None


def _common(old: _Side, new: _Side) -> int:
    """Return how many records at hand are the same on both sides."""
    left = min(old.left, new.left)
    same = 0
    while same < left:
        size = min(PIECE, left - same)
        a, b = old.at + same, new.at + same
        if old.records[a : a + size] == new.records[b : b + size]:
            same += size
            continue
        while old.records[old.at + same] == new.records[new.at + same]:
            same += 1
        break
    return same


def _nearest(olds: Sequence[bytes], news: Sequence[bytes]) -> tuple[int, int] | None:
    """Return the nearest places, one on each side, from which the records are the same again."""
    where = {record: len(news) - 1 - back for back, record in enumerate(reversed(news))}
    best: tuple[int, int] | None = None
    for at, record in enumerate(olds):
        if best and at >= sum(best):
            break
        there = where.get(record)
        if there is not None and at + there and (best is None or at + there < sum(best)):
            best = (at, there)
    return best


def cancel_moved(delta: LineDelta, watched: Sequence[int]) -> LineDelta:
    """Take out of a delta the records that only moved: both snapshots hold them."""
    both = Counter(line for _, line in delta.added) & Counter(line for _, line in delta.removed)
    if not both:
        return delta
    added, moved_to = _take(delta.added, both)
    removed, moved_from = _take(delta.removed, both)
    kept = list(delta.kept)
    targets = {line: list(numbers) for line, numbers in moved_to.items()}
    for line, numbers in moved_from.items():
        pairs = zip(numbers, targets[line], strict=True)
        kept += [(old, new, line) for old, new in pairs if holds(watched, old)]
    return LineDelta(added, removed, kept)


def _take(records: Iterable[Numbered], both: Counter[bytes]) -> tuple[list[Numbered], dict[bytes, list[int]]]:
    left, taken = Counter(both), dict[bytes, list[int]]()
    rest = []
    for number, line in records:
        if left[line]:
            left[line] -= 1
            taken.setdefault(line, []).append(number)
        else:
            rest.append((number, line))
    return rest, taken


def holds(numbers: Sequence[int], number: int) -> bool:
    """Whether a rising sequence holds a number."""
    at = bisect_left(numbers, number)
    return at < len(numbers) and numbers[at] == number
