"""Districts: the imported map of precincts, and the totals that follow from it."""

from __future__ import annotations

from collections.abc import Iterator

from clerkcore.interfaces import Writer
from clerkcore.models import Capture, Location, Parsed, Record, Rejected
from clerkcore.parsing import read_delimited

DISTRICTS = "DISTRICTS"
COLUMNS = ("district_type", "county", "precinct", "district")
_ANYWHERE = ("", "*")

# A ballot is of its precinct's district; where the precinct is not on the map, of its county's; else of none.
_TOTALS = """
INSERT INTO district_totals (source, scope, election_id, district_type, district, basis, party, voting_method,
  vote_date, ballots, run_id)
SELECT t.source, t.scope, t.election_id, k.district_type, coalesce(p.district, c.district, ''),
  CASE WHEN p.district IS NOT NULL THEN 'precinct' WHEN c.district IS NOT NULL THEN 'county' ELSE 'none' END,
  t.party, t.voting_method, t.vote_date, sum(t.ballots), :run_id
FROM precinct_totals t
CROSS JOIN (SELECT DISTINCT district_type FROM district_map WHERE source = :source AND removed_run_id IS NULL) k
LEFT JOIN district_map p ON p.source = t.source AND p.scope = 'DISTRICTS' AND p.removed_run_id IS NULL
  AND p.district_type = k.district_type AND p.county = t.county AND p.precinct = t.precinct AND p.precinct <> ''
LEFT JOIN district_map c ON c.source = t.source AND c.scope = 'DISTRICTS' AND c.removed_run_id IS NULL
  AND c.district_type = k.district_type AND c.county = t.county AND c.precinct = ''
WHERE t.source = :source AND (:of = '' OR t.scope = :of)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""


def parse_districts(capture: Capture) -> Iterator[Parsed]:
    """Yield the map's rows from a CSV with the columns district_type, county, precinct, district.

    Counties are written in capitals; a precinct that is empty or `*` stands for the whole county.
    """
    for page in capture.pages:
        for line in read_delimited(page, COLUMNS, where=capture.source):
            yield line if isinstance(line, Rejected) else _read(line.values, line.at)


def _read(values: dict[str, str], at: Location) -> Parsed:
    texts = {column: " ".join(values[column].replace("\0", "").split()) for column in COLUMNS}
    for column in ("district_type", "county", "district"):
        if not texts[column]:
            return Rejected(f"bad_{column}", f"{column} is empty", at, column)
    texts["county"] = texts["county"].upper()
    # Spaces inside stay, as in rosters: what both write alike is the same precinct.
    precinct = values["precinct"].replace("\0", "").strip()
    texts["precinct"] = "" if precinct in _ANYWHERE else precinct
    return Record("district_map", texts, at)


def refresh_districts(db: Writer, scope: str = "") -> None:
    """Sum the ballots of a scope's precincts by district, or those of every scope."""
    db.execute("DELETE FROM district_totals WHERE source = :source AND (:of = '' OR scope = :of)", {"of": scope})
    db.execute(_TOTALS, {"of": scope})
