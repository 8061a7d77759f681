"""What the simulated upstreams hold on a day: replayed files where there are any, else invented rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Lock

from clerk_demo.connect2 import COLUMNS, decode_csv
from clerk_demo.florida import check_published, compiled_at, county_file
from clerk_demo.netfile import agency_year
from clerk_demo.replay import Replay
from clerkcore import UsageError

# DEMOA and DEMOC are invented: the real shortcuts of Alameda are not known.
AGENCIES = {
    "CSD": "City of San Diego",
    "COAK": "City of Oakland",
    "SFO": "San Francisco Ethics Commission",
    "BRK": "City of Berkeley",
    "RICH": "City of Richmond",
    "DEMOA": "City of Alameda",
    "DEMOC": "County of Alameda",
}
_FLORIDA_OFFSET = timedelta(hours=4)
Rows = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Publication:
    """A file as published, with the time it was last modified."""

    body: bytes
    modified: datetime


class Upstreams:
    """The simulated world of one seed."""

    def __init__(self, seed: int, size: int, replay: Replay | None) -> None:
        self._seed = seed
        self._size = size
        self._replay = replay
        self._rows: dict[tuple[str, int, int], Rows] = {}
        self._lock = Lock()

    def transactions(self, aid: str, year: int, day: int) -> Rows:
        """Return an agency's year on a day; empty for an unknown agency."""
        with self._lock:
            key = (aid, year, day)
            if key not in self._rows:
                self._rows[key] = self._read_transactions(aid, year, day)
            return self._rows[key]

    def year_file(self, aid: str, year: int, day: int) -> bytes | None:
        """Return the replayed CSV of an agency's year; None where it is invented."""
        path = self._year_path(aid, year, day)
        return path.read_bytes() if path else None

    def county_report(self, election: str, report: str, day: int) -> Publication:
        """Return a county ballot report on a day; NotPublished when there is none yet."""
        pull = self._replay.stats(election, report, day) if self._replay else None
        if pull:
            return Publication(pull.path.read_bytes(), datetime.combine(pull.day, time(12), UTC))
        check_published(report, day)
        modified = (compiled_at(day) + _FLORIDA_OFFSET).replace(tzinfo=UTC)
        return Publication(county_file(self._seed, election, report, day), modified)

    def _year_path(self, aid: str, year: int, day: int) -> Path | None:
        pull = self._replay.netfile(aid, year, day) if self._replay else None
        return pull.path if pull else None

    def _read_transactions(self, aid: str, year: int, day: int) -> Rows:
        path = self._year_path(aid, year, day)
        if path:
            return _read_year_file(path)
        return agency_year(self._seed, aid, year, day, self._size) if aid in AGENCIES else []


def _read_year_file(path: Path) -> Rows:
    rows = decode_csv(path.read_bytes())
    if rows and tuple(rows[0]) != COLUMNS:
        raise UsageError("its header is not that of a NetFile year CSV", where=path.name, remedy="replay another file")
    return rows
