"""Trying a source on a saved file, and looking at what a run rejected, without writing to any database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from heapq import nsmallest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlite_utils import Database

from clerkcore.errors import UsageError
from clerkcore.fetch import OfflineClient
from clerkcore.installation import Family, Installation
from clerkcore.interfaces import Source, Table
from clerkcore.ledger import StoredRun
from clerkcore.models import Capture, Kind, Record, Request, Row, ScopeResult, Site
from clerkcore.road.acquire import import_capture, open_capture
from clerkcore.road.bases import current_redactions
from clerkcore.road.stage import build_stage
from clerkcore.road.work import Work
from clerkcore.rosters import RowChanges, StateAdapter
from clerkcore.sites import SiteFolder
from clerkcore.store.changes import StageFacts
from clerkcore.store.tables import check_tables, own_columns

MOST_ROWS = 20
HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a source makes of a file: the counts, the first rows of each table, the quarantine.

    Values of sensitive columns are hidden. `changes` is set where the file was compared with an older one.
    """

    facts: StageFacts
    rows: Mapping[str, list[dict[str, Any]]]
    quarantine: list[dict[str, Any]]
    changes: Mapping[str, TableDifference] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the trial as its JSON line."""
        told = asdict(self)
        return told if self.changes is not None else {key: value for key, value in told.items() if key != "changes"}


@dataclass(frozen=True, slots=True)
class TableDifference:
    """What an adapter finds different in one table, and the first such rows: changed ones as before and after."""

    added: int
    changed: int
    disappeared: int
    rows: list[dict[str, Any]]


def try_source(
    installation: Installation, family: Family, name: str, request: Request, file: Path, against: Path | None = None
) -> Trial:
    """Parse a saved file as one scope of a source, and compare it with an older one; nothing outlives it."""
    site = Site("try", "Trial", "XX", Kind.STATE)
    source = installation.source(site, name, family)
    check_tables(source)
    with TemporaryDirectory() as folder:
        work = Work(site, source, SiteFolder(Path(folder)), installation.settings, 0, "try")
        scopes = list(source.plan(site, request, OfflineClient(work.archive, work.source.name)))
        if len(scopes) != 1:
            names = ", ".join(scope.name for scope in scopes)
            raise UsageError(f"the file may be any of: {names}", remedy="say which, with --source")
        capture = import_capture(work, scopes[0], [file])
        changes = _compare(work, capture, against) if against else None
        return _look(work, build_stage(source, capture, work.stage_path("try")), changes)


def _look(work: Work, facts: StageFacts, changes: Mapping[str, TableDifference] | None) -> Trial:
    with closing(Database(work.stage_path("try"))) as stage:
        rows = {
            table.name: [
                _hide(table, row)
                for row in stage[table.name].rows_where(select=", ".join(own_columns(table)), limit=MOST_ROWS)
            ]
            for table in work.source.tables
        }
        return Trial(facts, rows, list(stage["_quarantine"].rows_where(order_by="rowid")), changes)


def _hide(table: Table, row: Row) -> dict[str, Any]:
    hidden = {column.name for column in table.columns if column.sensitive}
    return {name: HIDDEN if name in hidden and value is not None else value for name, value in row.items()}


def _compare(work: Work, capture: Capture, against: Path) -> Mapping[str, TableDifference]:
    source = work.source
    if not isinstance(source, StateAdapter):
        raise UsageError(f"{source.name!r} does not compare files itself", remedy="leave out --against")
    older = import_capture(work, capture.scope, [against])
    found = source.detect_changes(_records(source, capture), _records(source, older))
    return {table.name: _differences(table, found) for table in source.tables}


def _records(source: Source, capture: Capture) -> Iterator[Record]:
    return (parsed for parsed in source.parse(capture) if isinstance(parsed, Record))


def _differences(table: Table, found: RowChanges) -> TableDifference:
    added = {key: row for key, row in found.added.items() if key[0] == table.name}
    changed = {key: rows for key, rows in found.changed.items() if key[0] == table.name}
    gone = {key: row for key, row in found.disappeared.items() if key[0] == table.name}
    rows = [
        *({"kind": "added", **_hide(table, added[key])} for key in nsmallest(MOST_ROWS, added, repr)),
        *(_tell_changed(table, *changed[key]) for key in nsmallest(MOST_ROWS, changed, repr)),
        *({"kind": "disappeared", **_hide(table, gone[key])} for key in nsmallest(MOST_ROWS, gone, repr)),
    ]
    return TableDifference(len(added), len(changed), len(gone), rows)


def _tell_changed(table: Table, before: Row, after: Row) -> dict[str, Any]:
    """Return the key of a changed row and, of the columns that differ, both values."""
    shown_before, shown_after = _hide(table, before), _hide(table, after)
    differing = [name for name in table.compared if before.get(name) != after.get(name)]
    return {
        "kind": "changed",
        **{name: shown_after.get(name) for name in table.key},
        "before": {name: shown_before.get(name) for name in differing},
        "after": {name: shown_after.get(name) for name in differing},
    }


def rejected_records(installation: Installation, stored: StoredRun, scope: ScopeResult) -> list[dict[str, Any]]:
    """Return what a run that was not applied would have quarantined, by parsing its capture once more."""
    site = installation.site(stored.run.site)
    source = installation.source(site, stored.run.source)
    kept_in = installation.folder(site.subdomain)
    archive = Work(site, source, kept_in, installation.settings, 0, "quarantine")
    capture = open_capture(archive, archive.archive.load_capture(source.name, scope.scope, scope.capture))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "stage.db"
        # What was redacted since is not shown either.
        build_stage(source, capture, path, redactions=current_redactions(archive, scope.scope))
        with closing(Database(path)) as stage:
            rows = list(stage["_quarantine"].rows_where(order_by="rowid"))
    return [{"run_id": stored.run.run_id, "source": source.name, "scope": scope.scope, **row} for row in rows]
