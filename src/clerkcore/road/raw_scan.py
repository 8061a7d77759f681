"""Which kept captures may hold a record: told by what the parser makes of them, and by their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote

from clerkcore.fetch import KeptCapture
from clerkcore.models import Aside, Capture, Page, Record
from clerkcore.road.acquire import open_capture
from clerkcore.road.work import Work
from clerkcore.store.redactions import canonical, identifying, key_columns
from clerkcore.store.removal import At, Trace

CHUNK_BYTES = 1 << 20
_ENCODINGS = ("utf-8", "utf-16-le", "latin-1")
Needles = tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True)
class Scanned:
    """Whether a capture may hold a record, and where it stands in it."""

    kept: KeptCapture
    holds: bool
    stood: frozenset[At] = frozenset()


def kept_scopes(work: Work) -> list[str]:
    """Return the scopes of the source that the raw archive has captures of."""
    folder = work.archive.folder / "captures" / work.source.name
    return sorted(unquote(path.name) for path in folder.glob("*/"))


def scan_captures(work: Work, trace: Trace, scope: str) -> Iterator[Scanned]:
    """Yield every capture of a scope of which any bytes are left, and whether it may hold the record."""
    for kept in work.archive.captures(work.source.name, scope):
        if any(work.archive.blob_path(download.sha256).is_file() for download in kept.downloads):
            work.report(f"{work.where(scope)}: looking through capture {kept.id}")
            yield _scan(work, trace, kept)


def _scan(work: Work, trace: Trace, kept: KeptCapture) -> Scanned:
    try:
        capture = open_capture(work, kept)
        near = any(_bytes_hold(page, _needles(trace)) for page in capture.pages)
        stood = frozenset(_stood(trace, capture)) if kept.complete else frozenset()
    except Exception:  # whatever a plugin makes of it: what cannot be read may hold the record
        return Scanned(kept, True)
    return Scanned(kept, near or bool(stood), stood)


def _stood(trace: Trace, capture: Capture) -> Iterator[At]:
    for parsed in trace.source.parse(capture):
        if isinstance(parsed, Record):
            found = trace.redactions.holds(parsed.table, parsed.values.get)
        else:
            texts = parsed.values.values() if isinstance(parsed, Aside) else (parsed.value, parsed.message)
            found = trace.redactions.holds_text(*map(str, texts))
        if found:
            yield capture.id, parsed.at.page, parsed.at.line


def _needles(trace: Trace) -> Needles:
    """Return the words that give the key away, each in the ways in which a file may spell it."""
    columns = key_columns(trace.table, trace.key)
    texts = [canonical(column, trace.key[column.name]) for column in columns]
    words = sorted(identifying(columns, texts))
    return tuple(tuple({word.encode(how, errors="replace") for how in _ENCODINGS}) for word in words)


def _bytes_hold(page: Page, needles: Needles) -> bool:
    """Whether every word stands in a page, spelt in any of its ways."""
    if not needles:
        return False
    missing = set(needles)
    with page.open() as stream:
        for window in _windows(stream, max(len(way) for ways in needles for way in ways)):
            missing = {ways for ways in missing if not any(way in window for way in ways)}
            if not missing:
                return True
    return False


def _windows(stream: BinaryIO, longest: int) -> Iterator[bytes]:
    """Yield a stream in pieces that overlap, so that no word is cut in two."""
    tail = b""
    while chunk := stream.read(CHUNK_BYTES):
        yield tail + chunk
        tail = (tail + chunk)[-longest:]
