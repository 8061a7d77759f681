"""The voter history of the whole state: a line for each voter and election, counted by county.

Of tens of millions of lines one election's are counted, in one pass and in memory for the counties alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from operator import itemgetter

from clerk_state_north_carolina.counties import COUNTIES
from clerkcore import Location, NotPublished, Page, Parsed, Record, Rejected, SourceError
from clerkcore.lines import Tail, split_lines
from clerkcore.parsing import RAGGED, read_date
from clerkcore.rosters import read_word

BAD_ELECTION = "bad_election"
UNKNOWN_COUNTY = "unknown_county"
MOST_LABELS = 10_000  # spellings of elections, and of counties with methods, that are remembered
MOST_NAMES = 1000  # spellings of the election's own name
MAIL, EARLY, OTHER = "mail", "early", "other"

# From memory; the names are compared in any case, with a space for an underscore.
_NAMES = {
    "election": ("election_lbl", "election_date", "election_dt"),
    "county": ("county_desc", "county_name"),
    "method": ("voting_method", "voting_method_desc"),
    "name": ("election_desc", "election_name"),
}
_OPTIONAL = ("name",)
_COUNTED = ("county", "method", "name")
_METHODS = {
    "ABSENTEE BY MAIL": MAIL,
    "ABSENTEE BY-MAIL": MAIL,
    "MAIL": MAIL,
    "UOCAVA": MAIL,
    "MILITARY": MAIL,
    "OVERSEAS": MAIL,
    "ABSENTEE ONESTOP": EARLY,
    "ABSENTEE ONE-STOP": EARLY,
    "ABSENTEE CURBSIDE": EARLY,
    "ONE-STOP": EARLY,
    "ONESTOP": EARLY,
    "EARLY VOTING": EARLY,
    "EARLY VOTING CURBSIDE": EARLY,
}
_read_county = read_word({county: county for county in COUNTIES}, "county")


def parse_history(page: Page, election_id: str, day: date, where: str) -> Iterator[Parsed]:
    """Yield the lines of the election that cannot be read, then the election and its counties' ballots by kind.

    Raises SourceError when the file is not the state's, and NotPublished when it holds no ballot of the election.
    """
    where = f"{where} {page.name}"
    with page.open() as stream:
        tail = Tail()
        batches = split_lines(stream, where, tail)
        first = next(batches, [b""])
        tally, last, number = Tally(read_header(first[0], where), page.name, day), first[0], 2
        for lines in chain([first[1:]], batches):
            yield from tally.add(lines, number)
            number, last = number + len(lines), lines[-1] if lines else last
        if not tail.ended and last.count(b"\t") != tally.header.width - 1:
            raise SourceError("ends in the middle of a line", where=where, remedy="it was cut off; fetch it again")
    if not tally.ballots:
        remedy = "the state adds an election weeks after it; see whether its day is right"
        raise NotPublished(f"holds no ballot of the election of {day}", where=where, remedy=remedy)
    yield from tally.records(election_id)


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns stand that are read, and how many there are in all; `line` is the header as it is."""

    line: bytes
    width: int
    at: Mapping[str, int]


def read_header(line: bytes, where: str) -> Header:
    """Return where the columns stand; SourceError when one is missing."""
    names = [_word(name.replace("_", " ")) for name in _split(line)]
    at = {}
    for what, aliases in _NAMES.items():
        found = [names.index(name) for name in map(_as_header, aliases) if name in names]
        if found:
            at[what] = found[0]
        elif what not in _OPTIONAL:
            there = ", ".join(name[:40] for name in names[:5] if name) or "none"
            raise SourceError(
                f"lacks the column {' or '.join(map(repr, aliases))}; it has {there}",
                where=where,
                remedy="the publisher changed the format: see the plugin's README and its newest version",
            )
    return Header(line, len(names), at)


