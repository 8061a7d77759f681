"""Opening a site database: WAL, full synchronisation, explicit transactions, refusal of strangers and of the future."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clerkcore.errors import StoreBusy, StoreError
from clerkcore.store.system import SCHEMA_VERSION, create_system_tables, upgrade_system_tables

APPLICATION_ID = 0x434C524B  # "CLRK"; a file that carries another id is somebody else's
BUSY_SECONDS = 30.0
PAUSE_SECONDS = 0.05
PRIVATE = 0o600


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about a database file into a StoreError with a remedy."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _store_error(error, path) from error


def _store_error(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return StoreError("the disk is full; nothing was changed", where=str(path), remedy="free some space, run again")
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        remedy = "restore it from a backup, or move it away and load again"
        return StoreError("is damaged or not an SQLite database", where=str(path), remedy=remedy)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy("is locked by another program", where=str(path), remedy="close that program and run again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StoreError("cannot be opened for writing", where=str(path), remedy="check its owner and permissions")
    if name.startswith("SQLITE_IOERR"):
        remedy = "the disk or a quota may be full, or failing; see to it and run again"
        return StoreError(f"could not be read or written: {error}", where=str(path), remedy=remedy)
    return StoreError(f"SQLite says: {error}", where=str(path), remedy="see: clerk doctor")


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a site database for writing, creating it, for its owner alone, when it is not there."""
    with explained(path):
        _create_private(path)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)) as connection:
            connection.row_factory = sqlite3.Row
            # First, for WAL would be written into a stranger's file too.
            refuse_strangers(connection, path)
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            _prepare(connection, path)
            yield connection


def _create_private(path: Path) -> None:
    """Make the file before SQLite does, which would let everybody read it; WAL and index take after it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE))
    except OSError as error:
        raise StoreError(f"cannot be made: {error.strerror}", where=str(path), remedy="check its folder") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # Alone among all statements this one does not wait while another process does the same.
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


@contextmanager
def read_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a site database for reading only; StoreError when it does not exist."""
    if not path.is_file():
        raise StoreError("does not exist yet", where=str(path), remedy="load some data first")
    with (
        explained(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection,
    ):
        connection.row_factory = sqlite3.Row
        refuse_strangers(connection, path)
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do everything inside or nothing: BEGIN IMMEDIATE, then COMMIT or ROLLBACK."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if refuse_strangers(connection, path) == SCHEMA_VERSION:
        return
    with transaction(connection):
        # Another process may have prepared the file while this one waited for the lock.
        version = refuse_strangers(connection, path)
        if version == 0:
            create_system_tables(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        else:
            upgrade_system_tables(connection, version)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def refuse_strangers(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a site database; StoreError for a newer one, and for one that clerk did not make."""
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application_id != APPLICATION_ID and not empty:
        raise StoreError("was not made by clerk", where=str(path), remedy="move it away; clerk makes its own")
    if version > SCHEMA_VERSION:
        raise StoreError("was written by a newer clerk", where=str(path), remedy="upgrade clerk")
    return version
