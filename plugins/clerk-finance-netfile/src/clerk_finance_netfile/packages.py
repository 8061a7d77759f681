"""ZIP files from outside: their parts, within bounds, and XML that declares nothing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from clerkcore import SourceError

CONTENT_TYPES = "[Content_Types].xml"
MOST_PARTS = 500
LARGEST_TOTAL = 1_000_000_000
LARGEST_FILE = 200_000_000
CHUNK_BYTES = 1 << 16

_ENCRYPTED = 0x1
_DAMAGED = (BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, ValueError)
_FETCH_AGAIN = "it was cut off or damaged on its way; fetch it again"


class Handlers(Protocol):
    """What is told of an XML document while it is read."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take note of an element's start; names come without their prefix."""
        ...

    def end(self, name: str) -> None:
        """Take note of an element's end."""
        ...

    def text(self, text: str) -> None:
        """Take note of text; an element's text may come in pieces."""
        ...


@contextmanager
def told_as_damage(where: str) -> Iterator[None]:
    """Turn what zipfile and zlib raise into SourceError."""
    try:
        yield
    except _DAMAGED as trouble:
        raise SourceError(f"is a damaged ZIP file: {trouble}", where=where, remedy=_FETCH_AGAIN) from trouble


def read_bounded(stream: BinaryIO, where: str) -> bytes:
    """Return what is in a stream; SourceError when that is more than any export."""
    # Asked for all of it at once, a buffered stream would first set so much memory aside.
    pieces, size = [], 0
    while piece := stream.read(CHUNK_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_FILE:
            raise refused(f"is larger than {LARGEST_FILE:,} bytes", where)
    return b"".join(pieces)


def open_package(stream: BinaryIO, where: str) -> ZipFile:
    """Return a ZIP file whose parts are few, plain and of bounded size together; SourceError otherwise."""
    with told_as_damage(where):
        package = ZipFile(stream)
    parts = package.infolist()
    if len(parts) > MOST_PARTS:
        raise refused(f"holds {len(parts):,} files, more than {MOST_PARTS:,}", where)
    total = sum(part.file_size for part in parts)
    if total > LARGEST_TOTAL:
        raise refused(f"says that it unpacks to {total:,} bytes, more than {LARGEST_TOTAL:,}", where)
    _refuse_locked(parts, where)
    return package


def _refuse_locked(parts: list[ZipInfo], where: str) -> None:
    for part in parts:
        if part.flag_bits & _ENCRYPTED:
            raise refused(f"is locked with a password ({part.filename})", where)
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise refused(f"is packed in an unusual way ({part.filename})", where)


def refused(message: str, where: str) -> SourceError:
    """Return the error for a file that is no export, or a hostile one."""
    return SourceError(message, where=where, remedy="that is no export of NetFile; fetch it again, or look at the file")


def is_workbook(package: ZipFile) -> bool:
    """Whether a ZIP file is itself an .xlsx."""
    return CONTENT_TYPES in package.namelist()


def read_xml(package: ZipFile, part: str, handlers: Handlers, where: str) -> Iterator[None]:
    """Tell the handlers a part of the package; yields after each chunk, so that they may be emptied."""
    where = f"{where}, part {part}"
    parser = _make_parser(handlers, where)
    try:
        with told_as_damage(where), package.open(part) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                parser.Parse(chunk)
                yield
            parser.Parse(b"", True)
            yield
    except KeyError as error:
        raise SourceError("is missing", where=where, remedy=_FETCH_AGAIN) from error
    except expat.ExpatError as error:
        raise SourceError(f"is not whole XML: {error}", where=where, remedy=_FETCH_AGAIN) from error


def _make_parser(handlers: Handlers, where: str) -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        # Without a document type there are no entities, so none can be blown up or point outside.
        raise refused("declares a document type, as an XML bomb does", where)

    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = _without_prefix(handlers.start)
    parser.EndElementHandler = lambda name: handlers.end(name.rpartition(":")[2])
    parser.CharacterDataHandler = handlers.text
    return parser


def _without_prefix(start: Callable[[str, dict[str, str]], None]) -> Callable[[str, dict[str, str]], None]:
    return lambda name, attributes: start(name.rpartition(":")[2], attributes)
