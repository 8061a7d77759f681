"""The manifest of a capture: which downloads, in which order, made it up.

A manifest refers to its downloads by their sha256 alone, so that a site's folder can be moved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from clerkcore.errors import SettingsError, StoreError
from clerkcore.models import Download, Scope
from clerkcore.times import from_text, to_text

FORMAT = 1
_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{12}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


@dataclass(frozen=True, slots=True)
class KeptCapture:
    """A capture as the archive keeps it; `complete` when fetching ended normally."""

    id: str
    source: str
    scope: Scope
    downloads: tuple[Download, ...]
    sha256: str
    complete: bool
    taken_at: datetime


def capture_id(taken_at: datetime, sha256: str) -> str:
    """Return the id of a capture; ids sort by time."""
    return f"{taken_at.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{check_sha256(sha256)[:12]}"


def is_capture_id(text: str) -> bool:
    """Whether this could be a capture's id; nothing else is ever made part of a path."""
    return bool(_ID.match(text))


def check_sha256(text: str) -> str:
    """Return a sha256 in hexadecimal; StoreError otherwise, for it becomes part of a path."""
    if not isinstance(text, str) or not _SHA256.match(text):
        raise StoreError(f"{text!r} is not a sha256", remedy="the raw archive is damaged; pull again")
    return text


def scope_folder(source: str, scope_name: str) -> Path:
    """Return the relative folder of a scope's manifests; no name can lead out of it."""
    if not _SOURCE.match(source):
        remedy = "letters, digits, hyphens, dots and _, the first a letter or digit"
        raise SettingsError(f"{source!r} is no name of a source", remedy=remedy)
    if not scope_name:
        raise SettingsError("a scope has no name", where=f"source {source}", remedy="give every scope a name")
    quoted = quote(scope_name, safe="", errors="surrogatepass")
    return Path(source) / (quoted.replace(".", "%2E") if not quoted.strip(".") else quoted)


def render_manifest(capture: KeptCapture) -> bytes:
    """Return the text of a capture's manifest."""
    document = {
        "format": FORMAT,
        "source": capture.source,
        "scope": {"name": capture.scope.name, "params": dict(capture.scope.params)},
        "sha256": capture.sha256,
        "complete": capture.complete,
        "taken_at": to_text(capture.taken_at),
        "downloads": [_render_download(download) for download in capture.downloads],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def parse_manifest(path: Path, blob_path: Callable[[str], Path]) -> KeptCapture:
    """Read a manifest; StoreError names the file when it is damaged or of another format."""
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r} is unknown")
        return _parse_document(path.stem, document, blob_path)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, StoreError) as error:
        remedy = "move the file away and pull again"
        raise StoreError(f"this manifest cannot be used: {error!r}", where=str(path), remedy=remedy) from error


def _parse_document(identity: str, document: Mapping[str, Any], blob_path: Callable[[str], Path]) -> KeptCapture:
    return KeptCapture(
        id=identity,
        source=document["source"],
        scope=Scope(document["scope"]["name"], dict(document["scope"]["params"])),
        downloads=tuple(_parse_download(item, blob_path) for item in document["downloads"]),
        sha256=check_sha256(document["sha256"]),
        complete=document["complete"] is True,
        taken_at=from_text(document["taken_at"]),
    )


def _render_download(download: Download) -> dict[str, Any]:
    return {
        "name": download.name,
        "url": download.url,
        "sha256": check_sha256(download.sha256),
        "size": download.size,
        "fetched_at": to_text(download.fetched_at),
        "status": download.status,
        "etag": download.etag,
        "last_modified": download.last_modified,
        "content_type": download.content_type,
    }


def _parse_download(item: Mapping[str, Any], blob_path: Callable[[str], Path]) -> Download:
    path = blob_path(check_sha256(item["sha256"]))
    return Download(**{**item, "path": path, "fetched_at": from_text(item["fetched_at"])})


def missing_capture(source: str, scope_name: str, identity: str, known: Sequence[str]) -> StoreError:
    """Return the error for an id that no capture of this scope has."""
    remedy = f"captures: {', '.join(known)}" if known else "this scope has none yet; pull it first"
    return StoreError(f"there is no capture {identity!r}", where=f"{source} {scope_name}", remedy=remedy)
