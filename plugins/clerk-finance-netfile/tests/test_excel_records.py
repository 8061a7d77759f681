"""What becomes of whole sheets of the Excel export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from clerkcore import Parsed

sys.path.insert(0, str(Path(__file__).parent))

from excel_reading import BOOK, parse, pick
from excel_samples import make_csv, make_sheets, make_workbook

PARK = {
    "filer_local_id": "9946101",
    "filer_state_id": "9946101",
    "filer_name": 'Committee for "Fictional" Parks, Café Ejemplo',
}
PERIOD = {"filing_start": "2026-01-01", "filing_end": "2026-06-30"}
PERIODIC = PARK | PERIOD | {"filing_id": "9946101-460-20260101-20260630-000"}
EXPECTED: dict[str, dict[str, Any]] = {
    "DEMO1": PERIODIC
    | {
        "form_type": "A",
        "tran_id": "DEMO1",
        "transaction_type": 0,
        "rec_type": "RCPT",
        "entity_cd": "IND",
        "tran_naml": "Exampleby",
        "tran_namf": "Zoë 1",
        "tran_city": "Demo Beach",
        "tran_st": "CA",
        "tran_zip4": "00410",
        "tran_occ": "Tester",
        "tran_self": 0,
        "intr_self": 0,
        "tran_date": "2026-02-01",
        "calculated_date": "2026-02-01",
        "tran_amt1_cents": 10025,
        "tran_amt2_cents": 10025,
        "amount_cents": 10025,
    },
    "DEMO10": PERIODIC
    | {
        "filing_id": "9946101-461-20260101-20260630-000",
        "form_type": "F461P5",
        "tran_id": "DEMO10",
        "rec_type": "EXPN",
        "entity_cd": "OTH",
        "tran_naml": 'Signs "R" Simulated',
        "tran_city": "Sampleville",
        "tran_code": "CMP",
        "tran_date": "2026-03-10",
        "calculated_date": "2026-03-10",
        "tran_amt1_cents": 6000,
        "tran_amt2_cents": 6000,
        "amount_cents": 6000,
    },
    "DEMO12": PERIODIC
    | {
        "form_type": "G",
        "tran_id": "DEMO12",
        "transaction_type": 7,
        "rec_type": "EXPN",
        "entity_cd": "OTH",
        "tran_naml": 'Signs "R" Simulated',
        "tran_city": "Sampleville",
        "tran_code": "CMP",
        "tran_date": "2026-03-12",
        "calculated_date": "2026-03-12",
        "tran_amt1_cents": 2000,
        "tran_amt2_cents": 2000,
        "amount_cents": 2000,
        "agent_naml": "Agent",
        "g_from_e_f": "E",
        "bakref_tid": "DEMO13",
    },
    "DEMO14": PERIODIC
    | {
        "form_type": "E",
        "tran_id": "DEMO14",
        "transaction_type": 6,
        "rec_type": "EXPN",
        "entity_cd": "OTH",
        "tran_naml": 'Signs "R" Simulated',
        "tran_city": "Sampleville",
        "tran_code": "CMP",
        "calculated_date": "2026-06-30",
        "tran_amt1_cents": 20,
        "tran_amt2_cents": 20,
        "amount_cents": 20,
    },
    "DEMO15": PERIODIC
    | {
        "form_type": "F",
        "tran_id": "DEMO15",
        "transaction_type": 11,
        "rec_type": "DEBT",
        "calculated_date": "2026-06-30",
        "amount_cents": 500,
        "beg_bal_cents": 1000,
        "amt_incur_cents": 500,
        "amt_paid_cents": 300,
        "end_bal_cents": 1200,
    },
    "DEMO18": PERIODIC
    | {
        "form_type": "B2",
        "tran_id": "DEMO18",
        "rec_type": "LOAN",
        "entity_cd": "IND",
        "tran_naml": "Lender",
        "tran_namf": "Lou",
        "tran_self": 1,
        "lender_name": "Bank of Nowhere",
        "loan_date1": "2026-01-05",
        "loan_date2": "2026-12-31",
        "loan_rate": "0.00",
        "calculated_date": "2026-01-05",
        "amount_cents": 10000,
        **{f"loan_amt{n}_cents": n * 10000 for n in range(1, 9)},
    },
}
LATE_CONTRIBUTION = PARK | {
    "filing_id": "9946101-497-20261020-000-10~2F20~2F26-1",
    "form_type": "F497P1",
    "tran_id": "DEMO1",
    "transaction_type": 20,
    "rec_type": "S497",
    "entity_cd": "COM",
    "tran_naml": "Invented Unity PAC",
    "tran_city": "Sampleville",
    "tran_date": "2026-10-01",
    "calculated_date": "2026-10-01",
    "tran_amt1_cents": 50000,
    "amount_cents": 50000,
}
LATE_EXPENDITURE = PARK | {
    "filing_id": "9946101-496-20261020-000-LCR-1",
    "form_type": "F496",
    "tran_id": "DEMO2",
    "transaction_type": 19,
    "rec_type": "S496",
    "tran_dscr": "Mailer",
    "cand_naml": "Demoson",
    "cand_namf": "Zoë",
    "office_cd": "CCM",
    "sup_opp_cd": "S",
    "tran_date": "2026-10-02",
    "calculated_date": "2026-10-02",
    "tran_amt1_cents": 9999,
    "amount_cents": 9999,
}


@pytest.fixture(scope="module")
def whole() -> list[Parsed]:
    return parse({BOOK: make_workbook()})


@pytest.mark.parametrize("tran_id", EXPECTED)
def test_a_row_of_each_layout_becomes_this_transaction(whole: list[Parsed], tran_id: str) -> None:
    form = EXPECTED[tran_id]["form_type"]
    filing = EXPECTED[tran_id]["filing_id"]
    rows = pick(whole, "transactions")
    assert [r for r in rows if (r["tran_id"], r["form_type"], r["filing_id"]) == (tran_id, form, filing)] == [
        EXPECTED[tran_id]
    ]


@pytest.mark.parametrize("expected", [LATE_CONTRIBUTION, LATE_EXPENDITURE], ids=["497", "496"])
def test_a_late_report_has_the_filers_own_number_in_its_name(whole: list[Parsed], expected: dict[str, Any]) -> None:
    rows = pick(whole, "transactions")
    assert [r for r in rows if (r["form_type"], r["tran_id"]) == (expected["form_type"], expected["tran_id"])] == [
        expected
    ]


def test_a_summary_line_becomes_this_row(whole: list[Parsed]) -> None:
    assert pick(whole, "summary_lines")[4] == PERIODIC | {
        "form_type": "F460",
        "line_item": "5",
        "amount_a_cents": 130250,
        "amount_b_cents": 130250,
    }


def test_filings_tell_their_version_days_and_what_they_replace(whole: list[Parsed]) -> None:
    common = {
        "filer_local_id": "9946101",
        "filer_state_id": "9946101",
        "filer_name": PARK["filer_name"],
        "election_date": "2026-11-03",
    }
    amendment = (
        common
        | PERIOD
        | {
            "filing_id": "9946101-460-20260101-20260630-001",
            "form_family": "460",
            "forms": "A",
            "report_num": "001",
            "filed_on": "2026-09-01",
            "amends_filing_id": "9946101-460-20260101-20260630-000",
        }
    )
    late = {
        "filing_id": "9946101-497-20261020-000-10~2F20~2F26-1",
        "filer_local_id": "9946101",
        "filer_state_id": "9946101",
        "filer_name": PARK["filer_name"],
        "form_family": "497",
        "forms": "F497P1,F497P2",
        "report_num": "000",
        "report_ref": "10/20/26-1",
        "filed_on": "2026-10-20",
    }
    filings = {filing["filing_id"]: filing for filing in pick(whole, "filings")}
    assert filings[amendment["filing_id"]] == amendment
    assert filings[late["filing_id"]] == late
    assert sorted(filings) == [
        "9946101-460-20260101-20260630-000",
        "9946101-460-20260101-20260630-001",
        "9946101-461-20260101-20260630-000",
        "9946101-465-20260101-20260630-000",
        "9946101-496-20261020-000",
        "9946101-496-20261020-000-LCR-1",
        "9946101-497-20261020-000-10~2F20~2F26-1",
        "noid_zoe_demoson_for_council_2026_548e0868-460-20260101-20260630-000",
    ]


def test_a_filer_whose_number_is_pending_is_known_by_its_name(whole: list[Parsed]) -> None:
    assert pick(whole, "filers") == [
        PARK | {"committee_type": "RCP"},
        {
            "filer_local_id": "noid_zoe_demoson_for_council_2026_548e0868",
            "filer_state_id": "Pending",
            "filer_name": "Zoë Demoson for Council 2026",
            "committee_type": "CTL",
        },
    ]


def test_the_memo_number_that_loans_hold_in_memo_code_is_moved(whole: list[Parsed]) -> None:
    loans = [r for r in pick(whole, "transactions") if r["form_type"] == "B1"]
    assert [(r["tran_id"], r.get("memo_code"), r.get("memo_refno")) for r in loans] == [
        ("DEMO16", None, "PAY9"),
        ("DEMO17", None, None),
    ]


def test_a_csv_gives_the_rows_of_its_sheet(whole: list[Parsed]) -> None:
    for title, form in (("A-Contributions", {"A"}), ("497", {"F497P1", "F497P2"}), ("B2-Loans", {"B2"})):
        parsed = parse({"some name.csv": make_csv(title, make_sheets()[title])})
        expected = [r for r in pick(whole, "transactions") if r["form_type"] in form]
        assert pick(parsed, "transactions") == expected
