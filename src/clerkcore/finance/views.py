"""The questions readers ask of a finance database, as SQL views: nothing counted twice, amendments followed.

Of two sources that have the same year, the views read the one that stands first in the site's site.toml.
"""

from __future__ import annotations

from collections.abc import Iterable

from clerkcore.finance.columns import public
from clerkcore.finance.computed import CANDIDATE_TOTALS, CONTRIBUTION_LINES, FILER_TOTALS
from clerkcore.finance.names import METHOD as NAMES
from clerkcore.finance.sectors import METHOD as SECTORS
from clerkcore.finance.tables import TRANSACTIONS
from clerkcore.finance.totals import OF_THE_ROW
from clerkcore.interfaces import Column, Table, View

_SOURCE = Column("source", description="The source this comes from", public=True)
_BY_AUTHORITY = "JOIN authority a ON a.source = {0}.source AND a.year = {0}.year"


def _of(table: Table, names: Iterable[str] = ()) -> tuple[Column, ...]:
    known = {column.name: column for column in table.columns}
    return tuple(known[name] for name in (names or known))


def _names(columns: Iterable[Column], alias: str) -> str:
    return ", ".join(f"{alias}.{column.name}" for column in columns)


AUTHORITY = View(
    "authority",
    "SELECT year, source FROM (SELECT t.year, t.source, row_number() OVER (PARTITION BY t.year ORDER BY r.rank,"
    " t.source) AS place FROM (SELECT DISTINCT year, source FROM filer_totals) t"
    " JOIN source_ranks r ON r.name = t.source) WHERE place = 1",
    (public("year", "integer", "The year"), _SOURCE),
    title="Which source is believed",
    description="For each year the source that the other views read: of those in site.toml the first that has it",
)

_LINE_HEAD = ("contributed_on", "amount_cents", "donor", "filer_name", "kind")
_LINE = _of(CONTRIBUTION_LINES, dict.fromkeys((*_LINE_HEAD, *(c.name for c in CONTRIBUTION_LINES.columns))))
CONTRIBUTIONS = View(
    "contributions",
    f"SELECT l.source, {_names(_LINE, 'l')} FROM contribution_lines l {_BY_AUTHORITY.format('l')}"
    " ORDER BY l.contributed_on DESC",
    (_SOURCE, *_LINE),
    title="Contributions",
    description="Every contribution once, as amended: schedules A and C, and late reports not yet on a Form 460",
    facets=("kind", "sector", "filer_name"),
)

_HEAD = ("calculated_date", "amount_cents", "filer_name", "form_type")
_KEYS = ("filing_id", "tran_id", "filer_local_id")
_PARTY = ("tran_naml", "tran_namf", "entity_cd", "tran_city", "tran_st", "tran_zip4")
_ABOUT = ("cand_naml", "cand_namf", "office_cd", "dist_no", "bal_name", "bal_num", "sup_opp_cd")
_COUNTED = (
    f" FROM transactions t JOIN filing_states s ON s.source = t.source AND s.scope = t.scope"
    f" AND s.filing_id = t.filing_id {_BY_AUTHORITY.format('s')}"
    f" LEFT JOIN late_rows l ON {OF_THE_ROW}"
    " WHERE t.removed_run_id IS NULL AND s.in_force = 1 AND t.memo_code IS NOT 1 AND "
)


def _transactions(
    name: str, which: str, names: tuple[str, ...], title: str, description: str, facets: tuple[str, ...]
) -> View:
    columns = _of(TRANSACTIONS, (*names, *_KEYS))
    year = public("year", "integer", "The year the publisher files it under")
    sql = f"SELECT t.source, s.year, {_names(columns, 't')}{_COUNTED}{which} ORDER BY t.calculated_date DESC"
    return View(name, sql, (_SOURCE, year, *columns), title=title, description=description, facets=facets)


