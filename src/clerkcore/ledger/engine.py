"""Opening civic.db: engines that let one writer write."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from clerkcore.errors import LedgerError
from clerkcore.ledger.tables import REVISIONS
from clerkcore.ledger.trouble import translated

FILE_NAME = "civic.db"
BUSY_SECONDS = 30.0
VERSION_TABLE = "alembic_version"
CONNECT_SECONDS = 10

_INIT = "run `clerk init`"
_UPGRADE = "run `clerk upgrade`"
_URL_REMEDY = "write postgresql://USER@HOST/NAME and pip install 'clerkcore[postgresql]', or leave the URL out"


def ledger_url(root: Path) -> str:
    """Return the URL of the ledger that stands in an installation's root."""
    return URL.create("sqlite", database=str(root / FILE_NAME)).render_as_string(hide_password=False)


def server_url(url: str, read_password: Callable[[], str]) -> str:
    """Return the URL of a ledger on a server, with psycopg as the driver and the password, where there is one."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise LedgerError(f"the URL of the ledger cannot be used: {error}", remedy=_URL_REMEDY) from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "postgresql":
        where = parsed.render_as_string(hide_password=True)
        raise LedgerError("the ledger is SQLite in the root, or on PostgreSQL", where=where, remedy=_URL_REMEDY)
    if parsed.username and parsed.password is None:
        parsed = parsed.set(password=read_password() or None)
    return parsed.render_as_string(hide_password=False)


class Ledger:
    """civic.db, the operational truth of an installation; do not carry it across a fork."""

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        try:
            self.url = make_url(url)
            self._writer, self._reader = _connect(self.url, busy_seconds)
        except (ArgumentError, ModuleNotFoundError) as error:
            raise LedgerError(f"the URL of the ledger cannot be used: {error}", remedy=_URL_REMEDY) from error

    @property
    def where(self) -> str:
        """The file of the ledger, or its URL without the password."""
        return self.path or self.url.render_as_string(hide_password=True)

    @property
    def path(self) -> str:
        """The file of a SQLite ledger; empty for any other."""
        return (self.url.database or "") if self.url.get_backend_name() == "sqlite" else ""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection inside a write transaction, kept when the block ends well."""
        with translated(self.where), self._writer.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the ledger throughout and cannot change it."""
        with translated(self.where), self._reader.begin() as conn:
            yield conn

    def dispose(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()


def open_ledger(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Ledger:
    """Open a ledger of this version; LedgerError says what to do about any other."""
    ledger = Ledger(url, busy_seconds=busy_seconds)
    if ledger.path and not Path(ledger.path).exists():
        raise LedgerError("there is no ledger", where=ledger.where, remedy=_INIT)
    try:
        with ledger.read() as conn:
            check_revision(read_revision(conn), ledger.where)
    except BaseException:
        ledger.dispose()
        raise
    return ledger


def read_revision(conn: Connection) -> str | None:
    """Return the revision the ledger's tables are of; None when it has none yet."""
    if not inspect(conn).has_table(VERSION_TABLE):
        return None
    revision: str | None = conn.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    return revision


def check_revision(revision: str | None, where: str, known: tuple[str, ...] = REVISIONS) -> None:
    """Raise LedgerError unless the revision is the newest one known."""
    if revision is None:
        raise LedgerError("there is no ledger in this database", where=where, remedy=_INIT)
    refuse_newer(revision, where, known)
    if revision != known[-1]:
        raise LedgerError("the ledger was written by an older clerk", where=where, remedy=_UPGRADE)


def refuse_newer(revision: str | None, where: str, known: tuple[str, ...] = REVISIONS) -> None:
    """Raise LedgerError for a revision that is not known."""
    if revision is not None and revision not in known:
        raise LedgerError("the ledger was written by a newer clerk", where=where, remedy="upgrade clerk")


def _connect(url: URL, busy_seconds: float) -> tuple[Engine, Engine]:
    if url.get_backend_name() == "sqlite":
        reader = _connect_file(url, busy_seconds, "BEGIN", "PRAGMA query_only = ON")
        return _connect_file(url, busy_seconds, "BEGIN IMMEDIATE"), reader
    reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    patient = _patient(url, busy_seconds)
    writer = create_engine(patient, pool_pre_ping=True)
    return writer, create_engine(patient, pool_pre_ping=True, execution_options=reading)


def _patient(url: URL, busy_seconds: float) -> URL:
    """Return a server's URL that says how long to wait for an answer and, as on SQLite, for a lock."""
    options = f"{url.query.get('options', '')} -c lock_timeout={max(int(busy_seconds * 1000), 1)}"
    waits = {"connect_timeout": str(CONNECT_SECONDS), **url.query, "options": options.strip()}
    return url.set(query=waits)


def _connect_file(url: URL, busy_seconds: float, begin: str, *pragmas: str) -> Engine:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Without this sqlite3 begins transactions itself, deferred, and two writers may claim the same row.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(busy_seconds * 1000)}")
        _use_wal(connection, time.monotonic() + busy_seconds)
        for pragma in ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin_ours(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    return engine


def _use_wal(connection: sqlite3.Connection, deadline: float) -> None:
    # The change to WAL does not wait for busy_timeout, and four processes may be making it at once.
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.02)
