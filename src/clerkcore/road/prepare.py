"""From a capture to a stage: of all its records or, where that is enough, of the lines that differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import StoreError
from clerkcore.interfaces import LineFormat
from clerkcore.models import Advance, Capture
from clerkcore.road.acquire import open_capture
from clerkcore.road.stage import build_stage
from clerkcore.road.stage_delta import read_snapshot, stage_delta
from clerkcore.road.work import Work
from clerkcore.store.changes import StageFacts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stage that is ready to be applied; `base` is the capture that it is a difference to, if it is one."""

    facts: StageFacts
    base: str = ""


def prepare_stage(work: Work, capture: Capture, base: str, path: Path) -> Prepared:
    """Stage a capture; `base` is the capture that the scope's rows mirror, or empty.

    The change set is the same either way.
    """
    form = work.source.lines(capture.scope)
    if form and base and not work.taken_at:
        facts = _stage_differences(work, form, capture, base, path)
        if facts:
            return Prepared(facts, base)
    where, total = work.where(capture.scope.name), sum(page.size for page in capture.pages)

    def tell(records: int, done: int) -> None:
        work.advance(Advance(where, records, done, total))

    return Prepared(build_stage(work.source, capture, path, tell))


def _stage_differences(work: Work, form: LineFormat, capture: Capture, base: str, path: Path) -> StageFacts | None:
    try:
        before = open_capture(work, work.archive.load_capture(work.source.name, capture.scope.name, base))
        snapshot = read_snapshot(work.database, before, work.source)
        if snapshot is None:
            return None
        return stage_delta(work.source, form, snapshot, capture, work.database, path)
    except StoreError as error:
        # The kept snapshot may be gone or damaged; the capture at hand can be staged whole.
        work.report(f"{work.where(capture.scope.name)}: compared in full: {error}")
        return None
