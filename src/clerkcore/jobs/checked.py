"""One thing that `clerk doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, FAILURE = "ok", "warning", "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    level: str
    message: str
    remedy: str = ""
