"""The ledger's tests run on PostgreSQL too, wherever a server is promised."""

from __future__ import annotations

import os

import pytest


def test_a_promised_postgresql_server_is_there() -> None:
    server = os.environ.get("CLERK_TEST_DATABASE_URL", "")
    if not server and not os.environ.get("CLERK_REQUIRE_SERVICES"):
        pytest.skip("no CLERK_TEST_DATABASE_URL: the ledger is tested on SQLite alone")

    assert server.startswith("postgresql"), "CLERK_REQUIRE_SERVICES is set, but CLERK_TEST_DATABASE_URL names no server"
