"""The settings of [executors.rq]."""

from __future__ import annotations

from typing import Any

import pytest

from clerk_queue_rq.executor import RqExecutor
from clerkcore import ExecutorError, SettingsError
from clerkcore.installation import Installation
from clerkcore.services import Asked
from clerkcore.testing import Clerk

pytest_plugins = ["clerkcore.testing.fixtures"]

URL_REMEDY = "(write redis://HOST:PORT/NUMBER, rediss:// for TLS, or unix:///PATH)"
NOT_A_URL = f"Redis URL must specify one of the following schemes (redis://, rediss://, unix://) {URL_REMEDY}"
PREFIX_REMEDY = "(a small letter, then small letters, digits, - or _)"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"adress": "x"}, "executors.rq: unknown key 'adress' (known keys: url, prefix, timeout)"),
        ({"url": "http://:pw@h"}, f"executors.rq.url: {NOT_A_URL}"),
        ({"url": 6379}, f"executors.rq.url: {NOT_A_URL}"),
        ({"url": "redis://"}, f"executors.rq.url: it names no host {URL_REMEDY}"),
        (
            {"url": "redis://h:port"},
            f"executors.rq.url: Port could not be cast to integer value as 'port' {URL_REMEDY}",
        ),
        (
            {"url": "redis://h?decode_responses=1"},
            "executors.rq.url: 'decode_responses' cannot be set in it"
            " (only options of TLS, such as ?ssl_ca_certs=PATH)",
        ),
        ({"prefix": "a:b"}, f"executors.rq.prefix: 'a:b' cannot begin the name of a queue {PREFIX_REMEDY}"),
        ({"prefix": 7}, f"executors.rq.prefix: 7 cannot begin the name of a queue {PREFIX_REMEDY}"),
        ({"timeout": 0}, "executors.rq.timeout: 0 cannot be used (seconds, above 0 and at most 300)"),
        ({"timeout": True}, "executors.rq.timeout: True cannot be used (seconds, above 0 and at most 300)"),
        (
            {"timeout": float("nan")},
            "executors.rq.timeout: nan cannot be used (seconds, above 0 and at most 300)",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(bare: Installation, config: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        RqExecutor(bare, config)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({}, "127.0.0.1:6379"),
        ({"url": "rediss://me:pw@redis.example:7000/1?ssl_ca_certs=/ca.pem"}, "redis.example:7000"),
        ({"url": "unix:///run/redis.sock?db=2"}, "/run/redis.sock"),
    ],
)
def test_a_server_is_told_without_its_password(bare: Installation, config: dict[str, Any], where: str) -> None:
    server = RqExecutor(bare, config).server
    assert (server.where, "pw" in repr(server)) == (where, False)


def test_a_url_with_a_password_may_be_a_secret(installation: Installation, run_clerk: Clerk) -> None:
    (installation.root / "clerk.toml").write_text(
        '[jobs]\nexecutor = "rq"\n[executors.rq]\nurl = {secret = "redis_url"}\ntimeout = 1\n'
    )
    (installation.root / "sites" / "states.json").write_text('{"states": {}}')
    ended = run_clerk("worker", "--burst", environ={"CLERK_SECRET_REDIS_URL": "redis://:hunter2@127.0.0.1:1/0"})
    assert (ended.exit_code, ended.stdout, ended.stderr) == (
        1,
        "",
        "Error: 127.0.0.1:1: Redis cannot be used: Error 111 connecting to 127.0.0.1:1. Connection refused."
        " (start Redis, or correct [executors.rq] of clerk.toml)\n",
    )


def test_jobs_that_redis_did_not_take_wait_in_the_ledger(bare: Installation) -> None:
    executor = RqExecutor(bare, {"url": "redis://:pw@127.0.0.1:1"})
    with pytest.raises(ExecutorError) as raised:
        executor.submit([Asked(1, 1, "finance")])
    assert str(raised.value) == (
        "127.0.0.1:1: Redis cannot be used: Error 111 connecting to 127.0.0.1:1. Connection refused."
        " (the jobs wait in the ledger; the next tick hands them over again)"
    )
