"""Pages kept compressed in a temporary file, so that a large year is worked out once and takes no memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable
from os import SEEK_END
from tempfile import TemporaryFile
from threading import Lock
from typing import IO


class PageStore:
    """Pages by what was asked for; the file is made with the first, and once closed none is kept."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[Hashable, tuple[int, int]] = {}
        self._closed = False
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the page of this key, made now if it is not kept yet."""
        packed = self._read(key)
        if packed:
            return zlib.decompress(packed)
        page = make()
        self._write(key, zlib.compress(page, 1))
        return page

    def close(self) -> None:
        """Forget all pages; harmless when repeated."""
        with self._lock:
            self._closed = True
            self._places.clear()
            if self._file:
                self._file.close()
                self._file = None

    def _read(self, key: Hashable) -> bytes:
        with self._lock:
            if self._file is None or key not in self._places:
                return b""
            start, length = self._places[key]
            self._file.seek(start)
            return self._file.read(length)

    def _write(self, key: Hashable, packed: bytes) -> None:
        with self._lock:
            if self._closed:
                return
            if self._file is None:
                self._file = TemporaryFile()  # noqa: SIM115 (closed with the store)
            start = self._file.seek(0, SEEK_END)
            self._file.write(packed)
            self._places[key] = start, len(packed)
