"""Noticing what a block of code asks of the machine: files, databases, the network, processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import get_ident
from typing import Any

_TOUCHING = ("open", "socket.", "sqlite3.", "subprocess.", "os.", "shutil.", "urllib.", "http.", "tempfile.", "glob.")


class Watch:
    """Hears Python's audit events; notes those of one thread while it is told to."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.noted: list[str] = []

    def __call__(self, event: str, details: tuple[Any, ...]) -> None:
        """Note an event that touches the machine."""
        if self.thread == get_ident() and event.startswith(_TOUCHING):
            self.noted.append(f"{event} {details[0]!r}" if details else event)


@cache
def _hear() -> Watch:
    # An audit hook stays for good, so one serves the whole process.
    watch = Watch()
    sys.addaudithook(watch)
    return watch


@contextmanager
def watch_thread() -> Iterator[list[str]]:
    """Give a list that fills with what this thread touches while the block runs."""
    watch = _hear()
    watch.noted, watch.thread = [], get_ident()
    try:
        yield watch.noted
    finally:
        watch.thread = None
