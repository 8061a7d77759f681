"""Checks of filings: against their own summary pages, the calendar, themselves, and the site's other sources.

A filer's own error is told and not mended. What a check cannot know, it does not judge: an empty cell of a summary
page may mean "as before", so that a sum with one is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from clerkcore.finance.money import tell_cents
from clerkcore.interfaces import Reader
from clerkcore.models import Finding, Severity

# Form 460, summary page, column A: each line is the sum of others.
IDENTITIES = {"3": ("1", "2"), "5": ("3", "4"), "8": ("6", "7"), "11": ("8", "9", "10")}
ITEMISED = ("A", "C", "E", "I")
ACT = "1974-01-01"  # nothing is older than the Political Reform Act
MOST_ROWS = 20


def check_finance(db: Reader) -> Iterator[Finding]:
    """Yield every finding about the filings of a scope."""
    yield from check_identities(db)
    yield from check_line_1(db)
    yield from check_dates(db)
    yield from check_year(db)
    yield from check_duplicates(db)
    yield from check_sources(db)


def _who(row: dict[str, Any]) -> str:
    return f"{row['filer_name'] or row['filer_local_id']}, filing {row['filing_id']}"


def check_identities(db: Reader) -> Iterator[Finding]:
    """Yield the lines of Form 460 summary pages that are not the sum of those they add up."""
    lines = db.rows(
        "SELECT filing_id, filer_name, filer_local_id, line_item, amount_a_cents FROM summary_lines"
        " WHERE source = :source AND scope = :scope AND removed_run_id IS NULL AND form_type = 'F460'"
        " ORDER BY filing_id"
    )
    for _, page in groupby(lines, itemgetter("filing_id")):
        yield from _check_page(list(page))


def _check_page(page: list[dict[str, Any]]) -> Iterator[Finding]:
    amounts = {row["line_item"]: row["amount_a_cents"] for row in page}
    for line, parts in IDENTITIES.items():
        told, added = amounts.get(line), [amounts.get(part) for part in parts]
        if told is None or None in added:
            continue
        summed = sum(filter(None, added))
        if summed != told:
            yield Finding(
                "form_460_identity",
                Severity.WARNING,
                f"{_who(page[0])}: line {line} of its summary page is not the sum of lines {' + '.join(parts)}",
                "summary_lines",
                tuple(f"{page[0]['filing_id']}/F460/{part}" for part in (line, *parts)),
                expected=tell_cents(summed),
                actual=tell_cents(told),
            )


def check_line_1(db: Reader) -> Iterator[Finding]:
    """Yield the schedules whose rows do not add up to line 1 of the filer's own summary page.

    A schedule without rows adds up to nothing, unless the capture holds summary pages alone.
    """
    for row in db.rows(_LINE_1):
        if not row["row_count"]:
            yield _tell_rowless(row)
            continue
        blank = _blank_rows(db, row) if row["blank_count"] else []
        reason = f"; without an amount: {', '.join(blank)}" if blank else ""
        yield Finding(
            "summary_line_1",
            Severity.WARNING,
            f"{_who(row)}: the {row['row_count']:,} rows of schedule {row['form_type']} do not add up to line 1 of its"
            f" summary page{reason}",
            "transactions",
            tuple(f"{row['filing_id']}/{row['form_type']}/{tran_id}" for tran_id in blank),
            expected=tell_cents(row["amount_a_cents"]),
            actual=tell_cents(row["amount_cents"]),
        )


_LINE_1 = f"""
SELECT l.filing_id, l.filer_name, l.filer_local_id, l.form_type, l.amount_a_cents,
    coalesce(t.amount_cents, 0) AS amount_cents, coalesce(t.row_count, 0) AS row_count, t.blank_count
FROM summary_lines l LEFT JOIN filing_totals t ON t.source = l.source AND t.scope = l.scope
    AND t.filing_id = l.filing_id AND t.form_type = l.form_type
WHERE l.source = :source AND l.scope = :scope AND l.removed_run_id IS NULL AND l.line_item = '1'
    AND l.form_type IN {ITEMISED} AND l.amount_a_cents <> coalesce(t.amount_cents, 0)
    AND EXISTS (SELECT 1 FROM transactions WHERE source = :source AND scope = :scope AND removed_run_id IS NULL)
