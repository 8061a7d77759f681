"""The state's index of elections: the rows of `elections`, and what planning needs to know of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from clerk_state_texas.documents import Document, read_document, read_list, require_keys, show
from clerk_state_texas.words import NAME, find_party, read_moment
from clerkcore import Aside, Capture, Location, Parsed, Record, Rejected
from clerkcore.parsing import read_date
from clerkcore.rosters import ELECTIONS

KEYS = ("id", "type", "election_date", "election_name", "certified", "early_voting_dates")
LOCAL = "elections_local"
# What stands in elections_local has not been seen; what does not look like an election is kept as evidence.
UNKNOWN_LOCAL = "unknown_local_election"


@dataclass(frozen=True, slots=True)
class Election:
    """An election of the index; days are YYYY-MM-DD, `early_days` in order."""

    id: str
    name: str
    kind: str
    day: str
    early_days: tuple[str, ...]
    certified: bool | None

    @property
    def party(self) -> str:
        """The party whose primary or runoff it is; empty for other elections."""
        return find_party(self.name)

    def is_followed(self, today: date, days: int) -> bool:
        """Whether its voting has begun, and its day is not more than so many days ago."""
        begins = min((*self.early_days, self.day))
        return begins <= today.isoformat() and (today - date.fromisoformat(self.day)).days <= days


def parse_elections(capture: Capture) -> Iterator[Parsed]:
    """Yield a row for each election of the state's index."""
    for page in capture.pages:
        with page.open() as stream:
            document = read_index(stream, page.name)
        published_at = read_moment(document.get("date_updated"))
        for number, (item, local) in enumerate(_items(document), 1):
            at = Location(page.name, number)
            found = _read_item(item, at, local=local)
            if isinstance(found, Election):
                yield Record(ELECTIONS.name, _row(found, published_at), at)
            else:
                yield found


def read_index(stream: BinaryIO, name: str) -> Document:
    """Return the index as a document; SourceError when it is none."""
    where = f"{NAME} {name}"
    document = read_document(stream, where)
    elections = read_list(document, "elections", where)
    require_keys(elections, KEYS, where)
    listed = [item[KEYS[-1]] for item in elections if isinstance(item, dict) and KEYS[-1] in item]
    require_keys([day for days in listed if isinstance(days, list) for day in days], ("date",), where)
    return document


def list_elections(document: Document) -> dict[str, Election]:
    """Return the elections of the index that can be read, by their ids."""
    nowhere = Location("", 1)
    found = (_read_item(item, nowhere, local=local) for item, local in _items(document))
    return {election.id: election for election in found if isinstance(election, Election)}


def _items(document: Document) -> Iterator[tuple[Any, bool]]:
    yield from ((item, False) for item in document["elections"])
    local = document.get(LOCAL)
    yield from ((item, True) for item in (local if isinstance(local, list) else []))


def _read_item(item: Any, at: Location, *, local: bool) -> Election | Rejected | Aside:
    missing = [key for key in KEYS if key not in item] if isinstance(item, dict) else list(KEYS)
    if missing and local:
        return Aside(UNKNOWN_LOCAL, {"election": show(item)}, at)
    if missing:
        return Rejected("bad_election", f"lacks {', '.join(missing)}", at, value=show(item))
    column = "election_id"
    try:
        number, name = _text(item["id"], "an election's id"), _text(item["election_name"], "an election's name")
        column = "election_date"
        day = _day(item["election_date"])
        column = "first_early_day"
        early_days = _early_days(item["early_voting_dates"])
        column = "certified"
        certified = _flag(item["certified"])
    except ValueError as error:
        return Rejected(f"bad_{column}", str(error), at, column, show(item))
    return Election(number, name, str(item["type"] or ""), day, early_days, certified)


def _row(election: Election, published_at: str | None) -> dict[str, str | int | None]:
    return {
        "election_id": election.id,
        "name": election.name,
        "election_date": election.day,
        "election_type": election.kind or None,
        "party": election.party or None,
        "first_early_day": min(election.early_days, default=None),
        "last_early_day": max(election.early_days, default=None),
        "certified": None if election.certified is None else int(election.certified),
        "published_at": published_at,
    }


def _text(value: Any, what: str) -> str:
    text = str(value).replace("\0", "").strip() if isinstance(value, (str, int)) else ""
    if not text or "/" in text or isinstance(value, bool):
        raise ValueError(f"{show(value)} is not {what}")
    return text


def _day(value: Any) -> str:
    day = read_date(value) if isinstance(value, str) else None
    if day is None:
        raise ValueError(f"{show(value)} is not a day")
    return day


def _early_days(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, dict) and "date" in each for each in value):
        raise ValueError("early_voting_dates are not a list of days")
    return tuple(sorted({_day(each["date"]) for each in value}))


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"{show(value)} is neither true nor false")
