"""When filings were at the publisher, told by captures in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clerkcore.finance.sightings import Sighting, add_capture, intervals, present_at

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


def test_a_filing_that_came_and_went_and_came_back_was_there_twice() -> None:
    here, gone = frozenset("a"), frozenset("b")
    steps = arrive([(MOMENTS[0], gone), (MOMENTS[2], here), (MOMENTS[5], gone), (MOMENTS[6], here)])
    assert intervals(steps["a"]) == [(MOMENTS[2], MOMENTS[5]), (MOMENTS[6], "")]


@given(arriving=captures)
def test_intervals_say_what_the_steps_say(arriving: list[tuple[str, frozenset[str]]]) -> None:
    for steps in arrive(arriving).values():
        for moment in MOMENTS:
            held = any(start <= moment and (not end or moment < end) for start, end in intervals(steps))
            assert held == present_at(steps, moment)


def test_nothing_is_known_of_a_filing_before_its_first_capture() -> None:
    assert not present_at(arrive([(MOMENTS[4], frozenset("a"))])["a"], MOMENTS[3])
