"""Serving /metrics over HTTP, for a Prometheus that asks."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.metrics.collector import ClerkCollector

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/metrics"
READ_SECONDS = 10


class _Server6(ThreadingWSGIServer):
    """For addresses of IPv6."""

    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    """Answers without a line on stderr for each request, and waits for no slow client."""

    timeout = READ_SECONDS

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def serve(installation: Installation, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the address once requests are answered.

    ClerkError when the address cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(ClerkCollector(installation))
    app, kind = _only_metrics(make_wsgi_app(registry)), _Server6 if ":" in host else ThreadingWSGIServer
    try:
        server = make_server(host, port, app, kind, handler_class=_Handler)
    except OSError as error:
        remedy = "choose another with --listen HOST:PORT"
        raise ClerkError(f"cannot listen: {error.strerror}", where=f"{host}:{port}", remedy=remedy) from error
    with server, _stopped_by_signals(lambda: Thread(target=server.shutdown).start()):
        shown = f"[{host}]" if ":" in host else host
        announce(f"http://{shown}:{server.server_port}{PATH}")
        server.serve_forever()


def _only_metrics(metrics: WSGIApplication) -> WSGIApplication:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == PATH:
            return metrics(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"The figures are at {PATH}\n".encode()]

    return app


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGINT and SIGTERM while the block runs, and put back what they did before."""
    if current_thread() is not main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stop()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
