"""The tables that follow from the rows of finance sources; `compute` fills them, no source does."""

from __future__ import annotations

from clerkcore.finance.columns import public
from clerkcore.interfaces import Table

_FILER = public("filer_local_id", "text", "The filer, see filers")
_FILER_NAME = public("filer_name", "text", "The filer's name")
_FPPC = public("filer_state_id", "text", "The filer's FPPC number")
_YEAR = public("year", "integer", "The year the publisher files it under")
_ROW = (
    public("filing_id", "text", "The filing"),
    public("form_type", "text", "Form or schedule"),
    public("tran_id", "text", "The filer's id of the transaction"),
)

SOURCE_RANKS = Table(
    "source_ranks",
    key=("name",),
    columns=(
        public("name", "text", "A finance source of the site"),
        public(
            "rank", "integer", "Its place in site.toml: of two that have a year, the one named first is authoritative"
        ),
    ),
    title="Order of the sources",
    description="Which source is believed where several have the same year; the others are cross-checks",
)

FILING_SIGHTINGS = Table(
    "filing_sightings",
    key=("filing_id", "seen_at", "told_by"),
    columns=(
        public("filing_id", "text", "The filing"),
        public("seen_at", "datetime", "When a capture was taken that was the first to hold it, or to hold it no more"),
        public("told_by", "integer", "The run that brought the capture"),
        public("present", "boolean", "1 when that capture held the filing", required=True),
    ),
    title="When filings were seen",
    description="The moments at which filings appeared at the publisher, vanished, and appeared again",
    evidence=True,
)

FILING_STATES = Table(
    "filing_states",
    key=("filing_id",),
    columns=(
        public("filing_id", "text", "The filing"),
        _FILER,
        _FILER_NAME,
        _FPPC,
        public("form_family", "text", "The form without its schedules: 460, 496, 497 ..."),
        public("filing_start", "date", "First day of the period"),
        public("filing_end", "date", "Last day of the period"),
        _YEAR,
        public("started_on", "date", "Day it was filed, or else first seen at the publisher"),
        public("ended_on", "date", "Day it was seen no more; empty while the publisher holds it"),
        public("superseded_by", "text", "The filing that took its place"),
        public("superseded_on", "date", "Day that one was filed or first seen"),
        public("basis", "text", "`reported` when the publisher says so, `inferred` when clerk concludes it"),
        public("original", "boolean", "1 when it takes no other's place", required=True),
        public("in_force", "boolean", "1 when the publisher holds it and nothing took its place", required=True),
    ),
    title="Filings and what became of them",
    description="Each filing, since when and until when the publisher held it, and the one that took its place",
    facets=("form_family", "basis", "in_force"),
)

FILING_DAYS = Table(
    "filing_days",
    key=("filing_id", "held_from"),
    columns=(
        public("filing_id", "text", "The filing"),
        public("held_from", "date", "First day on which the publisher held it and no later version of it"),
        public("held_until", "date", "Day on which that was so no more; empty while it is"),
    ),
    title="Days on which filings held",
    description="A filing that was withdrawn and came back, or whose amendment was withdrawn, holds more than once",
)

AMENDMENTS = Table(
    "amendments",
    key=("filing_id",),
    columns=(
        public("filing_id", "text", "The filing that was amended"),
        public("amended_by", "text", "The filing that took its place"),
        public("basis", "text", "`reported` by the publisher, or `inferred` by clerk"),
        public("amended_on", "date", "Day the amendment was filed or first seen"),
        _FILER,
        _FILER_NAME,
        public("form_family", "text", "The form"),
        public("filing_start", "date", "First day of the period"),
        public("filing_end", "date", "Last day of the period"),
        _YEAR,
        public("unchanged", "integer", "Rows that are equal in both"),
        public("edited", "integer", "Rows that differ in a column"),
        public("renumbered", "integer", "Rows with the same date, payee and amount under a new Tran_Id"),
        public("added", "integer", "Rows that are new"),
        public("dropped", "integer", "Rows that are there no more"),
        public("edited_columns", "text", "The columns that differ and in how many rows"),
        public("told", "text", "The amendment in a sentence"),
    ),
    title="Amendments",
    description="Which filing took the place of which, and what that changed",
    facets=("basis", "form_family", "filer_name"),
)

AMENDED_ROWS = Table(
    "amended_rows",
    key=("filing_id", "form_type", "tran_id"),
    columns=(
        *_ROW,
        public("superseded_by", "text", "The filing that took its place"),
        public("new_tran_id", "text", "The row's Tran_Id there; empty where it was dropped"),
        public("kind", "text", "unchanged, edited, renumbered or dropped"),
        public("columns", "text", "The columns that differ"),
    ),
    title="Rows of amended filings",
    description="What became of each row of a filing that was amended",
    facets=("kind",),
)