EXPENDITURES = _transactions(
    "expenditures",
    "(t.form_type = 'E' OR (t.form_type IN ('F496', 'F497P2') AND l.counted = 1))",
    (*_HEAD, *_PARTY, "tran_code", "tran_dscr", *_ABOUT),
    "Expenditures",
    "Every payment once, as amended: schedule E, and late reports not yet on a Form 460",
    ("form_type", "tran_code", "filer_name"),
)
INDEPENDENT = _transactions(
    "independent_expenditures",
    "((t.form_type = 'D' AND t.tran_code = 'IND') OR (t.form_type = 'F496' AND l.counted = 1))",
    (*_HEAD, *_ABOUT, "tran_naml", "tran_namf", "tran_code", "tran_dscr"),
    "Independent expenditures",
    "For and against candidates and measures: schedule D with code IND, and Form 496 not yet on a Form 460."
    " sup_opp_cd is S in support, O in opposition",
    ("sup_opp_cd", "cand_naml", "filer_name"),
)
GIVEN = _transactions(
    "committee_contributions",
    "t.form_type = 'D' AND t.tran_code IN ('MON', 'IKD')",
    (*_HEAD, *_ABOUT, "tran_naml", "tran_namf", "tran_code", "tran_dscr"),
    "Contributions by committees",
    "Schedule D with code MON (money) or IKD (in kind); the committees that got them report them as contributions",
    ("tran_code", "cand_naml", "filer_name"),
)
LOANS = _transactions(
    "loans",
    "t.form_type IN ('B1', 'B2', 'H')",
    (*_HEAD, *_PARTY, *(f"loan_amt{n}_cents" for n in range(1, 9)), "loan_date1", "loan_date2", "loan_rate"),
    "Loans",
    "Loans received (B1), guaranteed (B2) and made (H), by period, as amended",
    ("form_type", "filer_name"),
)
DEBTS = _transactions(
    "debts",
    "t.form_type = 'F'",
    (*_HEAD, *_PARTY, "beg_bal_cents", "amt_incur_cents", "amt_paid_cents", "end_bal_cents", "tran_code", "tran_dscr"),
    "Debts",
    "Unpaid bills (schedule F) by period, as amended; an unpaid one stands in every period until it is paid",
    ("tran_code", "filer_name"),
)

_TOTALS = _of(FILER_TOTALS)
TOTALS_BY_FILER = View(
    "totals_by_filer",
    f"SELECT t.source, {_names(_TOTALS, 't')} FROM filer_totals t {_BY_AUTHORITY.format('t')}"
    " ORDER BY t.year DESC, t.contributions_cents DESC, t.filer_name",
    (_SOURCE, *_TOTALS),
    title="Totals by filer",
    description="As first filed, as amended, and by the filers' own summary pages; clerk finance totals --as-of DAY"
    " tells them for a day",
    facets=("year",),
)
_CANDIDATE = _of(CANDIDATE_TOTALS)
TOTALS_BY_CANDIDATE = View(
    "totals_by_candidate",
    f"SELECT t.source, {_names(_CANDIDATE, 't')} FROM candidate_totals t {_BY_AUTHORITY.format('t')}"
    " ORDER BY t.year DESC, t.support_cents + t.oppose_cents DESC, t.candidate",
    (_SOURCE, *_CANDIDATE),
    title="Totals by candidate",
    description="Independent expenditures for and against, and what the candidate's own committees raised",
    facets=("year",),
)

_DONATED = (
    public("contributions", "integer", "How many contributions"),
    public("amount_cents", "cents", "Their sum"),
    public("first_on", "date", "Day of the first"),
    public("last_on", "date", "Day of the last"),
)
_SUMS = "count(*) AS contributions, sum(amount_cents) AS amount_cents, min(contributed_on) AS first_on"
_SUMS += ", max(contributed_on) AS last_on"
DONORS = View(
    "donors",
    "SELECT donor_key, max(donor) AS donor, json_group_array(DISTINCT donor) AS variants,"
    f" count(DISTINCT filer_local_id) AS filers, {_SUMS} FROM contributions GROUP BY donor_key"
    " ORDER BY sum(amount_cents) DESC",
    (
        public("donor_key", "text", "The name, normalised"),
        public("donor", "text", "The donor as written"),
        public("variants", "text", "Every way the donor is written, as a JSON list"),
        public("filers", "integer", "How many filers the donor gave to"),
        *_DONATED,
    ),
    title="Donors",
    description=f"Contributions by donor, merged by normalised name ({NAMES}); two people may share one name",
)
MOST_DONORS = 1000
TOP_DONORS = View(
    "top_donors",
    "SELECT year, donor_key, donor, variants, filers, contributions, amount_cents, first_on, last_on FROM ("
    "SELECT year, donor_key, max(donor) AS donor, json_group_array(DISTINCT donor) AS variants,"
    f" count(DISTINCT filer_local_id) AS filers, {_SUMS},"
    " row_number() OVER (PARTITION BY year ORDER BY sum(amount_cents) DESC, donor_key) AS place"
    f" FROM contributions GROUP BY year, donor_key) WHERE place <= {MOST_DONORS}"
    " ORDER BY year DESC, amount_cents DESC, donor_key",
    (public("year", "integer", "The year"), *DONORS.columns),
    title="Top donors",
    description=f"The {MOST_DONORS:,} largest donors of each year, merged by normalised name ({NAMES})",
    facets=("year",),
)


