"""NetFile's Campaign API v101: transaction elements, filings, filers and elections, page by page in its envelope."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from clerk_demo.campaign_filings import (
    Item,
    name_activity,
    name_filer,
    name_filing,
    write_election,
    write_filer,
    write_filing,
)
from clerk_demo.connect2 import BLANK, COLUMNS, json_value
from clerk_demo.draws import make_uuid
from clerk_demo.history import Filing
from clerk_demo.people import Fields
from clerk_demo.shelves import Shelf
from clerk_demo.worlds import World

MAX_LIMIT = 1000

_FIELDS = """
    amountType amtIncur amtPaid bakRefTID balJuris balName balNum begBal calculatedAmount calculatedDate candNamF
    candNamL candNamS candNamT cmteId distNo elecDate endBal entityCd externalId formType gFromEF intCmteId intRate
    intrAdr1 intrAdr2 intrCity intrEmp intrNamF intrNamL intrNamS intrNamT intrOcc intrSelf intrST intrZip4 jurisCd
    jurisDscr latitude lenderName loanAmt1 loanAmt2 loanAmt3 loanAmt4 loanAmt5 loanAmt6 loanAmt7 loanAmt8 loanDate1
    loanDate2 loanRate longitude memoCode memoRefNo offSHCd officeCd officeDscr recType sequenceId supOppCd tranAdr1
    tranAdr2 tranAmt1 tranAmt2 tranChkNo tranCity tranCode tranDate tranDate1 tranDscr tranEmp tranId tranNamF
    tranNamL tranNamS tranNamT tranOcc tranSelf tranST tranType tranZip4 calTransactionType tresAdr1 tresAdr2
    tresCity tresNamF tresNamL tresNamS tresNamT tresST tresZip4 xrefMatch isItemized xrefSchNum splits publicNotes
"""
FIELDS = tuple(_FIELDS.split())
_COLUMNS = {column.replace("_", "").lower(): column for column in COLUMNS}
# What no column of Connect2 says, or what the API says otherwise.
_GIVEN: Item = {
    "amountType": "NotApplicable",
    "calTransactionType": "",
    "isItemized": True,
    "latitude": None,
    "longitude": None,
    "publicNotes": [],
    "sequenceId": None,
    "splits": [],
}


class Campaign:
    """The API's answers about one world on a day: every version of every report, which its filing tells apart."""

    def __init__(self, world: World, day: int) -> None:
        self._world = world
        self._shelf = Shelf(world.versions(day))

    def elements_page(self, offset: int, limit: int, filing_nid: str = "") -> bytes:
        """Return a page of transaction elements, of all filings or of one."""
        shelf = self._shelf
        if filing_nid:
            shelf = Shelf([one for one in shelf.filings if name_filing(one) == filing_nid])
        results = []
        for filing, first, last in shelf.cut(offset, offset + limit):
            rows = self._world.filing_fields(filing, self._world.rows(filing)[first:last])
            results += [_write_element(filing, row, place) for place, row in enumerate(rows, first)]
        return _wrap(results, shelf.count, offset, limit)

    def filings_page(self, offset: int, limit: int) -> bytes:
        """Return a page of filings, amendments after what they amend."""
        filings = self._shelf.filings
        page = [write_filing(self._world, filing) for filing in filings[offset : offset + limit]]
        return _wrap(page, len(filings), offset, limit)

    def filers_page(self, offset: int, limit: int) -> bytes:
        """Return a page of filers."""
        filers = self._world.committees
        page = [write_filer(self._world, committee) for committee in filers[offset : offset + limit]]
        return _wrap(page, len(filers), offset, limit)

    def elections_page(self, offset: int, limit: int) -> bytes:
        """Return a page of elections; there is one."""
        elections = [write_election(self._world)]
        return _wrap(elections[offset : offset + limit], len(elections), offset, limit)


def _wrap(results: Sequence[Item], total: int, offset: int, limit: int) -> bytes:
    envelope = {
        "results": results,
        "totalCount": total,
        "count": len(results),
        "hasNextPage": offset + len(results) < total and bool(results),
        "pageNumber": offset // limit + 1,
        "limit": limit,
        "offset": offset,
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


def _write_element(filing: Filing, fields: Fields, place: int) -> Item:
    row = BLANK | fields
    key = fields["NetFileKey"]
    kind = name_element(fields["Form_Type"])
    amount = json_value("Calculated_Amount", row["Calculated_Amount"])
    return {
        "elementNid": make_uuid("element", key),
        "visibilityLevel": "Public",
        "creationDate": f"{filing.filed}T09:00:00.000-08:00",
        "writeDate": f"{filing.filed}T09:00:00.000-08:00",
        "elementStatus": "Active",
        "revisionNid": make_uuid("revision", key),
        "revisionNumber": 1,
        "elementModelNid": make_uuid("model", key),
        "elementClassification": "Transaction",
        "elementType": kind,
        "filingNid": name_filing(filing),
        "filerNid": name_filer(filing.report.committee),
        "filingActivityNid": make_uuid("activity", filing.filing_id),
        "elementActivityNid": make_uuid("element activity", key),
        "filingActivityType": name_activity(filing),
        "publishSequence": filing.number * 10_000 + place,
        "transactionId": row["Tran_Id"],
        "calTransactionType": kind,
        "calculatedDate": row["Calculated_Date"] or None,
        "isItemized": True,
        "calculatedAmount": amount,
        "allNames": " ".join(filter(None, (row["Tran_NamF"], row["Tran_NamL"]))),
        "occupation": row["Tran_Occ"] or None,
        "employer": row["Tran_Emp"] or None,
        "addresses": [_write_address(key, row)] if row["Tran_City"] else [],
        "transaction": {name: _write_field(name, row, kind) for name in FIELDS},
    }


def name_element(form: str) -> str:
    """Return the element type of a schedule: F460A, but F497P1."""
    return form if form.startswith("F4") else f"F460{form}"


def _write_address(key: str, row: Fields) -> Item:
    return {
        "id": make_uuid("address", key),
        "line1": None,
        "line2": None,
        "city": row["Tran_City"],
        "state": row["Tran_ST"],
        "zip": row["Tran_Zip4"],
        "addressType": "Contributor",
        "geocodeStatus": "NotGeocoded",
        "latitude": None,
        "longitude": None,
        "links": [],
    }


def _write_field(name: str, row: Fields, kind: str) -> Any:
    column = _COLUMNS.get(name.lower())
    if name in _GIVEN or column is None:
        return kind if name == "calTransactionType" else _GIVEN[name]
    value = json_value(column, row[column])
    return None if value == "" else value
