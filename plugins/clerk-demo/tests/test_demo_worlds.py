from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_demo import World, finance_world
from clerk_demo.committees import KINDS
from clerk_demo.connect2 import AMOUNTS, BOOLEANS, COLUMNS, DATES, encode_csv
from clerk_demo.netfile import TRANSACTION_TYPES
from clerk_demo.reports import first_day
from clerk_demo.upstreams import AGENCIES

KNOWN_SHA256 = "674c9787a281723ab77d2f21b1818b704d281cffd6bc7a099e5d8300b9cd2e7a"
LATE = {"F496", "F496P3", "F497P1", "F497P2"}
Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def world() -> World:
    return finance_world(1, "CSD", 2026, 600)


@pytest.fixture(scope="module")
def rows(world: World) -> Rows:
    return list(world.connect2_rows(3))


def key(row: dict[str, str]) -> tuple[str, ...]:
    return row["FilingId"], row["Form_Type"], row["Tran_Id"]


def test_the_bytes_are_known_so_that_no_python_version_changes_them(rows: Rows) -> None:
    assert sha256(encode_csv(rows, lone_cr=False)).hexdigest() == KNOWN_SHA256


def test_days_come_out_the_same_in_whatever_order_they_are_asked_for(world: World, rows: Rows) -> None:
    other = finance_world(1, "CSD", 2026, 600)
    later = list(other.connect2_rows(9))
    assert list(other.connect2_rows(3)) == rows
    assert list(world.connect2_rows(9)) == later != rows


@pytest.mark.parametrize("other", [(2, "CSD", 2026), (1, "COAK", 2026), (1, "CSD", 2025)], ids=str)
def test_another_seed_agency_or_year_gives_other_rows(rows: Rows, other: tuple[int, str, int]) -> None:
    amounts = [row["Calculated_Amount"] for row in finance_world(*other, size=600).connect2_rows(3)]
    assert amounts != [row["Calculated_Amount"] for row in rows]


@pytest.mark.parametrize("size", [1, 20, 333, 1200, 5000])
def test_day_0_has_exactly_the_size_asked_for(size: int) -> None:
    assert len(list(finance_world(1, "CSD", 2026, size).connect2_rows(0))) == size


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), day=st.integers(0, 250), size=st.integers(20, 300))
def test_keys_are_unique_and_counts_right_in_every_world(seed: int, day: int, size: int) -> None:
    world = finance_world(seed, "CSD", 2026, size)
    rows = list(world.connect2_rows(day))
    assert len({key(row) for row in rows}) == len({row["NetFileKey"] for row in rows}) == len(rows) == world.count(day)


@settings(max_examples=25, deadline=None)
@given(day=st.integers(0, 60), start=st.integers(0, 700), length=st.integers(0, 100))
def test_any_stretch_of_rows_is_that_of_the_whole(day: int, start: int, length: int) -> None:
    world = finance_world(1, "CSD", 2026, 300)
    whole = list(world.connect2_fields(day, 0, world.count(day)))
    assert list(world.connect2_fields(day, start, start + length)) == whole[start : start + length]


def test_no_two_agencies_share_a_filing() -> None:
    filings = [{one.filing_id for one in finance_world(1, aid, 2026, 100).in_force(0)} for aid in AGENCIES]
    assert len(set.union(*filings)) == sum(map(len, filings))


def test_committees_are_of_every_kind_and_some_wait_for_their_state_id(world: World) -> None:
    assert {one.kind for one in world.committees} == set(KINDS)
    assert 0 < sum(one.state_id == "Pending" for one in world.committees) < len(world.committees) / 2


def test_every_form_occurs_with_its_transaction_type(rows: Rows) -> None:
    assert {row["Form_Type"]: row["TransactionType"] for row in rows} == TRANSACTION_TYPES


def test_d_rows_have_every_code(rows: Rows) -> None:
    assert {row["Tran_Code"] for row in rows if row["Form_Type"] == "D"} == {"IND", "MON", "IKD"}


