"""The invented elections of the Civix platform, and which simulated day is which day of the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

FIRST_DAY = date(2026, 5, 18)


@dataclass(frozen=True)
class Election:
    """An election; `shares` says how its voters are spread over the early voting days and election day.

    kind: the letter by which a turnout document names the type.
    """

    id: int
    name: str
    kind: str
    party: str
    day: date
    early_days: tuple[date, ...]
    shares: tuple[int, ...]
    certified: bool = False

    @property
    def voting_days(self) -> tuple[date, ...]:
        """The days on which votes are cast, election day last."""
        return (*self.early_days, self.day)

    def published(self, today: date) -> tuple[date, ...]:
        """Return the early voting days of which there are data."""
        return tuple(day for day in self.early_days if day <= today)

    def cut(self, first: int, last: int, at: int) -> tuple[int, int]:
        """Return which of the numbers from first up to last vote on the voting day at this place."""
        bounds = list(accumulate(self.shares, initial=0))
        start, stop = (first + (last - first) * bound // bounds[-1] for bound in bounds[at : at + 2])
        return start, stop


def calendar_day(day: int) -> date:
    """Return the calendar day of a simulated day."""
    return FIRST_DAY + timedelta(days=day)


def last_change(voting_day: date, today: date) -> date:
    """Return when the roster of a voting day was last changed: the day after, when corrections come in, at most."""
    return min(today, voting_day + timedelta(days=1))


def _days(first: date, count: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=number) for number in range(count))


_RUNOFF_DAY = date(2026, 5, 26)
_RUNOFF_SHARES = (11, 10, 11, 13, 20, 35)
REPUBLICAN_RUNOFF = Election(
    90501,
    "2026 SIMULATED REPUBLICAN PRIMARY RUNOFF ELECTION",
    "P",
    "R",
    _RUNOFF_DAY,
    _days(FIRST_DAY, 5),
    _RUNOFF_SHARES,
)
DEMOCRATIC_RUNOFF = Election(
    90502,
    "2026 SIMULATED DEMOCRATIC PRIMARY RUNOFF ELECTION",
    "P",
    "D",
    _RUNOFF_DAY,
    _days(FIRST_DAY, 5),
    _RUNOFF_SHARES,
)
OLD_GENERAL = Election(
    81105,
    "2024 SIMULATED NOVEMBER GENERAL ELECTION",
    "G",
    "",
    date(2024, 11, 5),
    _days(date(2024, 10, 21), 12),
    (9, 8, 8, 8, 7, 5, 3, 7, 7, 8, 9, 11, 30),
    certified=True,
)
ELECTIONS = {election.id: election for election in (REPUBLICAN_RUNOFF, DEMOCRATIC_RUNOFF, OLD_GENERAL)}
