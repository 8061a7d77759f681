"""Trying a source on a saved file, and looking at what a run rejected, without writing to any database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from clerkcore.errors import UsageError
from clerkcore.fetch import OfflineClient
from clerkcore.installation import Family, Installation
from clerkcore.ledger import StoredRun
from clerkcore.models import Kind, Request, ScopeResult, Site
from clerkcore.road.acquire import import_capture, open_capture
from clerkcore.road.stage import build_stage
from clerkcore.road.work import Work
from clerkcore.sites import SiteFolder
from clerkcore.store.changes import StageFacts
from clerkcore.store.tables import check_tables, own_columns

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source makes of a file: the counts, the first rows of each table, the quarantine."""

    facts: StageFacts
    rows: Mapping[str, list[dict[str, Any]]]
    quarantine: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Return the trial as its JSON line."""
        return asdict(self)


def try_source(installation: Installation, family: Family, name: str, request: Request, file: Path) -> Trial:
    """Parse a saved file as one scope of a source; nothing outlives it."""
    site = Site("try", "Trial", "XX", Kind.STATE)
    source = installation.source(site, name, family)
    check_tables(source)
    with TemporaryDirectory() as folder:
        work = Work(site, source, SiteFolder(Path(folder)), installation.settings, 0, "try")
        scopes = list(source.plan(site, request, OfflineClient(work.archive)))
        if len(scopes) != 1:
            names = ", ".join(scope.name for scope in scopes)
            raise UsageError(f"the file may be any of: {names}", remedy="say which, with --source")
        return _look(work, build_stage(source, import_capture(work, scopes[0], [file]), work.stage_path("try")))


def _look(work: Work, facts: StageFacts) -> Trial:
    with closing(Database(work.stage_path("try"))) as stage:
        rows = {
            table.name: list(stage[table.name].rows_where(select=", ".join(own_columns(table)), limit=MOST_ROWS))
            for table in work.source.tables
        }
        return Trial(facts, rows, list(stage["_quarantine"].rows_where(order_by="rowid")))


def rejected_records(installation: Installation, stored: StoredRun, scope: ScopeResult) -> list[dict[str, Any]]:
    """Return what a run that was not applied would have quarantined, by parsing its capture once more."""
    site = installation.site(stored.run.site)
    source = installation.source(site, stored.run.source)
    kept_in = installation.folder(site.subdomain)
    archive = Work(site, source, kept_in, installation.settings, 0, "quarantine")
    capture = open_capture(archive, archive.archive.load_capture(source.name, scope.scope, scope.capture))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stage.db"
        build_stage(source, capture, path)
        with closing(Database(path)) as stage:
            rows = list(stage["_quarantine"].rows_where(order_by="rowid"))
    return [{"run_id": stored.run.run_id, "source": source.name, "scope": scope.scope, **row} for row in rows]
