"""The committed samples are what is written here; `python test_sandiego_samples.py` writes them anew.

Every name, number and amount is invented.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

SAMPLES = Path(__file__).parent / "samples"
PAGE_SIZE = 12
Row = dict[str, Any]

COUNCIL, CAFE, PARKS = "Demo for Council 2026", "Café Ejemplo Committee", "Committee for Fictional Parks"
STATE_IDS = {COUNCIL: "9960001", CAFE: "Pending", PARKS: "9960003"}

# Number, filer, type, day filed, version, what it amends.
FILINGS = (
    (1, COUNCIL, "FPPC 460; campaign semi-annual", "07/31/2026", 0, None),
    (2, COUNCIL, "FPPC 460; campaign semi-annual", "08/20/2026", 1, 1),
    (3, CAFE, "FPPC 460; semi-annual", "07/30/2026", 0, None),
    (4, PARKS, "FPPC 497LCR", "05/21/2026", 0, None),
    (5, PARKS, "FPPC 497LCM", "05/22/2026", 0, None),
    (6, PARKS, "FPPC 496", "05/23/2026", 0, None),
    (7, CAFE, "FPPC 460; semi-annual", "09/01/2026", 1, 3),
    (8, CAFE, "FPPC 410", "01/05/2026", 0, None),
)

# Filing, schedule, kind, id, day, amount, other party, intermediary, code.
TRANSACTIONS = (
    (1, "A", "RCPT", "INC1", "01/15/2026", "$250", "Zoë Q. Exampleby", "", None),
    (1, "A", "RCPT", "INC2", "02/16/2026", "-$300", "Bo Samplewell", "Made-up Pay", None),
    (1, "E", "EXPN", "EXP1", "03/17/2026", "$10,000", "Signs of Fiction LLC", None, "CMP"),
    (1, "F", "DEBT", "PAY1", "04/18/2026", "$0", "Mock & Mock  LLP", None, "PRO"),
    (2, "A", "RCPT", "INC1", "01/15/2026", "$250", "Zoë Q. Exampleby", "", None),
    (2, "A", "RCPT", "INC2", "02/16/2026", "-$300", "Bo Samplewell", "Made-up Pay", None),
    (2, "E", "EXPN", "EXP1", "03/17/2026", "$10,500", "Signs of Fiction LLC", None, "CMP"),
    (2, "F", "DEBT", "PAY1", "04/18/2026", "$0", "Mock & Mock  LLP", None, "PRO"),
    (2, "A", "RCPT", "INC3", "06/30/2026", "$99", "Lu Pretendez", None, None),
    (3, "A", "RCPT", "A-1", "01/09/2026", "$100", "Ann Demoson", "", None),
    (3, "B1", "LOAN", "B-1", "01/10/2026", "$5,000", "Cy Imaginary", None, None),
    (3, "C", "RCPT", "C-1", "02/11/2026", "$75.50", "Fake Bakery", None, None),
    (3, "D", "EXPN", "PDT1", "02/12/2026", "$60", "Demo for Council 2026", None, "MON"),
    (3, "G", "EXPN", "PDT1", "02/12/2026", "$61", "Illusory Print", None, "food & drinks"),
    (3, "I", "RCPT", "I-1", "03/13/2026", "$12", "Not A Bank", None, None),
    (4, "A", "RCPT", "LCR1", "05/20/2026", "$1,500", "Di Nowhere", None, None),
    (4, "A", "RCPT", "LCR2", "05/20/2026", "$2,500", "Ed Unreal", None, None),
    (5, "D", "EXPN", "LCM1", "05/21/2026", "$4,000", "Demo for Council 2026", None, None),
    (6, "", "EXPN", "IE1", "05/22/2026", "$12,345", "Invented Mailers", None, "LIT"),
    (6, "", "RCPT", "IE2", "05/22/2026", "$700", "Flo Fabrica", None, None),
)


def make_id(number: int) -> str:
    return str(uuid5(NAMESPACE_DNS, f"filing-{number}.example.org"))


def make_filing(number: int, filer: str, kind: str, filed: str, version: int, amends: int | None) -> Row:
    periodic = kind.startswith("FPPC 460")
    own, first, before = make_id(number), make_id(amends or number), make_id(amends or 0)
    return {
        "filing_id": own,
        "filing_date": filed,
        "doc_public": f"Ext_{own}",
        "form": None,
        "filing_type": kind,
        "period_start": "2026-01-01" if periodic else None,
        "period_end": "2026-06-30" if periodic else None,
        "amendment": bool(amends),
        "amends_orig_id": {"orig_id": first, "human_id": first[:8]} if amends else own,
        "amends_prev_id": {"prev_id": before, "human_id": before[:8]} if amends else None,
        "amendment_number": version,
        "e_filing_id": f"39990000{number}",
        "state_id": STATE_IDS[filer],
        "entity_name": filer,
        "filing_subtypes": None,
        "amendment_type": version or "Orig.",
        "covers_period": "",
    }


def make_transaction(
    number: int,
    schedule: str,
    kind: str,
    tran_id: str,
    day: str,
    amount: str,
    name: str,
    through: str | None,
    code: str | None,
) -> Row:
    filing = {own: (filer, type_.partition(";")[0]) for own, filer, type_, *_ in FILINGS}[number]
    return {
        "filer_name": filing[0].upper() if number == 2 else filing[0],
        "doc_public": f"Ext_{make_id(number)}",
        "e_filing_id": f"39990000{number}",
        "tran_id": tran_id,
        "transaction_date": day,
        "amount": amount,
        "tx_type": kind,
        "schedule": schedule,
        "filing_id": make_id(number),
        "filing_type": filing[1],
        "name": name,
        "intr_name": through,
        "city": "Sampleville",
        "state": "CA",
        "zip": "00100-0001",
        "spending_code": code,
        "employer": "None" if kind == "RCPT" else None,
        "occupation": "Consultant" if kind == "RCPT" else None,
    }


def make_page(rows: list[Row], number: int) -> Row:
    return {
        "success": True,
        "data": rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE],
        "page_number": str(number),
        "page_size": PAGE_SIZE,
        "total_count": len(rows),
        "total_pages": -(-len(rows) // PAGE_SIZE),
    }


def write_samples(folder: Path) -> None:
    """Write every sample below a folder: 20 transactions on two pages with 8 filings, and as a bare list."""
    rows = [make_transaction(*told) for told in TRANSACTIONS]
    documents: dict[str, object] = {
        "pages/filings.json": {"success": True, "data": [make_filing(*told) for told in FILINGS]},
        "pages/transactions-1.json": make_page(rows, 1),
        "pages/transactions-2.json": make_page(rows, 2),
        "bare/transactions.json": rows,
        "earlier/transactions.json": [row for row in rows if row["filing_id"] != make_id(2)],
    }
    for name, document in documents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_samples_are_what_is_written_here(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert read_tree(SAMPLES) == read_tree(tmp_path)


if __name__ == "__main__":
    write_samples(SAMPLES)