@pytest.mark.parametrize(
    ("columns", "pattern"),
    [
        (DATES, r"202[67]-\d\d-\d\d|"),
        (AMOUNTS, r"-?\d+\.\d\d|"),
        (BOOLEANS, "True|False"),
        ({"Latitude", "Longitude", "AmountType"}, "0"),
        ({"NetFileKey"}, "[0-9a-f]{32}"),
        ({"FilingId"}, r"\d{9}"),
        ({"FilerLocalId"}, r"CSD-\d{6}|CAMPAIGN_CSD-\d{4}"),
    ],
    ids=lambda value: "/".join(sorted(value))[:30] if isinstance(value, (set, frozenset)) else "",
)
def test_texts_have_the_shape_of_their_column(rows: Rows, columns: set[str], pattern: str) -> None:
    assert [row[name] for row in rows for name in columns if not re.fullmatch(pattern, row[name])] == []
    assert all(tuple(row) == COLUMNS for row in rows)


def test_tran_amt1_is_empty_on_debts_and_loans_only(rows: Rows) -> None:
    assert {row["Form_Type"] for row in rows if not row["Tran_Amt1"]} == {"F", "B1"}
    assert all(row["Tran_Amt1"] in ("", row["Calculated_Amount"]) and row["Calculated_Amount"] for row in rows)


def test_periods_are_empty_on_late_reports_only(rows: Rows) -> None:
    assert {row["Form_Type"] for row in rows if not row["FilingStartDate"]} == LATE
    assert not {row["Form_Type"] for row in rows if row["FilingStartDate"]} & LATE


def test_a_460_is_filed_only_after_its_period_and_a_late_report_the_day_after_its_rows(world: World) -> None:
    for filing in (filing for day in range(230) for filing in world.filed(day)):
        assert filing.filed > filing.report.end
        assert filing.day == max(0, (filing.filed - first_day(2026)).days)


def test_rows_of_a_460_are_dated_in_its_period(rows: Rows) -> None:
    periodic = [row for row in rows if row["FilingStartDate"]]
    assert all(row["FilingStartDate"] <= row["Calculated_Date"] <= row["FilingEndDate"] for row in periodic)


def test_every_late_row_is_repeated_on_the_next_460(world: World) -> None:
    day = (date(2027, 2, 20) - first_day(2026)).days
    repeated = {"F497P1": {"A"}, "F496P3": {"A"}, "F496": {"D", "E"}, "F497P2": {"D", "E"}}
    found: dict[tuple[int, str, date | None, int | None], set[str]] = {}
    late = []
    for filing in world.first_versions(day):
        for row in world.rows(filing):
            same = (filing.report.committee.number, row.tran_id, row.day, row.cents)
            if row.form in LATE:
                late.append((same, row.form))
            else:
                found.setdefault(same, set()).add(row.form)
    assert [same for same, form in late if found.get(same) != repeated[form]] == []
    assert len(late) > len({same for same, _ in late})  # some stand in two late reports


@pytest.mark.parametrize("day", range(1, 8))
def test_only_amended_or_withdrawn_filings_vanish(world: World, day: int) -> None:
    before, after = ({filing.filing_id for filing in world.in_force(past)} for past in (day - 1, day))
    events = world.events(day)
    assert before - after == {event.old_id for event in events}
    assert {event.new_id for event in events if event.new_id} <= after - before
    assert {filing.filing_id for filing in world.filed(day)} == after - before


def test_filing_ids_grow_in_the_order_of_filing(world: World) -> None:
    filings = [filing for day in range(40) for filing in world.filed(day)]
    assert all(int(one.filing_id) < int(two.filing_id) and one.day <= two.day for one, two in pairwise(filings))


@pytest.mark.parametrize("sign", [",", '"', "é", "ñ"])
def test_texts_hold_the_signs_that_trip_parsers(rows: Rows, sign: str) -> None:
    assert any(sign in text for row in rows for text in row.values())
