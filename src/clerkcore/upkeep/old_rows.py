"""What pruning found of one table: which rows are past their time, and why some of them stay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from clerkcore.errors import ClerkError

COMMAND = "clerk prune"
ORPHAN = "no plugin offers its source"
BATCH = 2000
"""Rows deleted in one transaction, so that nobody waits long for the lock."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """What goes, or went, of a table; `place` is the ledger or a database of the site.

    `kept` counts rows of the same age that stay, by reason. `error` is why nothing can be said, or nothing was done.
    """

    table: str
    where: Literal["ledger", "site"]
    site: str
    place: str
    before: datetime
    rows: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    done: bool = False
    error: ClerkError | None = None


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield ids as many at a time as one transaction deletes."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
