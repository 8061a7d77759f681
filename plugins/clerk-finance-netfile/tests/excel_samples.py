"""Invented exports in NetFile's sixteen sheets; `python excel_samples.py` writes the committed ones anew."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xlsx_writer import Cell, write_xlsx

Rows = list[dict[str, Cell]]
Sheets = dict[str, Rows]
SAMPLES = Path(__file__).parent / "samples" / "excel"

_FILER = "Filer_ID Filer_NamL Report_Num Committee_Type Rpt_Date From_Date Thru_Date Elect_Date"
_COVER = f"{_FILER} tblCover_Office_Cd tblCover_Offic_Dscr Rec_Type Form_Type"
_TRES = "Tres_NamL Tres_NamF Tres_NamT Tres_NamS Tres_Adr1 Tres_Adr2 Tres_City"
_INTR = "Intr_NamF Intr_NamT Intr_NamS Intr_Adr1 Intr_Adr2 Intr_City"
_CAND = "Cand_NamL Cand_NamF Cand_NamT Cand_NamS"
_SEAT = "Juris_Cd Juris_Dscr Dist_No Off_S_H_Cd"
_MEASURE = "Bal_Name Bal_Num Bal_Juris"
_LINKS = "BakRef_TID XRef_SchNm XRef_Match"
_PAYEE = (
    "Tran_ID Entity_Cd Payee_NamL Payee_NamF Payee_NamT Payee_NamS Payee_Adr1 Payee_Adr2 Payee_City Payee_State"
    " Payee_Zip4"
)
_CONTRIBUTIONS = (
    f"{_COVER} Tran_ID Entity_Cd Tran_NamL Tran_NamF Tran_NamT Tran_NamS Tran_Adr1 Tran_Adr2 Tran_City Tran_State"
    " Tran_Zip4 Tran_Emp Tran_Occ Tran_Self Tran_Type Tran_Date Tran_Date1 Tran_Amt1 Tran_Amt2 Tran_Dscr Cmte_ID"
    f" {_TRES} Tres_State Tres_Zip Intr_NamL {_INTR} Intr_State Intr_Zip4 Intr_Emp Intr_Occ Intr_Self {_CAND}"
    f" tblDetlTran_Office_Cd tblDetlTran_Offic_Dscr {_SEAT} {_MEASURE} Sup_Opp_Cd Memo_Code Memo_RefNo {_LINKS}"
    " Loan_Rate Int_CmteId"
)
_EXPENDITURE = (
    f"{_COVER} {_PAYEE} Expn_Date Amount Cum_YTD Expn_ChkNo Expn_Code Expn_Dscr"
    f" Agent_NamL Agent_NamF Agent_NamT Agent_NamS Cmte_ID {_TRES} Tres_ST Tres_ZIP4 {_CAND} Office_Cd Offic_Dscr"
    f" {_SEAT} {_MEASURE} Sup_Opp_Cd Memo_Code Memo_RefNo BakRef_TID G_From_E_F XRef_SchNm XRef_Match"
)
_BUSINESS = (
    "EmplBus_CB Bus_Name Bus_Adr1 Bus_Adr2 Bus_City Bus_ST Bus_ZIP4 Bus_Inter BusAct_CB BusActvity Assoc_CB Assoc_Int"
    " Other_CB Other_Int"
)
_DEBTS = (
    f"{_COVER} {_PAYEE} Beg_Bal Amt_Incur Amt_Paid End_Bal Expn_Code Expn_Dscr Cmte_ID {_TRES} Tres_ST Tres_ZIP4"
    f" Memo_Code Memo_RefNo {_LINKS}"
)
_LOANS = (
    f"{_COVER} Tran_ID Entity_Cd Lndr_NamL Lndr_NamF Lndr_NamT Lndr_NamS Loan_Adr1 Loan_Adr2 Loan_City Loan_ST"
    " Loan_Zip4 Loan_Date1 Loan_Date2 Loan_Amt1 Loan_Amt2 Loan_Amt3 Loan_Amt4 Loan_Rate Loan_EMP Loan_OCC Loan_Self"
    f" Cmte_ID {_TRES} Tres_ST Tres_ZIP4 B2Lender_Name-Inter_name {_INTR} Intr_ST Intr_ZIP4 Memo_Code Memo_RefNo"
    f" {_LINKS} Loan_Amt5 Loan_Amt6 Loan_Amt7 Loan_Amt8"
)
_LATE_497 = (
    f"{_FILER} Rec_Type Form_Type Tran_ID Entity_Cd Enty_NamL Enty_NamF Enty_NamT Enty_NamS Enty_Adr1 Enty_Adr2"
    " Enty_City Enty_ST Enty_Zip4 Ctrib_Emp Ctrib_Occ Ctrib_Self Elec_Date Ctrib_Date Date_Thru Amount Cmte_ID"
    f" {_CAND} Office_Cd Offic_Dscr {_SEAT} {_MEASURE} Memo_Code Memo_RefNo Rpt_ID_Num"
)
_LATE_496 = (
    f"{_FILER} Rec_Type Form_Type Tran_ID Amount Exp_Date Date_Thru Expn_Dscr Memo_Code Memo_RefNo {_MEASURE}"
    f" Sup_Opp_Cd {_CAND} Office_Cd Offic_Dscr Juris_Cd Juris_Dscr Dist_No Rpt_ID_Num"
)
HEADERS = {
    title: tuple(columns.split())
    for title, columns in {
        "A-Contributions": _CONTRIBUTIONS,
        "C-Contributions": _CONTRIBUTIONS,
        "I-Contributions": _CONTRIBUTIONS,
        "F496P3-Contributions": _CONTRIBUTIONS,
        "F465P3-Expenditure": _EXPENDITURE,
        "F461P5-Expenditure": f"{_EXPENDITURE} {_BUSINESS}",
        "D-Expenditure": _EXPENDITURE,
        "G-Expenditure": _EXPENDITURE,
        "E-Expenditure": _EXPENDITURE,
        "F-Expenses": _DEBTS,
        "B1-Loans": _LOANS,
        "B2-Loans": _LOANS,
        "H-Loans": _LOANS,
        "Summary": f"{_COVER} Line_Item Amount_A Amount_B Amount_C",
        "497": _LATE_497,
        "496": _LATE_496,
    }.items()
}
FORMS = {title: title.partition("-")[0] for title in HEADERS} | {"Summary": "F460", "497": "F497P1", "496": "F496"}

PARK = {"Filer_ID": "9946101", "Filer_NamL": 'Committee for "Fictional" Parks, Café Ejemplo', "Committee_Type": "RCP"}
ZOE = {"Filer_ID": "Pending", "Filer_NamL": "Zoë Demoson for Council 2026", "Committee_Type": "CTL"}
SPRING: dict[str, Cell] = {
    "From_Date": date(2026, 1, 1),
    "Thru_Date": date(2026, 6, 30),
    "Rpt_Date": date(2026, 7, 31),
    "Elect_Date": date(2026, 11, 3),
}
LATE: dict[str, Cell] = {"Rpt_Date": date(2026, 10, 20)}


def row(title: str, number: int | str, *parts: Mapping[str, Any], **values: Any) -> dict[str, Cell]:
    """One row of a sheet: what is given, over what every row has."""
    common: dict[str, Cell] = {"Report_Num": "000", "Form_Type": FORMS[title], "Tran_ID": f"DEMO{number}"}
    if title == "Summary":
        common = {"Report_Num": "000", "Form_Type": "F460", "Line_Item": str(number)}
    merged = common | PARK | (LATE if title in ("496", "497", "F496P3-Contributions") else SPRING)
    for part in (*parts, values):
        merged |= part
    return merged


def _gift(title: str, number: int, amount: float, *parts: Mapping[str, Any], **values: Any) -> dict[str, Cell]:
    person = {"Entity_Cd": "IND", "Tran_NamL": "Exampleby", "Tran_NamF": f"Zoë {number}", "Tran_City": "Demo Beach"}
    more = {"Rec_Type": "RCPT", "Tran_State": "CA", "Tran_Zip4": "00410", "Tran_Self": "n", "Intr_Self": "n"}
    money = {"Tran_Date": date(2026, 2, number), "Tran_Amt1": amount, "Tran_Amt2": amount, "Tran_Occ": "Tester"}
    return row(title, number, person, more, money, *parts, **values)


def _payment(title: str, number: int, amount: float, **values: Any) -> dict[str, Cell]:
    payee = {"Rec_Type": "EXPN", "Entity_Cd": "OTH", "Payee_NamL": 'Signs "R" Simulated', "Payee_City": "Sampleville"}
    money = {"Expn_Date": date(2026, 3, number), "Amount": amount, "Cum_YTD": amount, "Expn_Code": "CMP"}
    return row(title, number, payee, money, **values)


def _loan(title: str, number: int, **values: Any) -> dict[str, Cell]:
    lender = {"Rec_Type": "LOAN", "Entity_Cd": "IND", "Lndr_NamL": "Lender", "Lndr_NamF": "Lou", "Loan_Self": "y"}
    terms: dict[str, Cell] = {"Loan_Date1": date(2026, 1, 5), "Loan_Date2": "12/31/2026", "Loan_Rate": "0.00"}
    money = {f"Loan_Amt{place}": float(place * 100) for place in range(1, 9)}
    return row(title, number, lender, terms, money, **values)


def _late(number: int, amount: float, **values: Any) -> dict[str, Cell]:
    entity = {"Rec_Type": "S497", "Entity_Cd": "COM", "Enty_NamL": "Invented Unity PAC", "Enty_City": "Sampleville"}
    money = {"Ctrib_Date": date(2026, 10, number), "Amount": amount, "Rpt_ID_Num": "10/20/26-1"}
    return row("497", number, entity, money, **values)


def _spent(number: int, amount: float, **values: Any) -> dict[str, Cell]:
    about = {"Rec_Type": "S496", "Cand_NamL": "Demoson", "Cand_NamF": "Zoë", "Office_Cd": "CCM", "Sup_Opp_Cd": "S"}
    money = {"Exp_Date": date(2026, 10, number), "Amount": amount, "Expn_Dscr": "Mailer", "Rpt_ID_Num": "LCR-1"}
    return row("496", number, about, money, **values)


def _page(report: Mapping[str, Any], monetary: float, in_kind: float, paid: float) -> Rows:
    """Some lines of a summary page and of the schedules below it."""
    lines = {"1": monetary, "2": 0.0, "3": monetary, "4": in_kind, "5": monetary + in_kind, "6": paid, "8": paid}
    page = [row("Summary", line, report, Amount_A=amount, Amount_B=amount) for line, amount in lines.items()]
    schedules = {"A": monetary, "C": in_kind, "E": paid}
    return page + [row("Summary", "1", report, Form_Type=name, Amount_A=cents) for name, cents in schedules.items()]


def make_sheets(*, amended: bool = True) -> Sheets:
    """All sheets of a year of two filers; without its amendment it is an earlier export."""
    second = {"Report_Num": "001", "Rpt_Date": date(2026, 9, 1)}
    sheets: Sheets = {
        "A-Contributions": [_gift("A-Contributions", n, n * 100.25) for n in range(1, 5)],
        "C-Contributions": [_gift("C-Contributions", 5, 300.0, Tran_Dscr="Hall")],
        "I-Contributions": [_gift("I-Contributions", 6, 12.5)],
        # The last two are one contribution, repeated on another report of the day.
        "F496P3-Contributions": [_gift("F496P3-Contributions", n, n * 1000.0) for n in (7, 8, 8)],
        "F465P3-Expenditure": [_payment("F465P3-Expenditure", 9, 50.0)],
        "F461P5-Expenditure": [_payment("F461P5-Expenditure", 10, 60.0, Bus_Name="Invented Business")],
        "D-Expenditure": [_payment("D-Expenditure", 11, 75.5, Expn_Code="IND", Sup_Opp_Cd="O", Cand_NamL="Nobody")],
        "G-Expenditure": [_payment("G-Expenditure", 12, 20.0, Agent_NamL="Agent", G_From_E_F="E", BakRef_TID="DEMO13")],
        "E-Expenditure": [_payment("E-Expenditure", 13, 110.1), _payment("E-Expenditure", 14, 0.2, Expn_Date=None)],
        "F-Expenses": [
            row("F-Expenses", 15, Rec_Type="DEBT", Beg_Bal=10.0, Amt_Incur=5.0, Amt_Paid=3.0, End_Bal=12.0),
        ],
        "B1-Loans": [_loan("B1-Loans", 16, Memo_Code="PAY9"), _loan("B1-Loans", 17, Loan_Date2=date(2026, 12, 31))],
        "B2-Loans": [_loan("B2-Loans", 18, **{"B2Lender_Name-Inter_name": "Bank of Nowhere"})],
        "H-Loans": [_loan("H-Loans", 19)],
        "Summary": _page({}, 1002.5, 300.0, 110.3),
        "497": [_late(n, n * 500.0) for n in range(1, 5)] + [_late(5, 2500.0, Form_Type="F497P2")],
        "496": [_spent(1, 650.0), _spent(2, 99.99)],
    }
    sheets["A-Contributions"] += [_gift("A-Contributions", n, 10.0, ZOE) for n in (1, 2)]
    sheets["Summary"] += _page(ZOE, 20.0, 0.0, 0.0)
    if amended:
        sheets["A-Contributions"] += [_gift("A-Contributions", n, n * 101.0, second) for n in range(1, 6)]
        sheets["Summary"] += _page(second, 1515.0, 0.0, 0.0)
    return sheets


def make_workbook(sheets: Mapping[str, Sequence[Mapping[str, Cell]]] | None = None, **options: Any) -> bytes:
    """An .xlsx of the sheets given, in the order and under the headers of the export."""
    given = make_sheets() if sheets is None else sheets
    return write_xlsx({title: make_table(title, given[title]) for title in HEADERS if title in given}, **options)


def make_table(title: str, rows: Sequence[Mapping[str, Cell]]) -> list[list[Cell]]:
    """The header of a sheet and its rows as lists."""
    header = HEADERS[title]
    return [list(header), *([row.get(name) for name in header] for row in rows)]


def make_csv(title: str, rows: Sequence[Mapping[str, Cell]]) -> bytes:
    """A sheet as a CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(make_table(title, rows))
    return text.getvalue().encode()


def write_samples(folder: Path) -> None:
    """Write every sample below a folder: two workbooks, and three sheets as CSV under names that tell nothing."""
    for name, amended in (("earlier", False), ("book", True)):
        (folder / name).mkdir(parents=True)
        (folder / name / "efile_DEMO_2026.xlsx").write_bytes(make_workbook(make_sheets(amended=amended)))
    (folder / "csv").mkdir()
    sheets = make_sheets()
    for name, title in (("one", "A-Contributions"), ("two", "497"), ("three", "Summary")):
        (folder / "csv" / f"{name}.csv").write_bytes(make_csv(title, sheets[title]))


if __name__ == "__main__":
    write_samples(SAMPLES)
