"""ZIP files from outside: the first CSV in one, however large, without unpacking it to the disk."""

from __future__ import annotations

import io
import shutil
import struct
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from clerkcore import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ZIP_START = b"PK"
WORKBOOK_PART = "xl/workbook.xml"
MOST_FILES = 500
LARGEST_DIRECTORY = 1_000_000  # bytes; zipfile reads it whole, and makes some ten times as much of it
IN_MEMORY = 1 << 24  # bytes of a ZIP that are held in memory; a larger one goes to a temporary file

_END, _END64 = b"PK\5\6", b"PK\6\7"
_END_BYTES, _END64_BYTES, _LONGEST_COMMENT = 22, 20, 1 << 16
_ENCRYPTED = 0x1
_NAMED = 5
_TOLD = 200
# What zipfile raises beside what the road tells itself: BadZipFile, EOFError, zlib.error.
_STUMBLES = (NotImplementedError, OSError, RuntimeError, ValueError, struct.error)


def open_archive(stream: BinaryIO, where: str) -> BinaryIO:
    """Return the first CSV in a ZIP, or a workbook as it is; SourceError when there is neither."""
    spool = cast(BinaryIO, SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the stream returned closes it
    try:
        shutil.copyfileobj(stream, spool)
        _check_directory(spool, where)
        return _open_member(spool, where)
    except _STUMBLES as trouble:
        spool.close()
        raise _refused(f"sent a ZIP that cannot be read: {str(trouble)[:_TOLD]}", where) from trouble
    except BaseException:
        spool.close()
        raise


def _check_directory(spool: BinaryIO, where: str) -> None:
    """Refuse a ZIP with a large directory before zipfile reads that whole."""
    size = spool.seek(0, io.SEEK_END)
    spool.seek(max(0, size - _LONGEST_COMMENT - _END_BYTES - _END64_BYTES))
    tail = spool.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise _refused("sent a ZIP that is cut off", where)
    files, directory = struct.unpack_from("<HL", tail, at + 10)
    if files > MOST_FILES or directory > LARGEST_DIRECTORY or tail[max(0, at - _END64_BYTES) : at].startswith(_END64):
        raise _refused(f"sent a ZIP of more than {MOST_FILES:,} files", where)


def _open_member(spool: BinaryIO, where: str) -> BinaryIO:
    archive = ZipFile(spool)
    names = archive.namelist()
    if WORKBOOK_PART in names:
        spool.seek(0)
        return spool
    member = next((each for each in archive.infolist() if _is_csv(each)), None)
    if member is None:
        there = ", ".join(repr(name[:_TOLD]) for name in names[:_NAMED]) or "nothing"
        raise _refused(f"sent a ZIP without a CSV; it holds {there}", where)
    if member.flag_bits & _ENCRYPTED:
        raise _refused("sent a ZIP that is locked with a password", where)
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise _refused("sent a ZIP that is packed in an unusual way", where)
    return io.BufferedReader(_Member(cast(BinaryIO, archive.open(member)), spool))


def _is_csv(member: ZipInfo) -> bool:
    # Macs put a shadow of each file into the ZIPs that they make.
    return member.filename.lower().endswith(".csv") and not member.filename.startswith("__MACOSX/")


class _Member(io.RawIOBase):
    """A file in a ZIP; closing it lets go of the ZIP too."""

    def __init__(self, member: BinaryIO, spool: BinaryIO) -> None:
        self._member = member
        self._spool = spool

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._member.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._member.close()
            self._spool.close()
        super().close()


def _refused(message: str, where: str) -> SourceError:
    return SourceError(message, where=where, remedy="fetch it again; if it stays so, see the raw file")
