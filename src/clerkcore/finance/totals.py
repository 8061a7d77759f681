"""Sums over filings: as filed, as amended, as of a day. One query serves all three; only the filings chosen differ.

Contributions are schedules A and C, expenditures schedule E. A late report (496, 497) is repeated on the next Form 460,
so its rows count only while no chosen 460 of the filer covers their day, and once however many late reports tell of
them. Of a day in a year before, of which the source has nothing, they do not count: the 460 is there. D repeats what
stands on E or in the books of others, and G what stands on E or F: neither is added. Independent expenditures are D
rows with code IND, and late 496 rows. Memos are never added. Method version 1.
"""

from __future__ import annotations

from typing import Any

from clerkcore.finance.computed import FILER_TOTALS, FILING_TOTALS, LATE_ROWS
from clerkcore.finance.forms import PERIODIC
from clerkcore.interfaces import Writer
from clerkcore.models import Row

VERSION = 1
AS_AMENDED = "s.in_force = 1"
AS_FILED = "s.original = 1"
AS_OF = (
    "EXISTS (SELECT 1 FROM filing_days h WHERE h.source = s.source AND h.scope = s.scope AND h.filing_id = s.filing_id"
    " AND h.held_from <= :day AND (h.held_until IS NULL OR h.held_until > :day))"
)
# How late rows `l` join the transactions `t` that they are.
OF_THE_ROW = (
    "l.source = t.source AND l.scope = t.scope AND l.filing_id = t.filing_id AND l.form_type = t.form_type"
    " AND l.tran_id = t.tran_id"
)
_LATE = "('F496', 'F496P3', 'F497P1', 'F497P2')"
_FLOWS = "CASE t.form_type WHEN 'F496' THEN 'independent' WHEN 'F497P2' THEN 'made' ELSE 'received' END"
_CALCULATED = """
    SELECT source, scope, year, filer_local_id,
        sum(contributions) AS contributions_cents, sum(late_received) AS late_contributions_cents,
        sum(expenditures) AS expenditures_cents, sum(support) AS support_cents, sum(oppose) AS oppose_cents,
        sum(loans) AS loans_cents
    FROM parts GROUP BY source, scope, year, filer_local_id
"""


def chosen_sql(which: str, *, first: bool = False) -> str:
    """Return the WITH clauses of the filings that an SQL condition on `filing_states s` chooses.

    They give `chosen` (filings), `late_counted` (late rows that count) and `parts` (what each filing adds to whose
    totals). `:source` limits them to one source where it is not NULL. A late row that comes again with another
    amount is another row, unless `first` says that only the first telling counts.
    """
    return f"""
WITH chosen AS MATERIALIZED (
    SELECT s.source, s.scope, s.filing_id, s.filer_local_id, s.form_family, s.filing_start, s.filing_end, s.year,
        s.started_on
    FROM filing_states s WHERE (:source IS NULL OR s.source = :source) AND {which}
), periods AS MATERIALIZED (
    SELECT DISTINCT source, filer_local_id, filing_start, filing_end FROM chosen
    WHERE form_family = '{PERIODIC}' AND filing_start IS NOT NULL AND filing_end IS NOT NULL
), years AS MATERIALIZED (
    SELECT DISTINCT source, year FROM chosen
), late_open AS MATERIALIZED (
    SELECT l.*, c.year, c.started_on FROM late_rows l
    JOIN chosen c ON c.source = l.source AND c.scope = l.scope AND c.filing_id = l.filing_id
    LEFT JOIN periods p ON p.source = l.source AND p.filer_local_id = l.filer_local_id
        AND l.happened_on BETWEEN p.filing_start AND p.filing_end
    LEFT JOIN years y ON y.source = l.source AND y.year = CAST(substr(l.happened_on, 1, 4) AS INTEGER)
    WHERE p.source IS NULL AND (y.year IS NOT NULL OR coalesce(l.happened_on, '~') >= CAST(c.year AS TEXT))
), late_counted AS MATERIALIZED (
    SELECT * FROM (
        SELECT *, row_number() OVER (
            PARTITION BY source, filer_local_id, flow, tran_id, happened_on{"" if first else ", amount_cents"}
            ORDER BY started_on, scope, filing_id, form_type
        ) AS place FROM late_open
    ) WHERE place = 1
), parts AS (
    SELECT c.source, c.scope, c.year, c.filer_local_id,
        CASE WHEN t.form_type IN ('A', 'C') THEN t.amount_cents ELSE 0 END AS contributions, 0 AS late_received,
        CASE WHEN t.form_type = 'E' THEN t.amount_cents ELSE 0 END AS expenditures,
        t.support_cents AS support, t.oppose_cents AS oppose,
        CASE WHEN t.form_type = 'B1' THEN t.amount_cents ELSE 0 END AS loans
    FROM chosen c JOIN filing_totals t ON t.source = c.source AND t.scope = c.scope AND t.filing_id = c.filing_id
    UNION ALL
    SELECT source, scope, year, filer_local_id,
        CASE WHEN flow = 'received' THEN cents ELSE 0 END, CASE WHEN flow = 'received' THEN cents ELSE 0 END,
        CASE WHEN flow <> 'received' THEN cents ELSE 0 END,
        CASE WHEN flow = 'independent' AND sup_opp_cd = 'S' THEN cents ELSE 0 END,
        CASE WHEN flow = 'independent' AND sup_opp_cd = 'O' THEN cents ELSE 0 END, 0
    FROM (SELECT *, coalesce(amount_cents, 0) AS cents FROM late_counted)
)"""


