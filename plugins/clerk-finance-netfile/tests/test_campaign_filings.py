"""Which filing replaces which."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerk_finance_netfile.campaign_filings import Entry, Registers, find_amended
from clerk_finance_netfile.campaign_pages import Kind, Sheet
from clerkcore import Location, Record, Rejected, SourceError

sys.path.insert(0, str(Path(__file__).parent))

from campaign_samples import make_filing

HERE = Location("filings.json", 1)
Chains = dict[str, set[int]]


def make_entries(chains: Chains) -> list[Entry]:
    return [
        Entry(f"{root}/{number}", HERE, root=root, sequence=number)
        for root, numbers in chains.items()
        for number in numbers
    ]


def take(*filings: dict[str, Any]) -> Registers:
    registers = Registers()
    registers.take(Sheet("filings.json", Kind.FILINGS, list(filings), None))
    return registers


def tell(*filings: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is told of filings without any transaction: the number of each and what it replaces."""
    values = [item.values for item in take(*filings).records() if isinstance(item, Record)]
    return {str(told["filing_id"]): (told["report_num"], told["amends_filing_id"]) for told in values}


def amendment(number: int, sequence: int | None, root: str = "R", kind: str | None = "Amendment") -> dict[str, Any]:
    return make_filing(number, 1, root=root, amendmentType=kind, amendmentSequence=sequence)


@given(st.data(), st.dictionaries(st.sampled_from("PQRS"), st.sets(st.integers(0, 6), max_size=5)))
def test_each_filing_replaces_the_next_lower_one_of_its_chain_in_whatever_order(
    data: st.DataObject, chains: Chains
) -> None:
    expected: dict[str, str | None] = {}
    for root, numbers in chains.items():
        line = sorted(numbers)
        if len(line) > 1:
            expected[f"{root}/{line[0]}"] = None
            expected |= {f"{root}/{above}": f"{root}/{below}" for below, above in pairwise(line)}
    entries = data.draw(st.permutations(make_entries(chains)))
    assert find_amended(entries) == expected


def test_an_original_has_no_sequence() -> None:
    filings = (amendment(3, 2), amendment(1, None, kind="None"), amendment(2, 1))
    assert tell(*filings) == {
        "filing-3": ("002", "filing-2"),
        "filing-1": ("000", None),
        "filing-2": ("001", "filing-1"),
    }


def test_a_filing_that_amends_one_not_listed_replaces_the_next_one_that_is() -> None:
    assert tell(amendment(1, None, kind="None"), amendment(3, 2))["filing-3"] == ("002", "filing-1")


def test_an_amendment_that_does_not_say_its_number_is_the_first() -> None:
    assert tell(amendment(1, None, kind="None"), amendment(2, None))["filing-2"] == ("001", "filing-1")


def test_null_for_the_kind_of_amendment_is_an_original() -> None:
    assert tell(amendment(1, None, kind=None), amendment(2, 1))["filing-1"] == ("000", None)


def make_amendments(sequences: list[tuple[int, str]]) -> list[Entry]:
    """Filings of one original, in no order, each with its sequence and the day it was filed."""
    return [
        Entry(f"filing-{number}", HERE, {"filed_on": day}, root="R", sequence=sequence)
        for number, (sequence, day) in enumerate(sequences)
    ]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["2026-07-01", "2026-07-02", ""])), max_size=9))
def test_of_a_chain_exactly_one_filing_holds_whatever_its_sequences(sequences: list[tuple[int, str]]) -> None:
    entries = make_amendments(sequences)
    amended = find_amended(entries)
    named = [nid for nid in amended.values() if nid]
    assert len(set(named)) == len(named)
    assert len({entry.nid for entry in entries} - set(named)) == min(len(entries), 1)


def test_amendments_of_one_sequence_follow_each_other_by_the_day_they_were_filed() -> None:
    entries = make_amendments([(1, "2026-09-01"), (1, "2026-08-01"), (2, "2026-07-01"), (0, "2026-07-01")])
    assert find_amended(entries) == {
        "filing-3": None,
        "filing-1": "filing-3",
        "filing-0": "filing-1",
        "filing-2": "filing-0",
    }


def test_amendments_of_one_day_follow_each_other_by_the_time_they_were_filed() -> None:
    later, earlier = amendment(2, 1), amendment(3, 1)
    for filing, hour in ((later, "17"), (earlier, "09")):
        filing["filingMeta"] |= {
            "legalFilingDate": "2026-08-01",
            "legalFilingDateTime": f"2026-08-01T{hour}:00:00.0+00:00",
        }
    assert tell(amendment(1, None, kind="None"), later, earlier) == {
        "filing-1": ("000", None),
        "filing-3": ("001", "filing-1"),
        "filing-2": ("001", "filing-3"),
    }


def test_of_amendments_that_do_not_say_their_number_the_last_holds() -> None:
    first, second = amendment(2, None), amendment(3, None)
    assert tell(amendment(1, None, kind="None"), second, first) == {
        "filing-1": ("000", None),
        "filing-2": ("001", "filing-1"),
        "filing-3": ("001", "filing-2"),
    }


def test_filings_without_an_original_id_are_in_no_chain() -> None:
    first, second = amendment(1, None, kind="None"), amendment(2, 1)
    for filing in (first, second):
        filing["originalFilingId"] = None
    assert tell(first, second) == {}


def test_a_filing_that_cannot_be_read_is_passed_over_in_its_chain() -> None:
    broken = amendment(2, 1)
    broken["filingMeta"]["endDate"] = "soon"
    registers = take(amendment(1, None, kind="None"), broken, amendment(3, 2))
    items = list(registers.records())
    assert [item.rule for item in items if isinstance(item, Rejected)] == ["bad_filing_end"]
    amends = {str(i.values["filing_id"]): i.values["amends_filing_id"] for i in items if isinstance(i, Record)}
    assert amends == {"filing-1": None, "filing-3": "filing-1"}


@pytest.mark.parametrize(
    ("filing", "message"),
    [
        ("spoilt", "filings.json: result 2 is not an object"),
        (make_filing(1, 1), "filings.json: tells filingNid 'filing-1' twice"),
        (make_filing(2, 1) | {"filingNid": None}, "filings.json: result 2 has no filingNid"),
        (make_filing(2, 1) | {"filingNid": " \x00"}, "filings.json: result 2 has no filingNid"),
        (make_filing(2, 1) | {"filingNid": ["x"]}, "result 2 cannot be named by filingNid: filingNid holds more than"),
        (make_filing(2, 1) | {"filingNid": "\ud83d"}, "cannot be named by filingNid: a text holds half a character"),
        ({"filingNid": "x"}, "filings.json: lacks the field 'originalFilingId', 'specificationRef', 'filerMeta' in"),
    ],
)
def test_a_page_of_filings_that_is_wrong_is_refused(filing: Any, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        take(make_filing(1, 1), filing)
    assert message in str(caught.value)
    assert caught.value.remedy
