"""The sample objects that Oakland's volunteers published of NetFile's Campaign API, already redacted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clerk_finance_netfile.campaign import NetFileCampaign
from clerk_finance_netfile.campaign_columns import REQUIRED
from clerkcore import Aside, Parsed, Record, Rejected, Scope, Site
from clerkcore.models import Kind, Outcome
from clerkcore.testing import Bench
from clerkcore.testing.shelf import Files, parse_files

ALL = Scope("all", {})
SETTINGS = {"agency": "COAK"}


@pytest.fixture
def files(data: Path) -> dict[str, bytes]:
    """The five files as they lie there: bare lists, without the envelope of a page."""
    return {path.name: path.read_bytes() for path in sorted((data / "netfile_campaign_v101").iterdir())}


def parse(files: Files) -> list[Parsed]:
    return parse_files(NetFileCampaign(SETTINGS), ALL, files)


def test_oaklands_transaction_becomes_this_row(files: dict[str, bytes]) -> None:
    (row,) = (item.values for item in parse(files) if isinstance(item, Record) and item.table == "transactions")
    assert {name: value for name, value in row.items() if value is not None} == {
        "netfile_key": "bbb265ee-e088-4798-a7a6-aac753d12fb0",
        "filing_id": "26fe75f0-5716-4279-bebe-066eb1393fa0",
        "filer_local_id": "124085310",
        "form_type": "E",
        "tran_id": "EXP600",
        "calculated_date": "2012-07-30",
        "amount_cents": 15141,
        "tran_amt1_cents": 15141,
        "tran_amt2_cents": 111652,
        "tran_date": "2012-07-30",
        "tran_code": "OFC",
        "tran_naml": "T-Mobile",
        "tran_city": "Olympia",
        "tran_st": "WA",
        "tran_zip4": "xxx",
        "entity_cd": "OTH",
        "rec_type": "EXPN",
        "memo_code": 0,
    }


def test_everything_else_is_set_aside_or_belongs_to_no_transaction(files: dict[str, bytes]) -> None:
    parsed = parse(files)
    asides = [item.rule for item in parsed if isinstance(item, Aside)]
    assert asides.count("election") == len(json.loads(files["elections.json"]))
    assert [rule for rule in asides if rule != "election"] == ["not_a_transaction"]
    assert [item for item in parsed if isinstance(item, Rejected)] == []
    records = [(item.table, len(item.values)) for item in parsed if isinstance(item, Record)]
    assert sorted({table for table, _ in records}) == ["agencies", "filers", "filings", "transactions"]


def test_oaklands_filer_and_filing_are_read_where_a_transaction_stands_on_them(files: dict[str, bytes]) -> None:
    (element,) = json.loads(files["transactions.json"])
    element["filingNid"], element["filerNid"] = "99a560e8-13f9-4559-b6b7-4229a41b70ae", "204054957"
    moved = files | {"transactions.json": json.dumps([element]).encode()}
    records = {item.table: dict(item.values) for item in parse(moved) if isinstance(item, Record)}
    name = "ZAZABOI FOR OAKLAND CITY COUNCIL DISTRICT 6 2022; YAKPASUA"
    assert records["filings"] == {
        "filing_id": "99a560e8-13f9-4559-b6b7-4229a41b70ae",
        "filer_local_id": "204054957",
        "filer_state_id": "1449857",
        "filer_name": name,
        "form_family": "460",
        "filing_start": "2023-01-01",
        "filing_end": "2023-09-08",
        "forms": "E",
        "report_num": "000",
        "report_ref": None,
        "filed_on": "2023-09-08",
        "election_date": None,
        "amends_filing_id": None,
    }
    assert records["filers"] == {
        "filer_local_id": "204054957",
        "filer_state_id": "1449857",
        "filer_name": name,
        "committee_type": "Candidate or Officeholder",
        "candidate_name": "Zazaboi, Yakpasua",
    }
    assert records["transactions"]["filer_state_id"] == "1449857"


def test_every_field_of_a_real_transaction_is_read_or_left_out_on_purpose(files: dict[str, bytes]) -> None:
    (element,) = json.loads(files["transactions.json"])
    addresses = {f"{who}Adr{line}" for who in ("tran", "tres", "intr") for line in (1, 2)}
    outer = {"amountType", "calTransactionType", "isItemized", "sequenceId", "splits", "publicNotes"}
    assert set(element["transaction"]) - set(REQUIRED) == {*addresses, *outer, "latitude", "longitude"}


def test_the_files_are_loaded_as_they_lie_there(files: dict[str, bytes], tmp_path: Path) -> None:
    site = Site("oakland.ca", "Oakland", "CA", Kind.CITY)
    result = Bench(tmp_path, NetFileCampaign(SETTINGS), ALL, site).load(files)
    assert (result.outcome, result.counts.added, result.counts.quarantined) == (Outcome.CHANGED, 1, 0)
    assert result.counts.aside == len(json.loads(files["elections.json"])) + 1
