"""Which lines two snapshots of a file do not share, as a difference of multisets, found by walking side by side.

`linehash.compare_hashes` gives the same answer where the order is another one. Both return None where the files differ
in more than `limit` records, and this one also where it loses its way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from clerkcore.lines import MOST_JOINED, join_records, odd_lines

PIECE = 128
WINDOWS = (8, 64, 512)
_QUOTE = b'"'

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


def number_records(lines: Sequence[bytes], first: int, quoted: bool) -> Iterator[Numbered]:
    """Yield the records that some whole lines make up, each with the number of its first line."""
    for numbers, records in join_records(iter([list(lines)]), quoted):
        yield from zip((first - 1 + number for number in numbers), records, strict=True)


class _Side:
    """One of two files, of which some lines ahead are at hand."""

    def __init__(self, batches: Iterator[list[bytes]]) -> None:
        self.batches = batches
        self.lines: list[bytes] = []
        self.at = 0
        self.number = 1
        self.done = False

    def fill(self, wanted: int) -> None:
        while len(self.lines) - self.at < wanted and not self.done:
            batch = next(self.batches, None)
            if batch is None:
                self.done = True
            else:
                self.lines = self.lines[self.at :] + batch
                self.at = 0

    @property
    def left(self) -> int:
        return len(self.lines) - self.at

    def ahead(self, count: int) -> list[bytes]:
        return self.lines[self.at : self.at + count]

    def skip(self, count: int) -> None:
        self.at += count
        self.number += count


def compare_in_step(old: Batches, new: Batches, quoted: bool, limit: int, watched: Sequence[int]) -> LineDelta | None:
    """Compare line by line, finding the way again after lines that differ; `watched` are old line numbers, rising."""
    return _Walk(_Side(old()), _Side(new()), quoted, limit, watched).run()


class _Walk:
    def __init__(self, old: _Side, new: _Side, quoted: bool, limit: int, watched: Sequence[int]) -> None:
        self.old, self.new = old, new
        self.quoted = quoted
        self.limit = limit
        self.watched = watched
        self.next_watched = 0
        self.delta = LineDelta()

    def run(self) -> LineDelta | None:
        wanted = WINDOWS[-1] + MOST_JOINED
        while len(self.delta) <= self.limit:
            self.old.fill(wanted)
            self.new.fill(wanted)
            if not (self.old.left or self.new.left):
                return cancel_moved(self.delta, self.watched)
            whole = self._whole(_common(self.old, self.new))
            if whole:
                self._pass(whole)
            elif not self._step_over():
                return None
        return None

    def _whole(self, same: int) -> int:
        """Return how many of the lines that are the same make up whole records."""
        if not self.quoted or not same:
            return same
        lines = self.old.ahead(same)
        if not b"".join(lines).count(_QUOTE) & 1:
            return same
        at = same - 1
        while not lines[at].count(_QUOTE) & 1:
            at -= 1
        # A quote that stays open for so long is a stray one, and its line a record.
        return at + 1 if same - at > MOST_JOINED else at

    def _pass(self, count: int) -> None:
        self._note_watched(count)
        self.old.skip(count)
        self.new.skip(count)

    def _note_watched(self, count: int) -> None:
        end = self.old.number + count
        while self.next_watched < len(self.watched) and self.watched[self.next_watched] < end:
            number = self.watched[self.next_watched]
            self.next_watched += 1
            at = number - self.old.number
            if at >= 0:
                lines = self.old.ahead(count)[at : at + MOST_JOINED]
                record = next(number_records(lines, number, self.quoted))[1]
                self.delta.kept.append((number, self.new.number + at, record))

    def _step_over(self) -> bool:
        """Take the records that differ out of both sides; False where the sides do not meet again."""
        meeting = self._meet()
        if meeting is None:
            return False
        for side, count, told in zip(
            (self.old, self.new), meeting, (self.delta.removed, self.delta.added), strict=True
        ):
            lines = side.ahead(count)
            if self.quoted and _has_stray(lines):
                return False
            told.extend(number_records(lines, side.number, self.quoted))
            side.skip(count)
        return True

    def _meet(self) -> tuple[int, int] | None:
        """Return how many lines of each side differ before both go on alike."""
        old, new = self.old, self.new
        for window in WINDOWS:
            olds, news = old.ahead(window), new.ahead(window)
            found = _nearest(olds, news, self.quoted)
            if found:
                return found
            if old.done and new.done and len(olds) == old.left and len(news) == new.left:
                return len(olds), len(news)
        if not old.left and old.done:
            return 0, _even_lines(new.ahead(new.left), new.done, self.quoted)
        if not new.left and new.done:
            return _even_lines(old.ahead(old.left), old.done, self.quoted), 0
        return None


def _common(old: _Side, new: _Side) -> int:
    """Return how many lines at hand are the same on both sides."""
    left = min(old.left, new.left)
    same = 0
    while same < left:
        size = min(PIECE, left - same)
        a, b = old.at + same, new.at + same
        if old.lines[a : a + size] == new.lines[b : b + size]:
            same += size
            continue
        while old.lines[old.at + same] == new.lines[new.at + same]:
            same += 1
        break
    return same


def _evens(lines: Sequence[bytes], quoted: bool) -> list[bool]:
    """Return of each place between lines, before the first and after the last too, whether a record may end there."""
    if not quoted:
        return [True] * (len(lines) + 1)
    evens, open_ = [True], 0
    for line in lines:
        open_ ^= line.count(_QUOTE) & 1
        evens.append(not open_)
    return evens


def _nearest(olds: Sequence[bytes], news: Sequence[bytes], quoted: bool) -> tuple[int, int] | None:
    """Return the nearest places, one on each side, from which the lines are the same again."""
    even_old, even_new = _evens(olds, quoted), _evens(news, quoted)
    where: dict[bytes, int] = {}
    for at in range(len(news) - 1, -1, -1):
        if even_new[at]:
            where[news[at]] = at
    best: tuple[int, int] | None = None
    for at, line in enumerate(olds):
        if best and at >= sum(best):
            break
        there = where.get(line) if even_old[at] else None
        if there is not None and at + there and (best is None or at + there < sum(best)):
            best = (at, there)
    return best


def _even_lines(lines: Sequence[bytes], last: bool, quoted: bool) -> int:
    """Return how many of the lines make up whole records; all of them at the end of a file."""
    if last or not quoted:
        return len(lines)
    evens = _evens(lines, quoted)
    return max(n for n, even in enumerate(evens) if even)


def _has_stray(lines: Sequence[bytes]) -> bool:
    odd = odd_lines(lines)
    pairs = zip(odd[::2], odd[1::2], strict=False)
    return bool(len(odd) & 1) or any(close - start >= MOST_JOINED for start, close in pairs)


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
