"""The format of NetFile Connect2: columns, types, and a page of rows as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, str]

_COLUMNS = """
    NetFileKey ExternalId FilerLocalId FilerStateId FilerName FilingId FilingStartDate FilingEndDate TransactionType
    Calculated_Date Calculated_Amount AmountType Rec_Type Form_Type Tran_Id Entity_Cd Tran_NamL Tran_NamF Tran_NamT
    Tran_NamS Tran_Adr1 Tran_Adr2 Tran_City Tran_ST Tran_Zip4 Tran_Emp Tran_Occ Tran_Self Tran_Type Tran_Date
    Tran_Date1 Tran_Amt1 Tran_Amt2 Tran_Dscr Tres_NamL Tres_NamF Tres_NamT Tres_NamS Tres_Adr1 Tres_Adr2 Tres_City
    Tres_ST Tres_Zip4 Intr_NamL Intr_NamF Intr_NamT Intr_NamS Intr_Adr1 Intr_Adr2 Intr_City Intr_ST Intr_Zip4 Intr_Emp
    Intr_Occ Intr_Self Cand_NamL Cand_NamF Cand_NamT Cand_NamS Office_Cd Office_Dscr Juris_Cd Juris_Dscr Dist_No
    Off_S_H_Cd Bal_Name Bal_Num Bal_Juris Sup_Opp_Cd Memo_Code Memo_RefNo BakRef_TID Xref_SchNum Xref_Match Int_Rate
    Int_CmteId Tran_ChkNo Tran_Code Cmte_Id G_From_E_F Beg_Bal Amt_Incur Amt_Paid End_Bal Loan_Amt1 Loan_Amt2 Loan_Amt3
    Loan_Amt4 Loan_Amt5 Loan_Amt6 Loan_Amt7 Loan_Amt8 Loan_Date1 Loan_Date2 Loan_Rate Lender_Name Elec_Date Latitude
    Longitude
"""
_DATES = "FilingStartDate FilingEndDate Calculated_Date Tran_Date Tran_Date1 Loan_Date1 Loan_Date2 Elec_Date"
_AMOUNTS = "Calculated_Amount Tran_Amt1 Tran_Amt2 Beg_Bal Amt_Incur Amt_Paid End_Bal"

COLUMNS = tuple(_COLUMNS.split())
DATES = frozenset(_DATES.split())
AMOUNTS = frozenset([*_AMOUNTS.split(), *(f"Loan_Amt{number}" for number in range(1, 9))])
BOOLEANS = frozenset(("Tran_Self", "Intr_Self", "Memo_Code", "Xref_Match"))
NUMBERS = frozenset(("TransactionType", "AmountType", "Latitude", "Longitude"))

BLANK = dict.fromkeys(COLUMNS, "") | dict.fromkeys(BOOLEANS, "False")
BLANK |= dict.fromkeys(NUMBERS, "0")
_to_json = json.JSONEncoder(ensure_ascii=False).encode


def encode_csv(rows: Iterable[Row], *, lone_cr: bool, header: Sequence[str] = COLUMNS) -> bytes:
    """Return header and rows, which may leave blank columns out, as CSV; `lone_cr` ends the header line with a CR."""
    text = io.StringIO(newline="")
    text.write(",".join(header) + ("\r" if lone_cr else "\r\n"))
    csv.writer(text, lineterminator="\r\n").writerows((BLANK | row).values() for row in rows)
    return text.getvalue().encode()


def decode_csv(body: bytes) -> list[dict[str, str]]:
    """Read a year CSV whatever its line ends are; bytes that are not UTF-8 are replaced."""
    return list(csv.DictReader(io.StringIO(body.decode(errors="replace"), newline=None)))


def encode_json(rows: Iterable[Row], *, total: int, pages: int, header: Sequence[str] = COLUMNS) -> bytes:
    """Return one page of results in NetFile's envelope; rows may leave blank columns out."""
    names = {column: f"{json.dumps(_lower_first(name))}: " for column, name in zip(COLUMNS, header, strict=True)}
    texts = _Texts(names)
    blank = {column: texts[column, text] for column, text in BLANK.items()}
    lines = ((blank | {item[0]: texts[item] for item in row.items()}).values() for row in rows)
    results = ", ".join(f"{{{', '.join(line)}}}" for line in lines)
    return f'{{"results": [{results}], "totalMatchingCount": {total}, "totalMatchingPages": {pages}}}'.encode()


class _Texts(dict[tuple[str, str], str]):
    """The JSON of a column with a text; most texts come again on the same page."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, item: tuple[str, str]) -> str:
        column, text = item
        self[item] = found = self._names[column] + _to_json(json_value(column, text))
        return found


def json_value(column: str, text: str) -> str | int | float | bool | None:
    """Return what JSON holds where CSV holds this text."""
    if column in BOOLEANS:
        return text == "True"
    if column in DATES:
        return text or None
    if column in AMOUNTS:
        return float(text) if text else None
    if column in NUMBERS:
        return int(text)
    return text


def count_pages(total: int, page_size: int) -> int:
    """Return how many pages of this size hold so many rows."""
    return -(-total // page_size)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
