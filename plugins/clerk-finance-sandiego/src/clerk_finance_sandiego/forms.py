"""Which form or schedule of the CAL format a row of eFile belongs to."""

from __future__ import annotations

import re

WITHOUT_AMOUNT_1 = ("F", "B1")

_FORM = re.compile(r"FPPC (\d{3}(?:LCR|LCM)?)", re.ASCII)
_OTHERS = {"461": "F461P5", "465": "F465P3", "497LCR": "F497P1", "497LCM": "F497P2"}
_RECEIVED_OR_MADE = {
    "496": {"RCPT": "F496P3"},
    "497": {"RCPT": "F497P1", "EXPN": "F497P2"},
}


def find_form(filing_type: str, schedule: str, tx_type: str) -> str:
    """Return the form or schedule of a row; ValueError where it cannot be told."""
    if re.match(r"F4\d\d", schedule, re.ASCII):
        return schedule
    form = read_form(filing_type)
    if form in _OTHERS:
        return _OTHERS[form]
    if form == "496":
        return _RECEIVED_OR_MADE[form].get(tx_type, "F496")
    found = _RECEIVED_OR_MADE["497"].get(tx_type) if form == "497" else schedule
    if not found:
        raise ValueError(f"{filing_type!r} with schedule {schedule!r} and tx_type {tx_type!r} is on no form")
    return found


def read_form(filing_type: str) -> str:
    """Return the form's number as a filing type tells it, such as 460 or 497LCR; blank where it tells none."""
    told = _FORM.match(filing_type)
    return told[1] if told else ""
