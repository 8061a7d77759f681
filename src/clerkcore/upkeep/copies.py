"""Copying files and databases so that the copy is whole, and looking at what a copied database holds."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from clerkcore.errors import LedgerError, StoreError
from clerkcore.ledger.engine import VERSION_TABLE, refuse_newer
from clerkcore.store.database import BUSY_SECONDS, explained, read_database, refuse_strangers
from clerkcore.upkeep.manifest import Kind

BUFFER_BYTES = 1 << 20
PAGES_AT_ONCE = 4096
PRIVATE = 0o600
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What a database file holds: version, what PRAGMA integrity_check said, rows by table."""

    version: str
    integrity: str
    rows: Mapping[str, int]


def copy_file(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file to a new one that only its owner can read; returns its bytes and sha256."""
    with source.open("rb") as reading, _create(target) as writing:
        size, sha256 = copy_stream(reading, writing)
        os.fsync(writing.fileno())
    return size, sha256


def copy_stream(reading: BinaryIO, writing: BinaryIO) -> tuple[int, str]:
    """Copy what is left of a stream; returns its bytes and sha256."""
    digest, size = hashlib.sha256(), 0
    while chunk := reading.read(BUFFER_BYTES):
        digest.update(chunk)
        size += writing.write(chunk)
    writing.flush()
    return size, digest.hexdigest()


def hash_file(path: Path) -> tuple[int, str]:
    """Return the bytes and the sha256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(BUFFER_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def link_or_copy(source: Path, target: Path) -> tuple[int, str]:
    """Give a file that is never changed a second name, or copy it where that cannot be; returns bytes and sha256."""
    _make_private(target.parent)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileNotFoundError:
        raise
    except OSError:
        return copy_file(source, target)
    return hash_file(target)


def copy_database(source: Path, target: Path, kind: Kind) -> None:
    """Copy a database as it is at one moment while others may write to it.

    StoreError when it is damaged, newer than this code or not clerk's. OSError when the disk of the copy is full.
    """
    with _create(target):
        pass
    with _open_source(source, kind) as reading, closing(sqlite3.connect(target)) as writing:
        writing.execute("PRAGMA journal_mode = OFF")
        if reading.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            # One snapshot throughout: no writer makes the copy begin anew, and none has to wait for it.
            reading.execute("BEGIN")
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        try:
            reading.backup(writing, pages=PAGES_AT_ONCE)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith("SQLITE_FULL"):
                raise OSError(errno.ENOSPC, "no space left", str(target)) from error
            raise
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _open_source(path: Path, kind: Kind) -> Iterator[sqlite3.Connection]:
    if kind is Kind.DATABASE:
        with read_database(path) as connection:
            yield connection
        return
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with explained(path), closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as connection:
        yield connection


def examine(path: Path, kind: Kind) -> Facts:
    """Look at a copied database, to which nobody writes; StoreError when it cannot be read or is newer.

    The file may come from anywhere: its schema is not trusted, and nothing is written beside it.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with explained(path), closing(sqlite3.connect(uri, uri=True)) as connection:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")
        version = _read_version(connection, path, kind)
        told = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_MOST_TOLD})")]
        rows = _count_rows(connection) if told == ["ok"] else {}
        return Facts(version, "; ".join(told), rows)


def _read_version(connection: sqlite3.Connection, path: Path, kind: Kind) -> str:
    if kind is Kind.LEDGER:
        return _read_revision(connection, path)
    return str(refuse_strangers(connection, path))


def _read_revision(connection: sqlite3.Connection, path: Path) -> str:
    there = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = ?", (VERSION_TABLE,)).fetchone()[0]
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() if there else None
    if row is None:
        raise StoreError("is not a ledger", where=str(path), remedy="run `clerk init`")
    try:
        refuse_newer(str(row[0]), str(path))
    except LedgerError as error:
        raise StoreError("was written by a newer clerk", where=str(path), remedy=error.remedy) from error
    return str(row[0])


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    names = [str(row[0]) for row in tables.fetchall()]
    return {name: _count(connection, name) for name in names}


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    return int(connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])


@contextmanager
def _create(path: Path) -> Iterator[BinaryIO]:
    _make_private(path.parent)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE), "wb") as stream:
        yield stream


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        _make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def sync_folders(folder: Path) -> None:
    """Put the names of all files below a folder on the disk, so that no loss of power takes one away."""
    for path, _, _ in os.walk(folder):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
