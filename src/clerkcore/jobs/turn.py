"""One tick at work at a time on a machine: cron begins the next whether or not the last has ended."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.jobs.types import Demand


@contextmanager
def hold_turn(root: Path, demands: Sequence[Demand]) -> Iterator[bool]:
    """Yield whether this is the only tick of these demands at work; the lock goes with its process, however it ends."""
    asked = " ".join(f"{demand.job_type.name} {demand.key}" for demand in demands)
    name = hashlib.sha256(asked.encode()).hexdigest()[:12] if demands else "all"
    path = root / f".tick-{name}.lock"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        remedy = "let one user run all ticks of an installation"
        raise ClerkError(f"cannot be opened: {error.strerror}", where=str(path), remedy=remedy) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
