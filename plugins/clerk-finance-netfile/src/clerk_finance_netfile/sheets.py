"""The sheets of the yearly Excel export, their columns, and the column of ours that each one fills.

Street addresses are left out on purpose, as in Connect2, and so is what the office columns of the cover page say.
"""

from __future__ import annotations

from collections.abc import Iterable

from clerk_finance_netfile.layouts import (
    NAMES,
    SEAT,
    Layout,
    office,
    person,
    place,
    summary_layout,
    transactions_layout,
    work,
)

# A spreadsheet once took schedule A for the hour "12 A" and wrote it so into Oakland's CSV.
MISREAD_FORMS = {"00:00:00": "A"}

_REFERENCES = {"BakRef_TID": "bakref_tid", "XRef_SchNm": "xref_schnum", "XRef_Match": "xref_match"}
_MEASURE = {"Bal_Name": "bal_name", "Bal_Num": "bal_num", "Bal_Juris": "bal_juris"}


def _payee() -> dict[str, str]:
    return {
        "Entity_Cd": "entity_cd",
        **person("Payee", "tran"),
        **place("Payee", "tran", "State", "Zip4"),
        "Expn_Code": "tran_code",
        "Expn_Dscr": "tran_dscr",
        "Cmte_ID": "cmte_id",
        **person("Tres", "tres"),
        **place("Tres", "tres", "ST", "ZIP4"),
        **_REFERENCES,
    }


CONTRIBUTIONS = transactions_layout(
    "contributions",
    ("A", "C", "I", "F496P3"),
    {
        "Entity_Cd": "entity_cd",
        **person("Tran", "tran"),
        **place("Tran", "tran", "State", "Zip4"),
        **work(("Tran_Emp", "Tran_Occ", "Tran_Self"), "tran"),
        "Tran_Type": "tran_type",
        "Tran_Date": "tran_date",
        "Tran_Date1": "tran_date1",
        "Tran_Amt1": "tran_amt1_cents",
        "Tran_Amt2": "tran_amt2_cents",
        "Tran_Dscr": "tran_dscr",
        "Cmte_ID": "cmte_id",
        **person("Tres", "tres"),
        **place("Tres", "tres", "State", "Zip"),
        **person("Intr", "intr"),
        **place("Intr", "intr", "State", "Zip4"),
        **work(("Intr_Emp", "Intr_Occ", "Intr_Self"), "intr"),
        **person("Cand", "cand"),
        **office("tblDetlTran_"),
        **_MEASURE,
        "Sup_Opp_Cd": "sup_opp_cd",
        **_REFERENCES,
        "Loan_Rate": "loan_rate",
        "Int_CmteId": "int_cmteid",
    },
    amount="tran_amt1_cents",
    dates=("tran_date",),
)
EXPENDITURES = transactions_layout(
    "expenditures",
    ("D", "E", "G", "F465P3", "F461P5"),
    {
        **_payee(),
        "Expn_Date": "tran_date",
        "Amount": "tran_amt1_cents",
        "Cum_YTD": "tran_amt2_cents",
        "Expn_ChkNo": "tran_chkno",
        **person("Agent", "agent"),
        **person("Cand", "cand"),
        **office(),
        **_MEASURE,
        "Sup_Opp_Cd": "sup_opp_cd",
        "G_From_E_F": "g_from_e_f",
    },
    amount="tran_amt1_cents",
    dates=("tran_date", "filing_end"),
)
DEBTS = transactions_layout(
    "debts",
    ("F",),
    {
        **_payee(),
        **{name: f"{name.lower()}_cents" for name in ("Beg_Bal", "Amt_Incur", "Amt_Paid", "End_Bal")},
    },
    amount="amt_incur_cents",
    dates=("filing_end",),
)
LOANS = transactions_layout(
    "loans",
    ("B1", "B2", "H"),
    {
        "Entity_Cd": "entity_cd",
        **person("Lndr", "tran"),
        **place("Loan", "tran", "ST", "Zip4"),
        "Loan_Date1": "loan_date1",
        "Loan_Date2": "loan_date2",
        **{f"Loan_Amt{number}": f"loan_amt{number}_cents" for number in range(1, 9)},
        "Loan_Rate": "loan_rate",
        **work(("Loan_EMP", "Loan_OCC", "Loan_Self"), "tran"),
        "Cmte_ID": "cmte_id",
        **person("Tres", "tres"),
        **place("Tres", "tres", "ST", "ZIP4"),
        "B2Lender_Name-Inter_name": "intr_naml",
        **{f"Intr_{part}": f"intr_{part.lower()}" for part in NAMES[1:]},
        **place("Intr", "intr", "ST", "ZIP4"),
        **_REFERENCES,
    },
    amount="loan_amt1_cents",
    dates=("loan_date1",),
)
LATE_CONTRIBUTIONS = transactions_layout(
    "497",
    ("F497P1", "F497P2"),
    {
        "Entity_Cd": "entity_cd",
        **person("Enty", "tran"),
        **place("Enty", "tran", "ST", "Zip4"),
        **work(("Ctrib_Emp", "Ctrib_Occ", "Ctrib_Self"), "tran"),
        "Elec_Date": "elec_date",
        "Ctrib_Date": "tran_date",
        "Date_Thru": "tran_date1",
        "Amount": "tran_amt1_cents",
        "Cmte_ID": "cmte_id",
        **person("Cand", "cand"),
        **office(),
        **_MEASURE,
    },
    amount="tran_amt1_cents",
    dates=("tran_date",),
    ref=True,
)
LATE_EXPENDITURES = transactions_layout(
    "496",
    ("F496",),
    {
        "Amount": "tran_amt1_cents",
        "Exp_Date": "tran_date",
        "Date_Thru": "tran_date1",
        "Expn_Dscr": "tran_dscr",
        **_MEASURE,
        "Sup_Opp_Cd": "sup_opp_cd",
        **person("Cand", "cand"),
        "Office_Cd": "office_cd",
        "Offic_Dscr": "office_dscr",
        **SEAT,
    },
    amount="tran_amt1_cents",
    dates=("tran_date",),
    ref=True,
)
SUMMARY = summary_layout(
    {
        "Line_Item": "line_item",
        "Amount_A": "amount_a_cents",
        "Amount_B": "amount_b_cents",
        "Amount_C": "amount_c_cents",
    }
)

