"""Invented pages of the Campaign API, as it sends them; `python campaign_samples.py` writes the committed ones anew."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from clerk_finance_netfile.campaign_columns import REQUIRED

Record = dict[str, Any]
SAMPLES = Path(__file__).parent / "samples" / "campaign"
AID = "DEMOC"
STREET, PHONE, MAIL = "1 Invented Street", "555-0100", "nobody@example.org"
ADDRESS = {"addressTypes": "Mailing", "line1": STREET, "line2": "", "city": "Sampleville", "state": "CA"}
LINES = ("tranAdr1", "tranAdr2", "intrAdr1", "intrAdr2", "tresAdr1", "tresAdr2", "latitude", "longitude")


def make_filer(number: int, **changes: Any) -> Record:
    """One filer of the filers endpoint."""
    return {
        "filerNid": f"90000{number}",
        "visibilityLevel": "Public",
        "filerName": f"Committee {number} for Café Ejemplo",
        "candidateName": f"Demoson, Zoë {number}",
        "aid": AID,
        "isTerminated": False,
        "committeeTypes": ["Candidate or Officeholder"],
        "addressList": [ADDRESS],
        "phoneList": [{"phoneType": "Other", "number": PHONE}],
        "emailList": [{"address": MAIL, "emailType": "Other"}],
        "registrations": {"CA SOS": f"994610{number}"},
        "electionInfluences": [{"electionDate": "2026-11-03", "startDate": "2026-01-01", "endDate": None}],
        **changes,
    }


def make_filing(number: int, filer: int, form: str = "FPPC460", root: str = "", **meta: Any) -> Record:
    """One filing of the filings endpoint; `meta` changes what its filingMeta says."""
    return {
        "apiVersion": "V101",
        "filingNid": f"filing-{number}",
        "filingVersion": 1,
        "originalFilingId": root or f"20000{number}",
        "specificationRef": {"org": "CAL", "name": form, "version": "2.0"},
        "filingMeta": {
            "issuedFilingId": f"20000{number}",
            "legalFilingDate": f"2026-07-{number + 10}",
            "startDate": None if form == "FPPC497" else "2026-01-01",
            "endDate": None if form == "FPPC497" else "2026-06-30",
            "amendmentType": "None",
            "amendmentSequence": None,
            "strings": {"SAN": None},
            **meta,
        },
        "filerMeta": {
            "filerId": f"90000{filer}",
            "commonName": f"Committee {filer}, as filed",
            "phoneList": [{"phoneType": "Other", "number": PHONE}],
            "addressList": [ADDRESS],
            "strings": {"Registration_CA SOS": f"994610{filer}"},
        },
        "agencyMeta": {"aid": AID},
    }


def make_element(number: int, filing: int, filer: int, cal_type: str = "F460A", **changes: Any) -> Record:
    """One transaction element; a change that names a field of its transaction goes there."""
    inner = {name: value for name, value in changes.items() if name in (*REQUIRED, *LINES)}
    outer = {name: value for name, value in changes.items() if name not in inner}
    detail: Record = dict.fromkeys((*REQUIRED, *LINES)) | {
        "calTransactionType": cal_type,
        "amountType": "NotApplicable",
        "formType": cal_type.removeprefix("F460"),
        "recType": "RCPT",
        "tranId": f"INC{number}",
        "entityCd": "IND",
        "tranNamL": "Exampleby",
        "tranNamF": f"Zoë {number}",
        "tranAdr1": STREET,
        "tranCity": "Demo Beach",
        "tranST": "CA",
        "tranZip4": "00410",
        "calculatedDate": f"2026-02-{number:02}",
        "calculatedAmount": 100 + number / 4,
        "tranAmt1": 100 + number / 4,
        "tranDate": f"2026-02-{number:02}",
        "memoCode": False,
    }
    return {
        "elementNid": f"element-{number}",
        "elementStatus": "Active",
        "revisionNid": f"revision-{number}",
        "elementClassification": "Transaction",
        "elementType": cal_type,
        "filingNid": f"filing-{filing}",
        "filerNid": f"90000{filer}",
        "transactionId": f"INC{number}",
        "calTransactionType": cal_type,
        "calculatedDate": f"2026-02-{number:02}",
        "calculatedAmount": 100 + number / 4,
        "allNames": f"Exampleby, Zoë {number}",
        "addresses": [{"line1": STREET, "city": "Demo Beach", "state": "CA", "latitude": "0"}],
        **outer,
        "transaction": outer.get("transaction", detail | inner),
    }


def make_record() -> dict[str, list[Record]]:
    """The whole record of a small agency: an amended filing, a late report, and two elements that are no rows."""
    amendment: Record = {"root": "200000", "amendmentType": "Amendment", "amendmentSequence": 1}
    filings = [
        make_filing(0, 1),
        make_filing(1, 1, **amendment),
        make_filing(2, 2),
        make_filing(3, 3, "FPPC497"),
        make_filing(4, 3),
    ]
    elements = [
        make_element(1, 0, 1, elementStatus="Inactive"),
        make_element(2, 1, 1, tranSelf=True),
        make_element(3, 1, 1, "F460E", tranCode="OFC", tranNamF=None),
        make_element(4, 2, 2, loanAmt1=0.29, loanRate=5.5),
        make_element(5, 2, 2, "F460B1", tranAmt1=None),
        make_element(6, 2, 2, "F460C", tranDscr='Mailer, "second drop"'),
        make_element(7, 2, 2, "F460D", calculatedAmount=-12.5),
        make_element(8, 3, 3, "F497P1"),
        make_element(9, 3, 3, "F497P1", tranZip4="00410-0001"),
        make_element(10, 4, 3, "F460ALine2", elementClassification="UnItemizedTransaction"),
        make_element(11, 4, 3, "F460F", begBal=1000, endBal=1250.75),
        make_element(12, 4, 3, calculatedAmount=1234567.89),
    ]
    return {"filers": [make_filer(number) for number in (1, 2, 3)], "filings": filings, "elements": elements}


def make_page(results: Sequence[Any], offset: int = 0, total: int | None = None, limit: int = 1000) -> Record:
    """Results in their envelope."""
    end = offset + len(results)
    total = end if total is None else total
    return {
        "results": list(results),
        "count": len(results),
        "totalCount": total,
        "hasNextPage": end < total,
        "hasPreviousPage": offset > 0,
        "pageNumber": offset // limit + 1,
        "limit": limit,
        "offset": offset,
    }


def cut_pages(results: Sequence[Any], limit: int) -> Iterator[Record]:
    """Yield results as the pages of an endpoint; one without records where there are none."""
    for offset in range(0, max(len(results), 1), limit):
        yield make_page(results[offset : offset + limit], offset, len(results), limit)


def render(document: Any) -> bytes:
    """Return a document as bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def render_record(record: dict[str, list[Record]], limit: int = 1000) -> dict[str, bytes]:
    """Return the pages of a record by name, as fetch keeps them."""
    return {
        f"{name}-{number:04}.json": render(page)
        for name, results in record.items()
        for number, page in enumerate(cut_pages(results, limit))
    }


def write_samples(folder: Path) -> None:
    """Write the committed samples: pages of eight, so that there are two of elements."""
    for name, body in render_record(make_record(), 8).items():
        (folder / name).write_bytes(body)


if __name__ == "__main__":
    write_samples(SAMPLES)
