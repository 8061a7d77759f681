"""The fields of a transaction in the Campaign API and the column each one fills.

They are the CAL format's names in camel case: `tranNamL`, `bakRefTID`, `offSHCd`. Street addresses and
coordinates are left out on purpose; `amountType` and `calTransactionType` are words here, not Connect2's numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal

from clerk_finance_netfile.columns import Field, Read
from clerkcore import Value
from clerkcore.finance import TRANSACTIONS
from clerkcore.parsing import read_cents, read_count, read_date, read_flag, read_text

MOST_DIGITS = 40

_RENAMED = {"calculatedAmount": "amount_cents"}
_PERSONS = [f"{who}Nam{part}" for who in ("tran", "tres", "intr", "cand") for part in "LFTS"]
_PLACES = [f"{who}{part}" for who in ("tran", "tres", "intr") for part in ("City", "ST", "Zip4")]
_KEPT = [
    *("externalId", "calculatedDate", "calculatedAmount", "recType", "tranId", "entityCd"),
    *_PERSONS,
    *_PLACES,
    *("tranEmp", "tranOcc", "tranSelf", "tranType", "tranDscr", "tranCode", "tranChkNo"),
    *("tranDate", "tranDate1", "tranAmt1", "tranAmt2"),
    *("intrEmp", "intrOcc", "intrSelf", "intCmteId", "intRate", "cmteId"),
    *("officeCd", "officeDscr", "jurisCd", "jurisDscr", "distNo", "offSHCd"),
    *("balName", "balNum", "balJuris", "supOppCd"),
    *("memoCode", "memoRefNo", "bakRefTID", "xrefSchNum", "xrefMatch", "gFromEF"),
    *("begBal", "amtIncur", "amtPaid", "endBal"),
    *(f"loanAmt{number}" for number in range(1, 9)),
    *("loanDate1", "loanDate2", "loanRate", "lenderName", "elecDate"),
]
_EXPONENT = re.compile(r"-?\d+(\.\d+)?[eE][+-]?\d+\Z", re.ASCII)
_SCHEDULE = re.compile(r"F460([A-I]\d?)\Z", re.ASCII)
_LATE = re.compile(r"F(?!460)4\d\d(P\d)?\Z", re.ASCII)


def read_amount(text: str) -> int | None:
    """Read a JSON number as cents, without ever making a float of it; blank is None, not zero."""
    if not _EXPONENT.match(text):
        return read_cents(text)
    mantissa, _, exponent = text.lower().partition("e")
    if len(text) > MOST_DIGITS or abs(int(exponent)) > MOST_DIGITS:
        # Written out, 1e-999999999 alone would fill the memory.
        raise ValueError(f"{text[:MOST_DIGITS]!r} is no amount of money that could be written out")
    return read_cents(format(Decimal(mantissa).scaleb(int(exponent)), "f"))


def name_form(cal_type: str, form_type: str) -> str | None:
    """Return the schedule or form as the transactions table has it: E for F460E, F497P1 for itself."""
    schedule = _SCHEDULE.match(cal_type)
    if schedule:
        return schedule[1]
    return cal_type if _LATE.match(cal_type) else read_text(form_type)


_READERS: dict[str, Read] = {
    "text": read_text,
    "integer": read_count,
    "boolean": read_flag,
    "date": read_date,
    "cents": read_amount,
}
_COLUMNS = {column.name.removesuffix("_cents").replace("_", ""): column for column in TRANSACTIONS.columns}


def _field(name: str) -> Field:
    column = _COLUMNS[_RENAMED.get(name, name).removesuffix("_cents").lower()]
    return Field(name, column.name, _READERS[column.type])


FIELDS = tuple(_field(name) for name in _KEPT)
REQUIRED = (*(field.name for field in FIELDS), "formType")
EMPTY: dict[str, Value] = {column.name: None for column in TRANSACTIONS.columns}
