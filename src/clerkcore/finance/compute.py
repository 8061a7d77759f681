"""What follows from the rows of a finance source, in order: states, amendments, sums, contributions, candidates."""

from __future__ import annotations

from clerkcore.finance.amendments import settle_amendments
from clerkcore.finance.candidates import sum_candidates
from clerkcore.finance.contributions import list_contributions
from clerkcore.finance.sightings import note_capture
from clerkcore.finance.states import in_year, read_states, save_states
from clerkcore.finance.totals import mark_late, sum_filers, sum_filings
from clerkcore.interfaces import Writer
from clerkcore.models import Note, Scope

# The order of the sources is the site's, and of no scope.
_RANK = """
INSERT OR REPLACE INTO source_ranks (source, scope, name, rank, run_id) VALUES (:source, '*', :source, :rank, :run_id)
"""


def compute_finance(db: Writer, scope: Scope) -> list[Note]:
    """Bring the computed tables of a finance database up to date; returns the amendments that are new."""
    db.execute(_RANK, {"rank": db.rank})
    if db.changes is None:
        return []
    if db.taken_at:
        note_capture(db)
    states, notes = settle_amendments(db, in_year(read_states(db), scope.name))
    save_states(db, states)
    sum_filings(db)
    touched = mark_late(db)
    for name in dict.fromkeys((scope.name, *touched)):
        list_contributions(db, name)
    sum_filers(db)
    sum_candidates(db)
    return notes if db.taken_at else []
