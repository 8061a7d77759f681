"""How much a PDF unpacks to, found out in bounded steps before anything reads it as a whole."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

from clerkcore import SourceError

MOST_UNPACKED = 64_000_000  # bytes, of all streams of a PDF together
MOST_LAYERS = 3
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_END = b"endstream"
_DICTIONARY = 400  # bytes before a stream in which its filters are named
_PIECE = 1 << 20
_ASCII85 = (b"/ASCII85Decode", b"/A85")
_LZW = (b"/LZWDecode", b"/LZW ", b"/LZW]", b"/LZW/")


def refuse_bomb(body: bytes, where: str) -> None:
    """Raise SourceError when the streams of a PDF unpack to more than MOST_UNPACKED bytes, or nobody can tell."""
    total = 0
    for head, data in _streams(body):
        if any(name in head for name in _LZW):
            raise SourceError(
                "is packed in a way that is not read (LZW)", where=where, remedy="open it and print it to a new PDF"
            )
        total += _unpacked(_plain(data) if any(name in head for name in _ASCII85) else data, MOST_UNPACKED - total)
        if total > MOST_UNPACKED:
            raise SourceError(
                f"unpacks to more than {MOST_UNPACKED:,} bytes", where=where, remedy="see the raw file; it is no report"
            )


def _streams(body: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view = memoryview(body)
    for found in _STREAM.finditer(body):
        end = body.find(_END, found.end())
        yield body[max(found.start() - _DICTIONARY, 0) : found.start()], view[found.end() : end if end > 0 else None]


def _plain(data: memoryview) -> memoryview:
    try:
        return memoryview(base64.a85decode(bytes(data).strip().removesuffix(b"~>"), ignorechars=b" \t\r\n\0"))
    except ValueError:
        return data


def _unpacked(data: memoryview, most: int, layer: int = 1) -> int:
    """Return how many bytes deflated data holds, layers within included; something above `most` where it is more."""
    size, first = 0, b""
    packed = zlib.decompressobj()
    rest: memoryview | bytes = data
    try:
        while rest and not packed.eof and size <= most:
            piece = packed.decompress(rest, _PIECE)
            first = first or piece
            size += len(piece)
            rest = packed.unconsumed_tail
    except zlib.error:
        pass  # it is not deflated, or broken: what came out of it before is counted
    if layer < MOST_LAYERS and size <= most and first[:1] == b"\x78":
        whole = zlib.decompressobj().decompress(data, most + 1)
        size += _unpacked(memoryview(whole), most - size, layer + 1)
    return size
