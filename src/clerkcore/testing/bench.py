"""`Bench`: a site of its own for one source, whose road can be taken step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from clerkcore.interfaces import Source
from clerkcore.models import Capture, Scope, ScopeResult, Site
from clerkcore.road.acquire import import_capture
from clerkcore.road.apply import apply_stage
from clerkcore.road.bases import current_base
from clerkcore.road.prepare import Prepared, prepare_stage
from clerkcore.road.settle import settle_known
from clerkcore.road.stage import build_stage
from clerkcore.road.undo import undo_run
from clerkcore.road.work import Work
from clerkcore.settings import Settings
from clerkcore.sites import SiteFolder
from clerkcore.store.database import read_database
from clerkcore.store.tables import own_columns
from clerkcore.testing.shelf import Files

Rows = dict[str, list[dict[str, Any]]]


class Bench:
    """Loads files as one scope of a source, in a folder of its own, and reads back the rows.

    `last_run` is the number of the newest run, whatever became of it; `relative_to` the capture of which the newest
    load staged only the differences, empty where it staged all; `settings` are those of an installation, such
    as shrink_limit=1 where no shrunk scope is to be held.
    """

    def __init__(self, folder: Path, source: Source, scope: Scope, site: Site, **settings: Any) -> None:
        self.folder = folder
        self.source = source
        self.scope = scope
        self.site = site
        self.settings = Settings(root=folder, **settings)
        self.last_run = 0
        self.relative_to = ""

    def load(self, files: Files, taken_at: datetime | None = None) -> ScopeResult:
        """Bring files in as a run does, as saved at a moment; SourceError and others are raised, not told."""
        work = replace(self._work(), taken_at=taken_at)
        capture = self._keep(work, files)
        return settle_known(work, capture) or self._compare(work, capture)

    def _compare(self, work: Work, capture: Capture) -> ScopeResult:
        stage = work.stage_path(capture.scope.name)
        base = current_base(work, capture.scope.name)
        prepared = prepare_stage(work, capture, base.capture if base else "", stage)
        self.relative_to = prepared.relative_to
        return apply_stage(work, capture, stage, prepared)

    def apply_again(self, files: Files) -> ScopeResult:
        """Parse and apply whole files even where the scope's rows rest on the same bytes."""
        work = self._work()
        return _apply(work, self._keep(work, files))

    def undo(self, run_id: int) -> ScopeResult:
        """Take back a run of this scope."""
        (result,) = undo_run(self._work(), run_id)
        return result

    def rows(self) -> Rows:
        """Return the live rows of every table by key, without the numbers of their runs."""
        with read_database(self._site_folder.database(self.source.database)) as connection:
            return {
                table.name: [
                    dict(row)
                    for row in connection.execute(
                        f"SELECT {', '.join(own_columns(table))} FROM {table.name}"
                        f" WHERE removed_run_id IS NULL ORDER BY {', '.join(table.key)}"
                    )
                ]
                for table in self.source.tables
            }

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Ask the database of the site."""
        with read_database(self._site_folder.database(self.source.database)) as connection:
            return [dict(row) for row in connection.execute(sql)]

    @property
    def _site_folder(self) -> SiteFolder:
        return SiteFolder(self.folder / "site")

    def _work(self) -> Work:
        self.last_run += 1
        return Work(self.site, self.source, self._site_folder, self.settings, self.last_run, "bench")

    def _keep(self, work: Work, files: Files) -> Capture:
        inbox = self.folder / "inbox" / str(work.run_id)
        inbox.mkdir(parents=True)
        paths = [inbox / name for name in files]
        for path, body in zip(paths, files.values(), strict=True):
            path.write_bytes(body)
        return import_capture(work, self.scope, paths)


def _apply(work: Work, capture: Capture) -> ScopeResult:
    stage = work.stage_path(capture.scope.name)
    return apply_stage(work, capture, stage, Prepared(build_stage(work.source, capture, stage)))