def _money_by(name: str, column: Column, title: str, description: str, order: str = "sum(amount_cents) DESC") -> View:
    return View(
        name,
        f"SELECT year, {column.name}, {_SUMS} FROM contributions GROUP BY year, {column.name}"
        f" ORDER BY year DESC, {order}",
        (public("year", "integer", "The year"), column, *_DONATED),
        title=title,
        description=description,
        facets=("year",),
    )


MONEY_BY_WEEK = _money_by(
    "money_by_week", public("week", "date", "Monday of the week"), "Money by week", "Contributions by week", "week DESC"
)
MONEY_BY_ZIP = _money_by(
    "money_by_zip", public("zip5", "text", "ZIP code"), "Money by ZIP code", "Contributions by ZIP"
)
MONEY_BY_SECTOR = _money_by(
    "money_by_sector",
    public("sector", "text", "Sector"),
    "Money by sector",
    f"Contributions by the donor's line of work, as far as rules tell it ({SECTORS})",
)
SUMMARY = View(
    "form_460_summary",
    "SELECT l.source, s.year, l.filing_id, f.report_num, l.filer_local_id, l.filer_name, l.filing_start,"
    " l.filing_end, l.form_type, l.amount_a_cents AS summary_cents, coalesce(t.amount_cents, 0) AS itemised_cents,"
    " coalesce(t.amount_cents, 0) - coalesce(l.amount_a_cents, 0) AS difference_cents,"
    " coalesce(t.row_count, 0) AS row_count, coalesce(t.blank_count, 0) AS blank_count, s.in_force"
    " FROM summary_lines l JOIN filing_states s ON s.source = l.source AND s.scope = l.scope"
    " AND s.filing_id = l.filing_id JOIN filings f ON f.source = l.source AND f.scope = l.scope"
    " AND f.filing_id = l.filing_id LEFT JOIN filing_totals t ON t.source = l.source AND t.scope = l.scope"
    " AND t.filing_id = l.filing_id AND t.form_type = l.form_type"
    " WHERE l.line_item = '1' AND l.form_type IN ('A', 'C', 'E', 'I') AND l.removed_run_id IS NULL"
    " ORDER BY s.year DESC, l.filer_name, l.filing_start, l.form_type",
    (
        _SOURCE,
        public("year", "integer", "The year"),
        public("filing_id", "text", "The filing"),
        public("report_num", "text", "The publisher's number of the version"),
        public("filer_local_id", "text", "The filer"),
        public("filer_name", "text", "The filer's name"),
        public("filing_start", "date", "First day of the period"),
        public("filing_end", "date", "Last day of the period"),
        public("form_type", "text", "The schedule"),
        public(
            "summary_cents", "cents", "Line 1 of the schedule on the filer's own summary page: itemised transactions"
        ),
        public("itemised_cents", "cents", "The sum of the rows"),
        public("difference_cents", "cents", "Rows less summary page"),
        public("row_count", "integer", "How many rows"),
        public("blank_count", "integer", "How many of them have no amount"),
        public("in_force", "boolean", "1 when this version holds"),
    ),
    title="Form 460: summary page and rows",
    description="What filers say their itemised rows add up to, beside what they add up to",
    facets=("form_type", "in_force"),
)
_TOLD = _of(TRANSACTIONS, (*_HEAD, "tran_naml", "tran_namf", "tran_dscr", *_KEYS))
HISTORY = View(
    "superseded_transactions",
    f"SELECT t.source, s.year, {_names(_TOLD, 't')}, r.kind, r.columns, r.superseded_by, r.new_tran_id"
    " FROM amended_rows r JOIN transactions t ON t.source = r.source AND t.scope = r.scope"
    " AND t.filing_id = r.filing_id AND t.form_type = r.form_type AND t.tran_id = r.tran_id"
    " JOIN filing_states s ON s.source = r.source AND s.scope = r.scope AND s.filing_id = r.filing_id",
    (
        _SOURCE,
        public("year", "integer", "The year"),
        *_TOLD,
        public("kind", "text", "unchanged, edited, renumbered or dropped"),
        public("columns", "text", "The columns that differ in the new version"),
        public("superseded_by", "text", "The filing that took its place"),
        public("new_tran_id", "text", "The row's Tran_Id there"),
    ),
    title="Superseded transactions",
    description="Rows of filings that were amended, and what became of each",
    facets=("kind",),
)

# In the order in which readers are shown them.
FINANCE_VIEWS = (
    TOTALS_BY_FILER,
    TOTALS_BY_CANDIDATE,
    CONTRIBUTIONS,
    EXPENDITURES,
    INDEPENDENT,
    TOP_DONORS,
    DONORS,
    MONEY_BY_WEEK,
    MONEY_BY_ZIP,
    MONEY_BY_SECTOR,
    GIVEN,
    LOANS,
    DEBTS,
    SUMMARY,
    HISTORY,
    AUTHORITY,
)