ORDER BY l.filing_id, l.form_type
"""


def _tell_rowless(row: dict[str, Any]) -> Finding:
    return Finding(
        "summary_line_1",
        Severity.WARNING,
        f"{_who(row)}: schedule {row['form_type']} has no rows that add up to line 1 of its summary page",
        "summary_lines",
        (f"{row['filing_id']}/{row['form_type']}/1",),
        expected=tell_cents(row["amount_a_cents"]),
        actual=tell_cents(0),
    )


def _blank_rows(db: Reader, row: dict[str, Any]) -> list[str]:
    rows = db.rows(
        "SELECT tran_id FROM transactions WHERE source = :source AND scope = :scope AND removed_run_id IS NULL"
        " AND filing_id = :filing_id AND form_type = :form_type AND amount_cents IS NULL AND memo_code IS NOT 1"
        " ORDER BY tran_id",
        {"filing_id": row["filing_id"], "form_type": row["form_type"]},
    )
    return [row["tran_id"] for row in rows]


_IMPOSSIBLE = {
    "date_in_future": (
        "calculated_date > substr(:taken_at, 1, 10)",
        "dated after the day the data was taken",
        Severity.WARNING,
    ),
    "date_impossible": (
        f"calculated_date < '{ACT}'",
        "dated before the Political Reform Act of 1974",
        Severity.WARNING,
    ),
    "date_after_period": (
        "form_type IN ('A', 'C', 'E', 'I') AND calculated_date > filing_end"
        " AND calculated_date <= substr(:taken_at, 1, 10)",
        "dated after the period of the filing",
        Severity.WARNING,
    ),
}


def check_dates(db: Reader) -> Iterator[Finding]:
    """Yield, filing by filing, rows whose date cannot be right."""
    for check, (condition, problem, severity) in _IMPOSSIBLE.items():
        rows = db.rows(
            "SELECT filing_id, filer_name, filer_local_id, form_type, tran_id, calculated_date, amount_cents"
            " FROM transactions WHERE source = :source AND scope = :scope AND removed_run_id IS NULL"
            f" AND {condition} ORDER BY filing_id, form_type, tran_id"
        )
        for _, found in groupby(rows, itemgetter("filing_id")):
            yield _tell_dates(check, problem, severity, list(found))


def check_year(db: Reader) -> Iterator[Finding]:
    """Yield the rows dated outside the year they are published under, where the scope is a year."""
    outside = db.rows(
        "SELECT filing_id, form_type, tran_id FROM transactions WHERE source = :source AND scope = :scope"
        " AND removed_run_id IS NULL AND :scope GLOB '[12][0-9][0-9][0-9]' AND substr(calculated_date, 1, 4) <> :scope"
        " ORDER BY filing_id, form_type, tran_id"
    )
    if outside:
        message = f"{len(outside):,} transactions are dated outside their year"
        yield Finding("date_in_year", Severity.INFO, message, "transactions", _keys(outside))


def _tell_dates(check: str, problem: str, severity: Severity, rows: list[dict[str, Any]]) -> Finding:
    dated = ", ".join(f"{row['form_type']} {row['tran_id']} on {row['calculated_date']}" for row in rows[:MOST_ROWS])
    more = f" and {len(rows) - MOST_ROWS:,} more" if len(rows) > MOST_ROWS else ""
    total = tell_cents(sum(row["amount_cents"] or 0 for row in rows))
    return Finding(
        check,
        severity,
        f"{_who(rows[0])}: {_count(rows, 'row')} of {total} {problem}: {dated}{more}",
        "transactions",
        _keys(rows),
    )


def _count(rows: Iterable[Any], noun: str) -> str:
    count = len(list(rows))
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _keys(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{row['filing_id']}/{row['form_type']}/{row['tran_id']}" for row in rows)


def check_duplicates(db: Reader) -> Iterator[Finding]:
    """Yield rows of one filing and schedule that are equal in date, names, amount and text but for their Tran_Id."""
    same = (
        "filing_id, form_type, calculated_date, amount_cents, tran_naml, tran_namf, tran_zip4, tran_emp, tran_code,"
        " tran_dscr, tran_chkno, cand_naml, cand_namf, bakref_tid, memo_refno"
    )
    rows = db.rows(
        f"SELECT max(filer_name) AS filer_name, max(filer_local_id) AS filer_local_id, {same},"
        " json_group_array(tran_id) AS tran_ids, count(*) AS rows FROM transactions"
        " WHERE source = :source AND scope = :scope AND removed_run_id IS NULL AND amount_cents <> 0"
        f" AND form_type NOT IN ('F', 'B1') GROUP BY {same} HAVING count(*) > 1 ORDER BY filing_id, form_type"
    )
    for (filing, form), found in groupby(rows, itemgetter("filing_id", "form_type")):
        groups = list(found)
        extra = sum((group["rows"] - 1) * group["amount_cents"] for group in groups)
        ids = [tuple(sorted(json.loads(group["tran_ids"]))) for group in groups]
        told = ", ".join(" = ".join(group) for group in ids[:MOST_ROWS])
        yield Finding(
            "possible_duplicate",
            Severity.INFO,
            f"{_who(groups[0])}: {_count(groups, 'group')} of equal rows on schedule {form}, {tell_cents(extra)} if"
            f" each stood once: {told}",
            "transactions",
            tuple(f"{filing}/{form}/{tran_id}" for group in ids for tran_id in group),
        )


def check_sources(db: Reader) -> Iterator[Finding]:
    """Yield the filers of whom the site's sources tell different sums for a year that both have.

    Totals read one of the sources. A filer that the other lacks differs where the one tells a sum of it.
    """
    for row in db.rows(_DIFFERING):
        for what in ("contributions", "expenditures"):
            believed, told = row[f"believed_{what}"], row[f"told_{what}"]
            if (believed or 0) != (told or 0):
                yield Finding(
                    "cross_check",
                    Severity.WARNING,
                    f"{row['filer_name']} ({row['filer_state_id']}), {row['year']}: {what} differ between"
                    f" {row['believed']}, which the totals read, and {row['told']}",
                    "filer_totals",
                    (str(row["filer_state_id"]),),
                    expected=f"{_tell_sum(believed)} of {row['believed']}",
                    actual=f"{_tell_sum(told)} of {row['told']}",
                )


def _tell_sum(cents: int | None) -> str:
    return "-" if cents is None else tell_cents(cents)


# Some publishers write 99-1330 for 991330, and 0000000 until the state gives a number.
_DIFFERING = """
WITH sums AS MATERIALIZED (
    SELECT source, year, replace(filer_state_id, '-', '') AS filer_state_id, max(filer_name) AS filer_name,
        sum(contributions_cents) AS contributions, sum(expenditures_cents) AS expenditures
    FROM filer_totals WHERE filer_state_id GLOB '[0-9]*' AND filer_state_id GLOB '*[1-9]*' GROUP BY 1, 2, 3
), years AS (
    SELECT DISTINCT a.year, a.source AS believed, r.name AS told
    FROM authority a JOIN filer_totals o ON o.year = a.year AND o.source <> a.source
    JOIN source_ranks r ON r.name = o.source
    WHERE :source IN (a.source, o.source)
        AND a.year IN (SELECT year FROM filer_totals WHERE source = :source AND scope = :scope)
)
SELECT coalesce(b.filer_name, o.filer_name) AS filer_name, f.filer_state_id, y.year, y.believed, y.told,
    b.contributions AS believed_contributions, o.contributions AS told_contributions,
    b.expenditures AS believed_expenditures, o.expenditures AS told_expenditures
FROM years y JOIN (SELECT DISTINCT source, year, filer_state_id FROM sums) f
    ON f.year = y.year AND f.source IN (y.believed, y.told)
LEFT JOIN sums b ON b.source = y.believed AND b.year = y.year AND b.filer_state_id = f.filer_state_id
LEFT JOIN sums o ON o.source = y.told AND o.year = y.year AND o.filer_state_id = f.filer_state_id
GROUP BY y.year, y.believed, y.told, f.filer_state_id
ORDER BY y.year, 1, y.told, f.filer_state_id
"""
