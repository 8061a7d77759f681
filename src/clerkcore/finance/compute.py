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

# The order of the sources is the site's, and of no scope. A site may list rosters too, and what was never pulled.
_RANK = """
INSERT INTO source_ranks (source, scope, name, rank, run_id) SELECT :name, '*', :name, :rank, :run_id
WHERE :name IN (SELECT source FROM _clerk_tables WHERE table_name = 'source_ranks')
"""


def compute_finance(db: Writer, scope: Scope) -> list[Note]:
    """Bring the computed tables of a finance database up to date; returns the amendments that are new."""
    rank_sources(db)
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


def rank_sources(db: Writer) -> None:
    """Write the site's order of its sources anew; one that it lists no more has no rank, and is not believed."""
    db.execute("DELETE FROM source_ranks")
    for rank, name in enumerate(db.sources):
        db.execute(_RANK, {"name": name, "rank": rank})
