"""What stands for a filer, whose rows carry a name and nothing else."""

from __future__ import annotations

import re
from hashlib import blake2b
from unicodedata import normalize

LONGEST = 60

_WORDS = re.compile(r"[^\W_]+")


def make_token(name: str) -> str:
    """Return a name as a token, the same for names that differ in capitals, spaces and punctuation only.

    A long one is cut, and a hash of the whole keeps it apart from others with the same beginning.
    """
    plain = normalize("NFKC", name).casefold().strip()
    words = _WORDS.findall(plain)
    token = "-".join(words)
    if words and len(token) <= LONGEST:
        return token
    digest = blake2b((token or plain).encode(errors="backslashreplace"), digest_size=4).hexdigest()
    return f"{token[:LONGEST].rstrip('-')}-{digest}".lstrip("-")


def is_state_id(text: str | None) -> bool:
    """Whether the state has given the filer a number; until then eFile says `Pending` or nothing."""
    return bool(text) and str(text).isascii() and str(text).isdecimal()


def find_token(name: str, state_id: str | None) -> str | None:
    """Return what stands for a filer: the state's number, else the name as a token; None where there is neither."""
    return state_id if is_state_id(state_id) else make_token(name) if name else None
