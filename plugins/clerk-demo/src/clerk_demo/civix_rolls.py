"""Who votes when: each county's voters of an election by voting day, the corrections a day later and the oddities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clerk_demo.civix_counties import COUNTIES, COUNTY_IDS, LARGEST
from clerk_demo.civix_elections import Election
from clerk_demo.civix_voters import IN_PERSON, MAIL_IN, Register, Row, is_by_mail
from clerk_demo.draws import dice

# What happens to a row on the day after, by a number below 1,000; the rest stay as they are.
_LATE = range(0, 5)
_CORRECTED = range(5, 7)
_WITHDRAWN = range(7, 8)
_DOUBLED = range(8, 9)
_STEADY = range(9, 1000)
OVERLAPS = 5
FIRST_COUNTY, SECOND_COUNTY = "HARRIS", "FORT BEND"


@dataclass(frozen=True)
class Repeat:
    """A voter who is listed once more than he voted: in a county on the voting day at a place."""

    number: int
    county: int
    at: int
    moved: bool


@dataclass(frozen=True)
class Counts:
    """Distinct voters by method."""

    in_person: int = 0
    mail: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.in_person + other.in_person, self.mail + other.mail)


class Rolls:
    """The rolls of one election; `corrected` asks for a day's as they are from the day after on."""

    def __init__(self, seed: int, register: Register, election: Election) -> None:
        self._register = register
        self._election = election
        self._spans = [self._eligible(seed, county) for county in range(len(COUNTIES))]
        self.repeats = tuple(self._find_repeats())

    def rows(self, county: int, at: int, *, corrected: bool) -> Iterator[Row]:
        """Yield the rows of a county's roster, in an order that stays."""
        register = self._register
        absent = _WITHDRAWN if corrected else _LATE
        for number, lot, fate in self._voters(county, at):
            if fate in absent:
                continue
            row = register.row(county, number, lot, self._method(lot), int(fate in _CORRECTED and not corrected))
            yield row
            if fate in _DOUBLED:
                yield row
        for repeat in self._repeated(county, at):
            lot = register.lot(repeat.number)
            yield register.row(county, repeat.number, lot, self._method(lot))

    def count(self, county: int, at: int, *, corrected: bool) -> Counts:
        """Count the distinct voters of a county's roster, without those who are listed there once more."""
        absent = _WITHDRAWN if corrected else _LATE
        by_mail = [self._is_by_mail(lot) for _, lot, fate in self._voters(county, at) if fate not in absent]
        return Counts(len(by_mail) - sum(by_mail), sum(by_mail))

    def count_repeats(self, county: int, at: int, *, moved_only: bool = False) -> Counts:
        """Count those who are listed in a county's roster once more; those on two days can be left out."""
        repeats = [repeat for repeat in self._repeated(county, at) if repeat.moved or not moved_only]
        by_mail = sum(self._is_by_mail(self._register.lot(repeat.number)) for repeat in repeats)
        return Counts(len(repeats) - by_mail, by_mail)

    def id_of(self, repeat: Repeat) -> str:
        """Return the id of a voter who is listed once more."""
        return self._register.row(repeat.county, repeat.number, 0, "")[2]

    def _voters(self, county: int, at: int) -> Iterator[tuple[int, int, int]]:
        """Yield number, lot and fate of everybody who is ever on a county's roster of a day."""
        salt, draw = self._election.id, self._register.lot
        for number in range(*self._election.cut(*self._spans[county], at)):
            lot = draw(number)
            yield number, lot, ((lot >> 8 & 0xFFFFFF) + salt) % 1000

    def _eligible(self, seed: int, county: int) -> tuple[int, int]:
        """A county's voters in this election: in a runoff the first or the last of them, by party."""
        first, last = self._register.bounds[county : county + 2]
        middle = first + (last - first) * (35 + dice(seed, "civix", "party", county).randrange(45)) // 100
        return {"R": (first, middle), "D": (middle, last)}.get(self._election.party, (first, last))

    def _find_repeats(self) -> Iterator[Repeat]:
        for at in range(1, OVERLAPS + 1):
            county = COUNTY_IDS[LARGEST[at - 1]] - 1
            for number in self._find_steady(county, at - 1)[:1]:
                yield Repeat(number, county, at, moved=False)
        # The second, because the first may be listed on two days.
        for number in self._find_steady(COUNTY_IDS[FIRST_COUNTY] - 1, 1)[1:2]:
            yield Repeat(number, COUNTY_IDS[SECOND_COUNTY] - 1, 1, moved=True)

    def _find_steady(self, county: int, at: int) -> list[int]:
        """The first two voters of a day whose rows never change."""
        steady = (number for number, _, fate in self._voters(county, at) if fate in _STEADY)
        return [number for number, _ in zip(steady, range(2), strict=False)]

    def _repeated(self, county: int, at: int) -> list[Repeat]:
        return [repeat for repeat in self.repeats if (repeat.county, repeat.at) == (county, at)]

    def _is_by_mail(self, lot: int) -> bool:
        return is_by_mail(lot, self._election.id)

    def _method(self, lot: int) -> str:
        return MAIL_IN if self._is_by_mail(lot) else IN_PERSON
