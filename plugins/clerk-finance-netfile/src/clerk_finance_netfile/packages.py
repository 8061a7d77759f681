"""ZIP files from outside: few parts, each of bounded size, and one error for whatever is wrong with them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, BinaryIO, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError

from clerkcore import SourceError

CONTENT_TYPES = "[Content_Types].xml"
MOST_PARTS = 500
LARGEST_TOTAL = 1_000_000_000
LARGEST_FILE = 200_000_000
CHUNK_BYTES = 1 << 16

_ENCRYPTED = 0x1
_TOLD_BYTES = 200
_DAMAGED = (BadZipFile, EOFError, NotImplementedError, struct.error, zlib.error)
# What else a file that is no workbook ends in: openpyxl checks little, and stumbles as Python does.
_STUMBLES = (ArithmeticError, AttributeError, LookupError, OSError, ParseError, TypeError, ValueError)


class Package(ZipFile):
    """A ZIP file whose parts are few, plain and of bounded size together; SourceError for any other.

    zipfile unpacks no more of a part than its directory says, so that bounds on what is said are bounds on what is
    read; a part that holds more fails its checksum.
    """

    def __init__(self, body: bytes, where: str) -> None:
        self.where = where
        self.largest = LARGEST_TOTAL
        with told_as_damage(where):
            super().__init__(BytesIO(body))
        parts = self.infolist()
        if len(parts) > MOST_PARTS:
            raise refused(f"holds {len(parts):,} files, more than {MOST_PARTS:,}", where)
        total = sum(part.file_size for part in parts)
        if total > LARGEST_TOTAL:
            raise refused(f"says that it unpacks to {total:,} bytes, more than {LARGEST_TOTAL:,}", where)
        for part in parts:
            if part.flag_bits & _ENCRYPTED:
                raise refused(f"is locked with a password ({part.filename})", where)
            if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise refused(f"is packed in an unusual way ({part.filename})", where)

    @property
    def is_workbook(self) -> bool:
        """Whether the ZIP file is itself an .xlsx."""
        return CONTENT_TYPES in self.namelist()

    @contextmanager
    def reading(self, part: str, largest: int = LARGEST_TOTAL) -> Iterator[None]:
        """Read a part, and no larger ones that it may point to; whatever is wrong becomes SourceError."""
        self.largest = largest
        with told_as_damage(f"{self.where}, part {part}"):
            yield

    def open(
        self,
        name: str | ZipInfo,
        mode: Literal["r", "w"] = "r",
        pwd: bytes | None = None,
        *,
        force_zip64: bool = False,
    ) -> IO[bytes]:
        """Open a part; ValueError when it is larger than it may be."""
        part = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if part.file_size > self.largest:
            raise ValueError(f"{part.filename} has {part.file_size:,} bytes, more than {self.largest:,}")
        return super().open(part, mode, pwd, force_zip64=force_zip64)


@contextmanager
def told_as_damage(where: str) -> Iterator[None]:
    """Turn what zipfile, zlib, defusedxml and openpyxl raise into SourceError."""
    try:
        yield
    except (*_DAMAGED, *_STUMBLES) as trouble:
        raise _tell(trouble, where) from trouble


def _tell(trouble: Exception, where: str) -> SourceError:
    if isinstance(trouble, DefusedXmlException):
        return refused("declares a document type, as an XML bomb does", where)
    kind = "is no workbook as Excel writes it"
    if isinstance(trouble, ParseError):
        kind = "is not whole XML"
    elif isinstance(trouble, _DAMAGED):
        kind = "is a damaged ZIP file"
    remedy = "it was cut off or damaged on its way; fetch it again"
    return SourceError(f"{kind}: {str(trouble)[:_TOLD_BYTES]}", where=where, remedy=remedy)


def refused(message: str, where: str) -> SourceError:
    """Return the error for a file that is no export, or a hostile one."""
    return SourceError(message, where=where, remedy="that is no export of NetFile; fetch it again, or look at the file")


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
