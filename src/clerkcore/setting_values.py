"""Reading the value of one setting, from TOML or from a variable's text; ValueError says why it cannot be used."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

SHORTEST_LEASE = 5


def read_number(text: object) -> float:
    """Return a finite number that is not below zero."""
    if isinstance(text, bool):
        raise ValueError("not a number")
    value = float(str(text))
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    if value < 0:
        raise ValueError("below zero")
    return value


def read_count(text: object) -> int:
    """Return a whole number."""
    value = read_number(text)
    if value != int(value):
        raise ValueError("not a whole number")
    return int(value)


def read_lease(text: object) -> float:
    """Return seconds long enough for a lease."""
    value = read_number(text)
    if value < SHORTEST_LEASE:
        raise ValueError(f"below {SHORTEST_LEASE} seconds a lease may end while its holder works")
    return value


def read_positive(text: object) -> int:
    """Return a whole number of at least one."""
    value = read_count(text)
    if value < 1:
        raise ValueError("below 1")
    return value


def read_share(text: object) -> float:
    """Return a number between 0 and 1."""
    value = read_number(text)
    if value > 1:
        raise ValueError("above 1")
    return value


def read_text(value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise ValueError("not text")
    return value


def read_flag(value: object) -> bool:
    """Return whether something is on."""
    word = str(value).lower()
    if word in ("true", "1", "yes", "on"):
        return True
    if word in ("false", "0", "no", "off"):
        return False
    raise ValueError("neither true nor false")


def read_one_of(*words: str) -> Callable[[object], str]:
    """Return what reads one of these words."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"not one of {', '.join(words)}")
        return str(value)

    return read


def read_ages(value: object) -> tuple[tuple[str, float], ...]:
    """Return days by table; as text `events=365,jobs=90`."""
    pairs = value.items() if isinstance(value, dict) else [part.partition("=")[::2] for part in read_names(value)]
    return tuple(sorted((str(name).strip(), read_number(days)) for name, days in pairs))


def read_names(value: object) -> tuple[str, ...]:
    """Return texts: a list, or text with commas or a JSON list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = json.loads(value)
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("not a list of texts")
