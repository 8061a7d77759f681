"""The invented voters of Texas: each is worked out from a number, so that any count of them takes no memory."""

from __future__ import annotations

from clerk_demo.civix_counties import COUNTIES, share_out
from clerk_demo.draws import dice
from clerk_demo.words import FIRST_NAMES, SURNAMES

# County, name, id, method, precinct, as in the statewide roster.
Row = tuple[str, str, str, str, str]
IN_PERSON, MAIL_IN = "IN-PERSON", "MAIL-IN"
MAIL_PER_CENT = 8
_IDS = 10**10
# Has no factor of 2 or 5, so that different numbers below 10**10 have different ids.
_STRIDE = 6_364_136_223
_MASK = (1 << 64) - 1
_PRECINCTS = 24
_SINGLE = tuple(name.upper() for name in SURNAMES)
_LAST = (*_SINGLE, *(f"{one}-{other}" for one in _SINGLE for other in _SINGLE if one != other))
_FIRST = tuple(name.upper() for name in FIRST_NAMES)
# A few names have a line break or one comma more, as some real ones do.
_RARE_TAILS = {0: "\nJR", 341: " M\nSR", 682: ", JR", 1023: ", III"}
_TAILS = tuple(_RARE_TAILS.get(at, f" {chr(64 + at % 27)}" if at % 27 else "") for at in range(1024))


class Register:
    """The voters numbered from 0 up to `size`, county after county; numbers beyond belong to anybody who asks."""

    def __init__(self, seed: int, size: int) -> None:
        self.bounds = share_out(seed, size)
        self._salt = dice(seed, "civix", "voters").randrange(_MASK)
        self._first_id = dice(seed, "civix", "ids").randrange(_IDS)

    def lot(self, number: int) -> int:
        """Return 64 bits of chance that belong to this voter; far faster than a generator for each."""
        lot = (number + 1) * 0x9E3779B97F4A7C15 + self._salt & _MASK
        lot = (lot ^ lot >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        lot = (lot ^ lot >> 27) * 0x94D049BB133111EB & _MASK
        return lot ^ lot >> 31

    def row(self, county: int, number: int, lot: int, method: str, shift: int = 0) -> Row:
        """Return the row of a voter in a county, by its place; `shift` takes the precinct to another one."""
        name = f"{_LAST[(lot & 0xFFFF) % len(_LAST)]}, {_FIRST[(lot >> 16 & 0xFFF) % len(_FIRST)]}{_TAILS[lot >> 54]}"
        code = f"{(number * _STRIDE + self._first_id) % _IDS:010d}"
        return COUNTIES[county], name, code, method, _CODES[county % 4][((lot >> 28 & 0xFF) + shift) % _PRECINCTS]


def is_by_mail(lot: int, salt: int) -> bool:
    """Whether this voter votes by mail in the election of this salt."""
    return ((lot >> 44 & 0xFFFF) + salt) % 100 < MAIL_PER_CENT


def _write_precincts(style: int) -> tuple[str, ...]:
    """Write the precincts of a county; each writes them in its own way."""
    writers = (
        lambda number: f"S {number}.{number % 5}",
        lambda number: str(number),
        lambda number: f"{number * 5:04d}",
        lambda number: f"{number}-{'AB'[number % 2]}",
    )
    return tuple(writers[style](number) for number in range(1, _PRECINCTS + 1))


_CODES = tuple(_write_precincts(style) for style in range(4))
