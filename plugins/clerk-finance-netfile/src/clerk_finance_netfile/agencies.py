"""Which agency of NetFile's list a site is: by its shortcut, or by its name where no shortcut is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any, BinaryIO

from clerk_finance_netfile.documents import WHERE, read_document
from clerkcore import SiteError, SourceError

PAGE = "agencies.json"
NEAREST = 5
COMMON_WORDS = frozenset(("city", "county", "town", "of", "the"))


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency as NetFile lists it."""

    shortcut: str
    agency_id: str
    name: str

    def to_json(self) -> bytes:
        """Return the one entry of the list that matters, in a stable form."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode()


def read_agencies(stream: BinaryIO) -> list[Agency]:
    """Read `{agencies: [{id, shortcut, name}]}`; SourceError when it is something else, or empty."""
    document = read_document(stream, PAGE)
    try:
        agencies = [Agency(str(a["shortcut"]), str(a["id"]), str(a["name"])) for a in document["agencies"]]
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"is not a list of agencies: {error!r}", where=f"{WHERE} {PAGE}", remedy="fetch it again"
        ) from error
    if not agencies:
        raise SourceError("lists no agency at all", where=f"{WHERE} {PAGE}", remedy="fetch it again")
    return agencies


def find_agency(agencies: list[Agency], config: Mapping[str, Any]) -> Agency:
    """Return the agency a site's settings mean; SiteError names near ones when there is none, or more than one."""
    shortcut, name = config.get("agency"), config.get("agency_name")
    if not shortcut and not name:
        raise SiteError(
            "the site's agency is not named",
            where="[sources.netfile]",
            remedy='write agency = "SHORTCUT" or agency_name = "City of ..." in its site.toml',
        )
    found = [a for a in agencies if (a.shortcut == shortcut if shortcut else _plain(a.name) == _plain(str(name)))]
    if len(found) == 1:
        return found[0]
    wanted = str(shortcut or name)
    raise SiteError(
        f"NetFile lists {f'{len(found)} agencies' if found else 'no agency'} called {wanted!r}",
        where="[sources.netfile]",
        remedy=f"set agency in its site.toml to one of: {_tell(found or _near(agencies, wanted))}",
    )


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _near(agencies: list[Agency], wanted: str) -> list[Agency]:
    """Return the agencies most like what was wanted: those that share a word with it, then those spelt like it."""
    words = set(_plain(wanted).split()) - COMMON_WORDS
    return sorted(agencies, key=lambda agency: _likeness(agency, words, wanted), reverse=True)[:NEAREST]


def _likeness(agency: Agency, words: set[str], wanted: str) -> tuple[int, float]:
    spelt = [SequenceMatcher(a=_plain(wanted), b=_plain(own)).ratio() for own in (agency.shortcut, agency.name)]
    return len(words & set(_plain(agency.name).split())), max(spelt)


def _tell(agencies: list[Agency]) -> str:
    return ", ".join(f"{agency.shortcut} ({agency.name})" for agency in agencies)
