"""The fields of a Connect2 transaction and the column each one fills.

Field names are those of the year CSV; JSON has the same names with a small first letter.
Street addresses are left out on purpose (they are empty in everything seen), and so are
Latitude and Longitude, which are always 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from clerkcore import Value
from clerkcore.finance import TRANSACTIONS
from clerkcore.parsing import read_cents, read_count, read_date, read_flag, read_text

_RENAMED = {
    "NetFileKey": "netfile_key",
    "ExternalId": "external_id",
    "FilerLocalId": "filer_local_id",
    "FilerStateId": "filer_state_id",
    "FilerName": "filer_name",
    "FilingId": "filing_id",
    "FilingStartDate": "filing_start",
    "FilingEndDate": "filing_end",
    "TransactionType": "transaction_type",
    "AmountType": "amount_type",
    "Calculated_Amount": "amount_cents",
}
_KEPT = [
    "NetFileKey",
    "ExternalId",
    "FilerLocalId",
    "FilerStateId",
    "FilerName",
    "FilingId",
    "FilingStartDate",
    "FilingEndDate",
    "TransactionType",
    "Calculated_Date",
    "Calculated_Amount",
    "AmountType",
    "Rec_Type",
    "Form_Type",
    "Tran_Id",
    "Entity_Cd",
    "Tran_NamL",
    "Tran_NamF",
    "Tran_NamT",
    "Tran_NamS",
    "Tran_City",
    "Tran_ST",
    "Tran_Zip4",
    "Tran_Emp",
    "Tran_Occ",
    "Tran_Self",
    "Tran_Type",
    "Tran_Date",
    "Tran_Date1",
    "Tran_Amt1",
    "Tran_Amt2",
    "Tran_Dscr",
    "Tres_NamL",
    "Tres_NamF",
    "Tres_NamT",
    "Tres_NamS",
    "Tres_City",
    "Tres_ST",
    "Tres_Zip4",
    "Intr_NamL",
    "Intr_NamF",
    "Intr_NamT",
    "Intr_NamS",
    "Intr_City",
    "Intr_ST",
    "Intr_Zip4",
    "Intr_Emp",
    "Intr_Occ",
    "Intr_Self",
    "Cand_NamL",
    "Cand_NamF",
    "Cand_NamT",
    "Cand_NamS",
    "Office_Cd",
    "Office_Dscr",
    "Juris_Cd",
    "Juris_Dscr",
    "Dist_No",
    "Off_S_H_Cd",
    "Bal_Name",
    "Bal_Num",
    "Bal_Juris",
    "Sup_Opp_Cd",
    "Memo_Code",
    "Memo_RefNo",
    "BakRef_TID",
    "Xref_SchNum",
    "Xref_Match",
    "Int_Rate",
    "Int_CmteId",
    "Tran_ChkNo",
    "Tran_Code",
    "Cmte_Id",
    "G_From_E_F",
    "Beg_Bal",
    "Amt_Incur",
    "Amt_Paid",
    "End_Bal",
    "Loan_Amt1",
    "Loan_Amt2",
    "Loan_Amt3",
    "Loan_Amt4",
    "Loan_Amt5",
    "Loan_Amt6",
    "Loan_Amt7",
    "Loan_Amt8",
    "Loan_Date1",
    "Loan_Date2",
    "Loan_Rate",
    "Lender_Name",
    "Elec_Date",
]

Read = Callable[[str], Value]
_REMEMBERED = 10_000
# Texts differ from row to row, but the same days, amounts and flags come again and again.
_READERS: dict[str, Read] = {
    "text": read_text,
    "integer": lru_cache(_REMEMBERED)(read_count),
    "boolean": lru_cache(_REMEMBERED)(read_flag),
    "date": lru_cache(_REMEMBERED)(read_date),
    "cents": lru_cache(_REMEMBERED)(read_cents),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the upstream: its name there, the column it fills, and how its text is read."""

    name: str
    column: str
    read: Read

    @property
    def json_name(self) -> str:
        """The field's name in JSON."""
        return self.name[0].lower() + self.name[1:]


def _field(name: str) -> Field:
    wanted = _RENAMED.get(name, name.lower())
    columns = {column.name: column for column in TRANSACTIONS.columns}
    column = columns[wanted] if wanted in columns else columns[f"{wanted}_cents"]
    return Field(name, column.name, _READERS[column.type])


FIELDS = tuple(_field(name) for name in _KEPT)
REQUIRED = tuple(field.name for field in FIELDS)
JSON_NAMES = tuple(field.json_name for field in FIELDS)
COLUMNS = tuple(field.column for field in FIELDS)
