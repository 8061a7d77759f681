"""The forms of California's Political Reform Act, by the codes of the CAL format."""

from __future__ import annotations

LATE_FAMILIES = ("496", "497")
PERIODIC = "460"

# NetFile Connect2's numbers, which the column transaction_type holds; it has none for the other forms.
TRANSACTION_TYPES = {
    "A": 0,
    "C": 1,
    "I": 2,
    "F496P3": 4,
    "D": 5,
    "E": 6,
    "G": 7,
    "F": 11,
    "B1": 12,
    "F496": 19,
    "F497P1": 20,
    "F497P2": 21,
}

# A filing of these schedules is a Form 460; the others carry their form's number.
_FAMILIES = {"F496": "496", "F496P3": "496", "F497P1": "497", "F497P2": "497", "F461P5": "461", "F465P3": "465"}


def form_family(form_type: str | None) -> str:
    """Return the form that a schedule belongs to: "460" for A, E ..., "497" for F497P1.

    Source: CAL Format 2.01, record types RCPT, EXPN, DEBT, LOAN, S496, S497 and their form types.
    """
    return _FAMILIES.get(form_type or "", PERIODIC)
