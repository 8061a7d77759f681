"""What the platform wraps around a file: base64 in JSON, perhaps of a ZIP; and its errors, which come as data."""

from __future__ import annotations

import binascii
import io
import re
from typing import TYPE_CHECKING, BinaryIO

from clerk_state_texas.archives import ZIP_START, open_archive
from clerk_state_texas.documents import read_small_document, refuse_exception
from clerkcore import NotPublished, SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES = 4096
PIECE_BYTES = 1 << 18
LARGEST_TAIL = 1 << 16
BOM = b"\xef\xbb\xbf"
FILE_SCHEME = "file:"

_NOT_YET = "the state has no data of it yet"
# The one key that matters, after others of plain values perhaps.
_ENVELOPE = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{\s*(?:"\w{1,40}"\s*:\s*(?:null|true|false|-?\d{1,20}|"[^"\\]{0,200}")\s*,\s*)*'
    rb'"upload"\s*:\s*(null|")'
)
_TAIL = re.compile(rb"\s*(,.*)?\}\s*", re.DOTALL)
# How JSON may spell what base64 holds.
_ESCAPES = re.compile(rb"\\(?:u00(2[bB]|2[fF]|3[dD]|0[aAdD])|([/nrt]))")
_PARTIAL = re.compile(rb"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_SPACE = b" \t\r\n"


def unwrap(url: str, stream: BinaryIO, where: str) -> BinaryIO:
    """Return the file inside an answer, decoded as it is read; a ZIP's first CSV, and what is not wrapped as it is.

    Raises NotPublished when there is no data yet, and SourceError on the platform's errors and broken envelopes.
    """
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head.removeprefix(BOM).strip() and len(head) < HEAD_BYTES:
        raise _nothing(url, where)
    if head.startswith(ZIP_START):
        return open_archive(stream, where)
    envelope = _ENVELOPE.match(head)
    if not envelope:
        refuse_exception(read_small_document(stream), where)
        stream.seek(0)
        return stream
    if envelope[1] == b"null" or head[envelope.end() : envelope.end() + 1] == b'"':
        raise _nothing(url, where)
    stream.seek(envelope.end())
    payload = io.BufferedReader(Upload(stream, where), PIECE_BYTES)
    return open_archive(payload, where) if payload.peek(2).startswith(ZIP_START) else payload


def _nothing(url: str, where: str) -> SourceError:
    if url.startswith(FILE_SCHEME):
        return SourceError("is empty", where=where, remedy="save it again once the state has data")
    return NotPublished(_NOT_YET, where=where, remedy="it answers so until there are data; it is asked again")


class Upload(io.RawIOBase):
    """The bytes that the base64 in a JSON string stands for; begins after the opening quote, in constant memory."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream = stream
        self._where = where
        self._text = b""
        self._ready = memoryview(b"")
        self._ended = False
        self._padded = False

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Decode into the buffer; SourceError where the envelope is cut off or holds anything else."""
        view = memoryview(buffer).cast("B")
        while not self._ready and not self._ended:
            self._ready = memoryview(self._decode_piece())
        count = min(len(view), len(self._ready))
        view[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _decode_piece(self) -> bytes:
        piece = self._stream.read(PIECE_BYTES)
        if not piece:
            raise self._broken("breaks off in the middle of its envelope")
        text, quote, rest = (self._text + piece).partition(b'"')
        self._ended = bool(quote)
        if self._ended:
            self._check_tail(rest)
        text, kept = self._unescape(text)
        text = text.translate(None, _SPACE)
        whole = len(text) if self._ended else len(text) // 4 * 4
        self._text = text[whole:] + kept
        return self._decode(text[:whole])

    def _unescape(self, text: bytes) -> tuple[bytes, bytes]:
        """Return the text without JSON's escapes, and the beginning of one at its end."""
        if b"\\" not in text:
            return text, b""
        partial = None if self._ended else _PARTIAL.search(text)
        kept = partial[0] if partial else b""
        return _ESCAPES.sub(_spell_out, text.removesuffix(kept)), kept

    def _decode(self, text: bytes) -> bytes:
        if text and self._padded:
            raise self._broken("goes on after the end of its base64")
        self._padded = text.endswith(b"=")
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error as error:
            raise self._broken(f"holds an upload that is no base64: {error}") from error

    def _check_tail(self, rest: bytes) -> None:
        tail = rest + self._stream.read(LARGEST_TAIL)
        if len(tail) > LARGEST_TAIL or not _TAIL.fullmatch(tail):
            raise self._broken("does not end as an envelope does")

    def _broken(self, message: str) -> SourceError:
        return SourceError(message, where=self._where, remedy="fetch it again; if it stays so, see the raw file")


def _spell_out(escape: re.Match[bytes]) -> bytes:
    code, letter = escape.groups()
    if code:
        return bytes([int(code, 16)])
    return b"/" if letter == b"/" else b""
