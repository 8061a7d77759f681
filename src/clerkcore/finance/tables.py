"""The tables of election_finance.db, in the terms of California's CAL electronic filing format (2.01).

Every finance source fills these, so that views and comparisons work on all of them. The names are
the format's own in small letters; the meanings are from its data dictionary.
"""

from __future__ import annotations

from clerkcore.interfaces import Column, ColumnType, Table

AGENCIES = Table(
    "agencies",
    key=("shortcut",),
    columns=(
        Column("shortcut", description="The agency's short name at the publisher, such as CSD", public=True),
        Column("agency_id", description="The agency's number at the publisher", public=True),
        Column("name", description="The agency's name at the publisher", public=True),
    ),
    title="Agencies",
    description="The filing agency of this site, as the publisher lists it",
    derived=True,
)

FILERS = Table(
    "filers",
    key=("filer_local_id",),
    columns=(
        Column("filer_local_id", description="The filer's id at the agency, or the id clerk gives it", public=True),
        Column(
            "filer_state_id", description="The filer's FPPC number; `Pending` until the state gives one", public=True
        ),
        Column("filer_name", description="The filer's name on its newest filing of the year", public=True),
        Column("committee_type", description="Kind of committee as the publisher says: CTL, RCP, BMC ...", public=True),
        Column("candidate_name", description="The candidate who controls it, where the publisher says", public=True),
    ),
    title="Filers",
    description="Committees and candidates that reported transactions in the year",
    derived=True,
    facets=("committee_type",),
)

FILINGS = Table(
    "filings",
    key=("filing_id",),
    columns=(
        Column(
            "filing_id", description="The filing's number at the publisher; an amendment has a new one", public=True
        ),
        Column("filer_local_id", description="The filer, see filers", public=True),
        Column("filer_state_id", description="The filer's FPPC number", public=True),
        Column("filer_name", description="The filer's name on this filing", public=True),
        Column("form_family", description="The form without its schedules: 460, 461, 465, 496, 497", public=True),
        Column("filing_start", "date", "First day of the period; empty on late reports (496, 497)", public=True),
        Column("filing_end", "date", "Last day of the period; empty on late reports (496, 497)", public=True),
        Column("forms", description="The schedules with transactions in this year, joined by commas", public=True),
        Column("report_num", description="The publisher's number of the version: 000 is the original", public=True),
        Column("report_ref", description="The filer's own number of a late report", public=True),
        Column("filed_on", "date", "Day the filing was made, where the publisher says", public=True),
        Column("election_date", "date", "Day of the election the filing is for", public=True),
        Column(
            "amends_filing_id", description="The filing that this one replaces, where the publisher says", public=True
        ),
    ),
    title="Filings",
    description="Reports that transactions of the year stand on",
    derived=True,
    facets=("form_family", "forms"),
    lasting="filing_id",
)

SUMMARY_LINES = Table(
    "summary_lines",
    key=("filing_id", "form_type", "line_item"),
    columns=(
        Column("filing_id", description="The filing this line stands on", public=True),
        Column(
            "form_type",
            description="F460 for the summary page, else the schedule: A, B1, C, D, E, F, H, I",
            public=True,
        ),
        Column("line_item", description="The line's number on the page", public=True),
        Column("amount_a_cents", "cents", "Column A: this period", public=True),
        Column("amount_b_cents", "cents", "Column B: calendar year to date", public=True),
        Column("amount_c_cents", "cents", "Column C", public=True),
        Column("filer_local_id", description="The filer, see filers", public=True),
        Column("filer_state_id", description="The filer's FPPC number", public=True),
        Column("filer_name", description="The filer's name on this filing", public=True),
        Column("filing_start", "date", "First day of the filing's period", public=True),
        Column("filing_end", "date", "Last day of the filing's period", public=True),
    ),
    title="Summary pages",
    description="Lines of the filers' own summary pages, against which their transactions are checked",
    group_by="form_type",
    facets=("form_type", "line_item"),
    lasting="filing_id",
)


def _c(
    name: str, description: str, type_: ColumnType = "text", *, compared: bool = True, summed: bool = False
) -> Column:
    return Column(name, type_, description, compared=compared, summed=summed, public=True)


def _person(prefix: str, who: str) -> tuple[Column, ...]:
    return (
        _c(f"{prefix}_naml", f"Last name, or whole name of an organisation: {who}"),
        _c(f"{prefix}_namf", f"First name: {who}"),
        _c(f"{prefix}_namt", f"Title: {who}"),
        _c(f"{prefix}_nams", f"Name suffix: {who}"),
    )


def _place(prefix: str, who: str) -> tuple[Column, ...]:
    return (
        _c(f"{prefix}_city", f"City: {who}"),
        _c(f"{prefix}_st", f"State: {who}"),
        _c(f"{prefix}_zip4", f"ZIP code: {who}"),
    )


_LOAN_AMOUNTS = (
    "Loan amount 1: received this period, or guaranteed",
    "Loan amount 2: outstanding at the close of the period",
    "Loan amount 3: cumulative to date",
    "Loan amount 4: outstanding at the beginning of the period",
    "Loan amount 5: paid this period",
    "Loan amount 6: forgiven this period",
    "Loan amount 7: interest paid this period",
    "Loan amount 8: original amount",
)

