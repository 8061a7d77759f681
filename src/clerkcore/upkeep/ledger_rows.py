"""Pruning tables of the ledger: in batches, each with its tombstone in the same transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from clerkcore.errors import StoreError
from clerkcore.installation import Installation
from clerkcore.ledger import get_mark, hash_rows, record_tombstone
from clerkcore.ledger.pruning import (
    Guard,
    aged_rows,
    has_sites,
    known_sites,
    loaded_sites,
    read_guard,
    remove_rows,
    rows_of,
    why_spared,
)
from clerkcore.notify.reading import MARK
from clerkcore.times import now
from clerkcore.upkeep.old_rows import COMMAND, ORPHAN, Pruning, batches
from clerkcore.upkeep.resting import named_runs
from clerkcore.upkeep.retention import Rule

if TYPE_CHECKING:
    from sqlalchemy import Connection

UNHEARD = "not yet looked at for alerts"
NAMED, UNREAD = "rows of its site name it", "the databases of its site cannot be read here"


@dataclass
class SiteRuns:
    """The runs that the databases of each site name, read once; None where they cannot be read on this machine."""

    installation: Installation
    known: frozenset[str]
    loaded: frozenset[str]
    _found: dict[str, set[int] | None] = field(default_factory=dict)

    def why_named(self, subdomain: str, run_id: int) -> str:
        """Say why a run of a site stays; empty when no row names it."""
        if subdomain not in self._found:
            self._found[subdomain] = self._read(subdomain)
        named = self._found[subdomain]
        if named is None:
            return UNREAD
        return NAMED if run_id in named else ""

    def _read(self, subdomain: str) -> set[int] | None:
        if subdomain not in self.known:
            return set()
        databases = self.installation.folder(subdomain).databases()
        if not databases and subdomain in self.loaded:
            return None
        try:
            return {run_id for path in databases for run_id in named_runs(path)}
        except StoreError:
            return None


def plan_ledger_table(installation: Installation, rule: Rule, subdomain: str | None, at: datetime) -> Pruning:
    """Return what would go of a table of the ledger."""
    going, kept = _sort_out(installation, rule, subdomain, at)
    return _pruning(rule, subdomain, at, len(going), kept)


def prune_ledger_table(installation: Installation, rule: Rule, subdomain: str | None, at: datetime) -> Pruning:
    """Delete what may go of a table of the ledger, and leave a tombstone for each batch."""
    going, kept = _sort_out(installation, rule, subdomain, at)
    removed = 0
    for batch in batches(going):
        with installation.ledger.write() as connection:
            removed += _remove(connection, rule, batch, subdomain or "")
    return _pruning(rule, subdomain, at, removed, kept, done=True)


def _pruning(
    rule: Rule, subdomain: str | None, at: datetime, rows: int, kept: Mapping[str, int], *, done: bool = False
) -> Pruning:
    return Pruning(rule.name, "ledger", subdomain or "", "ledger", rule.before(at), rows, kept, done)


def _sort_out(
    installation: Installation, rule: Rule, subdomain: str | None, at: datetime
) -> tuple[list[int], dict[str, int]]:
    """Return the ids that go, newest first, and how many others of their age stay, by reason."""
    going: dict[int, None] = {}
    kept: Counter[str] = Counter()
    if subdomain is not None and not has_sites(rule.name):
        return [], {}
    with installation.ledger.read() as connection:
        runs = SiteRuns(installation, known_sites(connection), loaded_sites(connection))
        spared = _Spared(installation, rule.name, read_guard(connection, at), runs, get_mark(connection, MARK))
        for row in aged_rows(connection, rule.name, rule.prunable.time, rule.before(at), subdomain):
            why = spared.why(row, going)
            if why:
                kept[why] += 1
            else:
                going[row["id"]] = None
    return list(going), dict(kept)


@dataclass(frozen=True, slots=True)
class _Spared:
    """Why a row of a table of the ledger stays; `heard` is the last event that was looked at for alerts."""

    installation: Installation
    table: str
    guard: Guard
    runs: SiteRuns
    heard: str | None

    def why(self, row: Mapping[str, Any], going: Collection[int]) -> str:
        """Say why; empty when the row may go."""
        why, source = why_spared(self.table, row, self.guard, going), row.get("source", "")
        if why:
            return why
        if source and self.installation.family(source) is None:
            return ORPHAN
        if self.table == "events" and self.heard is not None and row["id"] > int(self.heard):
            return UNHEARD
        return self.runs.why_named(row["subdomain"], row["id"]) if self.table == "job_tracking" else ""


def _remove(connection: Connection, rule: Rule, ids: Sequence[int], subdomain: str) -> int:
    # What was found may be needed since: an alert, a hold, an undo.
    guard = read_guard(connection, now())
    going: dict[int, None] = {}
    for row in rows_of(connection, rule.name, ids):
        if not why_spared(rule.name, row, guard, going):
            going[row["id"]] = None
    if not going:
        return 0
    removed = remove_rows(connection, rule.name, list(going))
    flat = [{"table": table, **row} for table, rows in removed.items() for row in rows]
    record_tombstone(
        connection,
        "pruned",
        rule.name,
        subdomain=subdomain,
        records=len(going),
        sha256=hash_rows(flat),
        reason=rule.told,
        removed_by=COMMAND,
        details={"where": "ledger", "rows": {table: len(rows) for table, rows in removed.items()}},
        at=now(),
    )
    return len(going)
