"""What parse sees: the pages of a capture, unwrapped, bounded, and certainly not a web page."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from clerkcore.errors import ClerkError, SourceError
from clerkcore.fetch.downloads import FILE_SCHEME, Archive
from clerkcore.fetch.streams import BUFFER_BYTES, Wrapped
from clerkcore.interfaces import Source
from clerkcore.models import Capture, Download, Page, Scope

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_UTF8_BOM = b"\xef\xbb\xbf"
_HTML = (b"<!doctype html", b"<html")
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)


def build_capture(
    source: Source,
    scope: Scope,
    archive: Archive,
    downloads: Iterable[Download],
    capture_id: str,
    taken_at: datetime,
    *,
    sha256: str,
    max_bytes: int,
    sizes: Sequence[int] = (),
) -> Capture:
    """Return a capture whose pages open as unwrapped payloads of at most `max_bytes` each; `sizes` where known."""
    pages = tuple(
        Page(download.name, download.url, partial(open_payload, source, archive, download, max_bytes), size)
        for download, size in zip_longest(downloads, sizes, fillvalue=0)
        if isinstance(download, Download)
    )
    return Capture(capture_id, source.name, scope, pages, sha256, taken_at)


def hash_payloads(source: Source, archive: Archive, downloads: Iterable[Download], *, max_bytes: int) -> str:
    """Return the sha256 over the sha256 of each unwrapped payload, in order; SourceError on an HTML page."""
    return measure_payloads(source, archive, downloads, max_bytes=max_bytes)[0]


def measure_payloads(
    source: Source, archive: Archive, downloads: Iterable[Download], *, max_bytes: int
) -> tuple[str, tuple[int, ...]]:
    """Return what `hash_payloads` does, and how many bytes each payload has."""
    whole, sizes = hashlib.sha256(), []
    for download in downloads:
        with _tell_place(archive, download):
            digest, size = _hash_payload(source, archive, download, max_bytes)
            whole.update(digest)
            sizes.append(size)
    return whole.hexdigest(), tuple(sizes)


@contextmanager
def _tell_place(archive: Archive, download: Download) -> Iterator[None]:
    try:
        yield
    except SourceError as error:
        # An operator who saved the file has it already.
        if not download.url.startswith(FILE_SCHEME):
            place = archive.blob_path(download.sha256).relative_to(archive.folder.parent)
            kept = f"the raw answer is kept: {place}"
            error.remedy = f"{error.remedy}; {kept}" if error.remedy else kept
        raise


def _hash_payload(source: Source, archive: Archive, download: Download, max_bytes: int) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    with open_payload(source, archive, download, max_bytes) as payload:
        chunk = payload.read(BUFFER_BYTES)
        refuse_html(source.name, download.name, chunk)
        while chunk:
            digest.update(chunk)
            size += len(chunk)
            chunk = payload.read(BUFFER_BYTES)
    return digest.digest(), size


def open_payload(source: Source, archive: Archive, download: Download, max_bytes: int) -> BinaryIO:
    """Open what the source finds inside a download, bounded by `max_bytes`."""
    where = f"{source.name} {download.name}"
    sent = archive.open(download)
    try:
        payload = source.unwrap(download, sent)
    except _DAMAGED as trouble:
        sent.close()
        raise damaged_envelope(where, trouble) from trouble
    except BaseException:
        sent.close()
        raise
    return limit_stream(payload, max_bytes, where, sent)


def refuse_html(source_name: str, page_name: str, head: bytes) -> None:
    """Raise SourceError when a payload begins like a web page."""
    start = head.removeprefix(_UTF8_BOM).lstrip()[:20].lower()
    if start.startswith(_HTML):
        raise SourceError(
            "answered with an HTML page instead of data",
            where=f"{source_name} {page_name}",
            remedy="open the address in a browser; the upstream may be down, moved, or asking for a login",
        )


def limit_stream(stream: BinaryIO, max_bytes: int, where: str, *beneath: BinaryIO) -> BinaryIO:
    """Wrap a stream so that reading past `max_bytes` raises SourceError; closing it closes those beneath."""
    return io.BufferedReader(_Limited(stream, max_bytes, where, *beneath), BUFFER_BYTES)


class _Limited(Wrapped):
    troubles: ClassVar[tuple[type[Exception], ...]] = _DAMAGED

    def __init__(self, stream: BinaryIO, max_bytes: int, where: str, *beneath: BinaryIO) -> None:
        super().__init__(stream, *beneath)
        self._max_bytes = max_bytes
        self._where = where
        self._position = 0

    def explain(self, trouble: Exception) -> ClerkError:
        return damaged_envelope(self._where, trouble)

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = super().readinto(buffer)
        self._position += count
        if self._position > self._max_bytes:
            remedy = "raise http.max_bytes if data of this size is right"
            raise SourceError(f"unpacks to more than {self._max_bytes:,} bytes", where=self._where, remedy=remedy)
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = super().seek(offset, whence)
        return self._position


def damaged_envelope(where: str, trouble: Exception) -> SourceError:
    """Return the error for an archive that the upstream sent and that cannot be unpacked."""
    remedy = "pull again; if it stays so, tell the publisher"
    return SourceError(f"sent an archive that is damaged: {trouble}", where=where, remedy=remedy)
