"""Which filings an agency holds on a simulated day: the year's beginning, then a filing or two a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random

from clerk_demo.draws import dice, hex_key
from clerk_demo.words import CAUSES, EMPLOYERS, FIRST_NAMES, OFFICES, SURNAMES

FILERS_PER_AGENCY = 12
AMENDED_ROWS = 20
ADDED_BY_AMENDMENT = 3
AMENDMENT_DAY = 1
NUMBERS_PER_DAY = 3
_KINDS = ("460", "460", "460", "496", "497", "497")
_LATER_KINDS = ("460", "496", "497", "497")
_ROWS = {"460": (15, 60), "496": (1, 6), "497": (1, 8)}
_PERIODS = (((1, 1), (2, 15)), ((2, 16), (4, 30)), ((5, 1), (5, 31)))


@dataclass(frozen=True)
class Filer:
    """A committee; `office` is the code of the office it is about."""

    local_id: str
    state_id: str
    name: str
    office: str


@dataclass(frozen=True)
class Filing:
    """One filing. `number` gives its FilingId; `content` its rows, which an amendment shares with what it amends."""

    number: int
    content: int
    kind: str
    filer: Filer
    start: date
    end: date
    rows: int

    @property
    def amends(self) -> bool:
        """Whether this filing comes in place of an earlier one."""
        return self.number != self.content


@dataclass(frozen=True)
class Agency:
    """One agency's year in one simulated world."""

    seed: int
    aid: str
    year: int

    def chance(self, *parts: object) -> Random:
        """Return the draws of this agency's year for these parts."""
        return dice(self.seed, self.aid, self.year, *parts)

    def filing_id(self, number: int) -> str:
        """Return the FilingId of a filing; they grow in the order of filing and differ between agencies."""
        return str(184_000_000 + (self.year - 2020) * 7_000_000 + number * 1009 + int(hex_key(self.aid), 16) % 1009)

    def filings(self, day: int, size: int) -> list[Filing]:
        """Return the filings on this day; those of day 0 have `size` rows together."""
        first = list(self._first_filings(size))
        if day < AMENDMENT_DAY:
            return first
        amended = first[0]
        later = list(self._later_filings(len(first), day))
        number = len(first) + NUMBERS_PER_DAY * AMENDMENT_DAY - 1
        amendment = replace(amended, number=number, rows=amended.rows + ADDED_BY_AMENDMENT)
        return sorted([*first[1:], *later, amendment], key=lambda filing: filing.number)

    def _first_filings(self, size: int) -> Iterator[Filing]:
        number, left = 0, size
        while left > 0:
            filing = self._first_filing(number)
            yield replace(filing, rows=min(filing.rows, left))
            number, left = number + 1, left - filing.rows

    def _first_filing(self, number: int) -> Filing:
        chance = self.chance("filing", number)
        kind = chance.choice(_KINDS) if number else "460"
        start, end = (date(self.year, *month_day) for month_day in chance.choice(_PERIODS))
        rows = _draw_rows(chance, kind) if number else AMENDED_ROWS
        return Filing(number, number, kind, self._filer(chance), start, end, rows)

    def _later_filings(self, first: int, day: int) -> Iterator[Filing]:
        for past in range(1, day + 1):
            chance = self.chance("day", past)
            for place in range(1 + chance.randrange(2)):
                number = first + NUMBERS_PER_DAY * (past - 1) + place
                kind = chance.choice(_LATER_KINDS)
                start, end = date(self.year, 6, 1), date(self.year, 6, min(past, 30))
                rows = _draw_rows(chance, kind)
                yield Filing(number, number, kind, self._filer(chance), start, end, rows)

    def _filer(self, chance: Random) -> Filer:
        number = chance.randrange(FILERS_PER_AGENCY)
        own = self.chance("filer", number)
        office, code = own.choice(OFFICES)
        if number % 3:
            name = f"{own.choice(FIRST_NAMES)} {own.choice(SURNAMES)} for {office} {self.year}"
        else:
            name = f"Committee for {own.choice(CAUSES)}, sponsored by {own.choice(EMPLOYERS[:4])}"
        # A real local id is either the agency's number or, for old committees, CAMPAIGN_ and a short one.
        local_id = f"CAMPAIGN_{self.aid}-{2600 + number}" if number == 0 else f"{self.aid}-{155000 + number}"
        state_id = "Pending" if number == 3 else f"99{own.randrange(1000):03d}{number:02d}"
        return Filer(local_id, state_id, name, code)


def _draw_rows(chance: Random, kind: str) -> int:
    low, high = _ROWS[kind]
    return low + chance.randrange(high - low + 1)
