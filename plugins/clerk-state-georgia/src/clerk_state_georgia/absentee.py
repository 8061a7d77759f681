"""The absentee voter file: one line for each application for a ballot, by mail, in person or electronic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from clerk_state_georgia.counties import BY_NAME
from clerk_state_georgia.headers import ENCODING, places_of, read_fields, require_columns
from clerkcore import Page, Rejected, UsageError, Value
from clerkcore.interfaces import LineFormat, LineReader, LineResult
from clerkcore.parsing import read_date
from clerkcore.rosters import ROSTER, Field, RosterFormat, RosterLayout, read_word, voter_id_field

NO_DATE = "no_date"
_BAD_DATE = "bad_vote_date"
PENDING = "pending"

# The words since 2021, then those of 2020 and before.
STYLES = {
    "ABSENTEE BY MAIL": "absentee-mail",
    "EARLY IN-PERSON": "early",
    "ELECTRONIC BALLOT DELIVERY": "uocava",
    "MAILED": "absentee-mail",
    "IN PERSON": "early",
    "ELECTRONIC": "uocava",
    "": "unknown",
}
# Blank and I (issued) are of ballots that are not back, or not looked at yet: none of them is cast.
STATUSES = {"A": "accepted", "R": "rejected", "C": "cancelled", "S": "spoiled", "I": PENDING, "": PENDING}
DATES = ("Ballot Return Date", "Ballot Issued Date", "Application Date")

VOTER_ID = voter_id_field(
    ("Voter Registration #", "Voter Registration Number", "Registration Number"),
    r"\d{8,10}",
    "a registration number of eight digits",
)


def read_day(text: str) -> str:
    """Read the first date that there is; ValueError where a line has none."""
    day = read_date(text.replace("\0", ""))
    if day is None:
        raise ValueError("has no date of return, issue or application")
    return day


LAYOUT = RosterLayout(
    fields={
        "voter_id": VOTER_ID,
        "vote_date": Field(DATES[:1], read_day, fallback=DATES[1:]),
        "voting_method": Field(("Ballot Style",), read_word(STYLES, "ballot style")),
        "county": BY_NAME,
        "precinct": Field(("County Precinct",)),
        "party": Field(("Party",)),
        "ballot_status": Field(("Ballot Status",), read_word(STATUSES, "ballot status")),
    },
    encoding=ENCODING,
)

# The columns that a site may keep, and the headers that each is put together from.
KEPT = {
    "voter_name": ("First Name", "Middle Name", "Last Name", "Suffix"),
    "voter_address": ("Street #", "Street Name", "Apt/Unit", "City", "State", "Zip Code"),
}


def read_kept(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the site keeps of `keep`, in the order of KEPT; UsageError on a word that is none of them."""
    asked = config.get("keep", ())
    words = [str(word) for word in (asked if isinstance(asked, (list, tuple)) else [asked])]
    strangers = [word for word in words if word not in KEPT]
    if strangers:
        raise UsageError(
            f"keep names {strangers[0]!r}, which is nothing that can be kept",
            where="[sources.georgia] keep",
            remedy=f"keep = [{', '.join(repr(word) for word in KEPT)}], or one of them",
        )
    return tuple(word for word in KEPT if word in words)


class AbsenteeFormat(LineFormat):
    """The lines of the absentee voter file; `kept` are columns of KEPT."""

    table = ROSTER

    def __init__(self, constants: Mapping[str, Value], where: str, kept: Sequence[str] = ()) -> None:
        self.roster = RosterFormat(LAYOUT, constants, where)
        self.joined = {column: KEPT[column] for column in kept}
        self.columns = (*self.roster.columns, *self.joined)
        self.constants = self.roster.constants

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; SourceError when a column is missing or the header absurd."""
        require_columns(header, DATES, f"{self.roster.where} {page.name}")
        read = self.roster.open_page(page, header)
        places = [places_of(header, names) for names in self.joined.values()]
        return lambda lines: [_tell(result, line, places) for result, line in zip(read(lines), lines, strict=True)]


def _tell(result: LineResult, line: bytes, places: Sequence[Sequence[int]]) -> LineResult:
    """Add what is kept to a row; name the rule of a line without any date."""
    if isinstance(result, tuple):
        return (*result, *_joined(line, places)) if places else result
    if isinstance(result, Rejected) and result.rule == _BAD_DATE and not result.value.strip():
        return replace(result, rule=NO_DATE)
    return result


def _joined(line: bytes, places: Sequence[Sequence[int]]) -> list[str | None]:
    fields = read_fields(line)
    return [" ".join(" ".join(fields[at] for at in some).split()) or None for some in places]
