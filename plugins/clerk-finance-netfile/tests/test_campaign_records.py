"""What becomes of the records of saved pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_finance_netfile.campaign import NetFileCampaign
from clerk_finance_netfile.campaign_columns import REQUIRED, name_form, read_amount
from clerkcore import Aside, Parsed, Record, Rejected, Scope, Site, SourceError
from clerkcore.finance import TRANSACTIONS
from clerkcore.models import Kind, Outcome
from clerkcore.testing import Bench
from clerkcore.testing.shelf import parse_files

sys.path.insert(0, str(Path(__file__).parent))

from campaign_samples import (
    AID,
    LINES,
    MAIL,
    PHONE,
    STREET,
    make_element,
    make_filer,
    make_filing,
    make_page,
    make_record,
    render,
    render_record,
)

ALL = Scope("all", {})
Change = Callable[[dict[str, Any]], object]


def parse(files: dict[str, bytes], agency: str = AID) -> list[Parsed]:
    return parse_files(NetFileCampaign({"agency": agency}), ALL, files)


def parse_record(**changed: list[Any]) -> list[Parsed]:
    return parse(render_record(make_record() | changed))


def read_rows(parsed: list[Parsed], table: str = "transactions") -> list[dict[str, Any]]:
    return [dict(item.values) for item in parsed if isinstance(item, Record) and item.table == table]


def one_element(**changes: Any) -> Parsed:
    """What becomes of one element in place of all others."""
    return parse_record(elements=[make_element(2, 1, 1, **changes)])[0]


def test_a_transaction_becomes_this_row() -> None:
    (row,) = (row for row in read_rows(parse_record()) if row["tran_id"] == "INC4")
    assert set(row) == {column.name for column in TRANSACTIONS.columns}
    assert {name: value for name, value in row.items() if value is not None} == {
        "netfile_key": "element-4",
        "filing_id": "filing-2",
        "form_type": "A",
        "tran_id": "INC4",
        "filer_local_id": "900002",
        "filer_state_id": "9946102",
        "filer_name": "Committee 2, as filed",
        "filing_start": "2026-01-01",
        "filing_end": "2026-06-30",
        "calculated_date": "2026-02-04",
        "amount_cents": 10100,
        "tran_amt1_cents": 10100,
        "loan_amt1_cents": 29,
        "loan_rate": "5.5",
        "rec_type": "RCPT",
        "entity_cd": "IND",
        "tran_naml": "Exampleby",
        "tran_namf": "Zoë 4",
        "tran_city": "Demo Beach",
        "tran_st": "CA",
        "tran_zip4": "00410",
        "tran_date": "2026-02-04",
        "memo_code": 0,
    }


def test_filings_say_what_the_filings_endpoint_says() -> None:
    first, second, *_, late, _ = read_rows(parse_record(), "filings")
    assert second == {
        "filing_id": "filing-1",
        "filer_local_id": "900001",
        "filer_state_id": "9946101",
        "filer_name": "Committee 1, as filed",
        "form_family": "460",
        "filing_start": "2026-01-01",
        "filing_end": "2026-06-30",
        "forms": "A,E",
        "report_num": "001",
        "report_ref": None,
        "filed_on": "2026-07-11",
        "election_date": None,
        "amends_filing_id": "filing-0",
    }
    assert (first["report_num"], first["amends_filing_id"], first["forms"]) == ("000", None, "")
    assert (late["form_family"], late["filing_start"], late["forms"]) == ("497", None, "F497P1")


def test_filers_say_what_the_filers_endpoint_says() -> None:
    assert read_rows(parse_record(), "filers")[0] == {
        "filer_local_id": "900001",
        "filer_state_id": "9946101",
        "filer_name": "Committee 1 for Café Ejemplo",
        "committee_type": "Candidate or Officeholder",
        "candidate_name": "Demoson, Zoë 1",
    }
    assert read_rows(parse_record(), "agencies") == [{"shortcut": AID}]


def test_a_filer_without_a_registration_takes_the_number_of_its_filing() -> None:
    filers = [make_filer(1, registrations={}), make_filer(2), make_filer(3)]
    assert {row["filer_state_id"] for row in read_rows(parse_record(filers=filers))} == {
        "9946101",
        "9946102",
        "9946103",
    }


def test_a_filer_that_has_no_number_anywhere_has_none() -> None:
    bare = [make_filer(number, registrations=None) for number in (1, 2, 3)]
    filings = make_record()["filings"]
    for filing in filings:
        filing["filerMeta"]["strings"] = {}
    assert {row["filer_state_id"] for row in read_rows(parse_record(filers=bare, filings=filings))} == {None}


def test_what_is_no_active_transaction_is_set_aside() -> None:
    asides = [item for item in parse_record() if isinstance(item, Aside)]
    assert [(item.rule, item.values["netfile_key"]) for item in asides] == [
        ("inactive_element", "element-1"),
        ("not_a_transaction", "element-10"),
    ]
    assert asides[1].values == {
        "netfile_key": "element-10",
        "filing_id": "filing-4",
        "filer_local_id": "900003",
        "classification": "UnItemizedTransaction",
        "status": "Active",
        "element_type": "F460ALine2",
        "tran_id": "INC10",
        "calculated_date": "2026-02-10",
        "calculated_amount": "102.5",
    }


def test_streets_phones_and_mail_are_kept_nowhere() -> None:
    told = repr(parse_record())
    assert not [text for text in (STREET, PHONE, MAIL) if text in told]
    assert "Sampleville" not in told


def test_a_filing_without_transactions_is_told_only_where_it_belongs_to_a_chain() -> None:
    amendment = make_filing(6, 2, root="200005", amendmentType="Amendment", amendmentSequence=1)
    filings = [*make_record()["filings"], make_filing(5, 2), amendment, make_filing(7, 2)]
    told = {row["filing_id"]: row for row in read_rows(parse_record(filings=filings), "filings")}
    assert "filing-7" not in told
    assert (told["filing-5"]["forms"], told["filing-6"]["amends_filing_id"]) == ("", "filing-5")


def test_filers_that_nothing_stands_on_are_left_out() -> None:
    filers = [*make_record()["filers"], make_filer(8)]
    assert len(read_rows(parse_record(filers=filers), "filers")) == 3


@pytest.mark.parametrize(
    ("cal_type", "form_type", "form"),
    [
        ("F460A", "A", "A"),
        ("F460B1", "B1", "B1"),
        ("F460E", "", "E"),
        ("F496", "", "F496"),
        ("F496P3", "F496P3", "F496P3"),
        ("F497P1", "", "F497P1"),
        ("F461P5", "", "F461P5"),
        ("F465P3", "", "F465P3"),
        ("F460", "A", "A"),
        ("", " E ", "E"),
        ("Unheard", "C", "C"),
        ("Unheard", "", None),
    ],
)
def test_the_form_follows_from_the_type(cal_type: str, form_type: str, form: str | None) -> None:
    assert name_form(cal_type, form_type) == form


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("", None),
        ("151.41", 15141),
        ("0.29", 29),
        ("-12.5", -1250),
        ("1116", 111600),
        ("1.5e2", 15000),
        ("1E+3", 100000),
        ("5e-2", 5),
        ("-0.0", 0),
        ("9999999999999.99", 999999999999999),
        ("1.23456789e7", 1234567890),
    ],
)
def test_an_amount_is_read_exactly(text: str, cents: int | None) -> None:
    assert read_amount(text) == cents


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ("1e400", "'1e400' is no amount of money that could be written out"),
        ("1e-999999999", "'1e-999999999' is no amount of money that could be written out"),
        ("1e30", "'1000000000000000000000000000000' is larger than any amount of money"),
        ("1e-3", "'0.001' has fractions of a cent"),
        ("12.345", "'12.345' has fractions of a cent"),
        ("NaN", "'NaN' is not an amount of money"),
        ("-Infinity", "'-Infinity' is not an amount of money"),
        ("9" * 40, f"'{'9' * 40}' is larger than any amount of money"),
        ('"12 dollars"', "'12 dollars' is not an amount of money"),
        ("true", "'True' is not an amount of money"),
    ],
)
def test_an_amount_that_is_none_goes_to_quarantine(sent: str, message: str) -> None:
    body = render(make_page([make_element(2, 1, 1, calculatedAmount="SENT")])).replace(b'"SENT"', sent.encode())
    parsed = parse(render_record(make_record()) | {"elements-0000.json": body})
    rejected = next(item for item in parsed if isinstance(item, Rejected))
    assert (rejected.rule, rejected.message, rejected.column) == ("bad_amount_cents", message, "amount_cents")


def test_a_number_of_thousands_of_digits_is_rejected_alone() -> None:
    body = render(make_page([make_element(2, 1, 1, tranAmt2="SENT")])).replace(b'"SENT"', b"9" * 5000)
    parsed = parse(render_record(make_record()) | {"elements-0000.json": body})
    assert isinstance(parsed[0], Rejected)
    assert parsed[0].rule == "bad_tran_amt2_cents"


@pytest.mark.parametrize(
    ("changes", "rule", "message", "column"),
    [
        ({"tranNamL": {"first": "A"}}, "not_a_value", "tranNamL holds more than one value", "tran_naml"),
        ({"filingNid": ["a", "b"]}, "not_a_value", "filingNid holds more than one value", "filing_id"),
        ({"tranDscr": "half \ud83d"}, "broken_text", "a text holds half a character", "tran_dscr"),
        ({"transaction": None}, "not_an_object", "transaction is not an object", ""),
        ({"tranDate": "13/45/2026"}, "bad_tran_date", "'13/45/2026' is not a date", "tran_date"),
        ({"tranSelf": "perhaps"}, "bad_tran_self", "'perhaps' is neither True nor False", "tran_self"),
    ],
)
def test_an_element_that_cannot_be_read_is_rejected(
    changes: dict[str, Any], rule: str, message: str, column: str
) -> None:
    body = json.dumps(make_page([make_element(2, 1, 1, **changes)])).encode()
    parsed = parse(render_record(make_record()) | {"elements-0000.json": body})
    rejected = parsed[0]
    assert isinstance(rejected, Rejected)
    assert (rejected.rule, rejected.message, rejected.column) == (rule, message, column)
    assert (rejected.at.page, rejected.at.line) == ("elements-0000.json", 1)


def test_a_nul_is_dropped_from_a_text() -> None:
    record = one_element(tranNamL="Exam\x00pleby", filerNid="900001\x00")
    assert isinstance(record, Record)
    assert (record.values["tran_naml"], record.values["filer_local_id"]) == ("Exampleby", "900001")


def test_the_id_outside_the_transaction_stands_in_where_the_one_inside_is_blank() -> None:
    record = one_element(tranId=None, transactionId="EXP9")
    assert isinstance(record, Record)
    assert record.values["tran_id"] == "EXP9"


def change_filing(change: Change, number: int = 2) -> list[Parsed]:
    filings = make_record()["filings"]
    change(filings[number])
    return parse_record(filings=filings)


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        (lambda f: f["filingMeta"].update(startDate="soon"), "bad_filing_start", "filing_start"),
        (lambda f: f["filingMeta"].update(legalFilingDate="2026-02-30"), "bad_filed_on", "filed_on"),
        (lambda f: f["filingMeta"].update(amendmentSequence="first"), "bad_report_num", "report_num"),
        (lambda f: f.update(filingMeta=None), "not_an_object", ""),
        (lambda f: f["filerMeta"].update(commonName=["a"]), "not_a_value", "filer_name"),
        (lambda f: f["specificationRef"].update(name={}), "not_a_value", "form_family"),
    ],
)
def test_a_filing_that_cannot_be_read_sends_its_transactions_to_quarantine(
    change: Change, rule: str, column: str
) -> None:
    parsed = change_filing(change)
    rejected = [item for item in parsed if isinstance(item, Rejected)]
    assert [(item.rule, item.column, item.at.page) for item in rejected] == [(rule, column, "elements-0000.json")] * 4
    assert "filing-2" not in {row["filing_id"] for row in read_rows(parsed, "filings")}


def test_a_filing_that_cannot_be_read_and_has_no_transactions_is_rejected_itself() -> None:
    parsed = change_filing(lambda filing: filing["filingMeta"].update(startDate="soon"), number=0)
    (rejected,) = (item for item in parsed if isinstance(item, Rejected))
    assert (rejected.rule, rejected.value, rejected.at.page, rejected.at.line) == (
        "bad_filing_start",
        "soon",
        "filings-0000.json",
        1,
    )
    told = {row["filing_id"]: row["amends_filing_id"] for row in read_rows(parsed, "filings")}
    assert "filing-0" not in {*told, *told.values()}


def test_a_filer_that_cannot_be_read_sends_its_transactions_to_quarantine() -> None:
    filers = [make_filer(1, filerName={"en": "A"}), make_filer(2), make_filer(3)]
    rejected = [item for item in parse_record(filers=filers) if isinstance(item, Rejected)]
    assert [item.message for item in rejected] == ["filerName holds more than one value"] * 2


def test_filers_and_filings_hold_no_nul(tmp_path: Path) -> None:
    nul = json.dumps("\0")[1:-1].encode()
    files = {
        name: body.replace(b"Committee", b"Com" + nul + b"mittee")
        for name, body in render_record(make_record()).items()
    }
    files = {name: body.replace(b"Candidate or", nul + b"Candidate or") for name, body in files.items()}
    bench = Bench(tmp_path, NetFileCampaign({"agency": AID}), ALL, Site("a.ca", "A", "CA", Kind.CITY))
    assert bench.load(files).counts.added == 10
    first = bench.rows()["filers"][0]
    assert (first["filer_name"], first["committee_type"]) == (
        "Committee 1 for Café Ejemplo",
        "Candidate or Officeholder",
    )


@pytest.mark.parametrize(
    ("types", "told"),
    [(["A", None, " B "], "A, B"), ("A", "A"), (None, None), ([], None)],
)
def test_the_types_of_a_committee_are_joined(types: Any, told: str | None) -> None:
    filers = [make_filer(1, committeeTypes=types), make_filer(2), make_filer(3)]
    assert read_rows(parse_record(filers=filers), "filers")[0]["committee_type"] == told


def test_pages_may_come_in_any_order() -> None:
    files = render_record(make_record(), 5)
    backwards = dict(reversed(files.items()))
    for table in ("filings", "filers", "agencies"):
        assert read_rows(parse(files), table) == read_rows(parse(backwards), table)
    assert sorted(map(repr, read_rows(parse(files)))) == sorted(map(repr, read_rows(parse(backwards))))


def test_bare_lists_are_known_by_their_fields_whatever_their_names() -> None:
    files = {f"saved {number}": render(results) for number, results in enumerate(make_record().values())}
    assert read_rows(parse(dict(reversed(files.items())))) == read_rows(parse_record())


def test_transactions_alone_make_rows_that_say_nothing_of_their_filings() -> None:
    parsed = parse({"transactions.json": render(make_record()["elements"])})
    assert len(read_rows(parsed)) == 10
    assert {row["report_num"] for row in read_rows(parsed, "filings")} == {None}


def test_elections_are_set_aside() -> None:
    election = {"electionNid": "1", "electionDate": "2026-11-03", "electionCaption": "General", "seats": []}
    parsed = parse(render_record(make_record()) | {"elections.json": render([election])})
    assert [dict(item.values) for item in parsed if isinstance(item, Aside) and item.rule == "election"] == [
        {"electionNid": "1", "electionDate": "2026-11-03", "electionCaption": "General"}
    ]


def test_filers_of_another_agency_are_refused() -> None:
    with pytest.raises(SourceError, match="holds filers of the agency 'DEMOC', not of 'COAK'"):
        parse(render_record(make_record()), "COAK")
    mixed = render_record(make_record() | {"filers": [make_filer(1), make_filer(2, aid="COAK")]})
    with pytest.raises(SourceError, match="holds several agencies"):
        parse(mixed, "")


@pytest.mark.parametrize("name", [*REQUIRED, "elementStatus", "calTransactionType", "transaction", "filerNid"])
def test_an_element_that_lacks_a_field_refuses_the_page(name: str) -> None:
    element = make_element(2, 1, 1)
    for holder in (element, element["transaction"]):
        holder.pop(name, None)
    with pytest.raises(SourceError, match=f"elements-0000.json: lacks the field '{name}' in result 1"):
        parse_record(elements=[element])


@pytest.mark.parametrize("name", ["startDate", "endDate", "legalFilingDate", "amendmentType", "amendmentSequence"])
def test_a_filing_that_lacks_a_field_refuses_the_page(name: str) -> None:
    with pytest.raises(SourceError, match=f"filings-0000.json: lacks the field '{name}' in result 3"):
        change_filing(lambda filing: filing["filingMeta"].pop(name))


def test_every_field_of_a_transaction_is_read_or_left_out_on_purpose() -> None:
    left_out = {*LINES, "amountType", "calTransactionType"}
    assert set(make_element(1, 1, 1)["transaction"]) - set(REQUIRED) == left_out


def test_a_record_is_loaded_and_its_amendment_tells_what_it_replaces(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NetFileCampaign({"agency": AID}), ALL, Site("a.ca", "A", "CA", Kind.CITY))
    result = bench.load(render_record(make_record()))
    assert (result.outcome, result.counts.added, result.counts.aside) == (Outcome.CHANGED, 10, 2)
    record = make_record()
    record["filings"].append(
        make_filing(5, 2, root="200002", amendmentType="Amendment", amendmentSequence=1, legalFilingDate="2026-08-01")
    )
    for element in record["elements"][3:7]:
        element["elementStatus"] = "Inactive"
    record["elements"].append(make_element(13, 5, 2, tranId="INC4"))
    record["elements"] += [make_element(number, 5, 2, tranId=f"INC{number - 9}") for number in (14, 15, 16)]
    again = bench.load(render_record(record))
    assert (again.counts.added, again.counts.disappeared, again.counts.unchanged) == (4, 4, 6)
    filings = {row["filing_id"]: row["amends_filing_id"] for row in bench.rows()["filings"]}
    assert filings["filing-5"] == "filing-2"
