"""The names of the data sources, and the parties and days as the state writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

NAME = "texas"
ELECTIONS_INDEX = "ELECTIONS"
EVR = "EVR"
EVR_TURNOUT = "EVR_TURNOUT"
ELECTION_DAY = "ELECTION_DAY"
ELECTION_DAY_TURNOUT = "ELECTION_DAY_TURNOUT"
TURNOUT_WORKBOOK = "TURNOUT_WORKBOOK"

# The published turnout first, so that a roster is compared with the figures of its own day.
EARLY_SOURCES = (EVR_TURNOUT, EVR)
FINAL_SOURCES = (ELECTION_DAY_TURNOUT, ELECTION_DAY)
ROSTER_SOURCES = (EVR, ELECTION_DAY)
TURNOUT_OF = {EVR: EVR_TURNOUT, ELECTION_DAY: ELECTION_DAY_TURNOUT}
DATA_SOURCES = (ELECTIONS_INDEX, *EARLY_SOURCES, *FINAL_SOURCES)

# The files name no zone; the Secretary of State sits in Austin.
ZONE = ZoneInfo("America/Chicago")
_MOMENTS = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M:%S %p")
_PARTIES = {"REPUBLICAN": "REP", "DEMOCRATIC": "DEM"}


def find_party(election_name: str) -> str:
    """Return REP or DEM for the primary or runoff of one party, by the election's name; empty for other elections."""
    words = election_name.upper().split()
    found = [party for word, party in _PARTIES.items() if word in words]
    return found[0] if len(found) == 1 and {"PRIMARY", "RUNOFF"} & set(words) else ""


def write_day(day: str) -> str:
    """Write a day (YYYY-MM-DD) as requests must: MM/DD/YYYY, for the platform finds no file by any other form."""
    return date.fromisoformat(day).strftime("%m/%d/%Y")


def read_moment(text: object) -> str | None:
    """Read when something was published as UTC; None where that is not told in a form that is known.

    A time without a zone is taken for one of Austin, and a day for its beginning there.
    """
    moment = _find_moment(" ".join(text.split())) if isinstance(text, str) else None
    try:
        aware = moment if moment is None or moment.tzinfo else moment.replace(tzinfo=ZONE)
        return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if aware else None
    except OverflowError:
        return None


def _find_moment(plain: str) -> datetime | None:
    for form in _MOMENTS:
        try:
            return datetime.strptime(plain, form)
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(plain)
    except ValueError:
        return None
