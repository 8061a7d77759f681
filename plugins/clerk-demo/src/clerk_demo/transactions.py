"""The rows of a report's first version: drawn for it, or repeated from late reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from random import Random
from typing import NamedTuple

from clerk_demo.draws import day_between, money
from clerk_demo.filings import Agency
from clerk_demo.people import Fields, draw_candidate, draw_person, draw_vendor
from clerk_demo.reports import REPEATED_AS, Report
from clerk_demo.words import PURPOSES

MEMO_SHARE = 0.02
_FORMS = {
    "CTL": ("A",) * 10 + ("E",) * 6 + ("F",) * 3 + ("G",) * 2 + ("B1", "C", "D", "I"),
    "RCP": ("A",) * 6 + ("E",) * 6 + ("D",) * 3 + ("F", "G", "C", "I"),
    "BMC": ("A",) * 8 + ("E",) * 6 + ("F",) * 2 + ("G", "B1", "C", "D", "I"),
}
# Every 460 begins with these, so that small worlds have the sums that matter.
_FIRST_FORMS = ("A", "E", "C", "D", "F", "B1", "G", "I")
_GIFTS = (10000, 10000, 12500, 15000, 25000, 25000, 50000, 65000, 115000)
_CODES = ("", "CNS", "LIT", "OFC", "PRO", "SAL", "WEB")


class Transaction(NamedTuple):
    """One row; `fields` are the columns of Connect2 that are not blank, `day` and `cents` what two of them say.

    `day` is None where the cell is empty or no date, `cents` where the amount is empty.
    """

    form: str
    tran_id: str
    day: date | None
    cents: int | None
    fields: Fields

    @property
    def memo(self) -> bool:
        """Whether the row is a memo, which no sum counts."""
        return self.fields.get("Memo_Code") == "True"


def draw_rows(agency: Agency, report: Report) -> list[Transaction]:
    """Return the rows of a report as first filed."""
    rows = list(draw_own_rows(agency, report))
    if report.repeats:
        rows.append(next(draw_own_rows(agency, report.repeats)))
    for late in report.late:
        rows += [again for row in draw_own_rows(agency, late) for again in _repeat(row)]
    return rows


def draw_own_rows(agency: Agency, report: Report) -> Iterator[Transaction]:
    """Draw the rows that no other report has."""
    chance = agency.chance("rows", report.committee.number, report.serial)
    for place in range(report.plain):
        form = draw_form(chance, report, place)
        # Debts are numbered anew in each report, so that filer, form and Tran_Id together are not unique (as in truth).
        yield draw_row(chance, report, form, f"{place + 1}" if form == "F" else f"{report.serial}-{place}")


def draw_form(chance: Random, report: Report, place: int) -> str:
    """Return the schedule of the row at this place."""
    if not report.periodic:
        return report.forms[place % len(report.forms)]
    return _FIRST_FORMS[place] if place < len(_FIRST_FORMS) else chance.choice(_FORMS[report.committee.kind])


def draw_row(chance: Random, report: Report, form: str, number: str) -> Transaction:
    """Draw one row of this schedule; its Tran_Id ends in this number."""
    prefix, build = _BUILDERS[form]
    day = day_between(chance, report.start, report.end)
    fields, cents = build(chance, report, day)
    dated = None if form == "F" or not (fields.get("Tran_Date") or fields.get("Loan_Date1")) else day
    return Transaction(form, f"{prefix}{number}", dated, cents, fields)


def date_and_pay(day: date, cents: int) -> Fields:
    """Return the columns that say when and how much."""
    text, amount = day.isoformat(), money(cents)
    return {"Calculated_Date": text, "Tran_Date": text, "Calculated_Amount": amount, "Tran_Amt1": amount}


def _repeat(row: Transaction) -> Iterator[Transaction]:
    """The row of a late report as the next 460 has it: same Tran_Id, day and amount."""
    for form in REPEATED_AS[row.form]:
        yield row._replace(form=form, fields=row.fields | _extra(row.form, form))


def _extra(late: str, form: str) -> Fields:
    if form == "D":
        return {"Tran_Code": "IND" if late == "F496" else "MON", "Tran_Amt2": "0.00"}
    return {"Tran_Amt2": "0.00"}


Drawn = tuple[Fields, int]


def _receipt(chance: Random, report: Report, day: date) -> Drawn:
    cents = chance.choice(_GIFTS) if chance.random() < 0.9 else 10_000 + chance.randrange(300_000)
    if chance.random() < 0.03:
        cents = -cents
    fields = draw_person(chance) | date_and_pay(day, cents) | {"Tran_Amt2": money(abs(cents) * 2)}
    if cents < 0:
        fields["Tran_Dscr"] = "Refund of Contribution"
    return _note_memo(chance, report, fields), cents


def _gift_in_kind(chance: Random, report: Report, day: date) -> Drawn:
    fields, cents = _receipt(chance, report, day)
    return fields | {"Tran_Dscr": chance.choice(PURPOSES[3:])}, cents


def _payment(chance: Random, report: Report, day: date) -> Drawn:
    cents = 10_000 + chance.randrange(chance.choice((50_000, 500_000)))
    if chance.random() < 0.02:
        cents = -cents
    fields = draw_vendor(chance) | date_and_pay(day, cents) | {"Tran_Amt2": "0.00", "Tran_Code": chance.choice(_CODES)}
    return _note_memo(chance, report, fields), cents


def _note_memo(chance: Random, report: Report, fields: Fields) -> Fields:
    memo = chance.random() < MEMO_SHARE and report.periodic
    return fields | {"Memo_Code": "True"} if memo else fields


def _subpayment(chance: Random, report: Report, day: date) -> Drawn:
    fields, cents = _payment(chance, report, day)
    fields |= {"G_From_E_F": chance.choice(("E", "F")), "Intr_NamL": "Example Card Services"}
    if chance.random() < 0.2:
        fields |= {"Tran_Date": "", "Calculated_Date": report.end.isoformat()}
    return fields, cents


def _support(chance: Random, report: Report, day: date) -> Drawn:
    fields, cents = _payment(chance, report, day)
    return fields | draw_candidate(chance) | {"Tran_Code": chance.choice(("MON", "MON", "IKD", "IND"))}, cents


def _independent(chance: Random, report: Report, day: date) -> Drawn:
    cents = 100_000 + chance.randrange(3_500_000)
    return date_and_pay(day, cents) | draw_candidate(chance) | {"Tran_Dscr": chance.choice(PURPOSES[3:])}, cents


def _late_receipt(chance: Random, report: Report, day: date) -> Drawn:
    cents = 100_000 + 50_000 * chance.randrange(20)
    return draw_person(chance) | date_and_pay(day, cents), cents


def _late_gift(chance: Random, report: Report, day: date) -> Drawn:
    cents = 100_000 + 50_000 * chance.randrange(40)
    return draw_vendor(chance) | date_and_pay(day, cents) | draw_candidate(chance), cents


def _debt(chance: Random, report: Report, day: date) -> Drawn:
    begin, incurred, paid = (chance.choice((0, chance.randrange(400_000))) for _ in range(3))
    fields = {
        "Beg_Bal": money(begin),
        "Amt_Incur": money(incurred),
        "Amt_Paid": money(paid),
        "End_Bal": money(begin + incurred - paid),
        "Calculated_Date": report.end.isoformat(),
        "Calculated_Amount": money(incurred),
    }
    return draw_vendor(chance) | fields, incurred


def _loan(chance: Random, report: Report, day: date) -> Drawn:
    begin, lent, paid = (100_000 * chance.choice((0, 0, 2, 5, 10)) for _ in range(3))
    paid = min(paid, begin + lent)
    amounts = (lent, begin + lent - paid, begin + lent, begin, paid, 0, 0, begin + lent)
    loans = {f"Loan_Amt{place}": money(cents) for place, cents in enumerate(amounts, start=1)}
    dates = {"Loan_Date1": day.isoformat(), "Loan_Date2": date(day.year + 1, 6, 30).isoformat(), "Loan_Rate": "0.00"}
    calculated = {"Calculated_Date": day.isoformat(), "Calculated_Amount": money(lent)}
    return draw_person(chance) | loans | dates | calculated, lent


_BUILDERS: dict[str, tuple[str, Callable[[Random, Report, date], Drawn]]] = {
    "A": ("INC", _receipt),
    "C": ("NON", _gift_in_kind),
    "I": ("MIS", _receipt),
    "D": ("EDT", _support),
    "E": ("EXP", _payment),
    "G": ("PDT", _subpayment),
    "F": ("PAY", _debt),
    "B1": ("LON", _loan),
    "F496P3": ("INC", _late_receipt),
    "F496": ("EXP", _independent),
    "F497P1": ("INC", _late_receipt),
    "F497P2": ("EXP", _late_gift),
}
