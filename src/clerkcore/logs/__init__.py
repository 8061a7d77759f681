"""What happens, as lines on stderr and, where asked for, in Loki: one function for each fact worth a line.

Lines pass through the standard library's logging, as the level `clerkcore`; a program that never calls `configure`
sees none of them. structlog, which renders them, is imported with the first line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TextIO

from clerkcore.models import Outcome, Run

if TYPE_CHECKING:
    from clerkcore.logs.lines import Render

__all__ = [
    "bound",
    "configure",
    "job_ended",
    "job_started",
    "notification_failed",
    "notification_sent",
    "progress",
    "run_ended",
    "taken_over",
    "tell",
]

_LOGGER = logging.getLogger("clerkcore")
# Without a handler of its own, logging would print warnings of a program that asked for no lines.
_LOGGER.addHandler(logging.NullHandler())
_LEVELS = {Outcome.FAILED: logging.ERROR, Outcome.HELD: logging.WARNING}
_COUNTS = ("read", "added", "changed", "disappeared", "unchanged", "quarantined")


def configure(
    form: str,
    level: str,
    *,
    terminal: bool,
    colours: bool = False,
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
    loki_url: str = "",
    loki_password: str = "",
    host: str = "",
) -> Callable[[], None]:
    """Write lines from now on, to `stream` (stderr without), and return what ends that and empties the queue to Loki.

    `auto` is JSON where there is no `terminal`. On one it is text, and warnings and errors alone, since commands
    themselves show there what they do. `secrets` are masked wherever they stand. Of other libraries, warnings and
    errors become lines too. SettingsError when the address of Loki is none.
    """
    lines = _Lines("json" if form == "json" or (form == "auto" and not terminal) else "text", colours, stream, secrets)
    if form == "auto" and terminal:
        lines.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [lines]
    if loki_url:
        # Not at the top: httpx is for those who push alone.
        from clerkcore.logs.loki import Loki

        handlers.insert(0, Loki(loki_url, loki_password, host, (*secrets, loki_password)))
    _LOGGER.setLevel(level.upper())
    for handler in handlers:
        logging.getLogger().addHandler(handler)

    def end() -> None:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        _LOGGER.setLevel(logging.NOTSET)

    return end


class _Lines(logging.Handler):
    """Writes one line for each record; where that cannot be done, as on a full disk, the work goes on without it."""

    def __init__(
        self, form: Literal["text", "json"], colours: bool, stream: TextIO | None, secrets: Iterable[str]
    ) -> None:
        super().__init__()
        self.form = form
        self.colours = colours
        self.stream = stream
        self.secrets = tuple(secrets)
        self.writing = Lock()

    @cached_property
    def render(self) -> Render:
        """What makes a record a line."""
        # Not at the top: a command that has nothing to tell must not pay for structlog.
        from clerkcore.logs.lines import make_render

        return make_render(self.form, self.colours, self.secrets)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; stderr is looked up each time, for a moving line of progress takes its place meanwhile."""
        try:
            line = f"{self.render(record)}\n"
        except Exception:  # as logging does: another library's broken line must not end its work
            self.handleError(record)
            return
        stream = self.stream or sys.stderr
        with suppress(OSError, ValueError), self.writing:
            stream.write(line)
            stream.flush()


def bound(**facts: Any) -> AbstractContextManager[None]:
    """Add facts, such as run, site and source, to every line that this thread tells inside the block.

    Those that are None are left out.
    """
    # Not at the top: a command that has nothing to tell must not pay for structlog.
    from structlog.contextvars import bound_contextvars

    return bound_contextvars(**{name: fact for name, fact in facts.items() if fact is not None})


def tell(event: str, level: int = logging.INFO, **facts: Any) -> None:
    """Write a line: `event` is a fixed phrase, what varies stands in the facts; those that are None are left out."""
    _LOGGER.log(level, "%s", event, extra={"facts": {name: fact for name, fact in facts.items() if fact is not None}})


def progress(line: str) -> None:
    """Tell how far the work at hand has come."""
    tell("progress", message=line)


def job_started(job_id: int, job: str, site: str, attempt: int) -> None:
    """Tell that a job of the ledger begins; `job` is its type, such as finance.etl."""
    tell("job started", job_id=job_id, job=job, site=site, attempt=attempt)


def job_ended(job_id: int, job: str, site: str, outcome: Outcome, seconds: float, message: str = "") -> None:
    """Tell how a job of the ledger ended."""
    facts = {"site": site, "outcome": str(outcome), "seconds": round(seconds, 3), "message": message or None}
    tell("job ended", _LEVELS.get(outcome, logging.INFO), job_id=job_id, job=job, **facts)


def run_ended(run: Run) -> None:
    """Tell how a run ended, with what it counted."""
    tell(
        "run ended",
        _LEVELS.get(run.outcome, logging.INFO),
        run=run.run_id or None,
        site=run.site,
        source=run.source or None,
        job=run.job,
        outcome=str(run.outcome),
        seconds=run.duration_seconds,
        scopes=len(run.scopes),
        **{name: getattr(run.counts, name) for name in _COUNTS},
        findings=run.findings,
        message=run.message or None,
        remedy=run.remedy or None,
    )


def taken_over(site: str, holder: str, *, run: int | None = None, job_id: int | None = None) -> None:
    """Tell that a site's run or job was taken over from `holder`, a process that died in it."""
    tell("taken over", logging.WARNING, site=site, holder=holder, run=run, job_id=job_id)


def notification_sent(channel: str, kind: str, title: str, alert: int | None = None) -> None:
    """Tell that a channel took a message."""
    tell("notification sent", channel=channel, kind=kind, title=title, alert=alert)


def notification_failed(
    channel: str, kind: str, title: str, message: str, *, attempts: int, alert: int | None = None, given_up: bool
) -> None:
    """Tell that a channel did not take a message, why, and whether it is sent again; then it is a warning."""
    event, level = ("notification given up", logging.ERROR) if given_up else ("notification failed", logging.WARNING)
    tell(event, level, channel=channel, kind=kind, title=title, alert=alert, attempts=attempts, message=message)
