"""Building the board over an installation's databases, and serving it until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from datasette.plugins import pm  # type: ignore[import-untyped]

from clerk_board import hooks
from clerk_board.board import Board
from clerk_board.catalogue import UNUSABLE_IN_A_PATH, Catalogue, choose_sites, list_databases, read_catalogue
from clerk_board.hosts import address_of, listen
from clerkcore import ClerkError, Site, UsageError
from clerkcore.installation import Installation

MOST_DATABASES = 50
HOOKS = "clerk_board"
SECONDS_TO_FINISH = 3

logger = logging.getLogger(__name__)


def build_datasette(installation: Installation, subdomains: Sequence[str] = ()) -> Board:
    """Return a Datasette over the databases of the named sites, or of all; UsageError when there is nothing to show."""
    sites = choose_sites(installation, subdomains)
    files = list_databases(installation, sites)
    _check_files(installation, sites, files)
    catalogue = read_catalogue(sites, files)
    for left_out in catalogue.unreadable:
        logger.warning("%s: left out: %s", left_out.path, left_out.reason)
    if not catalogue.databases:
        broken = catalogue.unreadable[0]
        raise ClerkError(broken.reason, where=str(broken.path), remedy="see: clerk doctor")
    if not pm.has_plugin(HOOKS):
        pm.register(hooks, HOOKS)
    return Board(catalogue, installation.settings.notice)


def _check_files(installation: Installation, sites: Sequence[Site], files: Sequence[tuple[Site, Path]]) -> None:
    if not files:
        raise UsageError("there is nothing to show yet", remedy=_advise_loading(installation, sites))
    if len(files) > MOST_DATABASES:
        raise UsageError(
            f"{len(files)} databases are more than the {MOST_DATABASES} that one server shows",
            remedy="name the sites: clerk serve SUBDOMAIN ...",
        )
    for _, path in files:
        if any(mark in str(path.absolute()) for mark in UNUSABLE_IN_A_PATH):
            raise UsageError(
                f"Datasette cannot open a path with one of {' '.join(UNUSABLE_IN_A_PATH)}",
                where=str(path),
                remedy="rename the folder",
            )


def _advise_loading(installation: Installation, sites: Sequence[Site]) -> str:
    if not sites:
        return "add a site: clerk sites add, or clerk sites import --pilots; then load it: clerk status shows how"
    command = next(filter(None, map(installation.load_command, sites)), "")
    return f"load some data, such as: {command}" if command else "no site has a source that can be loaded: clerk status"


def serve_forever(
    installation: Installation, subdomains: Sequence[str], host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM; `announce` gets one line with the address once requests are answered."""
    with listen(host, port) as listener:
        board = build_datasette(installation, subdomains)
        line = f"{count_shown(board.catalogue)} at {address_of(listener)} (Ctrl-C stops)"
        try:
            asyncio.run(_serve(board, listener, lambda: announce(f"Serving {line}")))
        except KeyboardInterrupt:
            logger.debug("stopped before the first request")
        finally:
            board.close()


def count_shown(catalogue: Catalogue) -> str:
    """Return "3 databases of 2 sites"."""
    databases = len(catalogue.databases)
    sites = len({database.site.subdomain for database in catalogue.databases})
    return f"{databases} database{'s' * (databases != 1)} of {sites} site{'s' * (sites != 1)}"


async def _serve(board: Board, listener: socket.socket, started: Callable[[], None]) -> None:
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    # Before the server starts, so that an error is raised here and not written to its log.
    await board.invoke_startup()
    config = uvicorn.Config(
        board.app(),
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    await _Server(config, started).serve(sockets=[listener])


def _is_news(record: logging.LogRecord) -> bool:
    """Whether uvicorn tells of more than a browser's idle connection, opened as the server was told to stop."""
    return not record.getMessage().startswith("Cancel 0 running task(s)")


class _Server(uvicorn.Server):
    """Says when it has started, and ends by returning when it is told to stop."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self.say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.say_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; uvicorn's own would raise the signal again, and callers could not clean up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
