"""An HTTP answer before it is sent, and what faults and conditional requests make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256

from clerk_demo.faults import Faults

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
_BINARY = ("application/zip",)
UNSENT_BYTES = 1000


@dataclass(frozen=True)
class Answer:
    """Status, body and headers; `unsent` counts the bytes that Content-Length promises and the body lacks."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    unsent: int = 0


def answer_failure() -> Answer:
    """Return the 500 that NetFile now and then answers."""
    return answer_html(500, "Server Error")


def answer_throttling(seconds: int) -> Answer:
    """Return the 429 that asks to come back after so many seconds."""
    body = b'{"message": "API calls quota exceeded! Maximum admitted 1 per second."}'
    return Answer(429, body, JSON, {"Retry-After": str(seconds)})


def answer_html(status: int, title: str) -> Answer:
    """Return a short HTML page."""
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), HTML)


def name_version(body: bytes, modified: datetime) -> dict[str, str]:
    """Return the headers by which a client asks whether a file has changed."""
    return {
        "ETag": f'"{sha256(body).hexdigest()[:16]}"',
        "Last-Modified": format_datetime(modified.astimezone(UTC), usegmt=True),
    }


def spoil(answer: Answer, faults: Faults) -> Answer:
    """Return the answer with the faults of bodies."""
    if faults.html:
        return answer_html(200, "The site is under maintenance")
    body = answer.body
    if faults.encoding != "utf-8" and answer.content_type not in _BINARY:
        body = body.decode(errors="replace").encode(faults.encoding, "replace")
    unsent = UNSENT_BYTES if faults.broken_body else 0
    return replace(answer, body=body[: faults.truncate], unsent=unsent)


def shorten(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Return 304 without a body where the client already has this version."""
    if answer.status == 200 and _is_known(answer.headers, headers):
        return replace(answer, status=304, body=b"", unsent=0)
    return answer


def _is_known(ours: Mapping[str, str], theirs: Mapping[str, str]) -> bool:
    if "ETag" not in ours:
        return False
    if theirs.get("If-None-Match"):
        return ours["ETag"] in [tag.strip().removeprefix("W/") for tag in theirs["If-None-Match"].split(",")]
    since = _read_time(theirs.get("If-Modified-Since", ""))
    return since is not None and parsedate_to_datetime(ours["Last-Modified"]) <= since


def _read_time(text: str) -> datetime | None:
    try:
        time = parsedate_to_datetime(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
