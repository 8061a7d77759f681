"""Which version of a filing held on which days."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clerkcore.finance.versions import order_versions, without

names = st.sampled_from("abcdef")
days = st.tuples(st.sampled_from("12345"), st.sampled_from(["2", "3", "4", "5", "6", ""])).filter(
    lambda pair: not pair[1] or pair[0] < pair[1]
)


def ranks(order: str) -> dict[str, tuple[str, str]]:
    return {name: (str(place), name) for place, name in enumerate(order)}


def test_an_amendment_of_an_amendment_comes_last() -> None:
    assert order_versions({"c": "b", "b": "a"}, ranks("cba")) == [["a", "b", "c"]]


def test_of_two_that_amend_the_same_one_the_later_comes_last() -> None:
    assert order_versions({"b": "a", "c": "a", "d": "b"}, ranks("abdc")) == [["a", "b", "d", "c"]]


def test_filings_that_amend_each_other_in_a_circle_are_left_out() -> None:
    assert order_versions({"b": "a", "a": "b", "d": "c"}, ranks("abcd")) == [["c", "d"]]


@given(st.dictionaries(names, names), st.permutations("abcdef"))
def test_each_filing_stands_in_one_sequence_after_what_it_amends(amends: dict[str, str], order: list[str]) -> None:
    sequences = order_versions(amends, ranks("".join(order)))
    placed = [name for sequence in sequences for name in sequence]
    assert len(placed) == len(set(placed))
    for sequence in sequences:
        for name in sequence[1:]:
            assert sequence.index(amends[name]) < sequence.index(name)


def held(spans: list[tuple[str, str]], day: str) -> bool:
    return any(start <= day and (not end or day < end) for start, end in spans)


@given(st.lists(days, max_size=3), st.lists(days, max_size=3))
def test_a_day_is_left_where_none_of_the_others_holds(
    spans: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    left = without(spans, others)
    for day in "1234567":
        assert held(left, day) == (held(spans, day) and not held(others, day))