class Tally:
    """The ballots of one election, by county and kind, as lines are added."""

    def __init__(self, header: Header, page: str, day: date) -> None:
        self.header = header
        self.page = page
        self.day = day
        self.ballots: Counter[tuple[str, str]] = Counter()
        self._first: dict[str, int] = {}
        self._names: Counter[str] = Counter()
        self._mine: set[bytes] = set()
        self._others: set[bytes] = set()
        self._pick = itemgetter(*(header.at[what] for what in _COUNTED if what in header.at))
        self._kinds: dict[tuple[bytes, ...], tuple[str, str, str]] = {}

    def add(self, lines: Sequence[bytes], first: int) -> Iterator[Rejected]:
        """Count lines, the first of them by its number, and yield those of the election that cannot be read.

        Nearly all lines are of other elections, so that those are told apart with as little work as can be.
        """
        at, others = self.header.at["election"], self._others
        for number, line in enumerate(lines, first):
            parts = line.split(b"\t", at + 1)
            label = parts[at] if len(parts) > at else b""
            if label not in others:
                rejected = self._look(line, label, number)
                if rejected:
                    yield rejected

    def _look(self, line: bytes, label: bytes, number: int) -> Rejected | None:
        where = Location(self.page, number)
        if line == self.header.line or not line.strip(b"\0 \t\r"):
            return None
        if label not in self._mine:
            try:
                if not self._is_mine(label):
                    return None
            except ValueError as error:
                return Rejected(BAD_ELECTION, str(error), where, "election_id", _plain(label)[:80])
        fields = line.split(b"\t")
        if len(fields) != self.header.width:
            return Rejected(RAGGED, f"{len(fields)} fields instead of {self.header.width}", where)
        return self._count(fields, where)

    def _is_mine(self, label: bytes) -> bool:
        """Whether a label is of the election, remembering it; ValueError when it is no day."""
        found = read_date(_plain(label))
        if found is None:
            raise ValueError("names no election")
        mine = found == self.day.isoformat()
        known = self._mine if mine else self._others
        if len(known) < MOST_LABELS:
            known.add(label)
        return mine

    def _count(self, fields: Sequence[bytes], where: Location) -> Rejected | None:
        key = self._pick(fields)
        try:
            kind = self._kinds.get(key) or self._learn(key)
        except ValueError as error:
            return Rejected(UNKNOWN_COUNTY, str(error), where, "county", _plain(key[0])[:80])
        self._first.setdefault(kind[0], where.line)
        self.ballots[kind[:2]] += 1
        if kind[2] in self._names or len(self._names) < MOST_NAMES:
            self._names[kind[2]] += 1
        return None

    def _learn(self, key: tuple[bytes, ...]) -> tuple[str, str, str]:
        """Return what the texts of a line mean, remembering it; ValueError when there is no such county."""
        county, method, *name = map(_plain, key)
        kind = (str(_read_county(county)), _METHODS.get(_word(method), OTHER), "".join(name))
        if len(self._kinds) < MOST_LABELS:
            self._kinds[key] = kind
        return kind

    def records(self, election_id: str) -> Iterator[Record]:
        """Yield the election, and of each county what early voting brought and what the whole election did."""
        day, eve = self.day.isoformat(), (self.day - timedelta(days=1)).isoformat()
        name = self._names.most_common(1)[0][0] or None
        election = {"election_id": election_id, "name": name, "election_date": day}
        yield Record("elections", election, Location(self.page, min(self._first.values())))
        for county, line in sorted(self._first.items()):
            where = Location(self.page, line)
            known = {"election_id": election_id, "county": county, "county_id": str(COUNTIES[county])}
            mail, early = self.ballots[county, MAIL], self.ballots[county, EARLY]
            if early:
                # Early voting ends before the day of the election, whose own in-person ballots no roster lists.
                yield Record("county_turnout", {**known, "vote_date": eve, "in_person_total": early}, where)
            every = mail + early + self.ballots[county, OTHER]
            yield Record(
                "county_turnout", {**known, "vote_date": day, "mail_total": mail, "ballots_total": every}, where
            )


def _split(line: bytes) -> list[str]:
    return [_plain(text) for text in line.split(b"\t")]


def _plain(text: bytes) -> str:
    return text.decode("latin-1").replace("\0", "").strip().strip('"').strip()


def _word(text: str) -> str:
    return " ".join(text.upper().split())


def _as_header(alias: str) -> str:
    return _word(alias.replace("_", " "))
