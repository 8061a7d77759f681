"""ZIP files from outside: few members of bounded size, none of which unpacks to a hundred times what was sent."""

from __future__ import annotations

from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from clerkcore import SourceError

MAGIC = b"PK\x03\x04"
CONTENT_TYPES = "[Content_Types].xml"
MOST_MEMBERS = 1000
LARGEST_MEMBER = 10_000_000_000  # bytes; the core's own bound on payloads lies below it
SMALL_MEMBER = 10_000_000  # bytes below which a high ratio does no harm
LARGEST_RATIO = 100
_ENCRYPTED = 0x1
_REMEDY = "look at the raw file; fetch it again, or ask the publisher what changed"


def open_package(stream: BinaryIO, where: str) -> ZipFile:
    """Return a ZIP file of bounded length; BadZipFile, which the road explains, where it is damaged."""
    package = ZipFile(stream)
    if len(package.filelist) > MOST_MEMBERS:
        raise refused(f"holds {len(package.filelist):,} files, more than {MOST_MEMBERS:,}", where)
    return package


def check_member(member: ZipInfo, where: str, largest: int = LARGEST_MEMBER) -> None:
    """Raise SourceError for a member that cannot be read, or that is too large for what it is.

    zipfile unpacks no more of a member than the directory says, so that a bound on what is said is one on what is read.
    """
    name, size, packed = repr(member.filename[:60]), member.file_size, max(member.compress_size, 1)
    if member.flag_bits & _ENCRYPTED:
        raise refused(f"{name} is locked with a password", where)
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise refused(f"{name} is packed in an unusual way", where)
    if size > largest:
        raise refused(f"{name} has {size:,} bytes, more than {largest:,}", where)
    if size > SMALL_MEMBER and size / packed > LARGEST_RATIO:
        raise refused(f"{name} says that it unpacks from {packed:,} to {size:,} bytes, as a ZIP bomb does", where)


def refused(message: str, where: str) -> SourceError:
    """Return the error for an archive that nobody should unpack."""
    return SourceError(message, where=where, remedy=_REMEDY)
