"""Trying again: which failures may pass, how long to wait, and what to say when they do not pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar, cast

from tenacity import Future, RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential, wait_random

from clerkcore.errors import FetchError

T = TypeVar("T")
LONGEST_WAIT = 300.0


class Passing(FetchError):
    """A failure that may pass; `after` is how many seconds the upstream asks to wait."""

    def __init__(self, message: str, *, remedy: str = "", after: float = 0.0) -> None:
        super().__init__(message, remedy=remedy)
        self.after = after


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how slowly a request is repeated."""

    retries: int
    backoff: float
    report: Callable[[str], None] | None = None

    def ask(self, attempt: Callable[[], T], where: str, sleep: Callable[[float], None]) -> T:
        """Return what the attempt returns, repeating it while it fails with Passing; else FetchError."""
        retrying = Retrying(
            sleep=sleep,
            stop=stop_after_attempt(self.retries + 1),
            wait=self._wait,
            retry=retry_if_exception_type(Passing),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Passing as failure:
            tries = f"{self.retries + 1} tries" if self.retries else "1 try"
            message = f"{failure.message}; gave up after {tries}"
            raise FetchError(message, where=where, remedy=failure.remedy) from failure

    def _wait(self, state: RetryCallState) -> float:
        growing = wait_exponential(self.backoff, max=LONGEST_WAIT) + wait_random(0, self.backoff)
        return max(growing(state), _failure(state).after)

    def _tell(self, state: RetryCallState) -> None:
        if self.report is not None:
            wait = f"{state.upcoming_sleep:.0f} s ({state.attempt_number} of {self.retries})"
            self.report(f"{_failure(state).message}, trying again in {wait}")


def _failure(state: RetryCallState) -> Passing:
    # tenacity asks only after a failure, and only this kind is repeated.
    return cast(Passing, cast(Future, state.outcome).exception())


def read_retry_after(text: str, now: datetime) -> float:
    """Return the seconds that a Retry-After header asks for; 0 when it is absent or unreadable."""
    text = text.strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def refuse_long_wait(seconds: float, now: datetime, where: str) -> None:
    """Raise FetchError, saying when to try again, where the upstream asks for more than five minutes."""
    if seconds > LONGEST_WAIT:
        moment = _later(now, seconds)
        raise FetchError(f"upstream asks to wait until {moment}", where=where, remedy=f"try again after {moment}")


def _later(now: datetime, seconds: float) -> str:
    try:
        return f"{now.astimezone(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return "a time beyond the calendar"
