"""Noticing a CSV that was cut off in its last field; in a ZIP its checksum tells."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from clerkcore import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HEAD_BYTES = 4096
_OTHER = (b"%PDF", b"<")  # a web page is told as one


def require_end(payload: BinaryIO, sent: BinaryIO, where: str) -> BinaryIO:
    """Return the payload; where it is a CSV as it was sent, reading to its end raises SourceError without a line end.

    Lines of fixed width and PDFs prove by themselves that they are whole.
    """
    if payload is not sent:
        return payload
    head = sent.read(_HEAD_BYTES)
    sent.seek(0)
    if b"," not in head.partition(b"\n")[0] or head.lstrip().startswith(_OTHER):
        return payload
    return cast(BinaryIO, io.BufferedReader(_Ended(sent, where)))


class _Ended(io.RawIOBase):
    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream = stream
        self._where = where
        self._last = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view))
        if not data and self._last not in b"\n":
            raise SourceError(
                "ends without the end of its last line", where=self._where, remedy="it was cut off; fetch it again"
            )
        self._last = data[-1:]
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
