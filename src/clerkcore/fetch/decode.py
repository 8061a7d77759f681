"""Undoing gzip as it arrives.

httpx takes a gzip body that ends early, or that has several members, for complete; both would be lost data.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from clerkcore.errors import FetchError
from clerkcore.fetch.retries import Passing

PIECE_BYTES = 1 << 18
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decode_body(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield the bytes of a body without its content encoding; raises Passing when it is broken."""
    layers = [layer.strip().lower() for layer in encoding.split(",")]
    layers = [layer for layer in layers if layer not in ("", "identity")]
    if not layers:
        yield from chunks
    elif layers in (["gzip"], ["x-gzip"]):
        yield from _gunzip(chunks)
    else:
        remedy = "report this to the source's maintainer"
        raise FetchError(f"upstream answered in the encoding {encoding!r}, which was not asked for", remedy=remedy)


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = None
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if member is None or member.eof:
                    member, rest = zlib.decompressobj(_GZIP_WINDOW), rest.lstrip(b"\0") if member else rest
                yield from _drain(member, rest)
                rest = member.unused_data
    except zlib.error as error:
        raise Passing(f"upstream sent broken gzip: {error}", remedy="try again later") from error
    if member is not None and not member.eof:
        raise Passing("upstream broke off in the middle of its gzip", remedy="try again later")


def _drain(member: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    # In bounded pieces: a few bytes of gzip can hold a thousand times as many.
    while not member.eof:
        piece = member.decompress(data, PIECE_BYTES)
        if piece:
            yield piece
        data = member.unconsumed_tail
        if not data and len(piece) < PIECE_BYTES:
            break
