"""The one place where errors of the ledger's database get words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError

from clerkcore.errors import LedgerError

_INIT = "run `clerk init`"
_OUR_MISTAKES = (DataError, IntegrityError, NotSupportedError, ProgrammingError)

_LOCKED = ("the ledger is locked by another process", "wait for that process to end and try again")
_GONE = ("the connection to the ledger's server broke off", "see whether the server runs, and try again")
_RIGHTS = ("the ledger may not be used by this user", "GRANT it the rights to connect, create and write there")
_BUSY = ("the ledger's server takes no connection now", "wait, or raise its max_connections")
_PASSWORD = ("the ledger's server refused the password", "set CLERK_SECRET_DATABASE_PASSWORD, or write it to its file")

# By SQLite's primary result code, or PostgreSQL's SQLSTATE.
_WORDS: dict[object, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: ("the ledger is not a database", f"restore it from a backup, or move it away and {_INIT}"),
    sqlite3.SQLITE_CORRUPT: ("the ledger is damaged", "restore it from a backup"),
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: ("the ledger is read-only", "check the permissions of the file and its folder"),
    sqlite3.SQLITE_FULL: ("the disk of the ledger is full", "free some space and try again"),
    sqlite3.SQLITE_CANTOPEN: ("the ledger cannot be opened", "check that its folder exists and can be written"),
    "25006": ("the ledger is read-only", "check which server the URL names"),
    "42501": _RIGHTS,
    "53100": ("the disk of the ledger is full", "free some space on its server and try again"),
    "53300": _BUSY,
    "55P03": _LOCKED,
    "40P01": _LOCKED,
    "57P01": _GONE,
    "57P02": _GONE,
    "57P03": _BUSY,
}

# By what libpq and psycopg say where there is no connection yet, and so no SQLSTATE.
_PHRASES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("password authentication failed", _PASSWORD),
    ("no password supplied", _PASSWORD),
    ("does not exist", ("the ledger's server has no such database or user", "create it there, or correct the URL")),
    ("pg_hba.conf", ("the ledger's server does not let this machine in", "add it to the server's pg_hba.conf")),
    ("permission denied", _RIGHTS),
    ("too many clients", _BUSY),
    ("connection slots", _BUSY),
    ("starting up", _BUSY),
    ("invalid connection option", ("the URL of the ledger has an unknown option", "correct what follows the ?")),
    ("resolve host", ("the ledger's server is not known by this name", "correct the host in the URL")),
    ("connection failed", ("the ledger's server cannot be reached", "see whether it runs, and its host and port")),
    ("connection timeout", ("the ledger's server does not answer", "see whether it runs, and its host and port")),
    ("timeout expired", ("the ledger's server does not answer", "see whether it runs, and its host and port")),
    ("closed the connection", _GONE),
    ("connection is lost", _GONE),
    ("connection is closed", _GONE),
)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what a ledger's database refuses into a LedgerError; our own mistakes keep their traceback."""
    try:
        yield
    except DatabaseError as error:
        known = _find_words(error)
        if known is None and isinstance(error, _OUR_MISTAKES):
            raise
        message, remedy = known or (f"the ledger answered: {str(error.orig).strip()}", "")
        raise LedgerError(message, where=where, remedy=remedy) from error


def _find_words(error: DatabaseError) -> tuple[str, str] | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # SQLite's extended codes carry the primary one in their lowest byte.
        return _WORDS.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _WORDS.get(state)
    told = str(error.orig)
    return next((words for phrase, words in _PHRASES if phrase in told), None)
