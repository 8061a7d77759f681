"""When an alert fires, joins, is recalled, and when a message is tried again: one set of rules, on plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from clerkcore.models import COMPARING_NOTHING

SUCCESSES = ("run.changed", "run.fresh", "run.held")
FAILURES = ("run.failed", "run.recovered")
JOB_FAILURES = ("job.failed", "job.retry")
"""A job that failed, for good or until it is tried again: told where it failed before any source was run."""
CONDITIONS = ("disk.budget", "disk.low")
SEVERITIES = {"failed": "critical", "held": "warning", "overdue": "warning", **dict.fromkeys(CONDITIONS, "warning")}
BY_HAND = ("accept", "undo")
JOIN_HOURS = {"held": 1.0}
"""For how long others may join an alert of a type; for good where nothing is said.

What is held is for somebody to decide, one by one: what is held a day later must be told again.
"""
SETTLING = timedelta(seconds=60)
FIRST_DELAY, LONGEST_DELAY, PATIENCE = timedelta(minutes=1), timedelta(hours=1), timedelta(days=3)

_LONGEST_MESSAGE = 300
_SHORTEST_NAME = 3
_URL = re.compile(r"(https?://)(?:[^\s/@]*@)?([^\s/:?#\"']+)[^\s\"',;)]*", re.IGNORECASE)
_PATH = re.compile(r"(?<![\w/])(?:/[\w.\-]+){2,}/?")
_HASH = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b")
_NUMBER = re.compile(r"\d+(?:[.,:_]\d+)*")
_SCOPE = re.compile(r"^[#\-/ ]+: ")
_MORE = re.compile(r"^and # more scopes?$")
_SITE = "<site>"


def is_told(job: str) -> bool:
    """Whether anybody is told of the runs of a job.

    Extracting and transforming are steps of something else, and who accepts or undoes sees how it ends.
    """
    return not job.endswith(COMPARING_NOTHING) and job not in BY_HAND


def fires(outcomes: Sequence[str], after: int) -> bool:
    """Whether a source has failed often enough in a row; its newest outcomes come first, none of them skipped."""
    return len(outcomes) >= after and all(outcome == "failed" for outcome in outcomes[:after])


def normalise(message: str, site_words: Iterable[str] = ()) -> str:
    """Return what a message says whatever the site, the numbers and the address that it names.

    Of the messages of several scopes, each is taken once.
    """
    text = message.lower()
    for word in sorted(map(str.lower, site_words), key=len, reverse=True):
        if len(word) >= _SHORTEST_NAME:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", _SITE, text)
    for pattern, instead in ((_URL, r"\1\2"), (_PATH, "<path>"), (_HASH, "#"), (_NUMBER, "#")):
        text = pattern.sub(instead, text)
    parts = (_SCOPE.sub("", " ".join(part.split())) for part in text.split("; "))
    kept = dict.fromkeys(part for part in parts if part and not _MORE.match(part))
    return "; ".join(sorted(kept))[:_LONGEST_MESSAGE]


def joinable_since(type: str, now: datetime) -> datetime | None:
    """Return since when an alert may have been found for others to join it; None for ever."""
    return now - timedelta(hours=JOIN_HOURS[type]) if type in JOIN_HOURS else None


def count_settled(mark: int, events: Sequence[tuple[int, datetime]], now: datetime) -> int:
    """Return how many events after a mark can be read: all before a gap that an open transaction may still fill.

    PostgreSQL shows an event with a greater id while one with a smaller id is not committed yet.
    """
    previous = mark
    for position, (number, at) in enumerate(events):
        if number != previous + 1 and now - at < SETTLING:
            return position
        previous = number
    return len(events)


def remind_before(remind_hours: float, now: datetime) -> datetime | None:
    """Return before when an active alert was last told to be recalled now; None for never."""
    return now - timedelta(hours=remind_hours) if remind_hours else None


def retry_at(attempts: int, created_at: datetime, now: datetime) -> datetime | None:
    """Return when to try a message again after so many attempts; None when it is to be given up."""
    if now - created_at >= PATIENCE:
        return None
    doubled = FIRST_DELAY * (1 << min(max(attempts - 1, 0), 10))
    return now + min(doubled, LONGEST_DELAY)
