"""The raw archive of a site: every byte an upstream sent, and what each capture was made of.

The bytes of each request lie once in downloads/<first two of sha256>/<sha256>.gz, the ordered
downloads of a scope in captures/<source>/<scope>/<id>.json.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, cast
from urllib.parse import unquote

from isal import igzip, isal_zlib

from clerkcore.errors import ClerkError, FetchError, StoreError, UsageError
from clerkcore.fetch.durable import PART_PREFIX, make_folder, name_disk_errors, open_part, settle
from clerkcore.fetch.manifests import (
    KeptCapture,
    capture_id,
    check_sha256,
    is_capture_id,
    missing_capture,
    parse_manifest,
    render_manifest,
    scope_folder,
)
from clerkcore.fetch.names import clean_name
from clerkcore.fetch.streams import BUFFER_BYTES, Wrapped
from clerkcore.fetch.urls import kept_url, mask_url
from clerkcore.models import Download, Scope

DAY_SECONDS = 86_400
GZIP_LEVEL = 2  # of isal's: 12 times as fast as zlib's level 6, and a quarter larger
_GZIP: Any = igzip.GzipFile  # isal tells no types
FILE_SCHEME = "file:"
_SHOWN_IDS = 5


class Archive:
    """The downloads and captures below one folder; nothing is created before something is kept.

    Threads may keep downloads at the same time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._making = threading.Lock()

    def keep(
        self,
        chunks: Iterable[bytes],
        *,
        name: str,
        url: str,
        status: int = 200,
        etag: str | None = None,
        last_modified: str | None = None,
        content_type: str = "",
        fetched_at: datetime,
        max_bytes: int,
    ) -> Download:
        """Keep the bytes of one answer as they come; FetchError when there are more than `max_bytes`.

        What looks secret in the URL is not kept.
        """
        sha256, size = self._keep_blob(limit_chunks(chunks, max_bytes, mask_url(url)))
        path = self.blob_path(sha256)
        known_as = kept_url(url)
        return Download(name, known_as, sha256, size, path, fetched_at, status, etag, last_modified, content_type)

    def _keep_blob(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with name_disk_errors(self.folder), open_part(self._ready(self.folder / "downloads")) as part:
            with _GZIP("", "wb", GZIP_LEVEL, part, mtime=0) as packed:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    packed.write(chunk)
            # A blob that is already there is replaced too: the one on the disk may be damaged.
            target = self.blob_path(digest.hexdigest())
            self._ready(target.parent)
            settle(part, target)
        return digest.hexdigest(), size

    def _ready(self, folder: Path) -> Path:
        # Whoever finds a folder there must find it durable, so that one thread at a time makes them.
        with self._making:
            make_folder(folder)
        return folder

    def keep_file(self, path: Path, name: str, fetched_at: datetime, max_bytes: int) -> Download:
        """Keep a file that an operator saved; its place on this machine is not recorded."""
        if not path.is_file():
            problem = "is a folder" if path.is_dir() else "does not exist"
            raise UsageError(problem, where=clean_name(path), remedy="name a file that holds what the source sends")
        chunks = read_chunks(path)
        return self.keep(chunks, name=name, url=f"{FILE_SCHEME}{name}", fetched_at=fetched_at, max_bytes=max_bytes)

    def open(self, download: Download) -> BinaryIO:
        """Read back the bytes of a download; StoreError when the archive has lost or damaged them."""
        return self._open(download)

    def _open(self, download: Download) -> io.BufferedReader:
        path = self.blob_path(download.sha256)
        try:
            packed = _GZIP(path, "rb")
        except OSError as error:
            raise damaged_blob(path, error) from error
        return io.BufferedReader(_Blob(cast(BinaryIO, packed), path), BUFFER_BYTES)

    def is_intact(self, download: Download) -> bool:
        """Whether the bytes of a download are still there and still have their sha256; reads them all."""
        try:
            with self._open(download) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == download.sha256
        except StoreError:
            return False

    def blob_path(self, sha256: str) -> Path:
        """Return where the bytes of this sha256 lie."""
        return self.folder / "downloads" / check_sha256(sha256)[:2] / f"{sha256}.gz"

    def save_capture(
        self,
        source: str,
        scope: Scope,
        downloads: Sequence[Download],
        sha256: str,
        *,
        complete: bool,
        taken_at: datetime,
    ) -> KeptCapture:
        """Write down which downloads made up a scope, in their order."""
        identity = capture_id(taken_at, sha256)
        capture = KeptCapture(identity, source, scope, tuple(downloads), sha256, complete, taken_at)
        target = self._captures(source, scope.name) / f"{identity}.json"
        with name_disk_errors(self.folder), open_part(target.parent) as part:
            part.write(render_manifest(capture))
            settle(part, target)
        return capture

    def load_capture(self, source: str, scope_name: str, capture_id: str) -> KeptCapture:
        """Read back one capture; StoreError lists the newest ids when there is none of that id."""
        path = self._captures(source, scope_name) / f"{capture_id}.json"
        if not is_capture_id(capture_id) or not path.is_file():
            known = [kept.stem for kept in self._manifests(source, scope_name)]
            raise missing_capture(source, scope_name, capture_id, known[-_SHOWN_IDS:])
        return parse_manifest(path, self.blob_path)

    def captures(self, source: str, scope_name: str) -> list[KeptCapture]:
        """Return every capture of a scope, oldest first."""
        return [parse_manifest(path, self.blob_path) for path in self._manifests(source, scope_name)]

    def newest(self, source: str, scope_name: str, complete: bool = True) -> KeptCapture | None:
        """Return the newest capture of a scope, by default the newest complete one."""
        kept = (parse_manifest(path, self.blob_path) for path in reversed(self._manifests(source, scope_name)))
        return next((capture for capture in kept if capture.complete or not complete), None)

    def newest_of_each_scope(self, source: str) -> list[KeptCapture]:
        """Return the newest complete capture of every scope of a source, for conditional requests."""
        folders = sorted((self.folder / "captures" / source).glob("*/"))
        newest = (self.newest(source, unquote(folder.name)) for folder in folders)
        return [capture for capture in newest if capture]

    def _captures(self, source: str, scope_name: str) -> Path:
        return self.folder / "captures" / scope_folder(source, scope_name)

    def _manifests(self, source: str, scope_name: str) -> list[Path]:
        found = self._captures(source, scope_name).glob("*.json")
        return sorted(path for path in found if is_capture_id(path.stem))

    def sweep(self, clock: Callable[[], float] = time.time) -> int:
        """Remove partial files that a killed process left a day ago or more; returns how many."""
        with name_disk_errors(self.folder):
            old = [path for path in self.folder.rglob(f"{PART_PREFIX}*") if _is_left_over(path, clock())]
            for path in old:
                path.unlink(missing_ok=True)
        return len(old)


def newest_downloads(archive: Archive, source: str, scope_name: str) -> tuple[Download, ...]:
    """Return the downloads of the newest complete capture of a scope; none where there is none."""
    newest = archive.newest(source, scope_name) if source else None
    return newest.downloads if newest else ()


class _Blob(Wrapped):
    troubles: ClassVar[tuple[type[Exception], ...]] = (EOFError, OSError, cast(type[Exception], isal_zlib.error))

    def __init__(self, packed: BinaryIO, path: Path) -> None:
        super().__init__(packed)
        self._path = path

    def explain(self, trouble: Exception) -> ClerkError:
        return damaged_blob(self._path, trouble)


def damaged_blob(path: Path, trouble: Exception) -> StoreError:
    """Return the error for a blob that is missing or cannot be unpacked."""
    problem = "a download is missing" if isinstance(trouble, FileNotFoundError) else f"a download is damaged: {trouble}"
    return StoreError(f"the raw archive is damaged: {problem}", where=str(path), remedy="pull again")


def limit_chunks(chunks: Iterable[bytes], max_bytes: int, where: str) -> Iterator[bytes]:
    """Yield the chunks; FetchError as soon as they hold more than `max_bytes`."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            remedy = "raise http.max_bytes if an answer of this size is right"
            raise FetchError(f"sent more than {max_bytes:,} bytes", where=where, remedy=remedy)
        yield chunk


def read_chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of an operator's file; UsageError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(BUFFER_BYTES):
                yield chunk
    except OSError as error:
        remedy = "check its permissions"
        raise UsageError(f"cannot be read: {error.strerror}", where=clean_name(path), remedy=remedy) from error


def _is_left_over(path: Path, now: float) -> bool:
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return path.is_file() and now - status.st_mtime >= DAY_SECONDS
