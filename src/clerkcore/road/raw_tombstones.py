"""Raw downloads that hold a redacted record: a file beside each says so, and stays when the download is removed.

The file is written first. A download that has one goes as soon as nothing waits for it: a held run's does until
somebody decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from clerkcore.errors import StoreError
from clerkcore.fetch import Archive, KeptCapture
from clerkcore.fetch.durable import name_disk_errors, open_part, settle
from clerkcore.models import Download


@dataclass(frozen=True, slots=True)
class RawTombstone:
    """Why, by whom and when (UTC) a download was removed; its bytes are known by size and sha256 alone."""

    reason: str
    by: str
    at: str
    run_id: int


def tombstone_path(archive: Archive, sha256: str) -> Path:
    """Return where the tombstone of a download lies."""
    return archive.blob_path(sha256).with_name(f"{sha256}.redacted.json")


def is_marked(archive: Archive, kept: KeptCapture) -> bool:
    """Whether any download of a capture holds a redacted record, as far as is known."""
    return any(tombstone_path(archive, download.sha256).is_file() for download in kept.downloads)


def mark_download(archive: Archive, download: Download, tombstone: RawTombstone) -> None:
    """Write down that a download holds a redacted record; the first that says so is kept."""
    path = tombstone_path(archive, download.sha256)
    if path.is_file():
        return
    text = json.dumps({"sha256": download.sha256, "size": download.size, **asdict(tombstone)}, indent=1)
    with name_disk_errors(archive.folder), open_part(path.parent) as part:
        part.write(f"{text}\n".encode())
        settle(part, path)


def remove_marked(archive: Archive, captures: Iterable[KeptCapture]) -> list[Download]:
    """Remove the downloads of some captures that hold a redacted record; returns those that were there."""
    named = {download.sha256: download for kept in captures for download in kept.downloads}
    gone = []
    for sha256, download in named.items():
        blob = archive.blob_path(sha256)
        if tombstone_path(archive, sha256).is_file() and blob.is_file():
            with name_disk_errors(archive.folder):
                blob.unlink()
            gone.append(download)
    return gone


def refuse_removed(archive: Archive, kept: KeptCapture, where: str) -> None:
    """Raise StoreError when bytes of a capture were removed with a redacted record."""
    for download in kept.downloads:
        path = tombstone_path(archive, download.sha256)
        if path.is_file() and not archive.blob_path(download.sha256).is_file():
            told = _read(path)
            raise StoreError(
                f"the raw bytes of capture {kept.id} were removed on {str(told.get('at', ''))[:10]}, for they held a"
                f" redacted record (run {told.get('run_id')}, by {told.get('by')}: {told.get('reason')})",
                where=where,
                remedy="pull again; what was redacted stays away",
            )


def _read(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