def sum_filings(db: Writer) -> None:
    """Write anew what the rows of each filing of the scope add up to, and its late rows."""
    for table in (FILING_TOTALS, LATE_ROWS):
        db.execute(f"DELETE FROM {table.name} WHERE source = :source AND scope = :scope")
    db.execute(_SUM_FILINGS)
    db.execute(_LATE_ROWS)


_LAST_ROWS = """
    FROM transactions t JOIN filings f ON f.source = t.source AND f.scope = t.scope AND f.filing_id = t.filing_id
    WHERE t.source = :source AND t.scope = :scope AND t.removed_run_id IS f.removed_run_id AND t.memo_code IS NOT 1
"""
_SUM_FILINGS = f"""
INSERT INTO filing_totals (source, scope, filing_id, form_type, row_count, blank_count, amount_cents, closing_cents,
    support_cents, oppose_cents, run_id)
SELECT :source, :scope, t.filing_id, t.form_type, count(*), count(*) - count(t.amount_cents),
    coalesce(sum(t.amount_cents), 0),
    sum(CASE t.form_type WHEN 'F' THEN t.end_bal_cents WHEN 'B1' THEN t.loan_amt2_cents END),
    coalesce(sum(CASE WHEN t.form_type = 'D' AND t.tran_code = 'IND' AND t.sup_opp_cd = 'S'
        THEN t.amount_cents END), 0),
    coalesce(sum(CASE WHEN t.form_type = 'D' AND t.tran_code = 'IND' AND t.sup_opp_cd = 'O'
        THEN t.amount_cents END), 0),
    :run_id
{_LAST_ROWS} AND t.form_type NOT IN {_LATE} GROUP BY t.filing_id, t.form_type
"""
_LATE_ROWS = f"""
INSERT INTO late_rows (source, scope, filing_id, form_type, tran_id, filer_local_id, flow, happened_on, amount_cents,
    sup_opp_cd, counted, run_id)
SELECT :source, :scope, t.filing_id, t.form_type, t.tran_id, coalesce(f.filer_local_id, ''), {_FLOWS},
    t.calculated_date, t.amount_cents, t.sup_opp_cd, 0, :run_id
{_LAST_ROWS} AND t.form_type IN {_LATE}
"""


