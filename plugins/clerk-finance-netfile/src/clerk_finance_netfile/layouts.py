"""What a sheet of the export looks like to its reader: columns that are read, and what they fill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from clerkcore import Value
from clerkcore.finance import SUMMARY_LINES, TRANSACTIONS
from clerkcore.parsing import read_cents, read_count, read_date, read_text

Read = Callable[[str], Value]
COVER = (
    "Filer_ID",
    "Filer_NamL",
    "Report_Num",
    "Committee_Type",
    "Rpt_Date",
    "From_Date",
    "Thru_Date",
    "Elect_Date",
)
FORM = "Form_Type"
REPORT_REF = "Rpt_ID_Num"
MEMO_CODE = "Memo_Code"
MEMO_REF = "Memo_RefNo"

SEAT = {"Juris_Cd": "juris_cd", "Juris_Dscr": "juris_dscr", "Dist_No": "dist_no"}
_FLAGS = {"": None, "n": 0, "f": 0, "false": 0, "0": 0, "y": 1, "t": 1, "true": 1, "1": 1, "x": 1}
NAMES = ("NamL", "NamF", "NamT", "NamS")
_SHARED = {
    "Rec_Type": "rec_type",
    "Tran_ID": "tran_id",
    MEMO_CODE: "memo_code",
    MEMO_REF: "memo_refno",
}


def read_flag(text: str) -> int | None:
    """Read n, y, f, t and their like as 0 or 1; blank is None."""
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError as error:
        raise ValueError(f"{text!r} is neither yes nor no") from error


@dataclass(frozen=True, slots=True)
class Field:
    """A column that is read: its name in the sheet, the column it fills, and how its text is read."""

    name: str
    column: str
    read: Read


@dataclass(frozen=True, slots=True)
class Layout:
    """What sheets of the same columns have in common.

    `forms` are those that a row may be of, `amount` and `dates` the columns that the amount and the date of a
    transaction are taken from; the first date that is there counts.
    """

    name: str
    table: str
    forms: frozenset[str]
    fields: Mapping[str, Field]
    required: tuple[str, ...]
    amount: str = ""
    dates: tuple[str, ...] = ()
    ref: bool = False

    @property
    def is_summary(self) -> bool:
        """Whether its rows are lines of summary pages."""
        return self.table == SUMMARY_LINES.name


_READERS: dict[str, Read] = {
    "text": read_text,
    "integer": read_count,
    "boolean": read_flag,
    "date": read_date,
    "cents": read_cents,
}
_TYPES = {column.name: column.type for table in (TRANSACTIONS, SUMMARY_LINES) for column in table.columns}


def fields(names: Mapping[str, str]) -> dict[str, Field]:
    """Return columns by name, each with the reader that the column it fills needs."""
    return {name: Field(name, column, _READERS[_TYPES[column]]) for name, column in names.items()}


def transactions_layout(
    name: str,
    forms: Iterable[str],
    columns: Mapping[str, str],
    *,
    amount: str,
    dates: tuple[str, ...],
    ref: bool = False,
) -> Layout:
    """Return the layout of sheets of transactions."""
    read = fields({**_SHARED, **columns})
    required = (*COVER, FORM, *read, *([REPORT_REF] if ref else []))
    return Layout(name, TRANSACTIONS.name, frozenset(forms), read, required, amount, dates, ref)


def person(theirs: str, ours: str) -> dict[str, str]:
    """Return the four parts of a person's name."""
    return {f"{theirs}_{part}": f"{ours}_{part.lower()}" for part in NAMES}


def place(theirs: str, ours: str, state: str, zip_code: str) -> dict[str, str]:
    """Return city, state and ZIP code; the latter two are called differently from sheet to sheet."""
    return {f"{theirs}_City": f"{ours}_city", f"{theirs}_{state}": f"{ours}_st", f"{theirs}_{zip_code}": f"{ours}_zip4"}


def work(theirs: tuple[str, str, str], ours: str) -> dict[str, str]:
    """Return employer, occupation and whether self-employed."""
    return {name: f"{ours}_{part}" for name, part in zip(theirs, ("emp", "occ", "self"), strict=True)}


def office(prefix: str = "") -> dict[str, str]:
    """Return the office that a candidate seeks or holds."""
    return {f"{prefix}Office_Cd": "office_cd", f"{prefix}Offic_Dscr": "office_dscr", **SEAT, "Off_S_H_Cd": "off_s_h_cd"}


def summary_layout(columns: Mapping[str, str]) -> Layout:
    """Return the layout of the sheet of summary pages."""
    read = fields(columns)
    return Layout("summary", SUMMARY_LINES.name, frozenset(), read, (*COVER, FORM, *read))
