"""Reading through another stream, with what goes wrong told in clerk's words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from clerkcore.errors import ClerkError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1 << 16


class Wrapped(io.RawIOBase):
    """A stream read through; a subclass names the `troubles` of reading it and what they mean.

    Closing it closes the stream and those beneath it.
    """

    troubles: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, stream: BinaryIO, *beneath: BinaryIO) -> None:
        self._streams = (stream, *beneath)
        self._stream = stream

    def explain(self, trouble: Exception) -> ClerkError:
        """Return the error to raise for one of the troubles."""
        raise NotImplementedError

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self.troubles as trouble:
            raise self.explain(trouble) from trouble

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Whether the stream beneath can seek."""
        return self._stream.seekable()

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into the buffer and return how many bytes that were."""
        view = memoryview(buffer).cast("B")
        with self._told():
            data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to another position of the stream beneath."""
        with self._told():
            return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Return the position of the stream beneath."""
        return self._stream.tell()

    def close(self) -> None:
        """Close every stream."""
        if not self.closed:
            for stream in self._streams:
                stream.close()
        super().close()


class HashedStream:
    """Reads another stream and hashes what it gave."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha256 = sha256()

    def read(self, size: int) -> bytes:
        """Read on."""
        data = self._stream.read(size)
        self._sha256.update(data)
        return data

    def digest(self) -> bytes:
        """Return the sha256 of everything read so far."""
        return self._sha256.digest()
