"""What a request asks for: path, parameters and headers, and the moment it comes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlsplit

from clerk_demo.faults import Faults
from clerkcore import UsageError

_NUMBER = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True)
class Moment:
    """The simulated day and the faults that a request meets."""

    day: int
    faults: Faults


@dataclass(frozen=True)
class Query:
    """A request to GET; the names of parameters are in small letters."""

    path: str
    values: Mapping[str, str]
    headers: Mapping[str, str]

    @classmethod
    def read(cls, target: str, headers: Mapping[str, str]) -> Query:
        """Take a request's target apart."""
        parts = urlsplit(target)
        values = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        return cls(parts.path, values, headers)

    def names(self, *names: str) -> bool:
        """Whether the request names one of these parameters."""
        return any(name.lower() in self.values for name in names)

    def text(self, name: str) -> str:
        """Return a parameter's text, empty when it is not there."""
        return self.values.get(name.lower(), "")

    def number(self, name: str, default: int | None, low: int, high: int) -> int:
        """Return a parameter as a whole number between bounds; UsageError when it is none."""
        text = self.values.get(name.lower(), default if default is None else str(default))
        if text is None or not _NUMBER.match(text) or not low <= int(text) <= high:
            raise UsageError(f"{name} {text!r} is not a whole number from {low} to {high}")
        return int(text)

    def day(self, name: str) -> date:
        """Return the day of a parameter written as ISO 8601, with or without a time; UsageError when it is none."""
        try:
            return date.fromisoformat(self.text(name)[:10])
        except ValueError as error:
            raise UsageError(f"{name} {self.text(name)!r} is not a date") from error
