"""Real files instead of invented ones: kept pulls found by name, in the order of their dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from clerkcore import UsageError

_NETFILE = re.compile(r"netfile_api_(\d{4})__(\w+)__(\d{4}-\d{2}-\d{2})\.csv\Z")
_STATS = re.compile(r"Stats_(\w+)_(VbmProvided|VbmVoted|EarlyVoted)_(\d{8})\.txt\Z")
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Pull:
    """One kept file and the day it was pulled."""

    day: date
    path: Path


@dataclass(frozen=True)
class Replay:
    """Pulls by what they are of; the oldest is day 0, and the newest stays for later days."""

    pulls: Mapping[Key, Sequence[Pull]]

    @classmethod
    def from_folder(cls, path: Path) -> Replay:
        """Find the files below a folder; UsageError when there is none."""
        pulls: dict[Key, list[Pull]] = {}
        for key, pull in _find(path):
            pulls.setdefault(key, []).append(pull)
        if not pulls:
            remedy = "names: netfile_api_YEAR__AID__YYYY-MM-DD.csv, Stats_ELECTION_REPORT_YYYYMMDD.txt"
            raise UsageError("no files to replay", where=str(path), remedy=remedy)
        return cls({key: sorted(found, key=lambda pull: pull.day) for key, found in pulls.items()})

    def netfile(self, aid: str, year: int, day: int) -> Pull | None:
        """Return the year CSV of an agency as of a simulated day."""
        return self._pull(("netfile", aid, str(year)), day)

    def stats(self, election: str, report: str, day: int) -> Pull | None:
        """Return a county report as of a simulated day."""
        return self._pull(("stats", election, report), day)

    def _pull(self, key: Key, day: int) -> Pull | None:
        pulls = self.pulls.get(key)
        return pulls[min(day, len(pulls) - 1)] if pulls else None


def _find(folder: Path) -> Iterator[tuple[Key, Pull]]:
    for path in sorted(folder.rglob("*")):
        if match := _NETFILE.match(path.name):
            yield ("netfile", match[2], match[1]), Pull(_read_day(match[3], path), path)
        elif match := _STATS.match(path.name):
            yield ("stats", match[1], match[2]), Pull(_read_day(match[3], path), path)


def _read_day(text: str, path: Path) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text} is no date", where=str(path), remedy="rename or remove the file") from error
