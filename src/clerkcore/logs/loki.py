"""Pushing lines to Grafana Loki from a thread of its own, so that trouble there never holds up the work."""

from __future__ import annotations

import gzip
import json
import logging
import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from clerkcore.errors import SettingsError
from clerkcore.logs.lines import make_render

PUSH_PATH = "/loki/api/v1/push"
MOST_AT_ONCE = 500
_OWN = "clerkcore.logs"
_TOO_MANY = 429


class Line(NamedTuple):
    """A line that waits: when it was told, in nanoseconds since 1970, how grave it is, and what it says."""

    at: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to gather lines in, between two tries, for one answer and for the last push; and how many lines wait."""

    gather: float = 1.0
    retry: float = 5.0
    timeout: float = 5.0
    flush: float = 3.0
    most_waiting: int = 10_000


class Loki(logging.Handler):
    """Keeps lines in a bounded queue and pushes them in batches; what is wrong with Loki is told once.

    Labels are job, level and host alone: run, site and source stand in the line, which is JSON, because each value of
    a label makes a stream of its own.
    """

    def __init__(
        self, url: str, password: str, host: str, secrets: Iterable[str] = (), limits: Limits = Limits()
    ) -> None:
        super().__init__()
        self.limits = limits
        self.address, self._auth = read_address(url, password)
        self.host = host
        self._render = make_render("json", False, secrets)
        self._begin()

    def _begin(self) -> None:
        self.lost = 0
        self._process = os.getpid()
        self._client = httpx.Client(auth=self._auth, timeout=self.limits.timeout)
        self._waiting: deque[Line] = deque()
        self._changed = Condition()
        self._deadline: float | None = None
        self._told = False
        self._thread = Thread(target=self._push_all, name="loki", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line in the queue; the oldest one goes where there is no room."""
        if self._process != os.getpid():
            # A fork has neither the thread nor a right to the connection; its parent pushes what waited.
            self._begin()
        try:
            line = Line(int(record.created * 1e9), record.levelname.lower(), self._render(record))
        except Exception:  # as logging does: another library's broken line must not end its work
            self.handleError(record)
            return
        with self._changed:
            if len(self._waiting) >= self.limits.most_waiting:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(line)
            self._changed.notify()

    def close(self) -> None:
        """Push what waits, within a few seconds, and tell how many lines were lost."""
        with self._changed:
            self._deadline = self._deadline or time.monotonic() + self.limits.flush
            self._changed.notify()
        self._thread.join(self.limits.flush + 0.5)
        self._client.close()
        self.lost += len(self._waiting)
        self._waiting.clear()
        if self.lost:
            self._warn(f"{self.lost} lines were lost")
            self.lost = 0
        super().close()

    def _push_all(self) -> None:
        pause = 0.0
        while batch := self._next_batch(pause):
            pause = 0.0 if self._push(batch) else self.limits.retry

    def _next_batch(self, pause: float) -> Sequence[Line]:
        """Wait for lines, then a moment for more; empty when nothing is left to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._deadline)
            self._changed.wait_for(lambda: self._deadline, timeout=pause or self.limits.gather)
            if self._deadline and (pause or time.monotonic() > self._deadline):
                # What failed a moment ago is not tried over and over while somebody waits for the prompt.
                return ()
            return [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]

    def _push(self, batch: Sequence[Line]) -> bool:
        """Push a batch; False when it waits again, because Loki was away or had too much to do."""
        body = gzip.compress(json.dumps({"streams": self._streams(batch)}).encode(), 5)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            answer = self._client.post(self.address, content=body, headers=headers, timeout=self._seconds_left())
        except (httpx.HTTPError, OSError, RuntimeError) as error:  # a client that was closed meanwhile raises the last
            self._trouble(f"{type(error).__name__}: {error}")
            return self._put_back(batch)
        if answer.is_success:
            return True
        self._trouble(f"it answered {answer.status_code} {answer.text[:200]}")
        if answer.status_code == _TOO_MANY or answer.is_server_error:
            return self._put_back(batch)
        self.lost += len(batch)
        return True

    def _streams(self, batch: Sequence[Line]) -> list[dict[str, object]]:
        levels: dict[str, list[list[str]]] = {}
        for line in batch:
            levels.setdefault(line.level, []).append([str(line.at), line.text])
        return [
            {"stream": {"job": "clerk", "level": level, "host": self.host}, "values": values}
            for level, values in levels.items()
        ]

    def _seconds_left(self) -> float:
        return max(self._deadline - time.monotonic(), 0.1) if self._deadline else self.limits.timeout

    def _put_back(self, batch: Sequence[Line]) -> bool:
        with self._changed:
            room = self.limits.most_waiting - len(self._waiting)
            kept = batch[max(len(batch) - room, 0) :]
            self.lost += len(batch) - len(kept)
            self._waiting.extendleft(reversed(kept))
        return False

    def _trouble(self, why: str) -> None:
        if not self._told:
            self._told = True
            self._warn(why)

    def _warn(self, why: str) -> None:
        facts = {"message": why, "address": self.address}
        logging.getLogger(_OWN).warning("no push to Loki", extra={"facts": facts})


def read_address(url: str, password: str) -> tuple[str, tuple[str, str] | None]:
    """Return the address to push to, and the user with the password; SettingsError when it is no address."""
    remedy = "write it as http://HOST:3100, or https://USER@HOST with the secret loki_password"
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError as error:
        raise SettingsError(f"is no address: {error}", where="log.loki_url", remedy=remedy) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("is no http or https address", where="log.loki_url", remedy=remedy)
    place = parts.netloc.rpartition("@")[2]
    auth = (parts.username, password or parts.password or "") if parts.username else None
    return f"{parts.scheme}://{place}{parts.path.rstrip('/').removesuffix(PUSH_PATH)}{PUSH_PATH}", auth
