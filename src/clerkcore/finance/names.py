"""One key for the many ways a name is written. Method "words", version 1.

A name's letters are folded (case, accents), punctuation goes, titles and legal forms go, single letters go where
longer words are left, and the words are put in order, so that "Boling, C. April" and "April Boling" agree. Limits:
two people of one name get one key, a misspelt name its own; readers are shown every variant.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VERSION = 1
METHOD = f"words, version {VERSION}"
_TITLES = ("mr", "mrs", "ms", "miss", "dr", "prof", "hon", "jr", "sr", "ii", "iii", "iv", "esq", "md", "phd", "cpa")
_FORMS = ("inc", "incorporated", "llc", "llp", "lp", "ltd", "co", "corp", "corporation", "company", "pac")
_DROPPED = frozenset((*_TITLES, *_FORMS, "the", "and", "of", "for"))
_WORD = re.compile(r"[^\W_]+")
_JOINERS = re.compile(r"(?<=\w)['\u2019.](?=\w)|(?<=\b\w)\.")


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """Return the key of a name; empty when it holds no word."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = _WORD.findall(_JOINERS.sub("", plain))
    telling = [word for word in words if word not in _DROPPED and (len(word) > 1 or word.isdecimal())]
    return " ".join(sorted(set(telling or words)))


def whole_name(last: str | None, first: str | None) -> str:
    """Return a name as it is read: "April Boling", or the organisation's."""
    return " ".join(part for part in (first, last) if part)
