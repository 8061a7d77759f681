"""The state's ZIPs: one file of the whole state among those of the counties, or one file alone."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from clerkcore import SourceError

ZIP_START = b"PK\x03\x04"
STATEWIDE = "STATEWIDE.csv"
MOST_MEMBERS = 1000  # 159 counties and the state
MOST_NAMED = 5
# A file of voter history is called by its election or year; a county's is called by the county, without a digit.
_ALONE = re.compile(r"[^/\\]*\d[^/\\]*\.(txt|csv)", re.IGNORECASE | re.ASCII)
_BROKEN = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, OSError, struct.error)


def open_member(stream: BinaryIO, where: str) -> BinaryIO:
    """Open the statewide file in a ZIP, or the stream as it is where it is none; nothing is unpacked to disk.

    Raises SourceError when the archive is broken or encrypted, or holds something else.
    """
    head = stream.read(len(ZIP_START))
    stream.seek(0)
    if head != ZIP_START:
        return stream
    with _told_as_damage(where):
        package = zipfile.ZipFile(stream)
        member = _statewide(package.infolist(), where)
        if member.flag_bits & 1:
            raise SourceError(
                f"holds {member.filename!r} under a password", where=where, remedy="save it without a password"
            )
        return cast(BinaryIO, package.open(member))


def _statewide(members: list[zipfile.ZipInfo], where: str) -> zipfile.ZipInfo:
    if len(members) > MOST_MEMBERS:
        raise SourceError(
            f"holds {len(members):,} files, more than {MOST_MEMBERS:,}", where=where, remedy="see the raw file"
        )
    files = [member for member in members if not member.is_dir()]
    # Only the name's last part is looked at: a path in an archive is anybody's word.
    state = [m for m in files if re.split(r"[/\\]", m.filename)[-1].lower() == STATEWIDE.lower()]
    found = state or (files if len(files) == 1 and _ALONE.fullmatch(files[0].filename) else [])
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(member.filename) for member in files[:MOST_NAMED]) or "nothing"
    raise SourceError(
        f"holds {len(found) or 'no'} {STATEWIDE}, not one; it holds {names}",
        where=where,
        remedy="fetch the file of the whole state, not that of a county",
    )


@contextmanager
def _told_as_damage(where: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise SourceError(
            f"is a ZIP that cannot be read: {error}", where=where, remedy="fetch it again; see the raw file"
        ) from error
