"""Contributions that count, each once, with donor, week, ZIP and sector; and what candidates gained by them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from clerkcore.finance.computed import CANDIDATE_TOTALS, CONTRIBUTION_LINES
from clerkcore.finance.names import name_key, whole_name
from clerkcore.finance.sectors import sector_of
from clerkcore.interfaces import Writer
from clerkcore.models import Row

_KINDS = {"A": "monetary", "C": "in kind"}
_LINES = """
SELECT t.filing_id, t.form_type, t.tran_id, s.year, t.filer_local_id, t.filer_name, t.calculated_date, t.amount_cents,
    t.tran_naml, t.tran_namf, t.entity_cd, t.tran_city, t.tran_st, t.tran_zip4, t.tran_emp, t.tran_occ
FROM transactions t JOIN filing_states s ON s.source = t.source AND s.scope = t.scope AND s.filing_id = t.filing_id
WHERE t.source = :source AND t.scope = :in_scope AND t.removed_run_id IS NULL AND s.in_force = 1
    AND t.memo_code IS NOT 1 AND (t.form_type IN ('A', 'C') OR EXISTS (
        SELECT 1 FROM late_rows l WHERE l.source = t.source AND l.scope = t.scope AND l.filing_id = t.filing_id
            AND l.form_type = t.form_type AND l.tran_id = t.tran_id AND l.flow = 'received' AND l.counted = 1))
"""


def list_contributions(db: Writer, scope: str) -> None:
    """Write the contributions of a scope anew."""
    db.execute("DELETE FROM contribution_lines WHERE source = :source AND scope = :in_scope", {"in_scope": scope})
    db.insert(CONTRIBUTION_LINES, map(_line, db.stream(_LINES, {"in_scope": scope})), scope)


def _line(row: dict[str, Any]) -> Row:
    donor = whole_name(row["tran_naml"], row["tran_namf"])
    organisation = "" if row["tran_namf"] or row["entity_cd"] == "IND" else donor
    day = row["calculated_date"]
    return {
        **{name: row[name] for name in ("filing_id", "form_type", "tran_id", "year", "filer_local_id", "filer_name")},
        "contributed_on": day,
        "week": monday(day) if day else None,
        "amount_cents": row["amount_cents"],
        "kind": _KINDS.get(row["form_type"], "late"),
        "donor_key": name_key(donor) or None,
        "donor": donor or None,
        "entity_cd": row["entity_cd"],
        "city": row["tran_city"],
        "state": row["tran_st"],
        "zip5": (row["tran_zip4"] or "")[:5] or None,
        "employer": row["tran_emp"],
        "occupation": row["tran_occ"],
        "sector": sector_of(row["entity_cd"] or "", row["tran_occ"] or "", row["tran_emp"] or "", organisation),
    }


def monday(day: str) -> str:
    """Return the Monday of a day's week, both as ISO dates."""
    given = date.fromisoformat(day)
    return (given - timedelta(days=given.weekday())).isoformat() if given.toordinal() > given.weekday() else day


@dataclass
class _Candidate:
    """What is added up for one candidate in one year."""

    names: Counter[str] = field(default_factory=Counter)
    support: int = 0
    oppose: int = 0
    given: int = 0
    raised: int = 0
    spent: int = 0
    filed_raised: int = 0
    committees: list[str] = field(default_factory=list)


Candidates = dict[tuple[str, str, int], _Candidate]


def sum_candidates(db: Writer) -> None:
    """Write anew, in all scopes of the source, what was spent for and against candidates, and what they raised."""
    found: Candidates = {}
    for row in db.stream(_ABOUT_CANDIDATES):
        _add(found, row)
    _add_committees(db, found)
    db.execute(f"DELETE FROM {CANDIDATE_TOTALS.name} WHERE source = :source")
    for (scope, key, year), candidate in found.items():
        db.insert(CANDIDATE_TOTALS, [_row(key, year, candidate)], scope)


_ABOUT_CANDIDATES = """
SELECT t.scope, s.year, t.form_type, t.tran_code, t.sup_opp_cd, t.cand_naml, t.cand_namf, t.amount_cents
FROM transactions t JOIN filing_states s ON s.source = t.source AND s.scope = t.scope AND s.filing_id = t.filing_id
LEFT JOIN late_rows l ON l.source = t.source AND l.scope = t.scope AND l.filing_id = t.filing_id
    AND l.form_type = t.form_type AND l.tran_id = t.tran_id
WHERE t.source = :source AND t.removed_run_id IS NULL AND s.in_force = 1 AND t.memo_code IS NOT 1
    AND t.cand_naml IS NOT NULL AND (t.form_type = 'D' OR (t.form_type = 'F496' AND l.counted = 1))
"""


def _add(found: Candidates, row: dict[str, Any]) -> None:
    name = whole_name(row["cand_naml"], row["cand_namf"])
    key = name_key(name)
    candidate = found.setdefault((row["scope"], key, row["year"]), _Candidate())
    candidate.names[name] += 1
    cents = row["amount_cents"] or 0
    if row["form_type"] == "F496" or row["tran_code"] == "IND":
        candidate.support += cents if row["sup_opp_cd"] == "S" else 0
        candidate.oppose += cents if row["sup_opp_cd"] == "O" else 0
    elif row["tran_code"] in ("MON", "IKD"):
        candidate.given += cents


def _add_committees(db: Writer, found: Candidates) -> None:
    """Add what a candidate's own committees raised: those the publisher says, and those whose name begins with his."""
    for row in db.rows(_COMMITTEES):
        told = name_key(row["candidate_name"] or "")
        words = name_key_words(row["filer_name"] or "")
        for (scope, key, year), candidate in found.items():
            if (scope, year) == (row["scope"], row["year"]) and (key == told or _begins(words, key)):
                candidate.raised += row["contributions_cents"]
                candidate.spent += row["expenditures_cents"]
                candidate.filed_raised += row["filed_contributions_cents"]
                candidate.committees.append(row["filer_name"])


_COMMITTEES = """
SELECT t.scope, t.year, t.filer_name, f.candidate_name, t.contributions_cents, t.expenditures_cents,
    t.filed_contributions_cents
FROM filer_totals t LEFT JOIN filers f
    ON f.source = t.source AND f.scope = t.scope AND f.filer_local_id = t.filer_local_id
WHERE t.source = :source ORDER BY t.filer_name
"""


def name_key_words(name: str) -> tuple[str, ...]:
    """Return the words of a committee's name in their order, folded as in `name_key`."""
    return tuple(name_key(word) for word in name.split() if name_key(word))


def _begins(words: tuple[str, ...], key: str) -> bool:
    wanted = key.split()
    return len(wanted) > 1 and sorted(words[: len(wanted)]) == wanted


def _row(key: str, year: int, candidate: _Candidate) -> Row:
    return {
        "candidate_key": key,
        "year": year,
        "candidate": candidate.names.most_common(1)[0][0],
        "support_cents": candidate.support,
        "oppose_cents": candidate.oppose,
        "given_cents": candidate.given,
        "raised_cents": candidate.raised,
        "spent_cents": candidate.spent,
        "filed_raised_cents": candidate.filed_raised,
        "committees": "; ".join(candidate.committees) or None,
    }
