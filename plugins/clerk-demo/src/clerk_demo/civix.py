"""The routes of the Civix platform, by which the Texas Secretary of State publishes turnout and rosters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import chain

from clerk_demo.answers import JSON, Answer, answer_html, name_version
from clerk_demo.civix_counties import COUNTY_IDS
from clerk_demo.civix_documents import index_document, turnout_document, write_date
from clerk_demo.civix_elections import ELECTIONS, Election, calendar_day, last_change
from clerk_demo.civix_envelope import CSV, ZIP, answer_exception, wrap_upload, zip_bomb, zip_roster
from clerk_demo.civix_rosters import COUNTY_HEADER, STATEWIDE_HEADER, render_roster
from clerk_demo.civix_spoilers import spoil_roster, spoil_rows
from clerk_demo.faults import Faults
from clerk_demo.queries import Moment, Query
from clerk_demo.upstreams import Upstreams
from clerkcore import NotPublished

CIVIX = "/api-ivis-system/api/v1/"
_COMPILED = time(6, tzinfo=UTC)
_NO_KEY = (
    "software.amazon.awssdk.core.exception.SdkClientException: "
    "Unable to marshall request to JSON: Parameter 'Key' must not be null"
)


@dataclass(frozen=True)
class _Kind:
    """A type of file: of an early voting day or of election day, turnout or roster, and how it comes."""

    early: bool
    roster: bool
    content_type: str
    county: bool = False


@dataclass(frozen=True)
class _Asked:
    """What a request asks for; `county` is empty for the whole state."""

    kind: _Kind
    election: Election
    day: date
    county: str

    @property
    def file_name(self) -> str:
        """What the roster is called within a ZIP."""
        return f"{self.county or 'STATEWIDE'}_{self.election.id}_{self.day:%m%d%Y}.csv".replace(" ", "_")

    def voting_day(self, stale: bool) -> date | None:
        """The voting day whose data are sent, or the one before where they are stale; None where there is none."""
        days = self.election.voting_days
        if self.day not in days or (self.day == self.election.day) == self.kind.early:
            return None
        at = days.index(self.day) - (stale and self.kind.roster)
        return days[at] if at >= 0 else None


_KINDS = {
    ("getFile", "EVR_EARLYVOTING"): _Kind(early=True, roster=False, content_type=JSON),
    ("getFile", "EVR_STATEWIDE"): _Kind(early=True, roster=True, content_type=CSV),
    ("getFile", "EVR_ELECTIONDAYTURNOUT"): _Kind(early=False, roster=False, content_type=JSON),
    ("getFile", "EVR_STATEWIDE_ELECTIONDAY"): _Kind(early=False, roster=True, content_type=ZIP),
    ("getFileByFormat", "EVR_EARLYVOTING"): _Kind(early=True, roster=True, content_type=CSV, county=True),
    ("getFileByFormat", "EVR_ELECTIONDAYTURNOUT"): _Kind(early=False, roster=True, content_type=ZIP, county=True),
}


def answer_civix(upstreams: Upstreams, moment: Moment, query: Query) -> Answer:
    """Answer with a file of the platform, in its envelope."""
    call, kind = query.path.removeprefix(CIVIX), query.text("type")
    if call not in ("getFile", "getFileByFormat"):
        raise NotPublished(f"nothing is published at {query.path}")
    if (call, kind) == ("getFile", "EVR_ELECTION"):
        return _send(json.dumps(index_document(moment.day)).encode(), JSON, calendar_day(moment.day), moment.faults)
    asked = _read(call, kind, query)
    refusal = _refuse(asked, moment.faults)
    if asked is None or refusal:
        return refusal or answer_exception(_NO_KEY)
    return _answer_file(upstreams, moment, asked)


def _read(call: str, kind: str, query: Query) -> _Asked | None:
    """What a request asks for; None where the platform cannot make a file's name of it."""
    known = _KINDS.get((call, kind))
    election = {str(number): election for number, election in ELECTIONS.items()}.get(query.text("electionId"))
    day = _read_date(query.text("electionDate"))
    if known is None or election is None or day is None:
        return None
    if not known.county:
        return _Asked(known, election, day, "")
    county = query.text("county")
    asked_for = (query.text("countyId"), query.text("format"))
    expected = (str(COUNTY_IDS.get(county)), "zip" if known.content_type == ZIP else "csv")
    return _Asked(known, election, day, county) if asked_for == expected else None


def _read_date(text: str) -> date | None:
    try:
        day = datetime.strptime(text, "%m/%d/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None
    return day if write_date(day) == text else None


def _refuse(asked: _Asked | None, faults: Faults) -> Answer | None:
    """What is answered instead of a file, if anything."""
    if "exception" in faults.civix:
        return answer_exception("The simulated platform is out of order.")
    if "empty" in faults.civix:
        return Answer(200, b"", JSON)
    if "withdrawn" in faults.civix:
        return answer_html(403, "403 Forbidden")
    statewide = asked is not None and asked.kind.roster and not asked.kind.county
    if asked and statewide and (asked.election.certified or "statewide_502" in faults.civix):
        return answer_html(502, "502 Bad Gateway")
    return None


def _answer_file(upstreams: Upstreams, moment: Moment, asked: _Asked) -> Answer:
    today, faults = calendar_day(moment.day), moment.faults
    voting_day = asked.voting_day("stale" in faults.civix)
    if voting_day is None or asked.day > today:
        return Answer(200, b"", JSON)
    changed = last_change(asked.day, today)
    if not asked.kind.roster:
        document = turnout_document(upstreams.civix, asked.election, voting_day, moment.day)
        return _send(json.dumps(document).encode(), JSON, changed, faults)
    key = ("civix", asked, changed, faults.civix, faults.drop_share, faults.rename_column, faults.encoding)
    payload = upstreams.pages.get(key, lambda: _make_roster(upstreams, moment, asked, voting_day))
    if not payload:
        return Answer(200, b"", JSON)
    return _send(payload, asked.kind.content_type, changed, faults)


def _make_roster(upstreams: Upstreams, moment: Moment, asked: _Asked, voting_day: date) -> bytes:
    """A roster as CSV or in a ZIP; empty for a county in which nobody voted."""
    faults, zipped = moment.faults, asked.kind.content_type == ZIP
    if zipped and "zip_bomb" in faults.civix:
        return zip_bomb(asked.file_name)
    rows = upstreams.civix.rows(asked.election.id, voting_day, moment.day, asked.county)
    first = next(rows, None)
    if first is None:
        return b""
    header = faults.rename(COUNTY_HEADER if asked.county else STATEWIDE_HEADER)
    roster = spoil_roster(render_roster(header, spoil_rows(chain([first], rows), faults)), faults)
    if faults.encoding != "utf-8":
        roster = roster.decode().encode(faults.encoding, "replace")
    return zip_roster(asked.file_name, roster) if zipped else roster


def _send(payload: bytes, content_type: str, changed: date, faults: Faults) -> Answer:
    version = name_version(payload, datetime.combine(changed, _COMPILED))
    if "unwrapped" in faults.civix:
        return Answer(200, payload, content_type, version)
    return Answer(200, wrap_upload(payload), JSON, version)
