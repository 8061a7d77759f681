"""Release from quarantine: what the rows rest on is parsed again, and what is now read well is applied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clerkcore.errors import UsageError
from clerkcore.fetch import KeptCapture
from clerkcore.models import Location, Outcome, ScopeResult
from clerkcore.road.acquire import reopen_capture
from clerkcore.road.apply import apply_stage
from clerkcore.road.prepare import prepare_stage
from clerkcore.road.work import Work
from clerkcore.store.database import explained, read_database
from clerkcore.store.runs import read_base


@dataclass(frozen=True, slots=True, order=True)
class Rejection:
    """One rejected record: where it stood, and by which rule."""

    page: str
    line: int
    rule: str
    column: str

    @property
    def at(self) -> Location:
        """Where it stood."""
        return Location(self.page, self.line)


def release_scope(work: Work, kept: KeptCapture) -> ScopeResult:
    """Parse the capture that a scope rests on again, and apply it under the guards; fresh when nothing is read anew."""
    rejected, base = rejected_of(work, kept.scope.name), kept.id
    capture = reopen_capture(work, kept)
    stage = work.passing_stage_path(kept.scope.name)
    try:
        # All of it, for what is compared with itself differs in no line.
        prepared = prepare_stage(work, capture, "", stage)
        left = staged_rejections(stage)
        if sorted(rejected) == sorted(left):
            message = f"nothing changed; the plugin still rejects them: {tell_rules(left)}"
            return ScopeResult(kept.scope.name, Outcome.FRESH, capture=base, base=base, message=message)
        told = _tell(rejected, left, _elsewhere(stage))
        result = apply_stage(work, capture, stage, prepared)
        return replace(result, message=f"{told}. {result.message}")
    finally:
        stage.unlink(missing_ok=True)


def rejected_of(work: Work, scope: str) -> list[Rejection]:
    """Return the records that the run on which a scope rests put into quarantine; UsageError when there are none."""
    with read_database(work.database) as connection:
        base = read_base(connection, work.source.name, scope)
        rows = connection.execute(
            "SELECT page, line, rule, column_name FROM _clerk_quarantine WHERE run_id = ? AND source = ? AND scope = ?",
            (base.run_id if base else 0, work.source.name, scope),
        ).fetchall()
    if not rows:
        raise UsageError("nothing of it is in quarantine", where=work.where(scope), remedy="clerk quarantine list")
    return [Rejection(*row) for row in rows]


def staged_rejections(stage: Path) -> list[Rejection]:
    """Return the records that a stage holds as rejected."""
    return [Rejection(*row) for row in _ask(stage, "SELECT page, line, rule, column_name FROM _quarantine")]


def _elsewhere(stage: Path) -> set[Location]:
    """Return where records stood that are no rows of their own, and not rejected either."""
    sql = "SELECT page, line FROM _asides UNION SELECT page, line FROM _duplicates"
    return {Location(*row) for row in _ask(stage, sql)}


def _ask(stage: Path, sql: str) -> list[Any]:
    with explained(stage), closing(sqlite3.connect(f"{stage.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def tell_rules(rejections: Iterable[Rejection]) -> str:
    """Name the rules by which records are rejected, the most frequent first."""
    counts: dict[str, int] = {}
    for rejection in rejections:
        counts[rejection.rule] = counts.get(rejection.rule, 0) + 1
    return ", ".join(f"{rule} ({count:,})" for rule, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair)))


def _tell(rejected: list[Rejection], left: list[Rejection], elsewhere: set[Location]) -> str:
    before, after = {one.at for one in rejected}, {one.at for one in left}
    remaining = [one for one in left if one.at in before]
    beside, others = before & elsewhere - after, after - before
    rows = len(before) - len(before & after) - len(beside)
    parts = [f"{rows:,} of {len(before):,} quarantined records {'is a row' if rows == 1 else 'are rows'} now"]
    if beside:
        parts.append(f"{len(beside):,} set aside or repeated")
    if remaining:
        parts.append(f"{len(before & after):,} still rejected: {tell_rules(remaining)}")
    if others:
        parts.append(f"{len(others):,} that were read before rejected now")
    return "; ".join(parts)
