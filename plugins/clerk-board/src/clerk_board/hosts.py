"""Who may ask: operators on this machine, until publishing exists."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from clerkcore import ClerkError, UsageError

Message = Mapping[str, Any]
App = Callable[
    [dict[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

LOCALHOST = "localhost"
_REFUSAL = b"This server answers only to 127.0.0.1, ::1 and localhost.\n"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine and nothing else."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == LOCALHOST


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; UsageError when the host is not loopback or the port is taken."""
    if not is_loopback(host):
        raise UsageError(
            f"cannot listen on {host!r}: until publishing exists, the databases are for operators on this machine",
            remedy="leave --host out; from elsewhere, use an SSH tunnel",
        )
    address = "127.0.0.1" if host.lower() == LOCALHOST else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "choose another with --port, or 0 for any"
            raise UsageError(f"port {port} is in use", remedy=remedy) from error
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ClerkError(
            f"cannot listen: {reason}", where=f"{address} port {port}", remedy="--port 0 takes a free port"
        ) from error


def address_of(listener: socket.socket) -> str:
    """Return the address to type into a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def refuse_foreign_names(app: App) -> App:
    """Answer 421 to a request under a foreign name: a web page could point its own name here and read everything."""

    async def guard(
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http" or is_loopback(_asked_host(scope)):
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_REFUSAL))]
        await send({"type": "http.response.start", "status": 421, "headers": headers})
        await send({"type": "http.response.body", "body": _REFUSAL})

    return guard


def _asked_host(scope: Mapping[str, Any]) -> str:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname or ""
    except ValueError:
        return ""
