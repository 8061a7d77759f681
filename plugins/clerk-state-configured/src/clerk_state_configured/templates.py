"""Addresses with places for the election and the day, filled in from a fixed set of names and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlsplit

ALLOWED = "{election}, {date} and {date:...} with %Y, %y, %m, %-m, %d, %-d, %B, %b, %j"

_PLACE = re.compile(r"\{([^{}]*)\}")
_DIRECTIVE = re.compile(r"%(-?.)|%\Z")
_MONTHS = "January February March April May June July August September October November December"  # in any locale
_PARTS: dict[str, Callable[[date], str]] = {
    "Y": lambda day: f"{day.year:04}",
    "y": lambda day: f"{day.year % 100:02}",
    "m": lambda day: f"{day.month:02}",
    "-m": lambda day: str(day.month),
    "d": lambda day: f"{day.day:02}",
    "-d": lambda day: str(day.day),
    "B": lambda day: _MONTHS.split()[day.month - 1],
    "b": lambda day: _MONTHS.split()[day.month - 1][:3],
    "j": lambda day: f"{day.timetuple().tm_yday:03}",
}


@dataclass(frozen=True, slots=True)
class Template:
    """An address; `dated` says that it differs from day to day."""

    text: str
    dated: bool

    def fill(self, election: str, day: date | None) -> str:
        """Return the address of an election, and of a day where it is dated."""

        def fill_place(found: re.Match[str]) -> str:
            name, _, form = found[1].partition(":")
            if name == "election":
                return quote(election, safe="")
            return _DIRECTIVE.sub(lambda part: _PARTS[part[1]](day or date.min), form or "%Y-%m-%d")

        return _PLACE.sub(fill_place, self.text)


def read_template(text: str) -> Template:
    """Return a template; ValueError, whose message names the place, when it cannot be used."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not an http or https address")
    if "@" in parts.netloc or "{" in parts.netloc:
        raise ValueError("has more than a host's name before its path")
    places = _PLACE.findall(text)
    for place in places:
        _check_place(place)
    if set(_PLACE.sub("", text)) & {"{", "}"}:
        raise ValueError("has a brace that is not closed")
    return Template(text, any(place.startswith("date") for place in places))


def _check_place(place: str) -> None:
    name, colon, form = place.partition(":")
    if name not in ("election", "date") or (colon and (name == "election" or not form)):
        raise ValueError(f"names {{{place[:40]}}}, which is not known")
    unknown = [found[0] for found in _DIRECTIVE.finditer(form) if found[1] not in _PARTS]
    if unknown:
        raise ValueError(f"has {unknown[0]} in {{{place[:40]}}}, which is not known")
