"""The tables that follow from the rows of finance sources; `compute` fills them, no source does."""

from __future__ import annotations

from clerkcore.interfaces import Column, ColumnType, Table


def _c(name: str, type_: ColumnType, description: str, *, required: bool = False) -> Column:
    return Column(name, type_, description, required=required, public=True)


_FILER = _c("filer_local_id", "text", "The filer, see filers")
_FILER_NAME = _c("filer_name", "text", "The filer's name")
_FPPC = _c("filer_state_id", "text", "The filer's FPPC number")
_YEAR = _c("year", "integer", "The year the publisher files it under")
_ROW = (
    _c("filing_id", "text", "The filing"),
    _c("form_type", "text", "Form or schedule"),
    _c("tran_id", "text", "The filer's id of the transaction"),
)

SOURCE_RANKS = Table(
    "source_ranks",
    key=("name",),
    columns=(
        _c("name", "text", "A finance source of the site"),
        _c("rank", "integer", "Its place in site.toml: of two that have a year, the one named first is authoritative"),
    ),
    title="Order of the sources",
    description="Which source is believed where several have the same year; the others are cross-checks",
)

FILING_SIGHTINGS = Table(
    "filing_sightings",
    key=("filing_id", "seen_at", "told_by"),
    columns=(
        _c("filing_id", "text", "The filing"),
        _c("seen_at", "datetime", "When a capture was taken that was the first to hold it, or to hold it no more"),
        _c("told_by", "integer", "The run that brought the capture"),
        _c("present", "boolean", "1 when that capture held the filing", required=True),
    ),
    title="When filings were seen",
    description="The moments at which filings appeared at the publisher, vanished, and appeared again",
    evidence=True,
)

FILING_STATES = Table(
    "filing_states",
    key=("filing_id",),
    columns=(
        _c("filing_id", "text", "The filing"),
        _FILER,
        _FILER_NAME,
        _FPPC,
        _c("form_family", "text", "The form without its schedules: 460, 496, 497 ..."),
        _c("filing_start", "date", "First day of the period"),
        _c("filing_end", "date", "Last day of the period"),
        _YEAR,
        _c("started_on", "date", "Day it was filed, or else first seen at the publisher"),
        _c("ended_on", "date", "Day it was seen no more; empty while the publisher holds it"),
        _c("superseded_by", "text", "The filing that took its place"),
        _c("superseded_on", "date", "Day that one was filed or first seen"),
        _c("basis", "text", "`reported` when the publisher says so, `inferred` when clerk concludes it"),
        _c("original", "boolean", "1 when it takes no other's place", required=True),
        _c("in_force", "boolean", "1 when the publisher holds it and nothing took its place", required=True),
    ),
    title="Filings and what became of them",
    description="Each filing, since when and until when the publisher held it, and the one that took its place",
    facets=("form_family", "basis", "in_force"),
)

FILING_DAYS = Table(
    "filing_days",
    key=("filing_id", "held_from"),
    columns=(
        _c("filing_id", "text", "The filing"),
        _c("held_from", "date", "First day on which the publisher held it and no later version of it"),
        _c("held_until", "date", "Day on which that was so no more; empty while it is"),
    ),
    title="Days on which filings held",
    description="A filing that was withdrawn and came back, or whose amendment was withdrawn, holds more than once",
)

AMENDMENTS = Table(
    "amendments",
    key=("filing_id",),
    columns=(
        _c("filing_id", "text", "The filing that was amended"),
        _c("amended_by", "text", "The filing that took its place"),
        _c("basis", "text", "`reported` by the publisher, or `inferred` by clerk"),
        _c("amended_on", "date", "Day the amendment was filed or first seen"),
        _FILER,
        _FILER_NAME,
        _c("form_family", "text", "The form"),
        _c("filing_start", "date", "First day of the period"),
        _c("filing_end", "date", "Last day of the period"),
        _YEAR,
        _c("unchanged", "integer", "Rows that are equal in both"),
        _c("edited", "integer", "Rows that differ in a column"),
        _c("renumbered", "integer", "Rows with the same date, payee and amount under a new Tran_Id"),
        _c("added", "integer", "Rows that are new"),
        _c("dropped", "integer", "Rows that are there no more"),
        _c("edited_columns", "text", "The columns that differ and in how many rows"),
        _c("told", "text", "The amendment in a sentence"),
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
        _c("superseded_by", "text", "The filing that took its place"),
        _c("new_tran_id", "text", "The row's Tran_Id there; empty where it was dropped"),
        _c("kind", "text", "unchanged, edited, renumbered or dropped"),
        _c("columns", "text", "The columns that differ"),
    ),
    title="Rows of amended filings",
    description="What became of each row of a filing that was amended",
    facets=("kind",),
)

