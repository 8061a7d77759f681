"""ZIP files of the state: the one text inside is streamed, and bombs are refused before they unpack."""

from __future__ import annotations

from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from clerkcore import SourceError

LARGEST_MEMBER = 20_000_000_000  # bytes; the core's own bound on payloads lies below it
SMALL_MEMBER = 10_000_000  # bytes below which a high ratio does no harm
LARGEST_RATIO = 100  # unpacked to packed; texts such as these reach about 20
MOST_MEMBERS = 1000

_MAGIC = b"PK\x03\x04"
_ENCRYPTED = 0x1
_TEXTS = (".csv", ".txt")
_REMEDY = "look at the raw file; the publisher may have changed it"


def open_text(stream: BinaryIO, where: str) -> BinaryIO:
    """Return the text inside a ZIP file, or the stream itself where it is none.

    A file that an operator unpacked himself is read as well. The stream must seek. zipfile unpacks no more of a
    member than the directory says, so that a bound on what is said is one on what is read. Raises BadZipFile, which
    the road explains, and SourceError for an archive that holds no text, or a hostile one.
    """
    magic = stream.read(len(_MAGIC))
    stream.seek(0)
    if magic != _MAGIC:
        return stream
    archive = ZipFile(stream)
    member = _pick(archive.infolist(), where)
    _refuse_hostile(member, where)
    return cast(BinaryIO, archive.open(member))


def _pick(members: list[ZipInfo], where: str) -> ZipInfo:
    if len(members) > MOST_MEMBERS:
        raise SourceError(f"holds {len(members):,} files, more than {MOST_MEMBERS:,}", where=where, remedy=_REMEDY)
    texts = [member for member in members if member.filename.lower().endswith(_TEXTS)]
    if not texts:
        names = ", ".join(repr(member.filename[:60]) for member in members[:5]) or "nothing"
        raise SourceError(f"holds no .csv or .txt, but {names}", where=where, remedy=_REMEDY)
    return texts[0]


def _refuse_hostile(member: ZipInfo, where: str) -> None:
    name = repr(member.filename[:60])
    if member.flag_bits & _ENCRYPTED:
        raise SourceError(f"{name} is locked with a password", where=where, remedy=_REMEDY)
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise SourceError(f"{name} is packed in an unusual way", where=where, remedy=_REMEDY)
    size, packed = member.file_size, max(member.compress_size, 1)
    if size > LARGEST_MEMBER or (size > SMALL_MEMBER and size / packed > LARGEST_RATIO):
        told = f"{name} says that it unpacks from {packed:,} to {size:,} bytes, as a ZIP bomb does"
        raise SourceError(told, where=where, remedy="fetch it again; if it stays so, tell the publisher")
