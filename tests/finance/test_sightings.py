"""When filings were at the publisher, told by captures in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clerkcore.finance.sightings import Sighting, add_capture, present_at, span

MOMENTS = [f"2026-08-{number:02}T00:00:00.000000Z" for number in range(1, 9)]
captures = st.lists(
    st.tuples(st.sampled_from(MOMENTS), st.frozensets(st.sampled_from("abc"))),
    unique_by=lambda capture: capture[0],
    max_size=8,
)


def arrive(arriving: list[tuple[str, frozenset[str]]]) -> dict[str, list[Sighting]]:
    """Let captures arrive one after the other."""
    steps: dict[str, list[Sighting]] = {}
    known: list[str] = []
    for moment, here in arriving:
        for filing, step in list(add_capture(steps, here, moment, known)):
            of_filing = [old for old in steps.get(filing, []) if old.seen_at != step.seen_at]
            steps[filing] = sorted([*of_filing, step])
        known.append(moment)
    return steps


@given(arriving=captures)
def test_every_capture_is_remembered_whatever_the_order_of_arrival(
    arriving: list[tuple[str, frozenset[str]]],
) -> None:
    steps = arrive(arriving)
    for moment, here in arriving:
        assert {filing for filing in "abc" if present_at(steps.get(filing, ()), moment)} == here


@given(arriving=captures, data=st.data())
def test_the_order_of_arrival_leaves_no_trace(arriving: list[tuple[str, frozenset[str]]], data: st.DataObject) -> None:
    one, other = arrive(arriving), arrive(data.draw(st.permutations(arriving)))
    for moment in MOMENTS:
        states = [{filing: present_at(steps.get(filing, ()), moment) for filing in "abc"} for steps in (one, other)]
        assert states[0] == states[1]


def test_a_filing_that_came_and_went_has_a_beginning_and_an_end() -> None:
    steps = arrive([(MOMENTS[0], frozenset()), (MOMENTS[2], frozenset("a")), (MOMENTS[5], frozenset())])
    assert span(steps["a"]) == (MOMENTS[2], MOMENTS[5])


def test_a_filing_that_is_there_has_no_end() -> None:
    assert span(arrive([(MOMENTS[1], frozenset("a"))])["a"]) == (MOMENTS[1], "")


def test_nothing_is_known_of_a_filing_before_its_first_capture() -> None:
    assert not present_at(arrive([(MOMENTS[4], frozenset("a"))])["a"], MOMENTS[3])
