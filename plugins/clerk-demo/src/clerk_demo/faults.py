"""The ways in which an upstream misbehaves, switched on one by one."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from clerkcore import UsageError

T = TypeVar("T")
CIVIX_FAULTS = {
    "empty": "every file but the index is an empty body",
    "exception": "every file but the index is the platform's error, with status 200",
    "withdrawn": "every file but the index answers 403",
    "statewide_502": "the statewide rosters answer 502; the counties' own do not",
    "stale": "a roster is that of the voting day before",
    "cut_line": "a roster ends in the midst of its last line",
    "wide": "a roster has 400 columns",
    "county_dropped": "HARRIS is missing from the rosters",
    "unknown_county": "TRAVIS is called ATLANTIS in the rosters",
    "bad_ids": "every 50th id of a roster has a letter, 9 digits or 11, in turn",
    "unwrapped": "payloads come without their envelope",
    "zip_bomb": "the ZIPs of election day hold 128 MiB",
}


@dataclass(frozen=True)
class Faults:
    """What is wrong with the upstream; the default is what NetFile's files look like, lone CR included.

    every_nth_500: each nth request is answered with status 500; 0 is never.
    slow_seconds: the wait before each answer.
    lone_cr: the header line of a NetFile CSV ends with a CR alone.
    truncate: bodies are cut after so many bytes, with a Content-Length that fits the rest.
    html: every answer is an HTML page with status 200.
    repeat_page: the first NetFile page is answered again as the second.
    wrong_total: added to totalMatchingCount.
    drop_share: this share of the rows (or counties) is missing, from the end.
    rename_column: this column (by its CSV name) is called NAME_renamed.
    encoding: the codec of every body.
    broken_body: Content-Length promises more than comes before the connection closes.
    every_nth_429: each nth request is answered with status 429 and Retry-After; 0 is never.
    retry_after: the seconds that Retry-After asks to wait.
    gone: the shortcuts of agencies that are there no longer.
    civix: what else is wrong with Texas, by the names of CIVIX_FAULTS.
    """

    every_nth_500: int = 0
    slow_seconds: float = 0
    lone_cr: bool = True
    truncate: int | None = None
    html: bool = False
    repeat_page: bool = False
    wrong_total: int = 0
    drop_share: float = 0
    rename_column: str = ""
    encoding: str = "utf-8"
    broken_body: bool = False
    every_nth_429: int = 0
    retry_after: int = 1
    gone: tuple[str, ...] = ()
    civix: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.drop_share <= 1:
            raise UsageError(f"drop_share {self.drop_share} is not a share", remedy="pass a number from 0 to 1")
        for name in self.civix:
            if name not in CIVIX_FAULTS:
                raise UsageError(f"there is no Civix fault {name!r}", remedy=f"faults: {', '.join(CIVIX_FAULTS)}")
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise UsageError(f"Python knows no encoding {self.encoding!r}", remedy="try utf-8 or latin-1") from error

    @property
    def rewrites_rows(self) -> bool:
        """Whether rows or header differ from the file's own, so that it cannot be served as it is."""
        return bool(self.drop_share or self.rename_column)

    def keep(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the rows that are not dropped."""
        if not self.drop_share:
            return rows
        return rows[: len(rows) - round(len(rows) * self.drop_share)]

    def rename(self, columns: Sequence[str]) -> list[str]:
        """Return the header as it is sent."""
        return [f"{name}_renamed" if name == self.rename_column else name for name in columns]