LAYOUTS = (CONTRIBUTIONS, EXPENDITURES, DEBTS, LOANS, LATE_CONTRIBUTIONS, LATE_EXPENDITURES, SUMMARY)

# The sheets of a workbook: the layout of each, and the form of its rows where it has but one.
SHEETS = {
    "A-Contributions": (CONTRIBUTIONS, "A"),
    "C-Contributions": (CONTRIBUTIONS, "C"),
    "I-Contributions": (CONTRIBUTIONS, "I"),
    "F496P3-Contributions": (CONTRIBUTIONS, "F496P3"),
    "F465P3-Expenditure": (EXPENDITURES, "F465P3"),
    "F461P5-Expenditure": (EXPENDITURES, "F461P5"),
    "D-Expenditure": (EXPENDITURES, "D"),
    "G-Expenditure": (EXPENDITURES, "G"),
    "E-Expenditure": (EXPENDITURES, "E"),
    "F-Expenses": (DEBTS, "F"),
    "B1-Loans": (LOANS, "B1"),
    "B2-Loans": (LOANS, "B2"),
    "H-Loans": (LOANS, "H"),
    "Summary": (SUMMARY, ""),
    "497": (LATE_CONTRIBUTIONS, ""),
    "496": (LATE_EXPENDITURES, "F496"),
}


def nearest_layout(header: Iterable[str]) -> Layout:
    """Return the layout whose columns the header has, or else the one it lacks the fewest columns of."""
    names = frozenset(header)

    def fit(layout: Layout) -> tuple[int, int]:
        own = names.intersection(layout.required)
        return len(own) - len(layout.required), len(own)

    return max(LAYOUTS, key=fit)
