"""Which agency of NetFile's list a site is: by its shortcut, or by its name where no shortcut is known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from clerkcore import SiteError, SourceError

PAGE = "agencies.json"
NEAREST = 5


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
    """Read `{agencies: [{id, shortcut, name}]}`; SourceError when it is something else."""
    try:
        listed = json.load(stream)["agencies"]
        return [Agency(str(a["shortcut"]), str(a["id"]), str(a["name"])) for a in listed]
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"is not a list of agencies: {error}", where=f"netfile {PAGE}", remedy="fetch it again"
        ) from error


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
    raise SiteError(
        f"NetFile lists {'no' if not found else str(len(found))} agency {shortcut or name!r}",
        where="[sources.netfile]",
        remedy=f"set agency in its site.toml; near it: {_near(agencies, str(name or shortcut))}",
    )


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _near(agencies: list[Agency], name: str) -> str:
    words = set(_plain(name).split()) - {"city", "county", "of", "the", "town"}
    near = [a for a in agencies if words & set(_plain(a.name).split())] or agencies
    return ", ".join(f"{a.shortcut} ({a.name})" for a in near[:NEAREST]) or "the list is empty"
