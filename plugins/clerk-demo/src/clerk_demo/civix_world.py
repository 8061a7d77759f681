"""The Texas world: the rosters of the invented elections as of a simulated day, and the truth about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from threading import Lock

from clerk_demo.civix_counties import COUNTIES, COUNTY_IDS
from clerk_demo.civix_elections import ELECTIONS, Election, calendar_day
from clerk_demo.civix_rolls import Counts, Rolls
from clerk_demo.civix_voters import Register, Row
from clerkcore import UsageError

DEFAULT_VOTERS = 10_000


@dataclass(frozen=True)
class Oddities:
    """Ids of the voters of an election who are listed on two days, and of those listed in two counties."""

    two_days: tuple[str, ...]
    two_counties: tuple[str, ...]


class CivixWorld:
    """The voters of Texas: `size` of them voted in the old general election, each of them in one of the two runoffs.

    About one in 1,000 is withdrawn on the day after he was listed. Everything is the same for the same seed and size.
    """

    def __init__(self, seed: int, size: int = DEFAULT_VOTERS) -> None:
        self.seed = seed
        self.size = size
        self._register = Register(seed, size)
        self._rolls: dict[int, Rolls] = {}
        self._counts: dict[tuple[int, int, bool], tuple[Counts, ...]] = {}
        self._lock = Lock()

    def election(self, election_id: int) -> Election:
        """Return an election; UsageError when there is none of this id."""
        if election_id not in ELECTIONS:
            known = ", ".join(map(str, ELECTIONS))
            raise UsageError(f"there is no election {election_id}", remedy=f"elections: {known}")
        return ELECTIONS[election_id]

    def place(self, election_id: int, voting_day: date) -> int:
        """Return which of an election's voting days this is, from 0; UsageError when it is none."""
        days = self.election(election_id).voting_days
        if voting_day not in days:
            raise UsageError(f"{voting_day} is no voting day of {election_id}", remedy=f"from {days[0]} to {days[-1]}")
        return days.index(voting_day)

    def rows(self, election_id: int, voting_day: date, day: int, county: str = "") -> Iterator[Row]:
        """Yield the rows of a voting day's roster as of a simulated day, of all counties or of one; none before it."""
        at, today = self.place(election_id, voting_day), calendar_day(day)
        counties = [COUNTY_IDS[county] - 1] if county else range(len(COUNTIES))
        if voting_day <= today:
            rolls = self._roll(election_id)
            for number in counties:
                yield from rolls.rows(number, at, corrected=voting_day < today)

    def voters_on(self, election_id: int, voting_day: date, day: int) -> dict[str, Counts]:
        """Count each county's distinct voters on a voting day's roster as of a simulated day; empty before it."""
        at = self.place(election_id, voting_day)
        if voting_day > calendar_day(day):
            return {}
        rolls = self._roll(election_id)
        counts = self._count(election_id, at, day)
        return {name: counts[county] + rolls.count_repeats(county, at) for county, name in enumerate(COUNTIES)}

    def voters_through(self, election_id: int, voting_day: date, day: int) -> dict[str, Counts]:
        """Count each county's distinct voters on all rosters up to a voting day, as of a simulated day.

        Who is listed on two days counts once, who is listed in two counties counts in both.
        """
        at = self.place(election_id, voting_day)
        if voting_day > calendar_day(day):
            return {}
        rolls, days = self._roll(election_id), range(at + 1)
        counted = [self._count(election_id, past, day) for past in days]
        return {
            name: sum(
                (counted[past][county] + rolls.count_repeats(county, past, moved_only=True) for past in days), Counts()
            )
            for county, name in enumerate(COUNTIES)
        }

    def oddities(self, election_id: int) -> Oddities:
        """Return who is listed more than once; duplicate lines of one roster are not meant."""
        rolls = self._roll(election_id)
        ids = {moved: tuple(rolls.id_of(each) for each in rolls.repeats if each.moved == moved) for moved in (0, 1)}
        return Oddities(two_days=ids[False], two_counties=ids[True])

    def registered(self, county: str) -> int:
        """Return a county's registered voters, the same in every election."""
        first, last = self._register.bounds[COUNTY_IDS[county] - 1 : COUNTY_IDS[county] + 1]
        return 60 + 2 * (last - first)

    def _roll(self, election_id: int) -> Rolls:
        election = self.election(election_id)
        with self._lock:
            if election_id not in self._rolls:
                self._rolls[election_id] = Rolls(self.seed, self._register, election)
            return self._rolls[election_id]

    def _count(self, election_id: int, at: int, day: int) -> tuple[Counts, ...]:
        """Each county's distinct voters of a day; counted once for the first roster and once for the corrected."""
        corrected = self.election(election_id).voting_days[at] < calendar_day(day)
        key = (election_id, at, corrected)
        rolls = self._roll(election_id)
        with self._lock:
            if key not in self._counts:
                self._counts[key] = tuple(rolls.count(each, at, corrected=corrected) for each in range(len(COUNTIES)))
            return self._counts[key]
