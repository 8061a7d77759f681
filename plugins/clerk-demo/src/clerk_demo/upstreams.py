"""What the simulated upstreams hold on a day: replayed files where there are any, else invented rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from clerk_demo.civix_world import DEFAULT_VOTERS, CivixWorld
from clerk_demo.connect2 import COLUMNS, Row, decode_csv
from clerk_demo.efile import EFile, Item, Window
from clerk_demo.florida import check_published, compiled_at, county_file
from clerk_demo.netfile import agency_year
from clerk_demo.replay import Replay
from clerk_demo.reports import first_day
from clerk_demo.stores import PageStore
from clerk_demo.streams import WorldRows
from clerk_demo.workbook import zip_workbook
from clerk_demo.worlds import World, finance_world
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
WORLDS = ("plain", "full")
CAMPAIGN_YEAR = 2026
KEPT_LISTS = 16
_FLORIDA_OFFSET = timedelta(hours=4)
_MORNING = time(6, tzinfo=UTC)
T = TypeVar("T")


@dataclass(frozen=True)
class Publication:
    """A file as published, with the time it was last modified."""

    body: bytes
    modified: datetime


class Upstreams:
    """The simulated world of one seed; `pages` keeps answers that are long in the making."""

    def __init__(
        self, seed: int, size: int, replay: Replay | None, kind: str, year: int, voters: int = DEFAULT_VOTERS
    ) -> None:
        if kind not in WORLDS:
            raise UsageError(f"there is no world {kind!r}", remedy=f"worlds: {', '.join(WORLDS)}")
        self.year = year
        self.civix = CivixWorld(seed, voters)
        self.pages = PageStore()
        self._seed = seed
        self._size = size
        self._replay = replay
        self._kind = kind
        self._worlds: dict[tuple[str, int], World] = {}
        self._kept: dict[Hashable, Any] = {}
        self._lock = Lock()

    def lists(self, aid: str) -> bool:
        """Whether there is an agency of this shortcut."""
        return aid in AGENCIES

    def world(self, aid: str, year: int) -> World:
        """Return the finance world of an agency's year."""
        with self._lock:
            if (aid, year) not in self._worlds:
                self._worlds[aid, year] = finance_world(self._seed, aid, year, self._size)
            return self._worlds[aid, year]

    def transactions(self, aid: str, year: int, day: int) -> Sequence[Row]:
        """Return an agency's year on a day; empty for an unknown agency."""
        path = self._year_path(aid, year, day)
        if path:
            return self._keep(path, lambda: _read_year_file(path))
        if not self.lists(aid):
            return []
        if self._kind == "full":
            return WorldRows(self.world(aid, year), day)
        return self._keep((aid, year, day), lambda: agency_year(self._seed, aid, year, day, self._size))

    def workbook(self, aid: str, year: int, day: int, *, newest: bool) -> Publication:
        """Return a year's workbook in a ZIP, with every version of each report or the newest alone."""
        world = self.world(aid, year)
        name = f"efile_{'newest_' if newest else ''}{aid}_{year}.xlsx"
        filings = world.in_force(day) if newest else world.versions(day)
        body = self._keep((name, day), lambda: zip_workbook(name, world, filings))
        return Publication(body, datetime.combine(first_day(year) + timedelta(days=day), _MORNING))

    def efile_transactions(self, aid: str, window: Window, day: int) -> Sequence[Item]:
        """Return what a search for transactions finds."""
        world = self.world(aid, window.start.year)
        return self._keep((window, day), lambda: EFile(world, day).transactions(window))

    def _keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for this key, of which the last few are kept."""
        with self._lock:
            if key not in self._kept:
                self._kept = dict(list(self._kept.items())[1 - KEPT_LISTS :]) | {key: make()}
            kept: T = self._kept[key]
            return kept

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


def _read_year_file(path: Path) -> list[Row]:
    rows = decode_csv(path.read_bytes())
    if rows and tuple(rows[0]) != COLUMNS:
        raise UsageError("its header is not that of a NetFile year CSV", where=path.name, remedy="replay another file")
    return rows
