"""What becomes of the records of files that an operator saved."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import agency_year, write_netfile_csv, write_netfile_json_pages
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
SAMPLES = Path(__file__).parent / "samples"
YEAR_CSV = SAMPLES / "csv" / "year-2026.csv"
SCOPE = {"source": "netfile", "scope": "2026"}
LATE_CONTRIBUTION = SCOPE | {
    "netfile_key": "34f1c8efe77aed0b3ddb5d82079cfc7e",
    "filer_local_id": "CAMPAIGN_CSD-2600",
    "filer_state_id": "9946100",
    "filer_name": "Committee for Fictional Parks, sponsored by Café Ejemplo",
    "filing_id": "226001390",
    "transaction_type": 20,
    "calculated_date": "2026-01-03",
    "amount_cents": 25000,
    "amount_type": 0,
    "rec_type": "S497",
    "form_type": "F497P1",
    "tran_id": "INC100",
    "entity_cd": "IND",
    "tran_naml": "Exampleby",
    "tran_namf": "Zoë",
    "tran_city": "Demo Beach",
    "tran_st": "CA",
    "tran_zip4": "00410",
    "tran_emp": "None",
    "tran_occ": "Consultant",
    "tran_date": "2026-01-03",
    "tran_amt1_cents": 25000,
    "tran_amt2_cents": 25000,
    "tran_self": 0,
    "intr_self": 0,
    "memo_code": 0,
    "xref_match": 0,
}
DEBT = SCOPE | {
    "netfile_key": "6aaf38285beb003fc8966a33dad2cda7",
    "filer_local_id": "CSD-155011",
    "filer_state_id": "9960411",
    "filer_name": "José Demoson for Council 2026",
    "filing_id": "226005426",
    "filing_start": "2026-05-01",
    "filing_end": "2026-05-31",
    "transaction_type": 11,
    "calculated_date": "2026-05-31",
    "amount_cents": 263496,
    "amount_type": 0,
    "rec_type": "DEBT",
    "form_type": "F",
    "tran_id": "PAY23",
    "entity_cd": "OTH",
    "tran_naml": 'Signs "R" Simulated',
    "tran_city": "Sampleville",
    "tran_st": "CA",
    "tran_zip4": "00100",
    "tran_dscr": 'Mailer, "second drop"',
    "beg_bal_cents": 99704,
    "amt_incur_cents": 263496,
    "amt_paid_cents": 35577,
    "end_bal_cents": 327623,
    "tran_self": 0,
    "intr_self": 0,
    "memo_code": 0,
    "xref_match": 0,
}


def write_year(path: Path, change: Callable[[list[dict[str, str]]], object] = len, size: int = 60) -> Path:
    rows = agency_year(7, "CSD", 2026, 0, size)
    change(rows)
    return write_netfile_csv(path, rows)


def read_quarantine(run_clerk: Clerk, ended: Ended) -> list[dict[str, Any]]:
    rows = run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines
    return sorted(rows, key=lambda row: row["line"])


@pytest.mark.parametrize("expected", [LATE_CONTRIBUTION, DEBT], ids=["late contribution", "debt"])
def test_a_record_becomes_this_row(etl: Etl, read_table: ReadTable, expected: dict[str, object]) -> None:
    etl("--from", YEAR_CSV)
    (row,) = (row for row in read_table("transactions") if row["netfile_key"] == expected["netfile_key"])
    assert {name: value for name, value in row.items() if value is not None} == expected


def test_filers_and_filings_are_told_from_their_transactions(etl: Etl, read_table: ReadTable) -> None:
    etl("--from", YEAR_CSV)
    assert [row for row in read_table("filers") if row["filer_local_id"] == "CSD-155011"] == [
        SCOPE
        | {
            "filer_local_id": "CSD-155011",
            "filer_state_id": "9960411",
            "filer_name": "José Demoson for Council 2026",
            "committee_type": None,
            "candidate_name": None,
        }
    ]
    assert [row for row in read_table("filings") if row["filing_id"] == "226001390"] == [
        SCOPE
        | {
            "filing_id": "226001390",
            "filer_state_id": "9946100",
            "filer_local_id": "CAMPAIGN_CSD-2600",
            "filer_name": "Committee for Fictional Parks, sponsored by Café Ejemplo",
            "form_family": "497",
            "filing_start": None,
            "filing_end": None,
            "forms": "F497P1",
            "report_num": None,
            "report_ref": None,
            "filed_on": None,
            "election_date": None,
            "amends_filing_id": None,
        }
    ]


def test_saved_json_pages_are_read_from_their_folder(etl: Etl, read_table: ReadTable) -> None:
    ended = etl("--from", SAMPLES / "json")
    assert (ended.exit_code, ended.line["added"]) == (0, 18)
    assert [row["name"] for row in read_table("agencies")] == ["City of San Diego"]


@pytest.mark.parametrize("lone_cr", [True, False])
def test_the_header_may_end_with_a_lone_cr(etl: Etl, tmp_path: Path, lone_cr: bool) -> None:
    rows = agency_year(7, "CSD", 2026, 0, 60)
    ended = etl("--from", write_netfile_csv(tmp_path / "year.csv", rows, lone_cr))
    assert (ended.line["read"], ended.line["added"]) == (60, 60)


def test_an_empty_amount_is_not_zero(etl: Etl, read_table: ReadTable) -> None:
    etl("--from", YEAR_CSV)
    amounts = {row["tran_amt1_cents"] for row in read_table("transactions") if row["form_type"] in ("F", "B1")}
    assert amounts == {None}


def test_addresses_and_coordinates_are_not_kept(etl: Etl, read_table: ReadTable) -> None:
    etl("--from", YEAR_CSV)
    names = read_table("transactions")[0]
    assert [name for name in names if re.search(r"adr|latitude|longitude", name)] == []


def test_new_keys_alone_are_no_change(etl: Etl, read_table: ReadTable, tmp_path: Path) -> None:
    def renew(rows: list[dict[str, str]]) -> None:
        for row in rows:
            row["NetFileKey"] = row["NetFileKey"][::-1]

    etl("--from", write_year(tmp_path / "year.csv"))
    ended = etl("--from", write_year(tmp_path / "renewed.csv", renew))
    assert (ended.line["outcome"], ended.line["unchanged"]) == ("fresh", 60)
    assert ended.line["scopes"][0]["refreshed"] == 60
    assert {row["netfile_key"] for row in read_table("transactions")} == {
        row["NetFileKey"][::-1] for row in agency_year(7, "CSD", 2026, 0, 60)
    }


def test_an_edited_text_is_a_change(etl: Etl, tmp_path: Path) -> None:
    etl("--from", write_year(tmp_path / "year.csv"))
    ended = etl("--from", write_year(tmp_path / "edited.csv", lambda rows: rows[4].update(Tran_Dscr="Corrected")))
    assert [ended.line[name] for name in ("outcome", "changed", "unchanged")] == ["changed", 1, 59]
    assert ended.line["message"] == "1 transaction changed (tran_dscr 1)"


@pytest.mark.parametrize(
    ("column", "value", "rule", "message"),
    [
        ("Calculated_Amount", "12.345", "bad_amount_cents", "'12.345' has fractions of a cent"),
        ("Calculated_Amount", "n/a", "bad_amount_cents", "'n/a' is not an amount of money"),
        ("Tran_Date", "13/45/2026", "bad_tran_date", "'13/45/2026' is not a date"),
        ("Tran_Self", "perhaps", "bad_tran_self", "'perhaps' is neither True nor False"),
        ("TransactionType", "A", "bad_transaction_type", "'A' is not a whole number"),
    ],
)
def test_a_record_that_cannot_be_read_goes_to_quarantine(
    etl: Etl, run_clerk: Clerk, tmp_path: Path, column: str, value: str, rule: str, message: str
) -> None:
    ended = etl("--from", write_year(tmp_path / "year.csv", lambda rows: rows[6].update({column: value})))
    assert [ended.line[name] for name in ("outcome", "read", "added", "quarantined")] == ["changed", 60, 59, 1]
    (rejected,) = read_quarantine(run_clerk, ended)
    assert (rejected["page"], rejected["line"]) == ("year.csv", 8)
    assert (rejected["rule"], rejected["value"], rejected["message"]) == (rule, value, message)


def test_records_of_one_key_that_differ_all_go_to_quarantine(etl: Etl, run_clerk: Clerk, tmp_path: Path) -> None:
    ended = etl("--from", write_year(tmp_path / "year.csv", lambda rows: rows.append(rows[3] | {"Tran_Dscr": "Other"})))
    assert [ended.line[name] for name in ("read", "added", "quarantined")] == [61, 59, 2]
    assert [(row["rule"], row["line"]) for row in read_quarantine(run_clerk, ended)] == [
        ("conflicting_key", 5),
        ("conflicting_key", 62),
    ]


def test_an_exact_duplicate_is_counted_and_left_out(etl: Etl, tmp_path: Path) -> None:
    ended = etl("--from", write_year(tmp_path / "year.csv", lambda rows: rows.append(rows[3])))
    assert [ended.line[name] for name in ("read", "added", "duplicates")] == [61, 60, 1]


def test_a_record_without_its_key_goes_to_quarantine(etl: Etl, run_clerk: Clerk, tmp_path: Path) -> None:
    ended = etl("--from", write_year(tmp_path / "year.csv", lambda rows: rows[6].update(Tran_Id="")))
    (rejected,) = read_quarantine(run_clerk, ended)
    assert (rejected["rule"], rejected["column_name"], rejected["line"]) == ("invalid_value", "tran_id", 8)


def test_a_file_of_another_year_is_refused(etl: Etl, tmp_path: Path) -> None:
    ended = etl("--from", write_year(tmp_path / "year.csv"), year="2025")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert ended.line["message"] == "netfile: 60 of 60 transactions are not of 2025"
    assert ended.line["remedy"] == "name the year of the file, as in --year 2020"


def test_a_transaction_of_another_year_is_told(etl: Etl, run_clerk: Clerk, tmp_path: Path) -> None:
    path = write_year(tmp_path / "year.csv", lambda rows: rows[0].update(Calculated_Date="2025-12-31"))
    ended = etl("--from", path)
    (finding,) = run_clerk("runs", "show", str(ended.line["run_id"]), "--json").line["found"]
    assert (finding["severity"], finding["message"]) == ("info", "1 transactions are dated outside their year")


def test_a_latin_1_file_is_refused(etl: Etl, tmp_path: Path) -> None:
    path = tmp_path / "year.csv"
    path.write_bytes(YEAR_CSV.read_bytes().decode().encode("latin-1"))
    message = etl("--from", path).line["message"]
    assert message == "netfile year.csv: is not UTF-8 (byte 0xe9 after line 1)"


def mix_days(folder: Path) -> Sequence[Path]:
    """Write pages of two days, as a reader gets them when the data changes between two requests."""
    early, late = (agency_year(7, "CSD", 2026, day, 60) for day in (0, 1))
    first, *_ = write_netfile_json_pages(folder / "early", early, 40)
    _, second = write_netfile_json_pages(folder / "late", late, 40)
    return first, second


def test_pages_that_changed_while_they_were_read_are_refused(etl: Etl, tmp_path: Path) -> None:
    first, second = mix_days(tmp_path)
    ended = etl("--from", first, "--from", second)
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert ended.line["message"] == (
        "netfile page-1.json: its pages hold 66 transactions, but totalMatchingCount says 60 and 66"
    )


def spoil_result(folder: Path, change: Callable[[list[Any]], object]) -> Path:
    (page,) = write_netfile_json_pages(folder, agency_year(7, "CSD", 2026, 0, 60), 100)
    document = json.loads(page.read_bytes())
    change(document["results"])
    page.write_text(json.dumps(document), encoding="utf-8")
    return page


def test_a_result_that_is_no_object_goes_to_quarantine(etl: Etl, run_clerk: Clerk, tmp_path: Path) -> None:
    def spoil(results: list[Any]) -> None:
        results[6] = "sorry"

    ended = etl("--from", spoil_result(tmp_path, spoil))
    (rejected,) = read_quarantine(run_clerk, ended)
    assert (ended.line["added"], rejected["rule"], rejected["line"]) == (59, "not_a_record", 7)


@pytest.mark.parametrize(
    ("value", "rule"),
    [({"first": "Ada"}, "not_a_value"), (["Ada"], "not_a_value"), ("half \ud83d", "broken_text")],
    ids=["object", "list", "half a character"],
)
def test_a_text_that_is_none_goes_to_quarantine(
    etl: Etl, run_clerk: Clerk, tmp_path: Path, value: object, rule: str
) -> None:
    ended = etl("--from", spoil_result(tmp_path, lambda results: results[6].update(tran_NamL=value)))
    (rejected,) = read_quarantine(run_clerk, ended)
    assert (ended.line["added"], rejected["rule"], rejected["line"]) == (59, rule, 7)


def test_decimals_in_json_are_read_to_the_cent(etl: Etl, read_table: ReadTable, tmp_path: Path) -> None:
    etl("--from", spoil_result(tmp_path, lambda results: results[0].update(calculated_Amount=70368744177.17)))
    assert 7036874417717 in {row["amount_cents"] for row in read_table("transactions")}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "is empty"),
        (b'{"results": []}', "is no page of transactions: totalMatchingCount is missing or no number"),
        (b'{"totalMatchingCount": Infinity, "results": []}', "totalMatchingCount is missing or no number"),
        (b'{"totalMatchingCount": 1, "results": 1}', "is no page of transactions: results is missing or no list"),
        (b"[1]", "is no page of transactions"),
        (b"[" * 100_000, "is not whole JSON"),
        (b"<html><body>Sorry</body></html>", "HTML page instead of data"),
        (b"NetFileKey,ExternalId\r\n1,2\r\n", "lacks the column 'FilerLocalId', "),
    ],
    ids=["empty", "no total", "infinite total", "no list", "list", "deep", "web page", "other CSV"],
)
def test_a_file_of_something_else_is_refused(etl: Etl, tmp_path: Path, body: bytes, problem: str) -> None:
    path = tmp_path / "year.csv"
    path.write_bytes(body)
    ended = etl("--from", path)
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert problem in ended.line["message"]
    assert "year.csv" in ended.line["message"]
    assert ended.line["remedy"]
