"""Statewide rosters of any length for measurements, written in a few seconds a million rows and in constant memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import gcd
from pathlib import Path

from clerk_demo.civix_rosters import STATEWIDE_HEADER, render_line
from clerk_demo.civix_voters import IN_PERSON, MAIL_IN, Register, is_by_mail

_BATCH = 10_000
_SCALE = 1 << 24
# Near the golden ratio: neighbours of the unshuffled file come far apart.
_LEAP = 0.6180339887


@dataclass(frozen=True)
class Changes:
    """How a pull differs from the one before: the shares of new, edited and gone rows."""

    new: float = 0.0
    edited: float = 0.0
    gone: float = 0.0


@dataclass(frozen=True)
class Written:
    """A roster that was written: its lines below the header, and how many rows were new, edited or gone."""

    path: Path
    lines: int
    new: int
    edited: int
    gone: int


# What a day's corrections come to.
NEXT_PULL = Changes(new=0.005, edited=0.002, gone=0.001)


def roster_file(
    path: Path, rows: int, seed: int = 1, changed: Changes = Changes(), *, shuffled: bool = False
) -> Written:
    """Write a statewide roster of so many distinct voters, or the next pull of it, and say what is in it.

    The order of rows that stay is the same whatever changes. A few names hold a line break; no line is doubled.
    """
    pull = _Pull(seed, rows, changed)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(render_line(STATEWIDE_HEADER))
        for batch in _batches(pull.lines(_shuffle(rows) if shuffled else range(rows))):
            file.write("".join(batch))
    return Written(path, rows + pull.new - pull.gone, pull.new, pull.edited, pull.gone)


class _Pull:
    """The lines of one pull, with what was done to them as it is counted on the way."""

    def __init__(self, seed: int, rows: int, changes: Changes) -> None:
        self.new = self.edited = self.gone = 0
        self._rows = rows
        self._register = Register(seed, rows)
        gone, edited = round(changes.gone * _SCALE), round(changes.edited * _SCALE)
        self._edges = gone, gone + edited, gone + edited + round(changes.new * _SCALE)

    def lines(self, numbers: Iterable[int]) -> Iterator[str]:
        """Yield the lines of the voters of these numbers, and new ones among them."""
        gone, edited, new = self._edges
        draw, bounds = self._register.lot, self._register.bounds
        for number in numbers:
            lot = draw(number)
            chance = lot >> 8 & _SCALE - 1
            county = bisect_right(bounds, number) - 1
            if chance >= new:
                yield self._line(county, number, lot)
            elif chance >= edited:
                self.new += 1
                yield self._line(county, number, lot)
                yield self._line(county, self._rows + number, draw(self._rows + number))
            elif chance >= gone:
                self.edited += 1
                yield self._line(county, number, lot, 1)
            else:
                self.gone += 1

    def _line(self, county: int, number: int, lot: int, shift: int = 0) -> str:
        method = MAIL_IN if is_by_mail(lot, 0) else IN_PERSON
        return render_line(self._register.row(county, number, lot, method, shift))


def _shuffle(rows: int) -> Iterator[int]:
    """Yield every number below `rows` once, far from its neighbours, without a list of them."""
    step = max(1, int(rows * _LEAP))
    while gcd(step, rows) != 1:
        step += 1
    return (number * step % rows for number in range(rows))


def _batches(lines: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(lines, _BATCH)):
        yield batch
