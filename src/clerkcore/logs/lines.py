"""Records of the standard library's logging as lines, rendered by structlog: JSON, plain text, or text in colours."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal

from structlog.contextvars import merge_contextvars
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, LogfmtRenderer

from clerkcore.times import to_text

Event = MutableMapping[str, Any]
Render = Callable[[logging.LogRecord], str]

LONGEST = 8_000  # characters of one value: Loki refuses long lines, and nobody reads them
MASK = "***"
SHORTEST_SECRET = 4  # a shorter one would mask half of every line
_FIRST = ("timestamp", "level", "event", "run", "site", "source")
_USERINFO = re.compile(r"(?<=//)[^/?#\s\"']*@")
_TO_JSON = JSONRenderer()
_TO_WORDS = LogfmtRenderer()


def make_render(form: Literal["text", "json"], colours: bool, secrets: Iterable[str]) -> Render:
    """Return what makes a record a line; a line is printable whatever stands in it, and holds no secret."""
    hidden = tuple(sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True))
    to_line = _as_json if form == "json" else _in_colours() if colours else _as_text

    def render(record: logging.LogRecord) -> str:
        event = describe(record)
        return to_line({name: _tame(value, hidden) for name, value in event.items()})

    return render


def describe(record: logging.LogRecord) -> Event:
    """Return a record's facts with those that are bound, in the order in which lines have them."""
    event: Event = {
        "timestamp": to_text(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "event": record.getMessage(),
        **getattr(record, "facts", {}),
    }
    if not record.name.startswith("clerkcore"):
        event["logger"] = record.name
    if record.exc_info and record.exc_info[1]:
        event["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
    merged = merge_contextvars(None, record.levelname, event)
    names = [*(name for name in _FIRST if name in merged), *(name for name in merged if name not in _FIRST)]
    return {name: merged[name] for name in names}


def _tame(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    text = str(value)
    for secret in secrets:
        text = text.replace(secret, MASK)
    text = _USERINFO.sub(f"{MASK}@", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _as_json(event: Event) -> str:
    # DEL is the one control character that JSON leaves as it is.
    return str(_TO_JSON(None, "", event)).replace("\x7f", "\\u007f")


def _as_text(event: Event) -> str:
    event = _printable(event)
    at, level = f"{event.pop('timestamp')[:19]}Z", event.pop("level")
    grave = f"{level}: " if level not in ("debug", "info") else ""
    phrase = event.pop("event")
    if phrase == "progress":
        return f"{at} {grave}{event['message']}"
    # Counts of nothing are for machines.
    told = {name: value for name, value in event.items() if value not in (0, "")}
    return f"{at} {grave}{phrase} {_TO_WORDS(None, '', told)}".rstrip()


def _in_colours() -> Callable[[Event], str]:
    render = ConsoleRenderer(sort_keys=False, exception_formatter=plain_traceback, pad_event_to=0)

    def to_line(event: Event) -> str:
        event = _printable(event)
        if event["event"] == "progress":
            event["event"] = event.pop("message")
        return str(render(None, "", event))

    return to_line


def _printable(event: Event) -> Event:
    return {name: _clean(value) if isinstance(value, str) else value for name, value in event.items()}


def _clean(text: str) -> str:
    # As cli.output does, which stands above this.
    return "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in text.replace("\n", " "))
