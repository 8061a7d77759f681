"""From a capture of the Campaign API to rows; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clerk_finance_netfile.campaign_columns import EMPTY, FIELDS, REQUIRED, name_form
from clerk_finance_netfile.campaign_filings import Registers, Unfit, plain
from clerk_finance_netfile.campaign_pages import Kind, Paging, Sheet, read_page, require_fields
from clerk_finance_netfile.columns import Field
from clerkcore import Aside, Capture, Location, Page, Parsed, Record, Value
from clerkcore.finance import with_filings
from clerkcore.parsing import read_text

TRANSACTION, ACTIVE = "Transaction", "Active"
NOT_A_TRANSACTION, INACTIVE, ELECTION = "not_a_transaction", "inactive_element", "election"
_ALWAYS = ("elementNid", "elementClassification", "filingNid", "filerNid")
_OF_TRANSACTIONS = ("elementStatus", "calTransactionType", "transaction")
# What is kept of an element set aside: no name and no address.
_EVIDENCE = {
    "elementNid": "netfile_key",
    "filingNid": "filing_id",
    "filerNid": "filer_local_id",
    "elementClassification": "classification",
    "elementStatus": "status",
    "elementType": "element_type",
    "transactionId": "tran_id",
    "calculatedDate": "calculated_date",
    "calculatedAmount": "calculated_amount",
}


def parse_capture(capture: Capture, agency: str = "") -> Iterator[Parsed]:
    """Yield transactions as they stand, what is set aside, then the filers and filings they belong to."""
    yield from with_filings(_parse_pages(capture, agency))


def _parse_pages(capture: Capture, agency: str) -> Iterator[Parsed]:
    paging, registers = Paging(), Registers()
    elements: list[Page] = []
    for page in capture.pages:
        sheet = read_page(page)
        paging.add(sheet)
        if sheet.kind is Kind.ELEMENTS:
            # They are read once the filings are known, since pages may come in any order.
            elements.append(page)
        elif sheet.kind is Kind.ELECTIONS:
            yield from _set_elections_aside(sheet)
        else:
            registers.take(sheet)
    paging.check()
    registers.check_agency(agency)
    for page in elements:
        for at, result in read_page(page).number():
            yield read_element(result, at, registers)
    yield from registers.records()


def _set_elections_aside(sheet: Sheet) -> Iterator[Parsed]:
    for at, result in sheet.number():
        known = result if isinstance(result, dict) else {}
        kept = {name: str(known.get(name) or "") for name in ("electionNid", "electionDate", "electionCaption")}
        yield Aside(ELECTION, kept, at)


def read_element(result: Any, at: Location, registers: Registers) -> Parsed:
    """Return what becomes of one transaction element: a row, one set aside, or one that cannot be read."""
    try:
        if not isinstance(result, dict):
            raise Unfit("not_a_record", "the result is not an object")
        require_fields(result, _ALWAYS, at)
        facts = {column: plain(result.get(name), name, column) for name, column in _EVIDENCE.items()}
        if facts["classification"] != TRANSACTION:
            return _set_aside(NOT_A_TRANSACTION, facts, at)
        require_fields(result, _OF_TRANSACTIONS, at)
        if facts["status"] != ACTIVE:
            return _set_aside(INACTIVE, facts, at)
        return _read_transaction(result, facts, at, registers)
    except Unfit as unfit:
        return unfit.reject(at)


def _set_aside(rule: str, facts: dict[str, str], at: Location) -> Aside:
    return Aside(rule, {name: text or None for name, text in facts.items()}, at)


def _read_transaction(result: dict[str, Any], facts: dict[str, str], at: Location, registers: Registers) -> Record:
    detail = result["transaction"]
    if not isinstance(detail, dict):
        raise Unfit("not_an_object", "transaction is not an object")
    require_fields(detail, REQUIRED, at)
    own = {name: read_text(facts[name]) for name in ("netfile_key", "filing_id", "filer_local_id")}
    filing, filer = own["filing_id"] or "", own["filer_local_id"] or ""
    values = EMPTY | registers.stand(filing, filer) | own
    for field in FIELDS:
        # Most are null, which is what they are here already.
        if detail[field.name] is not None:
            values[field.column] = _read_field(field, detail)
    values["tran_id"] = values["tran_id"] or read_text(facts["tran_id"])
    values["form_type"] = _read_form(result, detail)
    registers.note(filing, filer)
    return Record("transactions", values, at)


def _read_field(field: Field, detail: dict[str, Any]) -> Value:
    text = plain(detail[field.name], field.name, field.column)
    try:
        return field.read(text)
    except ValueError as error:
        raise Unfit(f"bad_{field.column}", str(error), field.column, text) from error


def _read_form(result: dict[str, Any], detail: dict[str, Any]) -> str | None:
    cal_type = plain(result["calTransactionType"], "calTransactionType", "form_type").strip()
    return name_form(cal_type, plain(detail["formType"], "formType", "form_type"))
