"""Reading settings by their keys; whatever is wrong becomes an error that names the key and what may stand there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clerkcore.errors import SettingsError

WHERE = "[sources.configured]"
LONGEST_TEXT = 2000
_SHOWN = 60


def show(value: object) -> str:
    """Return a value as messages show it."""
    return repr(value)[:_SHOWN]


@dataclass(frozen=True, slots=True)
class Keys:
    """A table of the settings, with the path that leads to it, such as `files[1].columns`."""

    values: Mapping[str, Any]
    path: str = ""

    def name(self, key: str) -> str:
        """Return the whole name of a key."""
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, message: str, remedy: str) -> SettingsError:
        """Return the error about a key."""
        return SettingsError(f"{self.name(key)}: {message}", where=WHERE, remedy=remedy)

    def allow(self, known: Iterable[str]) -> None:
        """Refuse keys that nobody reads."""
        known = list(known)
        for key in self.values:
            if key not in known:
                shown = key if key.isprintable() else repr(key)
                raise self.wrong(shown[:_SHOWN], "unknown key", f"known keys: {', '.join(known)}")

    def table(self, key: str) -> Keys:
        """Return the table under a key; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"{show(value)} is not a table", f"write {key} = {{ ... }}")
        return Keys(value, self.name(key))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not blank; the default where the key is missing, an error where there is none."""
        if key not in self.values:
            if default is None:
                raise self.wrong(key, "is missing", f'write {key} = "..."')
            return default
        value = self.values[key]
        if not _is_text(value):
            raise self.wrong(key, f"{show(value)} is not a text", f'write {key} = "..."')
        return str(value)

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Return one of some words."""
        words = list(allowed)
        remedy = f"one of: {', '.join(words)}"
        if key not in self.values and default is None:
            raise self.wrong(key, "is missing", remedy)
        value = self.values.get(key, default)
        if value not in words:
            raise self.wrong(key, f"{show(value)} is not known", remedy)
        return str(value)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{show(value)} is neither true nor false", "write true or false, without quotes")
        return value

    def number(self, key: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.wrong(key, f"{show(value)} cannot be used", f"a whole number from {least} to {most}")
        return value

    def texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return one text or a list of them as a tuple; empty where the key is missing."""
        value = self.values.get(key, [])
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(map(_is_text, found)) or (key in self.values and not found):
            raise self.wrong(key, f"{show(value)} is not a list of texts", f'write {key} = ["...", "..."]')
        words = list(allowed) if allowed is not None else found
        for text in found:
            if text not in words:
                raise self.wrong(key, f"{show(text)} is not known", f"any of: {', '.join(words)}")
        return tuple(found)

    def words(self, key: str) -> dict[str, str]:
        """Return a table of texts by text, each of which may be blank; empty where the key is missing."""
        table = self.table(key)
        for word, meaning in table.values.items():
            if not isinstance(meaning, str) or len(meaning) > LONGEST_TEXT:
                raise table.wrong(word, f"{show(meaning)} is not a text", "write what the word stands for in quotes")
        return dict(table.values)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= LONGEST_TEXT
