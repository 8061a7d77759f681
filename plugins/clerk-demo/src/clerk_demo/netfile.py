"""Simulated NetFile transactions: one agency's year as it stands on a simulated day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from random import Random

from clerk_demo.connect2 import BLANK
from clerk_demo.draws import day_between, hex_key, money
from clerk_demo.filings import Agency, Filing
from clerk_demo.people import Fields, draw_candidate, draw_person, draw_vendor
from clerk_demo.words import PURPOSES

DEFAULT_SIZE = 1200
EDITED_ROWS = (2, 11)
RENUMBERED_ROW = 5
RENUMBERED_TO = 70
TRANSACTION_TYPES = {
    "A": "0",
    "C": "1",
    "I": "2",
    "F496P3": "4",
    "D": "5",
    "E": "6",
    "G": "7",
    "F": "11",
    "B1": "12",
    "F496": "19",
    "F497P1": "20",
    "F497P2": "21",
}

_FORMS_460 = ("A",) * 10 + ("E",) * 6 + ("F",) * 3 + ("G",) * 2 + ("B1", "C", "D", "I")
_GIFTS = (2500, 5000, 5000, 10000, 10000, 10000, 25000, 25000, 50000, 115000)


def agency_year(seed: int, aid: str, year: int, day: int, size: int = DEFAULT_SIZE) -> list[dict[str, str]]:
    """Return the rows of one agency's year on simulated day `day`; day 0 has exactly `size` of them.

    Each later day adds a filing or two. On day 1 the first filing comes back amended, under a new
    FilingId and with new keys.
    """
    agency = Agency(seed, aid, year)
    return [row for filing in agency.filings(day, size) for row in _filing_rows(agency, filing)]


def _filing_rows(agency: Agency, filing: Filing) -> Iterator[Fields]:
    filing_id = agency.filing_id(filing.number)
    for place in range(filing.rows):
        row = BLANK | _heading(filing, filing_id) | _transaction(agency, filing, place)
        if filing.amends:
            row |= _amendment(row, place)
        row["NetFileKey"] = hex_key(agency.seed, agency.aid, filing_id, row["Form_Type"], row["Tran_Id"])
        yield row


def _heading(filing: Filing, filing_id: str) -> Fields:
    periodic = filing.kind == "460"
    return {
        "FilerLocalId": filing.filer.local_id,
        "FilerStateId": filing.filer.state_id,
        "FilerName": filing.filer.name,
        "FilingId": filing_id,
        "FilingStartDate": filing.start.isoformat() if periodic else "",
        "FilingEndDate": filing.end.isoformat() if periodic else "",
    }


def _amendment(row: Fields, place: int) -> Fields:
    if place in EDITED_ROWS:
        return {"Tran_Dscr": "Corrected: see amendment"}
    if place == RENUMBERED_ROW:
        return {"Tran_Id": row["Tran_Id"].rstrip("0123456789") + str(RENUMBERED_TO)}
    return {}


def _transaction(agency: Agency, filing: Filing, place: int) -> Fields:
    chance = agency.chance("row", filing.content, place)
    form = _draw_form(chance, filing.kind, place)
    rec_type, prefix, build = _BUILDERS[form]
    # Debts are numbered anew in each filing, so that filer, form and Tran_Id together are not unique (as in truth).
    number = place + 1 if form == "F" else filing.content * 100 + place
    fields = build(chance, filing, day_between(chance, filing.start, filing.end))
    fixed = {"TransactionType": TRANSACTION_TYPES[form], "Rec_Type": rec_type, "Form_Type": form}
    return fixed | {"Tran_Id": f"{prefix}{number}"} | fields


def _draw_form(chance: Random, kind: str, place: int) -> str:
    if kind == "460":
        return chance.choice(_FORMS_460)
    if kind == "496":
        return chance.choice(("F496", "F496P3")) if place else "F496"
    return chance.choice(("F497P1",) * 7 + ("F497P2",))


def _receipt(chance: Random, filing: Filing, day: date) -> Fields:
    cents = chance.choice(_GIFTS) if chance.random() < 0.9 else 100 + chance.randrange(300_000)
    if chance.random() < 0.03:
        return draw_person(chance) | _dated(day, -cents) | {"Tran_Amt2": "0.00", "Tran_Dscr": "Refund of Contribution"}
    return draw_person(chance) | _dated(day, cents) | {"Tran_Amt2": money(cents * (1 + chance.randrange(3)))}


def _payment(chance: Random, filing: Filing, day: date) -> Fields:
    cents = 100 + chance.randrange(chance.choice((50_000, 500_000)))
    sign = -1 if chance.random() < 0.02 else 1
    fields = draw_vendor(chance) | _dated(day, sign * cents)
    return fields | {"Tran_Amt2": "0.00", "Tran_Code": chance.choice(("", "CNS", "LIT", "OFC", "PRO"))}


def _subpayment(chance: Random, filing: Filing, day: date) -> Fields:
    fields = _payment(chance, filing, day) | {"G_From_E_F": chance.choice(("E", "F"))}
    if chance.random() < 0.2:
        fields |= {"Tran_Date": "", "Calculated_Date": filing.end.isoformat()}
    return fields


def _support(chance: Random, filing: Filing, day: date) -> Fields:
    return _payment(chance, filing, day) | draw_candidate(chance)


def _independent(chance: Random, filing: Filing, day: date) -> Fields:
    cents = 10_000 + chance.randrange(3_500_000)
    return _dated(day, cents) | draw_candidate(chance) | {"Tran_Dscr": chance.choice(PURPOSES[3:])}


def _debt(chance: Random, filing: Filing, day: date) -> Fields:
    begin, incurred, paid = (chance.choice((0, chance.randrange(400_000))) for _ in range(3))
    balances = {
        "Beg_Bal": money(begin),
        "Amt_Incur": money(incurred),
        "Amt_Paid": money(paid),
        "End_Bal": money(begin + incurred - paid),
    }
    calculated = {"Calculated_Date": filing.end.isoformat(), "Calculated_Amount": money(incurred)}
    return draw_vendor(chance) | balances | calculated


def _loan(chance: Random, filing: Filing, day: date) -> Fields:
    lent = chance.choice((0, 200_000, 500_000, 1_000_000))
    owed = lent + 500_000
    amounts = (lent, 0, owed, 0, 0, 0, 0, owed)
    loans = {f"Loan_Amt{place}": money(cents) for place, cents in enumerate(amounts, start=1)}
    dates = {"Loan_Date1": day.isoformat(), "Loan_Date2": date(day.year + 1, 6, 30).isoformat(), "Loan_Rate": "0.00"}
    return draw_person(chance) | loans | dates | {"Calculated_Date": day.isoformat(), "Calculated_Amount": money(lent)}


def _dated(day: date, cents: int) -> Fields:
    text, amount = day.isoformat(), money(cents)
    return {"Calculated_Date": text, "Tran_Date": text, "Calculated_Amount": amount, "Tran_Amt1": amount}


_BUILDERS: dict[str, tuple[str, str, Callable[[Random, Filing, date], Fields]]] = {
    "A": ("RCPT", "INC", _receipt),
    "C": ("RCPT", "NON", _receipt),
    "I": ("RCPT", "MIS", _receipt),
    "F496P3": ("RCPT", "INC", _receipt),
    "D": ("EXPN", "EDT", _support),
    "E": ("EXPN", "EXP", _payment),
    "G": ("EXPN", "PDT", _subpayment),
    "F": ("DEBT", "PAY", _debt),
    "B1": ("LOAN", "LON", _loan),
    "F496": ("S496", "EDT", _independent),
    "F497P1": ("S497", "INC", _receipt),
    "F497P2": ("S497", "EXP", _payment),
}
