"""A ledger on PostgreSQL: what its server answers, in words."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from clerkcore.errors import LedgerError
from clerkcore.ledger import Ledger, create_ledger, open_ledger

pytest.importorskip("psycopg")
SERVER = os.environ.get("CLERK_TEST_DATABASE_URL", "")
needs_server = pytest.mark.skipif(not SERVER, reason="CLERK_TEST_DATABASE_URL names no server")


def refusal(url: str) -> tuple[str, str]:
    with pytest.raises(LedgerError) as caught:
        open_ledger(url)
    assert "secret" not in str(caught.value)
    return caught.value.message, caught.value.remedy


def changed(**parts: Any) -> str:
    return make_url(SERVER).set(**parts).render_as_string(hide_password=False)


@pytest.fixture
def on_server(url: str) -> str:
    if not url.startswith("postgresql"):
        pytest.skip("about a server")
    return url


@pytest.fixture
def stranger(on_server: str) -> Iterator[str]:
    """The URL of a user who may connect and no more."""
    schema = make_url(on_server).query["options"]
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    name = f"stranger_{os.getpid()}"
    with engine.connect() as conn:
        conn.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'"))
        conn.execute(text(f"GRANT USAGE ON SCHEMA {str(schema).rpartition('=')[2]} TO {name}"))
        yield make_url(on_server).set(username=name, password="secret").render_as_string(hide_password=False)
        conn.execute(text(f"DROP OWNED BY {name}"))
        conn.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


def test_a_server_that_is_away_says_so() -> None:
    assert refusal("postgresql+psycopg://me:secret@127.0.0.1:1/clerk") == (
        "the ledger's server cannot be reached",
        "see whether it runs, and its host and port",
    )


def test_a_host_that_nobody_knows_is_named_as_such() -> None:
    assert refusal("postgresql+psycopg://me:secret@nowhere.invalid/clerk") == (
        "the ledger's server is not known by this name",
        "correct the host in the URL",
    )


def test_a_server_that_does_not_answer_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert refusal(f"postgresql+psycopg://me:secret@127.0.0.1:{port}/clerk?connect_timeout=2") == (
            "the ledger's server does not answer",
            "see whether it runs, and its host and port",
        )


def test_an_option_that_no_server_knows_is_refused() -> None:
    assert refusal("postgresql+psycopg://me:secret@127.0.0.1:1/clerk?colour=red") == (
        "the URL of the ledger has an unknown option",
        "correct what follows the ?",
    )


@needs_server
def test_a_wrong_password_is_named_as_such() -> None:
    assert refusal(changed(password="secret")) == (
        "the ledger's server refused the password",
        "set CLERK_SECRET_DATABASE_PASSWORD, or write it to its file",
    )


@needs_server
def test_a_database_that_is_not_there_is_named_as_such() -> None:
    assert refusal(changed(database="nowhere")) == (
        "the ledger's server has no such database or user",
        "create it there, or correct the URL",
    )


@pytest.mark.parametrize("use", [open_ledger, create_ledger])
def test_a_user_without_rights_is_told_which(on_server: str, stranger: str, use: Any) -> None:
    create_ledger(on_server).dispose()
    with pytest.raises(LedgerError) as caught:
        use(stranger)
    assert caught.value.message == "the ledger may not be used by this user"
    assert caught.value.remedy == "GRANT it the rights to connect, create and write there"


def test_reading_cannot_change_a_ledger_on_a_server(on_server: str) -> None:
    with (
        create_ledger(on_server) as ledger,
        pytest.raises(LedgerError, match="the ledger is read-only"),
        ledger.read() as conn,
    ):
        conn.execute(text("DELETE FROM events"))


def test_a_locked_table_says_so(on_server: str) -> None:
    with (
        create_ledger(on_server) as ledger,
        Ledger(on_server, busy_seconds=0.05) as impatient,
        ledger.write() as conn,
    ):
        conn.execute(text("LOCK TABLE sites"))
        with pytest.raises(LedgerError, match="the ledger is locked by another process"), impatient.read() as reading:
            reading.execute(text("SELECT * FROM sites"))


def break_off(conn: Connection, operator: Connection) -> None:
    pid = conn.scalar(text("SELECT pg_backend_pid()"))
    operator.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    conn.execute(text("SELECT 1"))


def test_a_connection_that_breaks_off_says_so_and_the_next_one_works(on_server: str) -> None:
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with create_ledger(on_server) as ledger, engine.connect() as operator:
        with pytest.raises(LedgerError, match="to the ledger's server broke off"), ledger.write() as conn:
            break_off(conn, operator)
        with ledger.read() as conn:
            assert conn.scalar(text("SELECT count(*) FROM sites")) == 0
    engine.dispose()
