"""Runs as rows of the ledger, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Literal

from clerkcore.ledger.rows import read_time
from clerkcore.models import Counts, Outcome, Run, ScopeResult, TableChange
from clerkcore.times import from_text, to_text

HoldState = Literal["open", "accepted", "replaced"]

# `read` alone would say nothing in a table.
_COLUMN_OF = {field.name: "records_read" if field.name == "read" else field.name for field in fields(Counts)}
_SCOPE_WORDS = ("findings", "capture", "base", "message", "remedy")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as the ledger keeps it.

    While `status` is running, or for good where the process died, `run` has no scopes, its
    outcome reads failed and `outcome` is None. `hold_states` tells of each scope that was held.
    """

    run: Run
    status: Literal["running", "finished"]
    holder: str
    options: Mapping[str, Any]
    of_run: int | None
    finished_at: datetime | None
    hold_states: Mapping[str, HoldState]

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None while it has not."""
        return self.run.outcome if self.status == "finished" else None


@dataclass(frozen=True, slots=True)
class Hold:
    """A scope whose change set is kept and waits for somebody to accept it."""

    run_id: int
    job: str
    site: str
    source: str
    since: datetime
    result: ScopeResult


def run_values(run: Run) -> dict[str, Any]:
    """Return the columns of job_tracking that closing a run fills."""
    return {
        "status": "finished",
        "outcome": str(run.outcome),
        "started_at": to_text(run.started_at),
        "finished_at": to_text(run.started_at + timedelta(seconds=run.duration_seconds)),
        "duration_seconds": run.duration_seconds,
        "findings": run.findings,
        "message": run.message,
        "remedy": run.remedy,
        **_count_values(run.counts),
    }


def scope_values(run: Run) -> list[dict[str, Any]]:
    """Return the rows of run_scopes of a run."""
    return [
        {
            "run_id": run.run_id,
            "scope": result.scope,
            "position": position,
            "outcome": str(result.outcome),
            "tables": dump_json([_change_values(change) for change in result.tables]),
            "notes": dump_json(list(result.notes)),
            "hold_state": "open" if result.outcome is Outcome.HELD else None,
            **{name: getattr(result, name) for name in _SCOPE_WORDS},
            **_count_values(result.counts),
        }
        for position, result in enumerate(run.scopes)
    ]


def stored_run(row: Mapping[str, Any], scopes: Iterable[Mapping[str, Any]]) -> StoredRun:
    """Build a run from its row and the rows of its scopes."""
    scopes = list(scopes)
    run = Run(
        run_id=row["id"],
        job=row["job_type"],
        site=row["subdomain"],
        source=row["source"],
        outcome=Outcome(row["outcome"] or Outcome.FAILED),
        scopes=tuple(scope_result(scope) for scope in scopes),
        started_at=from_text(row["started_at"]),
        duration_seconds=row["duration_seconds"] or 0.0,
        message=row["message"],
        remedy=row["remedy"],
    )
    return StoredRun(
        run=run,
        status=row["status"],
        holder=row["holder"],
        options=json.loads(row["options"]),
        of_run=row["of_run"],
        finished_at=read_time(row["finished_at"]),
        hold_states={scope["scope"]: scope["hold_state"] for scope in scopes if scope["hold_state"]},
    )


def stored_hold(row: Mapping[str, Any]) -> Hold:
    """Build a hold from a row of run_scopes joined with its run."""
    since = from_text(row["started_at"])
    return Hold(row["run_id"], row["job_type"], row["subdomain"], row["source"], since, scope_result(row))


def scope_result(row: Mapping[str, Any]) -> ScopeResult:
    """Build the result of a scope from its row."""
    return ScopeResult(
        scope=row["scope"],
        outcome=Outcome(row["outcome"]),
        counts=_counts(row),
        tables=tuple(_change(values) for values in json.loads(row["tables"])),
        notes=tuple(json.loads(row["notes"])),
        **{name: row[name] for name in _SCOPE_WORDS},
    )


def dump_json(value: object) -> str:
    """Write a value as JSON that is the same for equal values; ASCII, which every database can store."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True)


def _count_values(counts: Counts) -> dict[str, int]:
    return {column: getattr(counts, name) for name, column in _COLUMN_OF.items()}


def _counts(row: Mapping[str, Any]) -> Counts:
    return Counts(**{name: row[column] for name, column in _COLUMN_OF.items()})


def _change_values(change: TableChange) -> dict[str, Any]:
    return {
        "table": change.table,
        **_count_values(change.counts),
        "added_by_group": dict(change.added_by_group),
        "disappeared_by_group": dict(change.disappeared_by_group),
        "changed_by_column": dict(change.changed_by_column),
        "sums": dict(change.sums),
    }


def _change(values: Mapping[str, Any]) -> TableChange:
    return TableChange(
        table=values["table"],
        counts=_counts(values),
        added_by_group=values["added_by_group"],
        disappeared_by_group=values["disappeared_by_group"],
        changed_by_column=values["changed_by_column"],
        sums={column: (before, after) for column, (before, after) in values.get("sums", {}).items()},
    )
