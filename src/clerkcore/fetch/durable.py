"""Files that are there whole or not at all, whatever kills the process that writes them."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from clerkcore.errors import StoreError

PART_PREFIX = ".part-"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def name_disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into a StoreError that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            remedy = "free some space, or raise the quota, and pull again"
            raise StoreError("no space left", where=str(folder), remedy=remedy) from error
        remedy = "check that the folder exists and belongs to the user who runs clerk"
        raise StoreError(f"cannot be used: {error.strerror or error}", where=str(folder), remedy=remedy) from error


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, readable by their owner alone."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


@contextmanager
def open_part(folder: Path) -> Iterator[BinaryIO]:
    """Open a new partial file in the folder; it is removed unless `settle` has moved it to its place."""
    make_folder(folder)
    descriptor, name = tempfile.mkstemp(prefix=PART_PREFIX, dir=folder)
    os.close(descriptor)
    part = Path(name)
    try:
        with part.open("wb") as stream:
            yield stream
    finally:
        part.unlink(missing_ok=True)


def settle(stream: BinaryIO, target: Path) -> None:
    """Move a partial file to its place once its bytes are on the disk."""
    stream.flush()
    os.fsync(stream.fileno())
    make_folder(target.parent)
    os.replace(stream.name, target)
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
