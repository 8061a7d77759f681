"""Voter history: who voted in an election, as lines of fixed width, or as the CSV that the state sends now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, pairwise

from clerk_state_georgia.absentee import STYLES, VOTER_ID, read_day
from clerk_state_georgia.counties import BY_NAME, BY_NUMBER
from clerk_state_georgia.headers import ENCODING, require_columns
from clerkcore import Location, Page, Rejected, Value
from clerkcore.interfaces import LineFormat, LineReader, LineResult
from clerkcore.parsing import RAGGED
from clerkcore.rosters import ROSTER, Field, RosterFormat, RosterLayout, read_word

WIDTHS = (3, 8, 8, 3, 2, 1, 1, 1)
WIDTH = sum(WIDTHS)
FORMATS = ("fixed", "csv")
DAYS_REMEMBERED = 1000

# In the words of the absentee voter file, so that both count under one party.
PARTIES = {"D": "DEMOCRAT", "R": "REPUBLICAN", "NP": "NON-PARTISAN"}
_FLAGS = frozenset("YN ")
_NOWHERE = Location("", 0)
_CUTS = (0, *accumulate(WIDTHS))
_HINT = '; a file with commas needs history_format = "csv"'


class FixedHistory(LineFormat):
    """Lines of 27 characters; those of other days than the scope's are of other elections, and no records."""

    table = ROSTER
    quoted = False
    headed = False
    columns = ("voter_id", "voting_method", "county", "party")

    def __init__(self, day: str, constants: Mapping[str, Value]) -> None:
        self.constants = {**constants, "vote_date": day}
        self.day = day.replace("-", "")

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; there is no header."""
        return lambda lines: [self._read(line.decode(ENCODING).rstrip("\r")) for line in lines]

    def _read(self, text: str) -> LineResult:
        if not text.strip():
            return None
        if len(text) != WIDTH:
            hint = _HINT if "," in text else ""
            return Rejected(RAGGED, f"{len(text)} characters instead of {WIDTH}{hint}", _NOWHERE)
        fields = [text[start:end].strip() for start, end in pairwise(_CUTS)]
        if fields[2] != self.day:
            return None if _is_day(fields[2]) else _refuse("bad_vote_date", "is not a date", "vote_date", fields[2])
        return _read_voter(fields, text[-3:])


def _read_voter(fields: Sequence[str], flags: str) -> LineResult:
    number, voter, party = fields[0], fields[1], fields[4]
    if not (voter.isascii() and voter.isdigit() and len(voter) == WIDTHS[1]):
        return _refuse("bad_voter_id", "is not a registration number of eight digits", "voter_id", voter)
    if not _FLAGS.issuperset(flags):
        return _refuse("bad_voting_method", "are not three flags of Y, N or blank", "voting_method", flags)
    try:
        county = BY_NUMBER.read(number)
    except ValueError as error:
        return Rejected(BY_NUMBER.rule, str(error), _NOWHERE, "county", number)
    return (voter, method_of(flags), county, PARTIES.get(party, party) or None)


def method_of(flags: str) -> str:
    """Return the voting method of the flags absentee, provisional and supplemental.

    An absentee may have voted by mail or early in person, and the flag does not say which.
    """
    if flags[1] == "Y":
        return "provisional"
    return "unknown" if flags[0] == "Y" else "election-day"


def _refuse(rule: str, told: str, column: str, text: str) -> Rejected:
    return Rejected(rule, f"{text!r} {told}", _NOWHERE, column, text)


@lru_cache(maxsize=DAYS_REMEMBERED)
def _is_day(text: str) -> bool:
    if not (text.isascii() and text.isdigit() and len(text) == WIDTHS[2]):
        return False
    try:
        datetime.strptime(text, "%Y%m%d")
    except ValueError:
        return False
    return True


# Y and N are of the column Absentee, which is asked where the ballot's style is blank.
_METHODS = {
    **STYLES,
    "ABSENTEE": "unknown",
    "EARLY": "early",
    "MAIL IN": "absentee-mail",
    "IN ELECTRONICALLY": "uocava",
    "REGULAR": "election-day",
    "ELECTION DAY (BMD)": "election-day",
    "ELECTION DAY (PROVISIONAL)": "provisional",
    "MUNICIPAL PAPER BALLOT ELECTIONS": "unknown",
    "Y": "unknown",
    "N": "election-day",
    "": "election-day",
}
_ABSENTEE = "Absentee"

LAYOUT = RosterLayout(
    fields={
        "voter_id": VOTER_ID,
        "vote_date": Field(("Election Date",), read_day),
        "voting_method": Field(("Ballot Style",), read_word(_METHODS, "ballot style"), fallback=(_ABSENTEE,)),
        "county": BY_NAME,
        "party": Field(("Party",)),
    },
    encoding=ENCODING,
)


class DelimitedHistory(LineFormat):
    """The CSV with a header; lines of other days than the scope's are of other elections, and no records."""

    table = ROSTER

    def __init__(self, day: str, constants: Mapping[str, Value], where: str) -> None:
        self.day = day
        self.roster = RosterFormat(LAYOUT, constants, where)
        self.columns = self.roster.columns
        self.constants = self.roster.constants
        self.day_at = self.columns.index("vote_date")

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; SourceError when a column is missing."""
        require_columns(header, (_ABSENTEE,), f"{self.roster.where} {page.name}")
        read = self.roster.open_page(page, header)
        return lambda lines: [self._of_this_day(result) for result in read(lines)]

    def _of_this_day(self, result: LineResult) -> LineResult:
        if isinstance(result, tuple):
            return result if result[self.day_at] == self.day else None
        return result


def history_format(form: str, day: str, constants: Mapping[str, Value], where: str) -> LineFormat:
    """Return the format that a site names with `history_format`."""
    return DelimitedHistory(day, constants, where) if form == "csv" else FixedHistory(day, constants)
