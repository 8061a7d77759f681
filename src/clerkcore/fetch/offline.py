"""The client of steps that work on what is kept already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from clerkcore.errors import UsageError
from clerkcore.fetch.downloads import Archive, newest_downloads
from clerkcore.fetch.urls import mask_url
from clerkcore.interfaces import Get
from clerkcore.models import Download


class OfflineClient:
    """A client that reads the archive and refuses to ask anybody."""

    def __init__(self, archive: Archive, source: str = "") -> None:
        self._archive = archive
        self._source = source

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        name: str = "",
    ) -> Download:
        """Always raises UsageError."""
        raise UsageError(
            "this step must not use the network",
            where=mask_url(url),
            remedy="leave out the saved files to fetch from the upstream",
        )

    def get_all(self, requests: Iterable[Get]) -> Iterator[Download]:
        """Raises UsageError when the first is asked for."""
        for request in requests:
            yield self.get(request.url)

    def open(self, download: Download) -> BinaryIO:
        """Read back the bytes of a download."""
        return self._archive.open(download)

    def kept(self, scope: str) -> tuple[Download, ...]:
        """Return the downloads of the newest complete capture of a scope of the source."""
        return newest_downloads(self._archive, self._source, scope)