TRANSACTIONS = Table(
    "transactions",
    key=("filing_id", "form_type", "tran_id"),
    columns=(
        _c("filing_id", "The filing this transaction stands on"),
        _c("form_type", "Form or schedule: A, B1, C, D, E, F, G, I, F496, F496P3, F497P1, F497P2"),
        _c("tran_id", "The filer's own id of the transaction, unique within filing and form"),
        _c("calculated_date", "The transaction's date, chosen by the publisher from the dates below", "date"),
        _c("amount_cents", "The transaction's amount in cents (Calculated_Amount)", "cents", summed=True),
        _c("filer_local_id", "The filer's id at the agency"),
        _c("filer_state_id", "The filer's FPPC number; `Pending` until the state gives one"),
        _c("filer_name", "The filer's name on this filing"),
        _c("filing_start", "First day of the filing's period; empty on late reports", "date"),
        _c("filing_end", "Last day of the filing's period; empty on late reports", "date"),
        _c("entity_cd", "Who the other party is: IND, COM, OTH, PTY, SCC, RCP ..."),
        *_person("tran", "the other party"),
        *_place("tran", "the other party"),
        _c("tran_emp", "Employer of the other party"),
        _c("tran_occ", "Occupation of the other party"),
        _c("tran_self", "1 when the other party is self-employed", "boolean"),
        _c("tran_type", "Kind of transaction: I in-kind memo, F forgiven, R returned ..."),
        _c("tran_dscr", "The filer's description"),
        _c("tran_code", "Kind of payment: CMP, CNS, IND, LIT, OFC, PRO, SAL ..."),
        _c("tran_date", "Date of the transaction, or start of a range", "date"),
        _c("tran_date1", "End of a range of dates", "date"),
        _c("tran_amt1_cents", "Amount of the transaction; empty on schedules F and B1", "cents"),
        _c("tran_amt2_cents", "Cumulative amount for the year or election", "cents"),
        _c("tran_chkno", "Cheque number"),
        _c("transaction_type", "The publisher's number of the kind of transaction", "integer"),
        _c("amount_type", "The publisher's number of the kind of amount", "integer"),
        _c("rec_type", "Record type of the CAL format: RCPT, EXPN, DEBT, LOAN, S496, S497 ..."),
        *_person("tres", "the treasurer"),
        *_place("tres", "the treasurer"),
        *_person("intr", "the intermediary"),
        *_place("intr", "the intermediary"),
        _c("intr_emp", "Employer of the intermediary"),
        _c("intr_occ", "Occupation of the intermediary"),
        _c("intr_self", "1 when the intermediary is self-employed", "boolean"),
        *_person("agent", "the agent or contractor who paid (schedule G)"),
        *_person("cand", "the candidate"),
        _c("office_cd", "Office sought: MAY, CCM, CAT, OTH ..."),
        _c("office_dscr", "Office sought, in words"),
        _c("juris_cd", "Jurisdiction: CIT, CTY, STW, OTH ..."),
        _c("juris_dscr", "Jurisdiction, in words"),
        _c("dist_no", "District"),
        _c("off_s_h_cd", "S when the office is sought, H when held"),
        _c("bal_name", "Ballot measure"),
        _c("bal_num", "Number or letter of the measure"),
        _c("bal_juris", "Jurisdiction of the measure"),
        _c("sup_opp_cd", "S supports, O opposes"),
        _c("memo_code", "1 when the row is a memo that is not summed", "boolean"),
        _c("memo_refno", "Reference to a text memo"),
        _c("bakref_tid", "The tran_id this row refers back to"),
        _c("xref_schnum", "Schedule on which this is reported too"),
        _c("xref_match", "1 when that other row is the same transaction", "boolean"),
        _c("int_rate", "Interest rate"),
        _c("int_cmteid", "Committee id of the intermediary"),
        _c("cmte_id", "Committee id of the other party"),
        _c("g_from_e_f", "On schedule G: the schedule (E or F) of the payment to the agent"),
        _c("beg_bal_cents", "Debt outstanding at the start of the period", "cents"),
        _c("amt_incur_cents", "Debt incurred this period", "cents"),
        _c("amt_paid_cents", "Debt paid this period", "cents"),
        _c("end_bal_cents", "Debt outstanding at the close", "cents"),
        *(_c(f"loan_amt{n}_cents", text, "cents") for n, text in enumerate(_LOAN_AMOUNTS, start=1)),
        _c("loan_date1", "Date of the loan", "date"),
        _c("loan_date2", "Date the loan is due", "date"),
        _c("loan_rate", "Interest rate of the loan"),
        _c("lender_name", "Lender"),
        _c("elec_date", "Date of the election", "date"),
        _c("external_id", "The filing software's id"),
        _c("netfile_key", "The publisher's row key; it changes when a filing is amended", compared=False),
    ),
    title="Transactions",
    description="Contributions, expenditures, loans and debts as filed; a row with removed_run_id is published no more",
    group_by="form_type",
    facets=("form_type", "entity_cd", "filer_name"),
    lasting="filing_id",
    search=(
        "filer_name",
        "tran_naml",
        "tran_namf",
        "tran_emp",
        "tran_occ",
        "tran_dscr",
        "intr_naml",
        "intr_namf",
        "cand_naml",
        "cand_namf",
        "bal_name",
    ),
)

FINANCE_TABLES = (TRANSACTIONS, SUMMARY_LINES, FILINGS, FILERS, AGENCIES)
