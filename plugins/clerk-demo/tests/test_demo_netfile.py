from __future__ import annotations

import re
from collections import Counter
from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_demo import agency_year
from clerk_demo.connect2 import AMOUNTS, BOOLEANS, COLUMNS, DATES, encode_csv
from clerk_demo.netfile import DEFAULT_SIZE, TRANSACTION_TYPES
from clerk_demo.upstreams import AGENCIES

Rows = list[dict[str, str]]
KEYS = ("NetFileKey", "FilingId")
FORMS_WITHOUT_PERIOD = {"F496", "F496P3", "F497P1", "F497P2"}
KNOWN_SHA256 = "73bf93edfc80f52d88392f2e5318b2e8be645e5ca197ec068c142a87e354e678"


@pytest.fixture(scope="module")
def rows() -> Rows:
    return agency_year(1, "CSD", 2026, 0)


def key(row: dict[str, str]) -> tuple[str, ...]:
    return row["FilingId"], row["Form_Type"], row["Tran_Id"]


def by_filing(rows: Rows) -> dict[str, Rows]:
    filings: dict[str, Rows] = {}
    for row in rows:
        filings.setdefault(row["FilingId"], []).append(row)
    return filings


def test_the_same_seed_gives_the_same_rows(rows: Rows) -> None:
    assert agency_year(1, "CSD", 2026, 0) == rows


def test_the_bytes_are_known_so_that_no_python_version_changes_them(rows: Rows) -> None:
    assert sha256(encode_csv(rows, lone_cr=True)).hexdigest() == KNOWN_SHA256


@pytest.mark.parametrize("world", [(2, "CSD", 2026), (1, "COAK", 2026), (1, "CSD", 2025)], ids=str)
def test_another_seed_agency_or_year_gives_other_rows(rows: Rows, world: tuple[int, str, int]) -> None:
    other = agency_year(*world, day=0)
    assert [row["Calculated_Amount"] for row in other] != [row["Calculated_Amount"] for row in rows]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), day=st.integers(0, 40), size=st.integers(20, 200))
def test_keys_are_unique_in_every_world(seed: int, day: int, size: int) -> None:
    rows = agency_year(seed, "CSD", 2026, day, size)
    assert len({key(row) for row in rows}) == len({row["NetFileKey"] for row in rows}) == len(rows)


@pytest.mark.parametrize("size", [1, 20, 333, DEFAULT_SIZE])
def test_day_0_has_exactly_the_size_asked_for(size: int) -> None:
    assert len(agency_year(1, "CSD", 2026, 0, size)) == size


def test_filer_form_and_tran_id_are_not_unique_as_in_truth(rows: Rows) -> None:
    assert len({(row["FilerLocalId"], row["Form_Type"], row["Tran_Id"]) for row in rows}) < len(rows)


def test_no_two_agencies_share_a_filing() -> None:
    filings = [{row["FilingId"] for row in agency_year(1, aid, 2026, 0, 100)} for aid in AGENCIES]
    assert len(set.union(*filings)) == sum(map(len, filings))


def test_every_form_occurs_with_its_transaction_type(rows: Rows) -> None:
    assert {row["Form_Type"]: row["TransactionType"] for row in rows} == TRANSACTION_TYPES


def test_columns_are_the_99_of_netfile_in_order(rows: Rows) -> None:
    assert len(COLUMNS) == 99
    assert all(tuple(row) == COLUMNS for row in rows)


@pytest.mark.parametrize(
    ("columns", "pattern"),
    [
        (DATES, r"2026-0[1-6]-\d\d|2027-06-30|"),
        (AMOUNTS, r"-?\d+\.\d\d|"),
        (BOOLEANS, "True|False"),
        ({"Latitude", "Longitude", "AmountType"}, "0"),
        ({"NetFileKey"}, "[0-9a-f]{32}"),
        ({"FilingId"}, r"\d{9}"),
        ({"FilerLocalId"}, r"CSD-\d{6}|CAMPAIGN_CSD-\d{4}"),
        ({"Tran_Adr1", "Tran_Adr2"}, ""),
    ],
    ids=lambda value: "/".join(sorted(value))[:30] if isinstance(value, (set, frozenset)) else "",
)
def test_texts_have_the_shape_of_their_column(rows: Rows, columns: set[str], pattern: str) -> None:
    assert [row[name] for row in rows for name in columns if not re.fullmatch(pattern, row[name])] == []


def test_tran_amt1_is_empty_on_debts_and_loans_only(rows: Rows) -> None:
    assert {row["Form_Type"] for row in rows if not row["Tran_Amt1"]} == {"F", "B1"}
    assert all(row["Tran_Amt1"] in ("", row["Calculated_Amount"]) for row in rows)
    assert all(row["Calculated_Amount"] for row in rows)


def test_periods_are_empty_on_forms_496_and_497_only(rows: Rows) -> None:
    assert {row["Form_Type"] for row in rows if not row["FilingStartDate"]} == FORMS_WITHOUT_PERIOD
    assert not {row["Form_Type"] for row in rows if row["FilingStartDate"]} & FORMS_WITHOUT_PERIOD


def test_no_row_is_dated_after_the_end_of_june() -> None:
    rows = agency_year(1, "CSD", 2026, 60, 100)
    assert max(date.fromisoformat(row["Calculated_Date"]) for row in rows) <= date(2026, 6, 30)


@pytest.mark.parametrize("sign", [",", '"', "é", "ñ"])
def test_texts_hold_the_signs_that_trip_parsers(rows: Rows, sign: str) -> None:
    assert any(sign in text for row in rows for text in row.values())


def test_some_amounts_are_negative(rows: Rows) -> None:
    assert any(row["Calculated_Amount"].startswith("-") for row in rows)


@pytest.mark.parametrize("day", range(1, 8))
def test_each_later_day_adds_one_or_two_filings_and_removes_none_but_the_amended(day: int) -> None:
    before, after = (by_filing(agency_year(1, "CSD", 2026, past, 100)) for past in (day - 1, day))
    gone = [filing for filing in before if after.get(filing) != before[filing]]
    new = [filing for filing in after if filing not in before]
    assert (len(gone), len(new) - len(gone) in (1, 2)) == (1 if day == 1 else 0, True)


def test_on_day_1_a_filing_comes_back_amended_and_re_keyed(rows: Rows) -> None:
    old = rows[:20]
    after = by_filing(agency_year(1, "CSD", 2026, 1))
    assert old[0]["FilingId"] not in after
    period = ("FilerLocalId", "FilingStartDate", "FilingEndDate")
    (new,) = [
        filing for filing in after.values() if len(filing) == 23 and all(filing[0][n] == old[0][n] for n in period)
    ]
    assert not {row["NetFileKey"] for row in old} & {row["NetFileKey"] for row in new}
    differences = [
        tuple(name for name in COLUMNS if name not in KEYS and was[name] != now[name])
        for was, now in zip(old, new, strict=False)
    ]
    assert Counter(differences) == {(): 17, ("Tran_Dscr",): 2, ("Tran_Id",): 1}
