"""A finance world as the sheets of NetFile's yearly Excel export: every version of every report, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from clerk_demo.connect2 import COLUMNS
from clerk_demo.headers import SHEET_OF_FORM, SHEETS
from clerk_demo.history import Filing
from clerk_demo.people import Fields
from clerk_demo.reports import ELECTION
from clerk_demo.summaries import YEAR_TO_DATE, Line, Summaries
from clerk_demo.worlds import REC_TYPES, World

Cell = str | float | int | date | None
Cells = dict[str, Cell]

_AMOUNTS = frozenset(("Tran_Amt1", "Tran_Amt2", "Amount", "Cum_YTD", "Beg_Bal", "Amt_Incur", "Amt_Paid", "End_Bal"))
_SELVES = frozenset(("Tran_Self", "Intr_Self", "Loan_Self"))
# Where Connect2 has another name; the columns not named here differ at most in the case of letters.
_RENAMED = {
    "tblDetlTran_Office_Cd": "Office_Cd",
    "tblDetlTran_Offic_Dscr": "Office_Dscr",
    "Offic_Dscr": "Office_Dscr",
    "Tres_Zip": "Tres_Zip4",
    "XRef_SchNm": "Xref_SchNum",
    "Amount": "Tran_Amt1",
    "Cum_YTD": "Tran_Amt2",
    "Expn_ChkNo": "Tran_ChkNo",
    "Expn_Code": "Tran_Code",
    "B2Lender_Name-Inter_name": "Lender_Name",
}
_PREFIXES = {"Payee": "Tran", "Lndr": "Tran", "Enty": "Tran", "Ctrib": "Tran", "Expn": "Tran", "Exp": "Tran"}
_PREFIXES |= {"Loan": "Tran", "Agent": "Intr"}
_CONNECT2 = {name.lower(): name for name in COLUMNS}


def sheet_rows(world: World, filings: Iterable[Filing]) -> Iterator[tuple[str, list[Cell]]]:
    """Yield sheet and cells of every row of these filings, the summary page of a 460 after its rows."""
    summaries = Summaries(world)
    for filing in filings:
        cover = _cover(filing)
        for row in world.rows(filing):
            sheet = SHEET_OF_FORM[row.form]
            fixed = cover | {"Rec_Type": REC_TYPES[row.form], "Form_Type": row.form, "Tran_ID": row.tran_id}
            yield sheet, [fixed[name] if name in fixed else _READERS[name](row.fields) for name in SHEETS[sheet]]
        for line in summaries.lines(filing) if filing.report.periodic else ():
            yield "Summary", _summary_cells(cover, line)


def _cover(filing: Filing) -> Cells:
    report, committee = filing.report, filing.report.committee
    election = date(report.start.year, *ELECTION) if committee.kind != "RCP" else None
    return {
        "Filer_ID": committee.state_id,
        "Filer_NamL": committee.name,
        "Report_Num": f"{filing.version:03d}",
        "Committee_Type": committee.kind,
        "Rpt_Date": filing.filed,
        "From_Date": report.start if report.periodic else None,
        "Thru_Date": report.end if report.periodic else None,
        "Elect_Date": election,
        "tblCover_Office_Cd": "",
        "tblCover_Offic_Dscr": "",
        "Rpt_ID_Num": report.reference,
    }


def _summary_cells(cover: Cells, line: Line) -> list[Cell]:
    to_date = line.form == "F460" and line.item in YEAR_TO_DATE
    amounts: Cells = {
        "Rec_Type": "SMRY",
        "Form_Type": line.form,
        "Line_Item": line.item,
        "Amount_A": line.amount_a / 100,
        "Amount_B": line.amount_b / 100 if to_date else 0,
        # Real rows are ragged here: the last cell may be left off.
        "Amount_C": None if line.form == "I" else 0,
    }
    return [(cover | amounts)[name] for name in SHEETS["Summary"]]


def _name_in_connect2(column: str) -> str:
    """Return the column of Connect2 that holds a cell; empty where there is none."""
    name = _RENAMED.get(column, column)
    if name.lower() in _CONNECT2:
        return _CONNECT2[name.lower()]
    prefix, _, rest = name.partition("_")
    name = f"{_PREFIXES.get(prefix, prefix)}_{rest.replace('State', 'ST')}"
    return _CONNECT2.get(name.lower(), "")


def _make_reader(column: str) -> Callable[[Fields], Cell]:
    """Return what reads a cell from the columns of Connect2."""
    name = _name_in_connect2(column)
    if column in _SELVES:
        return lambda fields: "n"
    if column == "Memo_Code":
        return lambda fields: "X" if fields.get("Memo_Code") == "True" else ""
    if column == "Loan_Date2":
        return lambda fields: _write_american(fields.get(name, ""))
    if "_Date" in column or column == "Date_Thru":
        return lambda fields: _read_date(fields.get(name, ""))
    if column in _AMOUNTS or column.startswith("Loan_Amt"):
        return lambda fields: _read_amount(fields.get(name, "0.00"))
    return lambda fields: fields.get(name, "")


def _read_date(text: str) -> Cell:
    """A day; None where there is none, and the text itself where it is no day."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _read_amount(text: str) -> float | None:
    return float(text) if text else None


def _write_american(text: str) -> str | None:
    return date.fromisoformat(text).strftime("%m/%d/%Y") if text else None


_READERS = {column: _make_reader(column) for columns in SHEETS.values() for column in columns}