FILING_TOTALS = Table(
    "filing_totals",
    key=("filing_id", "form_type"),
    columns=(
        public("filing_id", "text", "The filing"),
        public("form_type", "text", "The schedule"),
        public("row_count", "integer", "Its rows, without memos"),
        public("blank_count", "integer", "Rows whose amount is empty"),
        public("amount_cents", "cents", "Sum of the amounts; an empty one adds nothing"),
        public("closing_cents", "cents", "Debts (F) and loans (B1) outstanding at the close of the period"),
        public("support_cents", "cents", "Independent expenditures (IND) in support"),
        public("oppose_cents", "cents", "Independent expenditures (IND) in opposition"),
    ),
    title="Totals by filing and schedule",
    description="What the rows of each schedule of each filing add up to",
)

LATE_ROWS = Table(
    "late_rows",
    key=("filing_id", "form_type", "tran_id"),
    columns=(
        *_ROW,
        _FILER,
        public("flow", "text", "received, made or independent"),
        public("happened_on", "date", "Day of the transaction"),
        public("amount_cents", "cents", "The amount"),
        public("sup_opp_cd", "text", "S supports, O opposes"),
        public("counted", "boolean", "1 while no Form 460 covers the day and no earlier late report tells of it"),
    ),
    title="Late reports (496, 497)",
    description="Transactions reported within a day or ten; each is repeated on the next Form 460, and counts once",
    facets=("flow", "counted"),
)

CONTRIBUTION_LINES = Table(
    "contribution_lines",
    key=("filing_id", "form_type", "tran_id"),
    columns=(
        *_ROW,
        _YEAR,
        _FILER,
        _FILER_NAME,
        public("contributed_on", "date", "Day of the contribution"),
        public("week", "date", "Monday of its week"),
        public("amount_cents", "cents", "The amount; negative when it was returned"),
        public("kind", "text", "monetary (A), in kind (C) or late (496, 497)"),
        public("donor_key", "text", "The donor's name, normalised"),
        public("donor", "text", "The donor as written"),
        public("entity_cd", "text", "Who the donor is: IND, COM, OTH, PTY, SCC"),
        public("city", "text", "City"),
        public("state", "text", "State"),
        public("zip5", "text", "First five digits of the ZIP code"),
        public("employer", "text", "Employer"),
        public("occupation", "text", "Occupation"),
        public("sector", "text", "Sector by rule, see the docs"),
    ),
    title="Contributions by source",
    description="Contributions that count, of every source; read the view contributions instead",
)

FILER_TOTALS = Table(
    "filer_totals",
    key=("filer_local_id", "year"),
    columns=(
        _FILER_NAME,
        public("year", "integer", "The year"),
        public(
            "contributions_cents", "cents", "Contributions as amended: schedules A and C, late ones not yet on a 460"
        ),
        public("filed_contributions_cents", "cents", "Contributions as first filed"),
        public("late_contributions_cents", "cents", "Of these, late ones not yet on a 460"),
        public("expenditures_cents", "cents", "Expenditures as amended: schedule E, late ones not yet on a 460"),
        public("filed_expenditures_cents", "cents", "Expenditures as first filed"),
        public("support_cents", "cents", "Independent expenditures in support, as amended"),
        public("oppose_cents", "cents", "Independent expenditures in opposition, as amended"),
        public("loans_cents", "cents", "Loans received (B1), as amended"),
        public(
            "summary_contributions_cents",
            "cents",
            "Line 5 of the filer's own summary pages, if published: with loans, without late reports",
        ),
        public("summary_expenditures_cents", "cents", "Line 11 of the filer's own summary pages, if published"),
        _FILER,
        _FPPC,
    ),
    title="Totals by filer and source",
    description="Totals of every source; read the view totals_by_filer instead",
)

CANDIDATE_TOTALS = Table(
    "candidate_totals",
    key=("candidate_key", "year"),
    columns=(
        public("candidate", "text", "The candidate as most often written"),
        public("year", "integer", "The year"),
        public("support_cents", "cents", "Independent expenditures in support"),
        public("oppose_cents", "cents", "Independent expenditures in opposition"),
        public("given_cents", "cents", "Contributions that committees report on schedule D (MON, IKD)"),
        public("raised_cents", "cents", "Contributions to the candidate's own committees; empty where none is found"),
        public("spent_cents", "cents", "Expenditures of the candidate's own committees; empty where none is found"),
        public("filed_raised_cents", "cents", "Contributions to these committees as first filed"),
        public(
            "committees", "text", "Those committees: the publisher says so, or their name begins with the candidate's"
        ),
        public("candidate_key", "text", "The candidate's name, normalised"),
    ),
    title="Totals by candidate and source",
    description="Totals of every source; read the view totals_by_candidate instead",
)

FINANCE_COMPUTED = (
    SOURCE_RANKS,
    FILING_SIGHTINGS,
    FILING_STATES,
    FILING_DAYS,
    AMENDMENTS,
    AMENDED_ROWS,
    FILING_TOTALS,
    LATE_ROWS,
    CONTRIBUTION_LINES,
    FILER_TOTALS,
    CANDIDATE_TOTALS,
)
