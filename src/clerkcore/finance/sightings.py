"""When filings were at the publisher, told by captures that may arrive in any order.

For each filing this is a step function of time: a step stands at the time of a capture that found it other than the
capture before. A capture that arrives late is put in between, and the steps after it still say what they said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from clerkcore.finance.computed import FILING_SIGHTINGS
from clerkcore.interfaces import Writer


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """From this moment on, as far as is known, the publisher held a filing or did not."""

    seen_at: str
    present: bool


Steps = Mapping[str, Sequence[Sighting]]


def present_at(steps: Sequence[Sighting], moment: str) -> bool:
    """Whether a filing was at the publisher at a moment; not before its first step."""
    return next((step.present for step in reversed(steps) if step.seen_at <= moment), False)


def intervals(steps: Sequence[Sighting]) -> list[tuple[str, str]]:
    """Return the moments from and until which a filing was there, in order; the last is open, "", while it is."""
    found: list[tuple[str, str]] = []
    for step in steps:
        there = bool(found) and not found[-1][1]
        if step.present and not there:
            found.append((step.seen_at, ""))
        elif there and not step.present:
            found[-1] = (found[-1][0], step.seen_at)
    return found


def add_capture(
    known: Steps, here: Collection[str], taken_at: str, captures: Sequence[str]
) -> Iterator[tuple[str, Sighting]]:
    """Yield the steps that a capture adds; `here` are its filings, `captures` the times of the other captures."""
    later = min((moment for moment in captures if moment > taken_at), default="")
    for filing in sorted({*known, *here}):
        steps = known.get(filing, ())
        before, now = present_at(steps, taken_at), filing in here
        if before == now:
            continue
        yield filing, Sighting(taken_at, now)
        if later and all(step.seen_at != later for step in steps):
            yield filing, Sighting(later, before)


def read_sightings(db: Writer) -> dict[str, list[Sighting]]:
    """Return the steps of every filing of the scope, in order of time; those of undone runs are left out."""
    steps: dict[str, list[Sighting]] = {}
    rows = db.stream(
        "SELECT s.filing_id, s.seen_at, s.present FROM filing_sightings s"
        " WHERE s.source = :source AND s.scope = :scope AND NOT EXISTS (SELECT 1 FROM _clerk_runs r"
        " WHERE r.run_id = s.told_by AND r.source = s.source AND r.scope = s.scope AND r.undone_by_run_id IS NOT NULL)"
        " ORDER BY s.filing_id, s.seen_at, s.told_by"
    )
    for row in rows:
        of_filing = steps.setdefault(row["filing_id"], [])
        if of_filing and of_filing[-1].seen_at == row["seen_at"]:
            of_filing.pop()
        of_filing.append(Sighting(row["seen_at"], bool(row["present"])))
    return steps


def note_capture(db: Writer) -> None:
    """Write down what the capture at hand says of which filings the publisher held."""
    here = {row["filing_id"] for row in db.stream("SELECT filing_id FROM stage.filings")}
    steps = add_capture(read_sightings(db), here, db.taken_at, db.captures)
    db.insert(
        FILING_SIGHTINGS,
        (
            {"filing_id": filing, "seen_at": step.seen_at, "told_by": db.run_id, "present": int(step.present)}
            for filing, step in steps
        ),
    )