FILING_TOTALS = Table(
    "filing_totals",
    key=("filing_id", "form_type"),
    columns=(
        _c("filing_id", "text", "The filing"),
        _c("form_type", "text", "The schedule"),
        _c("row_count", "integer", "Its rows, without memos"),
        _c("blank_count", "integer", "Rows whose amount is empty"),
        _c("amount_cents", "cents", "Sum of the amounts; an empty one adds nothing"),
        _c("closing_cents", "cents", "Debts (F) and loans (B1) outstanding at the close of the period"),
        _c("support_cents", "cents", "Independent expenditures (IND) in support"),
        _c("oppose_cents", "cents", "Independent expenditures (IND) in opposition"),
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
        _c("flow", "text", "received, made or independent"),
        _c("happened_on", "date", "Day of the transaction"),
        _c("amount_cents", "cents", "The amount"),
        _c("sup_opp_cd", "text", "S supports, O opposes"),
        _c("counted", "boolean", "1 while no Form 460 covers the day and no earlier late report tells of it"),
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
        _c("contributed_on", "date", "Day of the contribution"),
        _c("week", "date", "Monday of its week"),
        _c("amount_cents", "cents", "The amount; negative when it was returned"),
        _c("kind", "text", "monetary (A), in kind (C) or late (496, 497)"),
        _c("donor_key", "text", "The donor's name, normalised"),
        _c("donor", "text", "The donor as written"),
        _c("entity_cd", "text", "Who the donor is: IND, COM, OTH, PTY, SCC"),
        _c("city", "text", "City"),
        _c("state", "text", "State"),
        _c("zip5", "text", "First five digits of the ZIP code"),
        _c("employer", "text", "Employer"),
        _c("occupation", "text", "Occupation"),
        _c("sector", "text", "Sector by rule, see the docs"),
    ),
    title="Contributions by source",
    description="Contributions that count, of every source; read the view contributions instead",
)

FILER_TOTALS = Table(
    "filer_totals",
    key=("filer_local_id", "year"),
    columns=(
        _FILER_NAME,
        _c("year", "integer", "The year"),
        _c("contributions_cents", "cents", "Contributions as amended: schedules A and C, late ones not yet on a 460"),
        _c("filed_contributions_cents", "cents", "Contributions as first filed"),
        _c("late_contributions_cents", "cents", "Of these, late ones not yet on a 460"),
        _c("expenditures_cents", "cents", "Expenditures as amended: schedule E, late ones not yet on a 460"),
        _c("filed_expenditures_cents", "cents", "Expenditures as first filed"),
        _c("support_cents", "cents", "Independent expenditures in support, as amended"),
        _c("oppose_cents", "cents", "Independent expenditures in opposition, as amended"),
        _c("loans_cents", "cents", "Loans received (B1), as amended"),
        _c(
            "summary_contributions_cents",
            "cents",
            "Line 5 of the filer's own summary pages, if published: with loans, without late reports",
        ),
        _c("summary_expenditures_cents", "cents", "Line 11 of the filer's own summary pages, if published"),
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
        _c("candidate", "text", "The candidate as most often written"),
        _c("year", "integer", "The year"),
        _c("support_cents", "cents", "Independent expenditures in support"),
        _c("oppose_cents", "cents", "Independent expenditures in opposition"),
        _c("given_cents", "cents", "Contributions that committees report on schedule D (MON, IKD)"),
        _c("raised_cents", "cents", "Contributions to the candidate's own committees; empty where none is found"),
        _c("spent_cents", "cents", "Expenditures of the candidate's own committees; empty where none is found"),
        _c("filed_raised_cents", "cents", "Contributions to these committees as first filed"),
        _c("committees", "text", "Those committees: the publisher says so, or their name begins with the candidate's"),
        _c("candidate_key", "text", "The candidate's name, normalised"),
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
