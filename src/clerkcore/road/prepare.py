"""From a capture to a stage: of all its records or, where that is enough, of the lines that differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import StoreError
from clerkcore.interfaces import LineFormat
from clerkcore.models import Advance, Capture
from clerkcore.road.acquire import open_capture
from clerkcore.road.bases import current_redactions
from clerkcore.road.raw_tombstones import refuse_removed
from clerkcore.road.seal import mark_capture
from clerkcore.road.stage import build_stage
from clerkcore.road.stage_delta import read_snapshot, stage_delta
from clerkcore.road.work import Work
from clerkcore.store.changes import StageFacts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stage that is ready to be applied.

    One of differences names the capture that it is `relative_to`, and tells the rows that the scope has in each table.
    """

    facts: StageFacts
    relative_to: str = ""
    live: Mapping[str, int] | None = None


def prepare_stage(work: Work, capture: Capture, base: str, path: Path) -> Prepared:
    """Stage a capture; `base` is the capture that the scope's rows mirror, or empty.

    The change set is the same either way. What was redacted is found by reading every line.
    """
    form = work.source.lines(capture.scope)
    if form and base and not work.taken_at and not current_redactions(work, capture.scope.name):
        prepared = _stage_differences(work, form, capture, base, path)
        if prepared:
            return prepared
    return Prepared(stage_all(work, capture, path))


def stage_all(work: Work, capture: Capture, path: Path) -> StageFacts:
    """Stage every record of a capture but those that were redacted; raw bytes that hold one are marked."""
    where, total = work.where(capture.scope.name), sum(page.size for page in capture.pages)
    redactions = current_redactions(work, capture.scope.name)

    def tell(records: int, done: int) -> None:
        work.advance(Advance(where, records, done, total))

    facts = build_stage(work.source, capture, path, tell, redactions)
    if redactions.kept_out:
        mark_capture(work, capture)
    return facts


def _stage_differences(work: Work, form: LineFormat, capture: Capture, base: str, path: Path) -> Prepared | None:
    try:
        kept = work.archive.load_capture(work.source.name, capture.scope.name, base)
        refuse_removed(work.archive, kept, work.where(capture.scope.name))
        before = open_capture(work, kept)
        snapshot = read_snapshot(work.database, before, work.source)
        if snapshot is None:
            return None
        facts = stage_delta(work.source, form, snapshot, capture, work.database, path)
        return Prepared(facts, base, snapshot.live) if facts else None
    except StoreError as error:
        # The kept snapshot may be gone or damaged; the capture at hand can be staged whole.
        work.report(f"{work.where(capture.scope.name)}: compared in full: {error}")
        return None
