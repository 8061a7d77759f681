"""What becomes of the records of files that an operator saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_finance_sandiego.forms import find_form
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
Rows = list[dict[str, Any]]
ReadTable = Callable[..., Rows]
SAMPLES = Path(__file__).parent / "samples"
BARE = SAMPLES / "bare" / "transactions.json"
SCOPE = {"source": "sandiego_efile", "scope": "2026"}
PLACE = {"tran_city": "Sampleville", "tran_st": "CA", "tran_zip4": "00100-0001"}
CONTRIBUTION = SCOPE | {
    "form_type": "A",
    "tran_id": "INC2",
    "calculated_date": "2026-02-16",
    "amount_cents": -30000,
    "filer_local_id": "9960001",
    "filer_state_id": "9960001",
    "filer_name": "Demo for Council 2026",
    "filing_start": "2026-01-01",
    "filing_end": "2026-06-30",
    "tran_naml": "Bo Samplewell",
    "tran_emp": "None",
    "tran_occ": "Consultant",
    "tran_date": "2026-02-16",
    "tran_amt1_cents": -30000,
    "transaction_type": 0,
    "rec_type": "RCPT",
    "intr_naml": "Made-up Pay",
    **PLACE,
}
DEBT = SCOPE | {
    "form_type": "F",
    "tran_id": "PAY1",
    "calculated_date": "2026-04-18",
    "amount_cents": 0,
    "filer_local_id": "9960001",
    "filer_state_id": "9960001",
    "filer_name": "Demo for Council 2026",
    "filing_start": "2026-01-01",
    "filing_end": "2026-06-30",
    "tran_naml": "Mock & Mock  LLP",
    "tran_code": "PRO",
    "tran_date": "2026-04-18",
    "transaction_type": 11,
    "rec_type": "DEBT",
    **PLACE,
}
LATE = SCOPE | {
    "form_type": "F497P2",
    "tran_id": "LCM1",
    "calculated_date": "2026-05-21",
    "amount_cents": 400000,
    "filer_local_id": "9960003",
    "filer_state_id": "9960003",
    "filer_name": "Committee for Fictional Parks",
    "tran_naml": "Demo for Council 2026",
    "tran_date": "2026-05-21",
    "tran_amt1_cents": 400000,
    "transaction_type": 21,
    "rec_type": "EXPN",
    **PLACE,
}


def read_bare() -> Rows:
    rows: Rows = json.loads(BARE.read_text(encoding="utf-8"))
    return rows


def read_quarantine(run_clerk: Clerk, ended: Ended) -> Rows:
    return run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines


@pytest.mark.parametrize("expected", [CONTRIBUTION, DEBT, LATE], ids=["contribution", "debt", "late contribution"])
def test_a_record_becomes_this_row(etl: Etl, read_table: ReadTable, expected: dict[str, object]) -> None:
    etl("--from", SAMPLES / "pages")
    same = ("form_type", "tran_id", "filer_name")
    (row,) = (r for r in read_table("transactions") if all(r[name] == expected[name] for name in same))
    assert len(row.pop("filing_id")) == 36
    assert row == expected


def test_bare_lists_and_pages_give_the_same_transactions(
    etl: Etl, read_table: ReadTable, tmp_path: Path, make_site: Any
) -> None:
    make_site("twin.ca", sandiego_efile={})
    listed = json.loads((SAMPLES / "pages" / "filings.json").read_text(encoding="utf-8"))["data"]
    for name, rows in {"a": listed, "b": read_bare()}.items():
        (tmp_path / name).write_text(json.dumps(rows), encoding="utf-8")
    assert etl("--from", SAMPLES / "pages").line["added"] == 20
    assert etl("--from", tmp_path, subdomain="twin.ca").line["added"] == 20
    for table in ("transactions", "filings", "filers"):
        assert read_table(table) == read_table(table, "twin.ca")


def test_the_key_tells_every_record_apart(etl: Etl) -> None:
    ended = etl("--from", BARE)
    assert [ended.line[name] for name in ("added", "duplicates", "quarantined")] == [20, 0, 0]


def test_schedules_become_forms(etl: Etl, read_table: ReadTable) -> None:
    etl("--from", BARE)
    forms = [row["form_type"] for row in read_table("transactions")]
    told = {form: forms.count(form) for form in sorted(forms)}
    once = ("B1", "C", "D", "F496", "F496P3", "F497P2", "G", "I")
    assert told == {"A": 6, "E": 2, "F": 2, "F497P1": 2} | dict.fromkeys(once, 1)


FORMS = {
    ("FPPC 460", "A", "RCPT"): "A",
    ("FPPC 460; campaign pre-election", "B1", "LOAN"): "B1",
    ("FPPC 450", "A", "RCPT"): "A",
    ("", "E", "EXPN"): "E",
    ("FPPC 496", "", "EXPN"): "F496",
    ("FPPC 496", "D", "S496"): "F496",
    ("FPPC 496", "A", "RCPT"): "F496P3",
    ("FPPC 497LCR", "A", "RCPT"): "F497P1",
    ("FPPC 497LCM", "", "EXPN"): "F497P2",
    ("FPPC 497; pre-election", "", "RCPT"): "F497P1",
    ("FPPC 497", "", "EXPN"): "F497P2",
    ("FPPC 497", "F497P2", "S497"): "F497P2",
    ("FPPC 461", "5", "EXPN"): "F461P5",
    ("FPPC 465", "3", "EXPN"): "F465P3",
}


@pytest.mark.parametrize(("told", "form"), FORMS.items(), ids=map(str, FORMS))
def test_a_form_is_told_by_filing_type_schedule_and_kind(told: tuple[str, str, str], form: str) -> None:
    assert find_form(*told) == form


def test_what_a_filer_wrote_in_place_of_a_code_is_a_description(etl: Etl, read_table: ReadTable) -> None:
    etl("--from", BARE)
    (row,) = (row for row in read_table("transactions") if row["form_type"] == "G")
    assert (row.get("tran_code"), row["tran_dscr"]) == (None, "food & drinks")


UNREADABLE = {
    "a word for an amount": ("amount", "ten", "bad_amount_cents", "'ten' is not an amount of money"),
    "a fraction of a cent": ("amount", "$1.005", "bad_amount_cents", "'$1.005' has fractions of a cent"),
    "a huge amount": ("amount", "9" * 5000, "bad_amount_cents", f"'{'9' * 5000}' is larger than any amount of money"),
    "a huge number": ("amount", 10**400, "bad_amount_cents", f"'1{'0' * 400}' is larger than any amount of money"),
    "no number at all": ("amount", float("nan"), "bad_amount_cents", "'NaN' is not an amount of money"),
    "a truth": ("amount", True, "bad_amount_cents", "'True' is not an amount of money"),
    "a day that is none": (
        "transaction_date",
        "02/30/2026",
        "bad_calculated_date",
        "'02/30/2026' is not a date",
    ),
    "a nested name": ("name", {"last": "Unreal"}, "not_a_value", "name holds more than one value"),
    "half a character": ("name", "\ud800", "broken_text", "a text holds half a character"),
    "no schedule": (
        "schedule",
        "",
        "bad_form_type",
        "'FPPC 460' with schedule '' and tx_type 'RCPT' is on no form",
    ),
}


@pytest.mark.parametrize(("key", "value", "rule", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_record_that_cannot_be_read_is_quarantined(
    etl: Etl, run_clerk: Clerk, tmp_path: Path, key: str, value: object, rule: str, message: str
) -> None:
    rows = read_bare()
    rows[1][key] = value
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    ended = etl("--from", tmp_path / "rows.json")
    assert ended.line["quarantined"] == 1
    (told,) = read_quarantine(run_clerk, ended)
    assert [told[name] for name in ("page", "line", "rule", "message")] == ["rows.json", 2, rule, message]


@pytest.mark.parametrize("key", ["filing_id", "tran_id"])
def test_a_record_without_its_key_is_quarantined(etl: Etl, run_clerk: Clerk, tmp_path: Path, key: str) -> None:
    rows = read_bare()
    rows[1][key] = None
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    ended = etl("--from", tmp_path / "rows.json")
    (told,) = read_quarantine(run_clerk, ended)
    assert (ended.line["read"], told["line"]) == (20, 2)
    assert key in told["message"]


def test_a_row_that_is_no_object_is_quarantined(etl: Etl, run_clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps([*read_bare(), None]), encoding="utf-8")
    ended = etl("--from", tmp_path / "rows.json")
    (told,) = read_quarantine(run_clerk, ended)
    assert (ended.line["read"], told["line"], told["rule"]) == (21, 21, "not_a_record")


def test_records_of_one_key_that_differ_are_quarantined_and_copies_are_one(
    etl: Etl, tmp_path: Path, run_clerk: Clerk
) -> None:
    rows = read_bare()
    rows += [rows[0], {**rows[1], "amount": "$1"}]
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    ended = etl("--from", tmp_path / "rows.json")
    assert [ended.line[name] for name in ("read", "duplicates", "quarantined")] == [22, 1, 2]
    assert {told["rule"] for told in read_quarantine(run_clerk, ended)} == {"conflicting_key"}


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_amount_is_empty_and_not_zero(etl: Etl, read_table: ReadTable, tmp_path: Path, blank: Any) -> None:
    rows = read_bare()
    rows[0]["amount"] = blank
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    etl("--from", tmp_path / "rows.json")
    (row,) = (row for row in read_table("transactions") if "amount_cents" not in row)
    assert (row["tran_id"], row.get("tran_amt1_cents")) == ("INC1", None)


def test_control_characters_become_spaces_and_nuls_go(etl: Etl, read_table: ReadTable, tmp_path: Path) -> None:
    rows = read_bare()
    rows[0]["name"] = "\x00 Zoë\x00 \x1bExa\nmple\x85 "
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    assert etl("--from", tmp_path / "rows.json").line["quarantined"] == 0
    assert "Zoë  Exa mple" in {row["tran_naml"] for row in read_table("transactions")}


def test_nuls_in_the_list_of_filings_do_no_harm(etl: Etl, efile: Any, read_table: ReadTable) -> None:
    efile.filings[6]["entity_name"] = "Café\x00 Ejemplo\x01Committee"
    assert etl().exit_code == 0
    assert {row["filer_local_id"] for row in read_table("filings")} >= {"café-ejemplo-committee"}


@pytest.mark.parametrize(
    "document",
    [
        [{"entity_id": "1", "entity_name": "Demo", "entity_name_lower": "demo", "entity_type": "committee"}],
        {"data": {"committee_list": [{"entity_id": "1", "entity_name": "D", "entity_type": "c"}]}},
        {"data": [{"election_date": "06/02/2026", "election_id": "1", "election_type": "Primary"}]},
    ],
    ids=["committees", "committees in their envelope", "elections"],
)
def test_committees_and_elections_are_passed_over(etl: Etl, tmp_path: Path, document: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    ended = etl("--from", tmp_path / "a.json", "--from", BARE)
    assert (ended.exit_code, ended.line["read"], ended.line["added"]) == (0, 20, 20)


def test_the_list_of_filings_alone_is_refused(etl: Etl) -> None:
    ended = etl("--from", SAMPLES / "pages" / "filings.json")
    assert (ended.exit_code, ended.line["message"]) == (1, "sandiego_efile: none of the files lists transactions")


def test_a_saved_page_without_the_others_is_refused(etl: Etl) -> None:
    ended = etl("--from", SAMPLES / "pages" / "transactions-2.json")
    assert ended.exit_code == 1
    assert ended.line["message"] == "sandiego_efile transactions-2.json: page 1 of 2 is missing"


def test_transactions_dated_outside_the_year_are_told(etl: Etl, tmp_path: Path) -> None:
    rows = read_bare()
    rows[0]["transaction_date"] = "12/31/2025"
    (tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    ended = etl("--from", tmp_path / "rows.json")
    assert (ended.exit_code, ended.line["added"], ended.line["findings"]) == (0, 20, 1)


def test_a_filer_that_is_given_a_number_changes_on_all_its_rows(etl: Etl, efile: Any) -> None:
    etl()
    for filing in efile.filings:
        filing["state_id"] = filing["state_id"].replace("Pending", "9960002")
    ended = etl()
    assert [ended.line[name] for name in ("outcome", "added", "changed", "unchanged")] == ["changed", 0, 6, 14]
