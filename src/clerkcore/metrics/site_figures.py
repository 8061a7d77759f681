"""What the files of a site can be counted for: rows, findings and bytes of its databases, bytes of its raw archive."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from clerkcore.errors import StoreError
from clerkcore.sites import SiteFolder
from clerkcore.store.database import APPLICATION_ID, explained

BUSY_SECONDS = 1.0

# What the newest applied run of each scope counted; after an undo, the run whose rows stand again, or nothing where no
# capture is left. Counting the rows themselves would read a roster of millions at every scrape.
_ROWS = """
SELECT json_extract(t.value, '$.table') AS name,
  sum(iif(s.capture <> '', json_extract(t.value, '$.counts.added') + json_extract(t.value, '$.counts.changed')
    + json_extract(t.value, '$.counts.unchanged'), 0)) AS live
FROM _clerk_scopes s JOIN _clerk_runs r ON r.run_id = s.run_id AND r.source = s.source AND r.scope = s.scope,
  json_each(r.tables) t
GROUP BY 1
"""
_FINDINGS = "SELECT source, severity, count(*) FROM _clerk_findings WHERE severity <> 'info' GROUP BY source, severity"


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """A database of a site; `error` says why it cannot be read, `findings` go by source and severity."""

    name: str
    size: int
    rows: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[tuple[str, str], int] = field(default_factory=dict)
    error: StoreError | None = None


def read_databases(folder: SiteFolder) -> list[DatabaseFigures]:
    """Count every database of a site; one that cannot be read stops no other."""
    return [_read(path) for path in folder.databases()]


def _read(path: Path) -> DatabaseFigures:
    size = sum(_size(path.with_name(f"{path.name}{end}")) for end in ("", "-wal"))
    try:
        with (
            explained(path),
            closing(
                sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
            ) as connection,
        ):
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise StoreError("was not made by clerk", where=str(path), remedy="move it away")
            rows = {str(name): int(live) for name, live in connection.execute(_ROWS)}
            found = {(str(source), str(kind)): int(number) for source, kind, number in connection.execute(_FINDINGS)}
    except StoreError as error:
        return DatabaseFigures(path.stem, size, error=error)
    return DatabaseFigures(path.stem, size, rows, found)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


class RawSizes:
    """How large raw archives are; what was counted of a folder holds until the folder changes.

    Files of an archive are never written to again, so that the folder's own time tells whether one came or went.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, int, list[str]]] = {}

    def size(self, folder: Path) -> int:
        """Return the bytes of all files below a folder; 0 where there is none, or it cannot be read."""
        total, waiting = 0, [str(folder)]
        while waiting:
            own, below = self._folder(waiting.pop())
            total += own
            waiting += below
        return total

    def _folder(self, path: str) -> tuple[int, list[str]]:
        try:
            changed = os.stat(path).st_mtime_ns
            known = self.known.get(path)
            if known is None or known[0] != changed:
                known = self.known[path] = (changed, *_scan(path))
        except OSError:
            return 0, []
        return known[1], known[2]


def _scan(path: str) -> tuple[int, list[str]]:
    own, below = 0, []
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.path)
            else:
                own += entry.stat(follow_symlinks=False).st_size
    return own, below
