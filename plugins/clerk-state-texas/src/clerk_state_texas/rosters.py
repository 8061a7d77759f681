"""The rosters: who voted on a day, for the whole state or a county at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from clerk_state_texas.counties import SPELLINGS
from clerk_state_texas.words import ELECTION_DAY, NAME
from clerkcore import Location, Page, Rejected, Scope, SourceError
from clerkcore.interfaces import LineReader, LineResult
from clerkcore.parsing import RAGGED
from clerkcore.rosters import Field, RosterFormat, RosterLayout, county_field, read_word, voter_id_field

COUNTY_NAMES = ("tx_county_name", "COUNTY", "county_name")
NAME_FIELD = Field(("voter_name", "name"))
KEPT = {"voter_name": NAME_FIELD}
_AROUND = re.compile(r"\A[\d\W_]+|[\d\W_]+\Z", re.ASCII)


def _fields(in_person: str) -> dict[str, Field]:
    return {
        "voter_id": voter_id_field(("id_voter", "VUID"), r"\d{10}", "an id of 10 digits"),
        "voting_method": Field(
            ("voting_method",), read_word({"IN-PERSON": in_person, "MAIL-IN": "absentee-mail"}, "voting method")
        ),
        "county": county_field(COUNTY_NAMES, SPELLINGS),
        "precinct": Field(("tx_precinct_code", "PRECINCT")),
    }


EARLY, FINAL = _fields("early"), _fields("election-day")


def roster_format(scope: Scope, kept: Iterable[str]) -> RosterFormat:
    """Return how the rosters of a scope are read; `kept` names the columns that the site keeps beyond the usual."""
    fields = FINAL if scope.params["data_source"] == ELECTION_DAY else EARLY
    names = {column: field for column, field in KEPT.items() if column in kept}
    constants = {
        "election_id": scope.params["election_id"],
        "vote_date": scope.params["election_date"],
        "party": scope.params.get("party") or None,
    }
    return TexasFormat(RosterLayout({**fields, **names}), constants, NAME)


class TexasFormat(RosterFormat):
    """A statewide roster names each voter's county; a county's own does not, and the page's name tells it."""

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page; SourceError when neither header nor name tell the county."""
        where = f"{NAME} {page.name}"
        if header.startswith(b"PK"):
            raise SourceError("is a workbook, no roster", where=where, remedy="name the data source with --source")
        names = {_plain(name) for name in header.decode("utf-8", "replace").split(",")}
        county = "" if names & _COUNTY_NAMES or not names & _ID_NAMES else _tell_county(page.name, where)
        try:
            reader = self._without_county().open_page(page, header) if county else super().open_page(page, header)
        except csv.Error as error:
            raise SourceError(
                f"has a header that is none: {error}", where=where, remedy="fetch it again; see the raw file"
            ) from error
        place = self.columns.index("county") if county else None
        return _Reader(reader, county, place, quoted=header.rstrip(b"\r").endswith(b'"'))

    def _without_county(self) -> RosterFormat:
        fields = {column: field for column, field in self.layout.fields.items() if column != "county"}
        return RosterFormat(RosterLayout(fields), self.constants, self.where)


_COUNTY_NAMES = {name.upper() for name in COUNTY_NAMES}
_ID_NAMES = {name.upper() for name in EARLY["voter_id"].names}


class _Reader:
    """Reads by another reader; puts the county in its place, and refuses a line that lost its last field.

    The platform quotes every field: a line that ends with a comma was cut there, and would be read as if the field
    were blank.
    """

    def __init__(self, reader: LineReader, county: str, place: int | None, *, quoted: bool) -> None:
        self.reader = reader
        self.county = county
        self.place = place
        self.quoted = quoted

    def __call__(self, lines: Sequence[bytes]) -> Sequence[LineResult]:
        results = self.reader(lines)
        if self.place is not None:
            at = self.place
            results = [(*r[:at], self.county, *r[at:]) if isinstance(r, tuple) else r for r in results]
        if self.quoted and any(line.endswith(_CUT) for line in lines):
            return [_NO_LAST if line.endswith(_CUT) else result for line, result in zip(lines, results, strict=True)]
        return results


_CUT = (b",", b",\r")
_NO_LAST = Rejected(RAGGED, "the last field is missing", Location("", 0))


def _tell_county(page_name: str, where: str) -> str:
    county = county_of(page_name)
    if county is None:
        raise SourceError(
            "has no column of counties, and its name tells no county",
            where=where,
            remedy="name a county's file by its county, such as HARRIS.csv",
        )
    return county


def county_page(county: str) -> str:
    """Return the name of the page that holds a county's roster."""
    return f"{county.replace(' ', '_')}.csv"


def county_of(page_name: str) -> str | None:
    """Return the county that a page's name tells, such as HARRIS.csv or 071_EL_PASO_05182026.csv; None if none."""
    stem = _AROUND.sub("", page_name.rsplit(".", 1)[0].upper())
    words = re.split(r"[\W_]+", stem.removesuffix("COUNTY"), flags=re.ASCII)
    return SPELLINGS.get(" ".join(words).strip())


def _plain(name: str) -> str:
    return name.strip(' \r"').upper()
