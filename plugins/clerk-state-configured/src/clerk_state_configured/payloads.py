"""What is inside a download: the member of a ZIP file, UTF-16 made UTF-8, and whether the last line was ended."""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import ZipFile, ZipInfo

from clerk_state_configured.files import EXCEL, JSON, UTF_16, ConfiguredFile
from clerk_state_configured.packages import CONTENT_TYPES, MAGIC, check_member, open_package, refused
from clerkcore import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 16
_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SHOWN = 5


def open_payload(files: Sequence[ConfiguredFile], stream: BinaryIO, where: str) -> BinaryIO:
    """Return what one of some files is meant to hold; which of them it is, is known only of one that was fetched.

    So what is done goes by the bytes: a ZIP file is opened where it is no workbook, and UTF-16 is made UTF-8 where
    any of the files is said to be so. The stream must seek.
    """
    head = _peek(stream)
    if head == MAGIC:
        package = open_package(stream, where)
        if CONTENT_TYPES in package.namelist() and any(file.format == EXCEL for file in files):
            stream.seek(0)
            return stream
        member = _pick(package, files, where)
        check_member(member, where)
        stream = cast(BinaryIO, package.open(member))
        head = _peek(stream)
    codec = _utf_16(head) if any(file.encoding == UTF_16 for file in files) else ""
    if codec:
        stream = _buffered(_Utf8(stream, codec))
    may_be_json = head[:1] in (b"{", b"[") and any(file.format == JSON for file in files)
    if all(file.ended for file in files) and any(file.has_lines for file in files) and not may_be_json:
        return _buffered(_Ended(stream, where)) if head != MAGIC else stream
    return stream


def _peek(stream: BinaryIO) -> bytes:
    head = stream.read(len(MAGIC))
    stream.seek(0)
    return head


def _pick(package: ZipFile, files: Sequence[ConfiguredFile], where: str) -> ZipInfo:
    patterns = dict.fromkeys(pattern.lower() for file in files for pattern in file.members)
    for pattern in patterns:
        for member in package.infolist():
            name = member.filename.lower()
            if fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern):
                return member
    names = ", ".join(repr(member.filename[:60]) for member in package.infolist()[:_SHOWN]) or "nothing"
    raise refused(f"holds no {' or '.join(patterns)}, but {names}", where)


def _utf_16(head: bytes) -> str:
    """Return the encoding of a UTF-16 text by its first bytes; empty where it is none."""
    if head[:2] in _BOMS:
        return "utf-16"
    if len(head) == len(MAGIC) and 0 in head:
        return "utf-16-le" if head[1] == head[3] == 0 else "utf-16-be" if head[0] == head[2] == 0 else ""
    return ""


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return io.BufferedReader(raw, CHUNK)


class _Through(io.RawIOBase):
    """A stream read through another; closing it closes the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._rest = b""

    def readable(self) -> bool:
        return True

    def next_piece(self) -> bytes:
        """Return the next bytes; none at the end."""
        raise NotImplementedError

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = self.next_piece()
        data, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Utf8(_Through):
    """UTF-16 as UTF-8, so that lines end in one byte; what is no UTF-16 becomes the sign for that."""

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        super().__init__(stream)
        self._decoder = codecs.getincrementaldecoder(codec)("replace")

    def next_piece(self) -> bytes:
        while chunk := self._stream.read(CHUNK):
            if text := self._decoder.decode(chunk):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


class _Ended(_Through):
    """A text whose last line must have its end: without it, a field may have been cut that looks whole."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        super().__init__(stream)
        self._where = where
        self._last = b"\n"

    def next_piece(self) -> bytes:
        chunk = self._stream.read(CHUNK)
        if not chunk and self._last != b"\n":
            remedy = "it was cut off; fetch it again, or set ended = false where the publisher never ends it"
            raise SourceError("ends without the end of its last line", where=self._where, remedy=remedy)
        self._last = chunk[-1:] or b"\n"
        return chunk
