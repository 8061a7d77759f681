"""The rules, on plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore.notify.rules import PATIENCE, count_settled, fires, normalise, retry_at

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)
few = settings(max_examples=40, deadline=None)
places = st.from_regex(r"[a-z]{3,12}\.(ca|tx)", fullmatch=True)


@few
@given(places, places, st.integers(1, 65_535), st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_message_is_the_same_whatever_site_number_port_and_path_it_names(
    one: str, other: str, port: int, first: int, second: int
) -> None:
    def tell(site: str, number: int) -> str:
        url = f"https://user@netfile.com:{port if number else 443}/api/{site}/{number}?key={number}"
        return f"2024: {url} answered {number} of {site} in /srv/civic/{site}/raw"

    assert normalise(tell(one, first), [one]) == normalise(tell(other, second), [other])


@few
@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=3))
def test_any_message_can_be_normalised_and_stays_short(message: str, words: list[str]) -> None:
    assert len(normalise(message, words)) <= 300


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no answer within 30 seconds", "the header has changed"),
        ("https://netfile.com/a answered 500", "https://sos.ca.gov/a answered 500"),
        ("column 'amount' is missing", "column 'filer' is missing"),
    ],
)
def test_messages_of_other_causes_differ(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_what_several_scopes_say_alike_counts_once() -> None:
    told = "2023: no answer in 30 s; 2024: no answer in 31 s; 2025: no answer in 3 s; and 4 more scopes"
    assert normalise(told) == normalise("no answer in 9 s") == "no answer in # s"


@few
@given(st.lists(st.sampled_from(["failed", "fresh", "changed", "held"]), max_size=6), st.integers(1, 5))
def test_a_source_fires_exactly_when_its_newest_runs_all_failed(outcomes: list[str], after: int) -> None:
    newest = outcomes[:after]
    assert fires(outcomes, after) == (newest == ["failed"] * after)


@few
@given(st.integers(1, 200), st.integers(0, 100))
def test_a_message_is_tried_again_within_an_hour_and_given_up_after_three_days(attempts: int, hours: int) -> None:
    again = retry_at(attempts, NOW - timedelta(hours=hours), NOW)
    assert (again is None) == (timedelta(hours=hours) >= PATIENCE)
    assert again is None or timedelta(minutes=1) <= again - NOW <= timedelta(hours=1)


def test_the_waits_between_attempts_double() -> None:
    waits = [retry_at(attempts, NOW, NOW) for attempts in range(1, 9)]
    assert [(wait - NOW).total_seconds() / 60 for wait in waits if wait] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ([(4, NOW), (5, NOW)], 2),
        ([(4, NOW), (6, NOW)], 1),
        ([(5, NOW)], 0),
        ([(5, OLD), (6, NOW), (8, NOW)], 2),
        ([(9, OLD), (12, OLD)], 2),
        ([], 0),
    ],
    ids=["no gap", "a gap that may fill", "a gap at once", "an old gap before a new one", "old gaps", "none"],
)
def test_events_are_read_up_to_a_gap_that_an_open_transaction_may_fill(
    events: list[tuple[int, datetime]], count: int
) -> None:
    assert count_settled(3, events, NOW) == count
