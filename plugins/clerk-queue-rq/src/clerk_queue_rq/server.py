"""Where Redis is, as [executors.rq] of clerk.toml says, and how it is reached."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from redis import ConnectionPool, Redis, RedisError
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from clerkcore import ExecutorError, SettingsError

SECTION = "executors.rq"
DEFAULTS: Mapping[str, object] = {"url": "redis://127.0.0.1:6379/0", "prefix": "clerk", "timeout": 5}
LONGEST_TIMEOUT = 300
_URL_REMEDY = "write redis://HOST:PORT/NUMBER, rediss:// for TLS, or unix:///PATH"
_PREFIX_REMEDY = "a small letter, then small letters, digits, - or _"
_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Server:
    """A Redis, the word that begins the names of our queues on it, and the seconds it may take to answer."""

    options: Mapping[str, Any] = field(repr=False)
    prefix: str
    timeout: float

    @property
    def where(self) -> str:
        """Host and port, or the path of the socket; never the password."""
        if "path" in self.options:
            return str(self.options["path"])
        return f"{self.options.get('host', 'localhost')}:{self.options.get('port', 6379)}"

    @contextmanager
    def opened(self, *, waits: float = 0) -> Iterator[Redis]:
        """Yield a client whose commands may wait so many seconds for news; it connects with its first command."""
        options: dict[str, Any] = {
            **self.options,
            "socket_connect_timeout": self.timeout,
            "socket_timeout": waits + self.timeout,
            # Whoever asks says what a broken connection means; silent repetitions would only take time.
            "retry": Retry(NoBackoff(), 0),
        }
        with Redis.from_pool(ConnectionPool(**options)) as client:
            yield client

    @contextmanager
    def asked(self, remedy: str) -> Iterator[Redis]:
        """Yield a client whose errors are an ExecutorError with this remedy."""
        try:
            with self.opened() as client:
                yield client
        except RedisError as error:
            raise self.away(error, remedy) from error

    def away(self, error: RedisError, remedy: str) -> ExecutorError:
        """Return the error that says why Redis cannot be used."""
        return ExecutorError(f"Redis cannot be used: {error}", where=self.where, remedy=remedy)


def read_server(config: Mapping[str, Any]) -> Server:
    """Return the Redis that [executors.rq] names; SettingsError says which setting cannot be used."""
    unknown = sorted(set(config).difference(DEFAULTS))
    if unknown:
        raise SettingsError(f"unknown key {unknown[0]!r}", where=SECTION, remedy=f"known keys: {', '.join(DEFAULTS)}")
    values = {**DEFAULTS, **config}
    return Server(_read_url(values["url"]), _read_prefix(values["prefix"]), _read_timeout(values["timeout"]))


def _read_url(url: object) -> Mapping[str, Any]:
    # The URL itself is never told: it may hold a password.
    try:
        options: Mapping[str, Any] = parse_url(url if isinstance(url, str) else "")  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise _wrong("url", str(error), _URL_REMEDY) from error
    if "path" not in options and not options.get("host"):
        raise _wrong("url", "it names no host", _URL_REMEDY)
    for name in options.keys() - {"host", "port", "db", "username", "password", "path", "connection_class"}:
        if not name.startswith("ssl_"):
            raise _wrong("url", f"{name!r} cannot be set in it", "only options of TLS, such as ?ssl_ca_certs=PATH")
    try:
        ConnectionPool(**options).make_connection()  # which connects to nothing yet
    except (TypeError, ValueError) as error:
        raise _wrong("url", str(error), _URL_REMEDY) from error
    return options


def _read_prefix(prefix: object) -> str:
    if not isinstance(prefix, str) or not _PREFIX.fullmatch(prefix):
        raise _wrong("prefix", f"{prefix!r} cannot begin the name of a queue", _PREFIX_REMEDY)
    return prefix


def _read_timeout(timeout: object) -> float:
    number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not number or not 0 < float(str(timeout)) <= LONGEST_TIMEOUT:
        raise _wrong("timeout", f"{timeout!r} cannot be used", f"seconds, above 0 and at most {LONGEST_TIMEOUT}")
    return float(str(timeout))


def _wrong(key: str, message: str, remedy: str) -> SettingsError:
    return SettingsError(message, where=f"{SECTION}.{key}", remedy=remedy)
