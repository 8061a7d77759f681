"""What was spent for and against candidates, and what their own committees raised.

A committee is a candidate's own when the publisher says so, or when its name begins with the candidate's. Limit: a
committee of another name, such as "Friends of ...", is not found unless the publisher tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clerkcore.finance.computed import CANDIDATE_TOTALS
from clerkcore.finance.names import name_key, whole_name
from clerkcore.finance.totals import AS_AMENDED, OF_THE_ROW, chosen_sql
from clerkcore.interfaces import Writer

Key = tuple[str, str, int, str]
VERSION = 1
SHORTEST_NAME, LONGEST_NAME = 2, 4  # words of a candidate's name


@dataclass
class Candidate:
    """What is added up for one candidate of one scope and year, in cents."""

    names: Counter[str] = field(default_factory=Counter)
    support: int = 0
    oppose: int = 0
    given: int = 0
    raised: int = 0
    spent: int = 0
    filed_raised: int = 0
    committees: list[str] = field(default_factory=list)


Candidates = dict[Key, Candidate]


def candidates_sql(which: str) -> str:
    """Return the query of the rows about candidates, of the filings that a condition chooses."""
    return f"""{chosen_sql(which)}
SELECT t.source, t.scope, c.year, t.form_type, t.tran_code, t.sup_opp_cd, t.cand_naml, t.cand_namf, t.amount_cents
FROM chosen c JOIN transactions t ON t.source = c.source AND t.scope = c.scope AND t.filing_id = c.filing_id
JOIN filings f ON f.source = t.source AND f.scope = t.scope AND f.filing_id = t.filing_id
LEFT JOIN late_counted l ON {OF_THE_ROW}
WHERE t.removed_run_id IS f.removed_run_id AND t.memo_code IS NOT 1 AND t.cand_naml IS NOT NULL
    AND (t.form_type = 'D' OR (t.form_type = 'F496' AND l.place = 1))
"""


# What controls a committee, as the publisher says it; the totals are told by the caller.
COMMITTEES = """
SELECT t.source, t.scope, t.year, t.filer_local_id, t.filer_name, f.candidate_name, t.contributions_cents,
    t.expenditures_cents, t.filed_contributions_cents
FROM filer_totals t LEFT JOIN filers f
    ON f.source = t.source AND f.scope = t.scope AND f.filer_local_id = t.filer_local_id
WHERE (:source IS NULL OR t.source = :source) ORDER BY t.filer_name
"""


def add_up(rows: Iterable[Mapping[str, Any]], committees: Iterable[Mapping[str, Any]]) -> Candidates:
    """Add up the rows of `candidates_sql` and the totals of committees, by source, scope, year and candidate."""
    found: Candidates = {}
    for row in rows:
        _add(found, row)
    by_place: defaultdict[tuple[str, str, int], dict[str, Candidate]] = defaultdict(dict)
    for (source, scope, year, key), candidate in found.items():
        by_place[source, scope, year][key] = candidate
    for committee in committees:
        known = by_place[committee["source"], committee["scope"], committee["year"]]
        for key in _owners(committee) & known.keys():
            _add_committee(known[key], committee)
    return found


def _add(found: Candidates, row: Mapping[str, Any]) -> None:
    name = whole_name(row["cand_naml"], row["cand_namf"])
    candidate = found.setdefault((row["source"], row["scope"], row["year"], name_key(name)), Candidate())
    candidate.names[name] += 1
    cents = row["amount_cents"] or 0
    if row["form_type"] == "F496" or row["tran_code"] == "IND":
        candidate.support += cents if row["sup_opp_cd"] == "S" else 0
        candidate.oppose += cents if row["sup_opp_cd"] == "O" else 0
    elif row["tran_code"] in ("MON", "IKD"):
        candidate.given += cents


def _owners(committee: Mapping[str, Any]) -> set[str]:
    """Return the keys of the names that a committee may be one's own of: the one told, and those it begins with."""
    words = [folded for word in (committee["filer_name"] or "").split() if (folded := name_key(word))]
    begun = {" ".join(sorted(set(words[:count]))) for count in range(SHORTEST_NAME, LONGEST_NAME + 1)}
    return {key for key in (*begun, name_key(committee["candidate_name"] or "")) if key}


def _add_committee(candidate: Candidate, committee: Mapping[str, Any]) -> None:
    candidate.raised += committee["contributions_cents"]
    candidate.spent += committee["expenditures_cents"]
    candidate.filed_raised += committee["filed_contributions_cents"]
    candidate.committees.append(committee["filer_name"])


def candidate_row(key: Key, candidate: Candidate) -> dict[str, Any]:
    """Return a candidate's row of candidate_totals."""
    most = max(candidate.names.items(), key=lambda item: (item[1], item[0]))[0]
    return {
        "candidate_key": key[3],
        "year": key[2],
        "candidate": most,
        "support_cents": candidate.support,
        "oppose_cents": candidate.oppose,
        "given_cents": candidate.given,
        "raised_cents": candidate.raised if candidate.committees else None,
        "spent_cents": candidate.spent if candidate.committees else None,
        "filed_raised_cents": candidate.filed_raised if candidate.committees else None,
        "committees": "; ".join(candidate.committees) or None,
    }


def sum_candidates(db: Writer) -> None:
    """Write the totals of candidates anew, in all scopes of the source."""
    found = add_up(db.stream(candidates_sql(AS_AMENDED)), db.rows(COMMITTEES))
    db.execute(f"DELETE FROM {CANDIDATE_TOTALS.name} WHERE source = :source")
    scopes: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for key, candidate in found.items():
        scopes[key[1]].append(candidate_row(key, candidate))
    for scope, rows in scopes.items():
        db.insert(CANDIDATE_TOTALS, rows, scope)
