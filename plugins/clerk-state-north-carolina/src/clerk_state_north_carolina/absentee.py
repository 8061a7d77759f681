"""The absentee file: a row for each request of a ballot by mail, and for each ballot cast early in person.

upstreams.md tells its form; the names of its columns are from memory, so that each has aliases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clerk_state_north_carolina.counties import COUNTIES
from clerkcore import Page, Rejected
from clerkcore.interfaces import LineReader, LineResult
from clerkcore.parsing import RAGGED, read_date
from clerkcore.rosters import Field, RosterFormat, RosterLayout, county_field, read_word, voter_id_field

NOT_RETURNED = "not returned"
OTHER_ELECTION = "other_election"
ELECTION_DAY = ("election_dt", "election_date", "election_lbl")

_METHODS = {
    "MAIL": "absentee-mail",
    "ABSENTEE BY MAIL": "absentee-mail",
    "CIVILIAN": "absentee-mail",
    "MILITARY": "uocava",
    "OVERSEAS": "uocava",
    "UOCAVA": "uocava",
    "ONE-STOP": "early",
    "ONESTOP": "early",
    "EARLY VOTING": "early",
    "": "unknown",
}
# Both count; the other statuses are kept in the state's words.
_ACCEPTED = {"accepted", "accepted - cured"}


def read_status(text: str) -> str:
    """Return what became of a ballot: `accepted`, `not returned` for a blank, else the state's words in lower case."""
    status = " ".join(text.replace("\0", "").lower().split())
    return "accepted" if status in _ACCEPTED else status or NOT_RETURNED


def absentee_format(election_id: str, election_day: str, where: str) -> AbsenteeFormat:
    """Return the format of one election's file; `election_day` is YYYY-MM-DD."""

    def read_election(text: str) -> str:
        if text.strip() and read_date(text) != election_day:
            raise ValueError(f"is of the election of {text.strip()}, not of {election_day}")
        return election_id

    fields = {
        "voter_id": voter_id_field(("ncid", "voter_ncid"), r"[A-Z]{1,3}\d{1,12}", "an NCID such as AA12345"),
        "vote_date": Field(
            ("ballot_rtn_dt", "ballot_rtn_date", "rtn_dt"), read_date, fallback=("ballot_req_dt", "ballot_req_date")
        ),
        "voting_method": Field(("ballot_req_type", "req_type"), read_word(_METHODS, "way of voting")),
        "county": county_field(("county_desc", "county_name", "county"), tuple(COUNTIES)),
        "precinct": Field(("precinct_desc", "precinct_abbrv", "precinct"), required=False),
        "party": Field(
            ("ballot_request_party", "ballot_req_party"), required=False, fallback=("voter_party_code", "party_cd")
        ),
        "ballot_status": Field(("ballot_rtn_status", "rtn_status"), read_status),
        "election_id": Field(ELECTION_DAY, read_election, required=False, rule=OTHER_ELECTION),
    }
    return AbsenteeFormat(RosterLayout(fields, encoding="latin-1"), where, election_id)


class AbsenteeFormat(RosterFormat):
    """Commas or, in older files, tabs, as the header has them; a line is a record, whatever quotes stray in it."""

    def __init__(self, layout: RosterLayout, where: str, election_id: str) -> None:
        super().__init__(layout, {}, where)
        self.election_id = election_id
        self.quoted = False

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; SourceError when a column is missing or the header absurd."""
        delimiter = "\t" if header.count(b"\t") > header.count(b",") else ","
        layout = replace(self.layout, delimiter=delimiter)
        read = RosterFormat(layout, self.constants, self.where).open_page(page, header)
        return _Reader(read, delimiter.encode(), header, self.columns.index("election_id"), self.election_id)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads lines by the layout, those once more whose quotes strayed, and names the election where no column does."""

    read: LineReader
    delimiter: bytes
    header: bytes
    place: int
    election_id: str

    def __call__(self, lines: Sequence[bytes]) -> Sequence[LineResult]:
        results = self.read(lines)
        if any(map(_is_ragged, results)):
            results = [
                self._again(line, result) if _is_ragged(result) else result
                for line, result in zip(lines, results, strict=True)
            ]
        first = next((result for result in results if isinstance(result, tuple)), None)
        return list(map(self._named, results)) if first and first[self.place] is None else results

    def _again(self, line: bytes, result: LineResult) -> LineResult:
        """Read a line that quotes made ragged by the ends of its fields, each of which is quoted."""
        body = line.rstrip(b"\r")
        fields = body[1:-1].split(b'"' + self.delimiter + b'"')
        whole = len(body) > 1 and body[:1] == body[-1:] == b'"'
        if not whole or len(fields) != self.header.count(self.delimiter) + 1:
            return result
        quoted = (b'"' + field.replace(b'"', b'""') + b'"' for field in fields)
        return self.read([self.delimiter.join(quoted)])[0]

    def _named(self, result: LineResult) -> LineResult:
        if not isinstance(result, tuple):
            return result
        return (*result[: self.place], self.election_id, *result[self.place + 1 :])


def _is_ragged(result: LineResult) -> bool:
    return isinstance(result, Rejected) and result.rule == RAGGED
