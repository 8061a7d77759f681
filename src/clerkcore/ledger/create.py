"""Making a ledger, or bringing one up to date; apart from engine.py because Alembic is slow to import."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, inspect, select, text

from clerkcore.errors import LedgerError
from clerkcore.ledger.engine import Ledger, read_revision, refuse_newer
from clerkcore.ledger.holders import holder_is_dead
from clerkcore.ledger.tables import metadata
from clerkcore.times import now, to_text

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 0x636C65726B


def create_ledger(url: str, revision: str = "head") -> Ledger:
    """Open the ledger, made or upgraded where needed; several processes may do so at once.

    An older revision is for the copy of an older ledger.
    """
    ledger = Ledger(url)
    _make_private(ledger.path)
    try:
        with ledger.write() as conn:
            _upgrade(conn, ledger.where, revision)
    except BaseException:
        ledger.dispose()
        raise
    return ledger


def upgrade_ledger(url: str) -> None:
    """Bring a ledger that is there up to date; LedgerError when there is none, or a site of it is being worked on."""
    with Ledger(url) as ledger, ledger.write() as conn:
        if read_revision(conn) is None:
            raise LedgerError("there is no ledger in this database", where=ledger.where, remedy="run `clerk init`")
        refuse_leased(conn, ledger.where)
        _upgrade(conn, ledger.where, "head")


def refuse_leased(conn: Connection, where: str) -> None:
    """Raise LedgerError when somebody alive holds a site, in a ledger of any revision."""
    query = text("SELECT subdomain, holder, job FROM leases WHERE expires_at > :now ORDER BY subdomain")
    for row in conn.execute(query, {"now": to_text(now())}):
        if not holder_is_dead(row.holder):
            message = f"site {row.subdomain!r} is busy: {row.holder} runs {row.job}"
            raise LedgerError(message, where=where, remedy="wait for it to end, and stop what starts jobs")


def _make_private(path: str) -> None:
    """Make the file before SQLite does, which would let everybody read it; what fails here fails again below."""
    if path:
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _upgrade(conn: Connection, where: str, target: str) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(_UPGRADE_LOCK)))
    revision = read_revision(conn)
    refuse_newer(revision, where)
    if revision is None:
        _refuse_foreign(conn, where)
    command.upgrade(alembic_config(conn), target)


def _refuse_foreign(conn: Connection, where: str) -> None:
    taken = sorted(set(inspect(conn).get_table_names()) & set(metadata.tables))
    if taken:
        message = f"this database belongs to another program: it has a table {taken[0]!r} that clerk did not make"
        raise LedgerError(message, where=where, remedy="move it away, or use another root")


def alembic_config(conn: Connection) -> Config:
    """Return the configuration under which Alembic migrates over this connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    return config
