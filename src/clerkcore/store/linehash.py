"""Which lines two snapshots of a file do not share, found by a hash of every record, in whatever order they stand."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from clerkcore.lines import join_records
from clerkcore.store.linediff import Batches, LineDelta, Numbered, holds

CHUNK = 1 << 19
Hashes = npt.NDArray[np.int64]


def compare_hashes(old: Batches, new: Batches, quoted: bool, limit: int, watched: Sequence[int]) -> LineDelta | None:
    """Compare by a hash of every record, in whatever order they stand.

    Python's own hash of bytes is keyed anew in every process, so that nobody can prepare records that collide.
    """
    olds, news = _hash_all(old, quoted), _hash_all(new, quoted)
    (gone, fewer), (come, more) = _surplus(olds, news, limit), _surplus(news, olds, limit)
    if fewer + more > limit:
        return None
    delta, held = LineDelta(), dict[int, list[int]]()
    for number, record in _pick(old, quoted, gone, watched):
        if _is_surplus(gone, record):
            delta.removed.append((number, record))
        elif holds(watched, number):
            held.setdefault(hash(record), []).append(number)
    for number, record in _pick(new, quoted, {**come, **dict.fromkeys(held, 0)}, ()):
        if _is_surplus(come, record):
            delta.added.append((number, record))
        elif held.get(hash(record)):
            delta.kept.append((held[hash(record)].pop(0), number, record))
    return delta


def _pick(batches: Batches, quoted: bool, hashes: Mapping[int, int], watched: Sequence[int]) -> Iterator[Numbered]:
    """Yield the records of some hashes, and those on the lines that are watched."""
    for numbers, records in join_records(batches(), quoted):
        wanted = [at for at, hashed in enumerate(map(hash, records)) if hashed in hashes]
        if watched and bisect_left(watched, numbers[0]) != bisect_left(watched, numbers[-1] + 1):
            wanted = sorted({*wanted, *(at for at, number in enumerate(numbers) if holds(watched, number))})
        for at in wanted:
            yield numbers[at], records[at]


def _hash_all(batches: Batches, quoted: bool) -> Hashes:
    """Return the hashes of every record, sorted."""
    hashes = array("q")
    for _, records in join_records(batches(), quoted):
        hashes.extend(map(hash, records))
    # The same memory, sorted where it lies: millions of hashes are not held twice.
    found: Hashes = np.frombuffer(hashes, np.int64) if hashes else np.empty(0, np.int64)
    found.sort()
    return found


def _surplus(mine: Hashes, theirs: Hashes, limit: int) -> tuple[dict[int, int], int]:
    """Return the hashes that occur more often in `mine`, with how many of each are in both, and by how many records.

    Counting stops once there are more than the limit.
    """
    found: dict[int, int] = {}
    count = 0
    for start in range(0, len(mine), CHUNK):
        part = mine[start : start + CHUNK]
        rank = np.arange(start, start + len(part)) - np.searchsorted(mine, part, "left")
        low, high = np.searchsorted(theirs, part, "left"), np.searchsorted(theirs, part, "right")
        more = np.flatnonzero(low + rank >= high)
        count += len(more)
        if count > limit:
            break
        for at in more:
            found.setdefault(int(part[at]), int(high[at] - low[at]))
    return found, count


def _is_surplus(surplus: dict[int, int], record: bytes) -> bool:
    """Whether this record, in the order of the file, is one that the other side lacks."""
    common = surplus.get(hash(record))
    if common is None:
        return False
    surplus[hash(record)] = common - 1
    return common <= 0
