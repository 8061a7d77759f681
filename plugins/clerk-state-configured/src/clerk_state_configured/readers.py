"""Readers of single texts, made from settings; each raises ValueError with a message fit for quarantine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from clerkcore.parsing import read_text
from clerkcore.rosters import read_word

_DIRECTIVE = re.compile(r"%.|%\Z")
_DAY = ({"%Y", "%y"}, {"%m", "%b", "%B"}, {"%d"})
_KNOWN = {"%Y", "%y", "%m", "%b", "%B", "%d", "%H", "%I", "%M", "%S", "%p", "%f", "%z", "%%"}


def check_date_format(form: str) -> None:
    """Raise ValueError on a format that no day can be read by."""
    found = {match[0] for match in _DIRECTIVE.finditer(form)}
    unknown = sorted(found - _KNOWN)
    if unknown:
        raise ValueError(f"has {unknown[0]}, which is not known; known: {', '.join(sorted(_KNOWN))}")
    if not all(found & part for part in _DAY):
        raise ValueError("does not name a year, a month and a day")


def make_date_reader(formats: Iterable[str]) -> Callable[[str], str | None]:
    """Return a reader of days written in any of some formats; blank is None."""
    known = tuple(formats)

    def read(text: str) -> str | None:
        plain = text.replace("\0", "").strip()
        for form in known if plain else ():
            try:
                return datetime.strptime(plain, form).date().isoformat()
            except ValueError:
                continue
        if plain:
            raise ValueError(f"{text!r} is not a date as {' or '.join(known)}")
        return None

    return read


def make_county_reader(counties: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader of counties in capitals: of those given by their spellings or, where none is, of any."""
    known = read_word({spelling: _capitals(county) for spelling, county in counties.items()}, "county")

    def read(text: str) -> str:
        return str(known(text)) if counties else _capitals(text)

    return read


def _capitals(text: str) -> str:
    county = " ".join(text.replace("\0", "").upper().split())
    if not county:
        raise ValueError("no county is named")
    return county


def replace_words(words: Mapping[str, str]) -> Callable[[str], str | None]:
    """Return a reader that puts other words in place of some, in any case and spacing, and keeps the rest."""
    known = {_key(word): meaning for word, meaning in words.items()}

    def read(text: str) -> str | None:
        return known.get(_key(text), read_text(text)) or None

    return read


def _key(text: str) -> str:
    return " ".join(text.replace("\0", "").upper().split())
