"""Asking the state's platform for files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from clerk_state_texas.counties import COUNTIES, COUNTY_IDS
from clerk_state_texas.envelope import unwrap
from clerk_state_texas.rosters import county_page
from clerk_state_texas.words import (
    ELECTION_DAY,
    ELECTION_DAY_TURNOUT,
    ELECTIONS_INDEX,
    EVR,
    EVR_TURNOUT,
    NAME,
    write_day,
)
from clerkcore import Client, Download, FetchError, Get, NotPublished, SiteError, UsageError

BASE_URL = "https://goelect.txelections.civixapps.com"
_API = "/api-ivis-system/api/v1/"
COUNTY, COUNTY_ELECTION_DAY = "county", "county_election_day"
ENDPOINTS = {
    "elections": f"{_API}getFile?type=EVR_ELECTION",
    "evr": f"{_API}getFile?type=EVR_STATEWIDE",
    "evr_turnout": f"{_API}getFile?type=EVR_EARLYVOTING",
    "election_day": f"{_API}getFile?type=EVR_STATEWIDE_ELECTIONDAY",
    "election_day_turnout": f"{_API}getFile?type=EVR_ELECTIONDAYTURNOUT",
    COUNTY: f"{_API}getFileByFormat?type=EVR_EARLYVOTING",
}
_FILES = {
    ELECTIONS_INDEX: "elections.json",
    EVR: "statewide_{election}_{day}.csv",
    EVR_TURNOUT: "turnout_{election}_{day}.json",
    ELECTION_DAY: "statewide_election_day_{election}_{day}.csv",
    ELECTION_DAY_TURNOUT: "turnout_election_day_{election}_{day}.json",
}
# The platform's own files of counties are known for early voting only.
_COUNTY_ENDPOINTS = {EVR: COUNTY, ELECTION_DAY: COUNTY_ELECTION_DAY}
WHEN_NEEDED, ALWAYS, NEVER = "when_needed", "always", "never"
SMALL = 1 << 16  # bytes; whatever is larger is no empty answer and no error

_FAILED = re.compile(r"\banswered 5\d\d\b")
_FORBIDDEN = re.compile(r"\banswered 403\b")


class Upstream:
    """The platform as a site's settings tell it: `base_url`, `endpoints` and `county_files`."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def get_index(self, client: Client) -> Download:
        """Fetch the index of elections."""
        return _ask(client, self._address("elections"), {}, _FILES[ELECTIONS_INDEX])

    def get_day(self, data_source: str, election: str, day: str, client: Client) -> Iterator[Download]:
        """Yield the file of a day, or a roster's files of counties where the statewide one cannot be had."""
        params = {"electionId": election, "electionDate": write_day(day)}
        name = _FILES[data_source].format(election=election, day=day)
        county = self._county_address(data_source)
        if not (county and self._county_files == ALWAYS):
            try:
                download = _ask(client, self._address(data_source.lower()), params, name)
            except FetchError as error:
                if not county or self._county_files == NEVER or not _FAILED.search(error.message):
                    raise
            else:
                yield download
                return
        yield from _get_counties(client, str(county), params)

    def _address(self, endpoint: str) -> str:
        endpoints = {**ENDPOINTS, **self._endpoints}
        return urljoin(str(self._config.get("base_url") or BASE_URL), str(endpoints[endpoint]))

    def _county_address(self, data_source: str) -> str | None:
        endpoint = _COUNTY_ENDPOINTS.get(data_source, "")
        return self._address(endpoint) if endpoint in {**ENDPOINTS, **self._endpoints} else None

    @property
    def _endpoints(self) -> Mapping[str, Any]:
        found = self._config.get("endpoints") or {}
        if not isinstance(found, Mapping):
            raise SiteError("endpoints is no table", where=f"[sources.{NAME}]", remedy="see the plugin's README")
        return found

    @property
    def _county_files(self) -> str:
        found = self._config.get("county_files", WHEN_NEEDED)
        if found not in (WHEN_NEEDED, ALWAYS, NEVER):
            raise SiteError(
                f"county_files cannot be {found!r}",
                where=f"[sources.{NAME}]",
                remedy=f"write one of {WHEN_NEEDED}, {ALWAYS}, {NEVER}",
            )
        return str(found)


def _get_counties(client: Client, address: str, params: Mapping[str, str]) -> Iterator[Download]:
    """Yield the rosters of those counties that have one; NotPublished when none has."""
    written = {} if "format=" in address else {"format": "csv"}
    requests = (
        Get(address, {**params, "county": name, "countyId": COUNTY_IDS[name], **written}, name=county_page(name))
        for name in COUNTIES
    )
    found = 0
    for download in client.get_all(requests):
        if not _find_absence(client, download):
            found += 1
            yield download
    if not found:
        raise NotPublished("no county has a roster of this day", where=NAME, remedy="it is asked again")


def _ask(client: Client, address: str, params: Mapping[str, str], name: str) -> Download:
    try:
        download = client.get(address, params=params, name=name)
    except FetchError as error:
        if _FORBIDDEN.search(error.message):
            raise FetchError(
                "the state refuses to hand this out (403): it was withdrawn, or this client is blocked",
                where=error.where,
                remedy="open the address in a browser; rows loaded before stay as they are",
            ) from error
        raise
    absence = _find_absence(client, download)
    if absence:
        raise absence
    return download


def _find_absence(client: Client, download: Download) -> NotPublished | None:
    """Return what a small answer without data means; SourceError where it is one of the platform's errors."""
    if download.size > SMALL:
        return None
    with client.open(download) as stream:
        try:
            unwrap(download.url, stream, f"{NAME} {download.name}").close()
        except NotPublished as absence:
            return absence
    return None


def refuse_undated(data_source: str, election: str) -> UsageError:
    """Return the error for an election whose days nobody knows."""
    return UsageError(
        f"the state's index does not list election {election}, so its days are not known",
        where=f"{NAME} {data_source}",
        remedy="correct the election's id, or name a day with --date",
    )
