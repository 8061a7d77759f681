"""Sending alerts while long work goes on, and not only when it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from clerkcore.installation import Installation
from clerkcore.models import Run
from clerkcore.notify.pump import pump

SECONDS = 60.0


def pump_between(installation: Installation, runs: Iterable[Run], report: Callable[[str], None]) -> Iterator[Run]:
    """Yield runs as they end, and once a minute bring the alerts up to date between two of them."""
    last = time.monotonic()
    for run in runs:
        yield run
        if time.monotonic() - last >= SECONDS:
            pump(installation, report)
            last = time.monotonic()
