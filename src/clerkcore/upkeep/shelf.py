"""What lies in the raw archive of a site: every capture, every download, and their sizes on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clerkcore.errors import StoreError
from clerkcore.fetch import Archive, KeptCapture
from clerkcore.fetch.durable import name_disk_errors
from clerkcore.fetch.manifests import is_capture_id, parse_manifest, scope_folder

_SUFFIX = ".gz"
_SHA256_LETTERS = frozenset("0123456789abcdef")
_SHA256_LENGTH = 64
CaptureKey = tuple[str, str, str]
"""Source, scope and id of a capture."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """A capture and its manifest; `since` is when it was taken or written, whichever is later.

    An operator may date the files of an import years back, and restored files may be younger than what they say.
    """

    kept: KeptCapture
    manifest: Path
    since: datetime

    @property
    def key(self) -> CaptureKey:
        """What tells it from the others of the site."""
        return self.kept.source, self.kept.scope.name, self.kept.id

    @property
    def names(self) -> frozenset[str]:
        """The sha256 of its downloads."""
        return frozenset(download.sha256 for download in self.kept.downloads)


@dataclass(frozen=True, slots=True)
class Blob:
    """A download's file: its size in bytes on the disk, and when it was last written."""

    path: Path
    size: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """The raw archive of a site as it was found: captures by age, oldest first, and downloads by sha256."""

    captures: tuple[Shelved, ...]
    blobs: Mapping[str, Blob]

    @property
    def size(self) -> int:
        """Bytes of all downloads on the disk."""
        return self.size_of(self.blobs)

    @property
    def unnamed(self) -> frozenset[str]:
        """The downloads that no capture names: of pulls that failed early, or of lists that were only looked at."""
        return frozenset(self.blobs).difference(*(shelved.names for shelved in self.captures))

    def size_of(self, names: Iterable[str]) -> int:
        """Return the bytes of some downloads on the disk, each once; lost ones have none."""
        return sum(self.blobs[name].size for name in set(names) if name in self.blobs)


def read_shelf(folder: Path) -> Shelf:
    """Look at the archive below a folder; StoreError when a manifest is damaged, or lies where it does not belong."""
    archive = Archive(folder)
    with name_disk_errors(folder):
        captures = sorted(_captures(archive), key=lambda shelved: (shelved.since, shelved.key))
        return Shelf(tuple(captures), dict(_blobs(folder)))


def _captures(archive: Archive) -> Iterator[Shelved]:
    root = archive.folder / "captures"
    for path in root.glob("*/*/*.json"):
        if is_capture_id(path.stem):
            kept = parse_manifest(path, archive.blob_path)
            if scope_folder(kept.source, kept.scope.name) != path.parent.relative_to(root):
                remedy = "move the file away, or restore the raw folder from a backup"
                raise StoreError("this manifest is of another source or scope", where=str(path), remedy=remedy)
            yield Shelved(kept, path, max(kept.taken_at, _written(path.stat())))


def _blobs(folder: Path) -> Iterator[tuple[str, Blob]]:
    for path in (folder / "downloads").glob(f"*/*{_SUFFIX}"):
        sha256 = path.name.removesuffix(_SUFFIX)
        if len(sha256) == _SHA256_LENGTH and _SHA256_LETTERS.issuperset(sha256):
            status = path.lstat()
            yield sha256, Blob(path, status.st_size, _written(status))


def _written(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)
