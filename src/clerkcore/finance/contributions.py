"""Contributions that count, each once, with donor, week, ZIP and sector."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from clerkcore.finance.computed import CONTRIBUTION_LINES
from clerkcore.finance.names import name_key, whole_name
from clerkcore.finance.sectors import ORGANISATIONS, sector_of
from clerkcore.finance.totals import AS_AMENDED, OF_THE_ROW, chosen_sql
from clerkcore.interfaces import Writer

_KINDS = {"A": "monetary", "C": "in kind"}
_COLUMNS = (
    "t.filing_id, t.form_type, t.tran_id, c.year, t.filer_local_id, t.filer_name, t.calculated_date, t.amount_cents,"
    " t.tran_naml, t.tran_namf, t.entity_cd, t.tran_city, t.tran_st, t.tran_zip4, t.tran_emp, t.tran_occ"
)


def contributions_sql(which: str) -> str:
    """Return the query of the contributions of the filings that a condition chooses; `:in_scope` may be NULL."""
    return f"""{chosen_sql(which)}
SELECT t.source, t.scope, {_COLUMNS}
FROM chosen c JOIN transactions t ON t.source = c.source AND t.scope = c.scope AND t.filing_id = c.filing_id
JOIN filings f ON f.source = t.source AND f.scope = t.scope AND f.filing_id = t.filing_id
LEFT JOIN late_counted l ON {OF_THE_ROW} AND l.flow = 'received'
WHERE (:in_scope IS NULL OR t.scope = :in_scope) AND t.removed_run_id IS f.removed_run_id AND t.memo_code IS NOT 1
    AND (t.form_type IN ('A', 'C') OR l.place = 1)
"""


def list_contributions(db: Writer, scope: str) -> None:
    """Write the contributions of a scope anew."""
    db.execute("DELETE FROM contribution_lines WHERE source = :source AND scope = :in_scope", {"in_scope": scope})
    rows = db.stream(contributions_sql(AS_AMENDED), {"in_scope": scope})
    db.insert(CONTRIBUTION_LINES, map(contribution_line, rows), scope)


def contribution_line(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of contribution_lines from one of `contributions_sql`."""
    donor = whole_name(row["tran_naml"], row["tran_namf"])
    organisation = donor if row["entity_cd"] in ORGANISATIONS else ""
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
