"""Keeping a lease alive while its holder works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Self

from clerkcore.errors import LeaseLost, LedgerError
from clerkcore.ledger.engine import Ledger
from clerkcore.ledger.leases import Lease, renew
from clerkcore.times import now


class Heartbeat:
    """Renews a lease at a third of its life inside a `with` block; `lost` is set when that no longer works."""

    def __init__(self, ledger: Ledger, lease: Lease, seconds: float, *, clock: Callable[[], datetime] = now) -> None:
        self.lost = threading.Event()
        self._ledger, self._lease, self._seconds, self._clock = ledger, lease, seconds, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat-{lease.subdomain}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with suppress(LeaseLost):
                self._beat()
        finally:
            # Whatever ended the thread, nobody keeps the lease alive any longer.
            if not self._stop.is_set():
                self.lost.set()

    def _beat(self) -> None:
        lease = self._lease
        while not self._stop.wait(self._seconds / 3):
            try:
                lease = renew(self._ledger, lease, self._seconds, self._clock())
            except LedgerError:
                # A ledger that is locked for a moment is asked again while the lease still lives.
                if self._clock() >= lease.expires_at:
                    return
