"""What the road says has changed, and what it makes of the rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.road.conftest import Bench, Sheet, row

from clerkcore.interfaces import Client
from clerkcore.models import Counts, Location, Outcome, Parsed, Record, Request, Scope, Site


def test_a_first_load_adds_every_row(bench: Bench) -> None:
    result = bench.load(row("a", votes=1), row("b", votes=2))
    assert (result.outcome, result.counts) == (Outcome.CHANGED, Counts(read=2, added=2))
    assert bench.live() == [("a", 1), ("b", 2)]


def test_a_row_with_another_value_is_changed(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b", votes=2))
    assert bench.load(row("a", votes=1), row("b", votes=3)).counts == Counts(read=2, changed=1, unchanged=1)
    assert bench.live() == [("a", 1), ("b", 3)]


def test_a_row_that_is_no_longer_sent_disappears_and_is_kept_as_a_tombstone(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b", votes=2))
    assert bench.load(row("a", votes=1)).counts == Counts(read=1, disappeared=1, unchanged=1)
    assert bench.live() == [("a", 1)]
    assert bench.rows("SELECT code, votes, run_id, removed_run_id FROM entries") == [("a", 1, 1, None), ("b", 2, 1, 2)]


def test_a_row_that_comes_back_counts_as_added(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b", votes=2))
    bench.load(row("a", votes=1))
    assert bench.load(row("a", votes=1), row("b", votes=2)).counts == Counts(read=2, added=1, unchanged=1)
    assert bench.live("code, run_id, removed_run_id") == [("a", 1, None), ("b", 3, None)]


def test_a_column_that_is_not_compared_is_refreshed_without_counting_as_a_change(bench: Bench) -> None:
    bench.load(row("a", seen="monday"))
    result = bench.load(row("a", seen="tuesday"))
    assert (result.outcome, result.counts) == (Outcome.FRESH, Counts(read=1, unchanged=1, refreshed=1))
    assert bench.live("code, seen") == [("a", "tuesday")]


def test_the_same_bytes_again_are_not_parsed_and_the_run_says_so(bench: Bench) -> None:
    bench.load(row("a"))
    result = bench.load(row("a"))
    assert (result.outcome, result.counts, result.message) == (
        Outcome.FRESH,
        Counts(),
        "the source has not changed",
    )


def test_other_bytes_that_say_the_same_are_unchanged(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b", votes=2))
    result = bench.load(row("b", votes=2), row("a", votes=1))
    assert (result.outcome, result.counts) == (Outcome.FRESH, Counts(read=2, unchanged=2))
    assert bench.live("code, run_id") == [("a", 1), ("b", 1)]


@pytest.mark.parametrize(("before", "after"), [(None, ""), ("", None), (None, "0"), ("x", "X"), ("x", "x ")])
def test_values_that_only_look_alike_differ(bench: Bench, before: str | None, after: str | None) -> None:
    bench.load(row("a", vote=before))
    assert bench.load(row("a", vote=after)).counts == Counts(read=1, changed=1)
    assert bench.live("vote") == [(after,)]


def test_zero_and_nothing_differ(bench: Bench) -> None:
    bench.load(row("a", votes=None))
    assert bench.load(row("a", votes=0)).counts == Counts(read=1, changed=1)


def test_a_change_set_is_told_by_group_and_by_column(bench: Bench) -> None:
    bench.load(row("a", county="Bay"), row("b", county="Bay"), row("c", county="Gulf", votes=1, vote="x"))
    result = bench.load(row("c", county="Gulf", votes=2, vote="y"), row("d"), row("e", county="Gulf"))
    (change,) = result.tables
    assert change.added_by_group == {"(none)": 1, "Gulf": 1}
    assert change.disappeared_by_group == {"Bay": 2}
    assert change.changed_by_column == {"vote": 1, "votes": 1}


def test_another_scope_is_left_alone(bench: Bench) -> None:
    class Named(Sheet):
        def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
            yield Scope(request.options["scope"])

    bench.source = Named()
    bench.load(row("a", votes=1), options={"scope": "one"})
    bench.load(row("a", votes=2), row("b", votes=3), options={"scope": "two"})
    bench.load(row("b", votes=3), options={"scope": "two"})
    assert bench.rows("SELECT scope, code, votes FROM entries_effective") == [("one", "a", 1), ("two", "b", 3)]


def test_a_newer_parser_reads_the_same_bytes_again(bench: Bench) -> None:
    class Newer(Sheet):
        version = 2

        def parse_line(self, line: str, at: Location) -> Parsed:
            return Record("entries", {**json.loads(line), "votes": 7}, at)

    bench.load(row("a", votes=1))
    bench.source = Newer()
    assert bench.load(row("a", votes=1)).counts == Counts(read=1, changed=1)
    assert bench.live() == [("a", 7)]


CODES = st.sampled_from("abcdefg")
ODD = st.sampled_from(["", "x", "X", "é\u2028", "'\"\\", "a\nb"])
TEXTS = st.none() | ODD | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "county": st.sampled_from([None, "", "Bay", "Gulf"]),
        "vote": TEXTS,
        "votes": st.none() | st.integers(0, 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "seen": TEXTS,
    },
)
# Pairs rather than a dict, so that keys come twice, with the same content or with another.
CAPTURES = st.lists(st.tuples(CODES, VALUES), max_size=12)
# A fresh run is logged, and moves the time at which its scope was last compared.
CHECKED = ("data_update_log", "sqlite_sequence", "_clerk_scopes", "_clerk_captures")
COLUMNS = ("county", "vote", "votes", "share", "phone", "seen")
Content = dict[str, tuple[Any, ...]]
Capture = list[tuple[str, dict[str, Any]]]


def usable(capture: Capture) -> tuple[Content, int, int]:
    """Return what the rows should be, and how many records are duplicates and how many conflict, in plain Python."""
    contents: dict[str, list[tuple[Any, ...]]] = {}
    for code, values in capture:
        contents.setdefault(code, []).append(tuple(values.get(column) for column in COLUMNS))
    good = {code: rows[0] for code, rows in contents.items() if len(set(rows)) == 1}
    conflicting = sum(len(rows) for code, rows in contents.items() if code not in good)
    return good, len(capture) - conflicting - len(good), conflicting


def expected_counts(before: Content, capture: Capture) -> Counts:
    after, duplicates, conflicting = usable(capture)
    both = before.keys() & after.keys()
    changed = {code for code in both if before[code][:-1] != after[code][:-1]}
    return Counts(
        read=len(capture),
        added=len(after.keys() - before.keys()),
        changed=len(changed),
        disappeared=len(before.keys() - after.keys()),
        unchanged=len(both - changed),
        duplicates=duplicates,
        quarantined=conflicting,
        refreshed=sum(before[code] != after[code] for code in both - changed),
    )


def lines(capture: Capture) -> list[str]:
    return [row(code, **values) for code, values in capture]


def content(bench: Bench) -> Content:
    return {code: tuple(values) for code, *values in bench.live(f"code, {', '.join(COLUMNS)}")}


@settings(max_examples=60, deadline=None)
@given(first=CAPTURES, second=CAPTURES)
def test_any_two_captures_are_compared_as_plain_python_compares_them(
    tmp_path_factory: pytest.TempPathFactory, first: Capture, second: Capture
) -> None:
    assume(lines(first) != lines(second))
    bench = Bench(tmp_path_factory.mktemp("any"))
    for before, capture in (({}, first), (usable(first)[0], second)):
        result = bench.load(*lines(capture))
        assert result.counts == expected_counts(before, capture)
        assert result.counts.balances
        assert content(bench) == usable(capture)[0]
    settled = bench.dump(without=CHECKED)
    assert bench.load(*lines(second)).outcome is Outcome.FRESH
    assert bench.dump(without=CHECKED) == settled


@settings(max_examples=30, deadline=None)
@given(first=CAPTURES, second=CAPTURES)
def test_there_and_back_is_the_first_capture_again(
    tmp_path_factory: pytest.TempPathFactory, first: Capture, second: Capture
) -> None:
    bench = Bench(tmp_path_factory.mktemp("back"))
    bench.load(*lines(first))
    before = content(bench)
    bench.load(*lines(second))
    bench.load(*lines(first))
    assert content(bench) == before == usable(first)[0]