def mark_late(db: Writer) -> list[str]:
    """Mark which late rows of the source count as amended; returns the scopes in which that changed."""
    counted = chosen_sql(AS_AMENDED) + (
        " SELECT l.scope, l.filing_id, l.form_type, l.tran_id, n.place IS NOT NULL AS counts FROM late_rows l"
        " LEFT JOIN late_counted n ON n.source = l.source AND n.scope = l.scope AND n.filing_id = l.filing_id"
        " AND n.form_type = l.form_type AND n.tran_id = l.tran_id"
        " WHERE l.source = :source AND l.counted <> (n.place IS NOT NULL)"
    )
    changed = db.rows(counted)
    for row in changed:
        db.execute(
            "UPDATE late_rows SET counted = :counts WHERE source = :source AND scope = :in_scope"
            " AND filing_id = :filing_id AND form_type = :form_type AND tran_id = :tran_id",
            {**row, "in_scope": row["scope"], "scope": None},
        )
    return sorted({row["scope"] for row in changed})


def sum_filers(db: Writer) -> None:
    """Write anew the totals of every filer of the source, in all its scopes."""
    filed = {_key(row): row for row in db.rows(chosen_sql(AS_FILED, first=True) + _CALCULATED)}
    amended = {_key(row): row for row in db.rows(chosen_sql(AS_AMENDED) + _CALCULATED)}
    names = {(row["scope"], row["filer_local_id"]): row for row in db.rows(_NAMES)}
    summary = {_key(row): row for row in db.rows(_SUMMARY)}
    db.execute(f"DELETE FROM {FILER_TOTALS.name} WHERE source = :source")
    scopes: dict[str, list[Row]] = {}
    for key in {*filed, *amended, *summary}:
        scope, year, filer = key
        row = _totals(filed.get(key, {}), amended.get(key, {}), summary.get(key, {}))
        known = names.get((scope, filer), {})
        told = {name: known.get(name) for name in ("filer_state_id", "filer_name")}
        scopes.setdefault(scope, []).append({"filer_local_id": filer, "year": year, **told, **row})
    for scope, rows in scopes.items():
        db.insert(FILER_TOTALS, rows, scope)


def _key(row: Row) -> tuple[Any, Any, Any]:
    return row["scope"], row["year"], row["filer_local_id"]


def _totals(filed: Row, amended: Row, summary: Row) -> dict[str, Any]:
    names = ("contributions", "late_contributions", "expenditures", "support", "oppose", "loans")
    return {
        "filed_contributions_cents": filed.get("contributions_cents", 0),
        "filed_expenditures_cents": filed.get("expenditures_cents", 0),
        **{f"{name}_cents": amended.get(f"{name}_cents", 0) for name in names},
        "summary_contributions_cents": summary.get("contributions_cents"),
        "summary_expenditures_cents": summary.get("expenditures_cents"),
    }


# A filer's name is that of its latest filing, whichever capture told it first.
_NAMES = """
SELECT n.scope, n.filer_local_id, coalesce(n.filer_name, f.filer_name) AS filer_name,
    coalesce(n.filer_state_id, f.filer_state_id) AS filer_state_id
FROM (
    SELECT source, scope, filer_local_id, filer_name, filer_state_id, row_number() OVER (
        PARTITION BY scope, filer_local_id ORDER BY started_on DESC, filing_id DESC
    ) AS place FROM filing_states WHERE source = :source
) AS n LEFT JOIN filers f ON f.source = n.source AND f.scope = n.scope AND f.filer_local_id = n.filer_local_id
WHERE n.place = 1
"""
_SUMMARY = """
SELECT s.scope, s.year, s.filer_local_id,
    sum(CASE l.line_item WHEN '5' THEN l.amount_a_cents END) AS contributions_cents,
    sum(CASE l.line_item WHEN '11' THEN l.amount_a_cents END) AS expenditures_cents
FROM filing_states s JOIN summary_lines l ON l.source = s.source AND l.scope = s.scope AND l.filing_id = s.filing_id
WHERE s.source = :source AND s.in_force = 1 AND l.form_type = 'F460' AND l.line_item IN ('5', '11')
    AND l.removed_run_id IS NULL
GROUP BY s.scope, s.year, s.filer_local_id
"""


def totals_sql(which: str) -> str:
    """Return the query of totals by source, scope, year and filer over the filings that a condition chooses."""
    return chosen_sql(which) + _CALCULATED
