"""Raw bytes that hold a redacted record do not stay once a scope with redactions has gone down the road.

What is held, extracted or transformed waits for somebody who needs the bytes once more; it is marked, and removed when
a later run has been applied.
"""

from __future__ import annotations

from clerkcore.errors import StoreError
from clerkcore.fetch import KeptCapture
from clerkcore.models import COMPARING_NOTHING, Capture, Outcome, Scope, ScopeResult
from clerkcore.road.bases import current_redactions
from clerkcore.road.raw_tombstones import RawTombstone, is_marked, mark_download, remove_marked
from clerkcore.road.work import Work
from clerkcore.times import to_text

REASON = "it holds a record that was redacted before"
BY = "clerk"
_APPLIED = (Outcome.CHANGED, Outcome.FRESH)


def mark_capture(work: Work, capture: Capture) -> None:
    """Mark the downloads of a capture that was found to hold a redacted record."""
    _mark(work, [work.archive.load_capture(work.source.name, capture.scope.name, capture.id)])


def _mark(work: Work, captures: list[KeptCapture]) -> None:
    tombstone = RawTombstone(REASON, BY, to_text(work.now()), work.run_id)
    for kept in captures:
        for download in kept.downloads:
            mark_download(work.archive, download, tombstone)


def seal_scope(work: Work, scope: Scope, result: ScopeResult) -> None:
    """Remove the raw bytes of a scope that hold a redacted record, where nobody needs them any more.

    Of a scope that failed nobody knows what its downloads hold: all that it brought go.
    """
    if result.outcome is Outcome.SKIPPED:
        return
    try:
        if current_redactions(work, scope.name):
            _seal(work, scope, result)
    except StoreError as error:
        # The rows are as they should be; the next run of the scope tries again.
        work.report(f"{work.where(scope.name)}: raw bytes of a redacted record could not be removed: {error}")


def _seal(work: Work, scope: Scope, result: ScopeResult) -> None:
    kept = work.archive.captures(work.source.name, scope.name)
    failed = result.outcome is Outcome.FAILED
    brought = [one for one in kept if (_is_new(work, one) if failed else one.id == result.capture)]
    # The same payload, packed anew, ends as fresh before anybody reads it.
    payloads = {one.sha256 for one in kept if is_marked(work.archive, one)}
    _mark(work, [one for one in kept if one.sha256 in payloads] + (brought if failed else []))
    if failed or work.dry_run or work.taken_at:
        # Others of the scope may be held, and wait.
        remove_marked(work.archive, brought)
    elif result.outcome in _APPLIED and not work.job.endswith(COMPARING_NOTHING):
        remove_marked(work.archive, kept)


def _is_new(work: Work, kept: KeptCapture) -> bool:
    """Whether a capture was kept by the run at hand."""
    return kept.taken_at >= work.started_at or kept.taken_at == work.taken_at
