"""Where a site pulls from: the state hands its files out behind a check for people, so addresses are set by sites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, urljoin

from clerkcore import UsageError

WHERE = "[sources.georgia]"


def setting_of(data_source: str) -> str:
    """Return the setting that holds the address of a data source, such as absentee_url."""
    return f"{data_source.lower()}_url"


def template_of(config: Mapping[str, Any], data_source: str) -> str:
    """Return the address of a data source as it is set; empty where it is not.

    `endpoints` name it below `base_url`; a setting of its own stands before them.
    """
    own = str(config.get(setting_of(data_source), ""))
    endpoints = config.get("endpoints", {})
    below = str(endpoints.get(data_source, "")) if isinstance(endpoints, Mapping) else ""
    return own or (urljoin(f"{str(config.get('base_url', '')).rstrip('/')}/", below) if below else "")


def address_of(config: Mapping[str, Any], data_source: str, election_id: str, day: str) -> str:
    """Return the address with {election}, {date} and {year} filled in; UsageError where none is set."""
    template = template_of(config, data_source)
    if not template:
        raise UsageError(
            f"georgia knows no address of {data_source}: the state gives its files to people only",
            where=WHERE,
            remedy=f"set {setting_of(data_source)}, or save the file and name it: --source {data_source} --from FILE",
        )
    known = {"{election}": election_id, "{date}": day, "{year}": day[:4]}
    for mark, text in known.items():
        if mark in template and not text:
            raise UsageError(
                f"{setting_of(data_source)} asks for the {mark[1:-1]} of the election, which is not set",
                where=WHERE,
                remedy="pass --date YYYY-MM-DD, or set election_date",
            )
        template = template.replace(mark, quote(text, safe=""))
    return template


def read_day(config: Mapping[str, Any], asked: str) -> str:
    """Return the election day that was asked for or is set, as YYYY-MM-DD; empty where neither is."""
    day = asked or str(config.get("election_date", ""))
    if not day:
        return ""
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise UsageError(
            f"{day!r} is no day", where=f"{WHERE} election_date", remedy='election_date = "2026-11-03"'
        ) from error
