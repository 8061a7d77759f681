"""Elections of North Carolina are named by their day, and so are the state's files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from clerkcore import UsageError

BASE_URL = "https://s3.amazonaws.com/dl.ncsbe.gov"
# Paths below the base address; {election} is 20241105, {folder} is 2024_11_05.
ENDPOINTS = {
    "absentee": "/ENRS/{folder}/absentee_{election}.zip",
    "history": "/data/ncvhis_Statewide.zip",
}

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


def read_election(text: str) -> date:
    """Return the day of an election named 20241105 or 2024-11-05; UsageError when it is no day."""
    found = _DAY.fullmatch(text.strip())
    try:
        if not found:
            raise ValueError(text)
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise UsageError(
            f"{text[:40]!r} is no election of North Carolina",
            where="north_carolina",
            remedy="name it by its day, as 20241105",
        ) from error


def address(config: Mapping[str, Any], endpoint: str, election_id: str) -> str:
    """Return where a file of an election lies; UsageError where the settings cannot be used."""
    base, endpoints = config.get("base_url", BASE_URL), config.get("endpoints", {})
    if not isinstance(base, str) or not base.startswith(("http://", "https://")):
        raise _unusable("base_url", base, 'write it as "https://host"')
    if not isinstance(endpoints, Mapping) or (strange := sorted(endpoints.keys() - ENDPOINTS)):
        shown = endpoints if not isinstance(endpoints, Mapping) else strange[0]
        raise _unusable("endpoints", shown, f"known endpoints: {', '.join(ENDPOINTS)}")
    path = endpoints.get(endpoint, ENDPOINTS[endpoint])
    if not isinstance(path, str) or not path.startswith("/"):
        raise _unusable(f"endpoints.{endpoint}", path, "write a path that begins with /")
    day = read_election(election_id)
    filled = path.replace("{election}", f"{day:%Y%m%d}").replace("{folder}", f"{day:%Y_%m_%d}")
    if "{" in filled:
        raise _unusable(f"endpoints.{endpoint}", path, "it may hold {election} and {folder}")
    return base.rstrip("/") + filled


def _unusable(key: str, value: object, remedy: str) -> UsageError:
    where = f"[sources.north_carolina] {key}"
    return UsageError(f"{str(value)[:60]!r} cannot be used", where=where, remedy=remedy)
