"""All ways of detecting changes lead to one change set."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.rosters.conftest import HEADER, State, roster

from clerkcore.lines import Tail, join_records, split_lines
from clerkcore.models import Capture, Page, Record, ScopeResult
from clerkcore.rosters.changes import compare_records
from clerkcore.rosters.tables import ROSTER_TABLES
from clerkcore.store.linediff import LineDelta, compare_in_step
from clerkcore.store.linehash import compare_hashes
from clerkcore.testing.bench import Bench

OPEN = {"shrink_limit": 1.0, "turnover_limit": 1.0, "quarantine_limit": 1.0}
Way = Callable[..., LineDelta | None]


def batches(content: bytes) -> Callable[[], Iterator[list[bytes]]]:
    return lambda: split_lines(io.BytesIO(content), "test", Tail())


def numbered(content: bytes, quoted: bool) -> dict[int, bytes]:
    joined = join_records(batches(content)(), quoted)
    return {number: record for numbers, records in joined for number, record in zip(numbers, records, strict=True)}


LINES = st.sampled_from([b"a", b"b", b"c", b"d", b"", b'"x"', b'"y\nz"', b'"', b'e"', b'f""'])
FILES = st.lists(LINES, max_size=25)
EDITS = st.lists(st.tuples(st.sampled_from("ird"), st.integers(0, 25), LINES), max_size=6)


def edit(lines: list[bytes], edits: list[tuple[str, int, bytes]]) -> list[bytes]:
    edited = list(lines)
    for what, at, line in edits:
        at = min(at, len(edited))
        if what == "i":
            edited.insert(at, line)
        elif at < len(edited):
            edited[at : at + 1] = [line] if what == "r" else []
    return edited


@pytest.mark.parametrize("way", [compare_in_step, compare_hashes])
@given(FILES, EDITS, st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=700, deadline=None)
def test_lines_that_differ_are_the_difference_of_the_multisets(
    way: Way, lines: list[bytes], edits: list[tuple[str, int, bytes]], shuffled: bool, quoted: bool, ended: bool
) -> None:
    edited = edit(lines, edits)
    old, new = b"\n".join(lines), b"\n".join(sorted(edited) if shuffled else edited) + b"\n" * ended
    olds, news = numbered(old, quoted), numbered(new, quoted)
    watched = sorted(olds)[::3]
    delta = way(batches(old), batches(new), quoted, 10_000, watched)
    if delta is None:
        assert way is compare_in_step, "hashes never lose their way"
        return
    gone, come = Counter(olds.values()) - Counter(news.values()), Counter(news.values()) - Counter(olds.values())
    assert Counter(line for _, line in delta.removed) == gone
    assert Counter(line for _, line in delta.added) == come
    assert all(olds[number] == line for number, line in delta.removed)
    assert all(news[number] == line for number, line in delta.added)
    assert all(olds[before] == line == news[after] for before, after, line in delta.kept)
    assert {number for number, _, _ in delta.kept} == set(watched) - {number for number, _ in delta.removed}


@pytest.mark.parametrize("way", [compare_in_step, compare_hashes])
def test_more_lines_than_the_limit_are_left_to_a_full_comparison(way: Way) -> None:
    old, new = b"a\nb\nc\n", b"x\ny\nz\n"
    assert way(batches(old), batches(new), False, 5, ()) is None
    assert len(way(batches(old), batches(new), False, 6, ()) or ()) == 6


@pytest.mark.parametrize("way", [compare_in_step, compare_hashes])
def test_lines_beyond_the_end_of_the_shorter_file_are_all_told(way: Way) -> None:
    short, long = b"a\nb\n", b"a\nb\n" + b"".join(b"%d\n" % n for n in range(3000))
    longer = way(batches(short), batches(long), False, 10_000, ())
    shorter = way(batches(long), batches(short), False, 10_000, ())
    assert longer is not None
    assert shorter is not None
    assert [len(longer.added), len(longer.removed)] == [3000, 0]
    assert [len(shorter.added), len(shorter.removed)] == [0, 3000]


# How one voter's lines may be written: content, spelling, and lines that give no row.
SPELT = (
    "ADAMS,{i},P,S1",
    "ADAMS,{i},P,S2",
    '"ADAMS",{i},P,S1',
    "BROWN,{i},P,S1",
    "ADAMS,{i},M,S1",
    "adams,{i},p, S1 ",
    "ADAMS,{i}X,P,S1",
    "ADAMS,{i},P",
)
ONE_VOTER = st.lists(st.sampled_from(SPELT), max_size=3)
VOTERS = st.lists(st.tuples(ONE_VOTER, ONE_VOTER), min_size=1, max_size=60)


def write(spelt: list[list[str]], order: int, break_names: bool, ended: bool) -> str:
    lines = []
    for number, ways in enumerate(spelt):
        for way in ways:
            county, rest = way.format(i=1000 + number).split(",", 1)
            name = '"A\nB, C"' if break_names and number % 3 == 0 else '"A, C"'
            lines.append(f"{county},{name},{rest}")
    lines = sorted(lines, key=lambda line: hash((line, order))) if order else lines
    text = HEADER + "\n".join([*lines, 'CLAY,"Z",9999,P,S9'])
    return text + "\n" * ended


@given(VOTERS, st.integers(0, 3), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_differences_lead_to_the_change_set_of_a_full_comparison(
    voters: list[tuple[list[str], list[str]]], order: int, old_breaks: bool, new_breaks: bool, ended: bool
) -> None:
    old = write([before for before, _ in voters], 0, old_breaks, True)
    new = write([after for _, after in voters], order, new_breaks, ended)
    assume(old != new)
    with TemporaryDirectory() as folder:
        quick, full = State(Path(folder) / "quick", **OPEN), State(Path(folder) / "full", **OPEN)
        told, expected = _load_both(quick, full, old, new)
        assert told.counts == expected.counts
        assert told.tables == expected.tables
        assert quick.bench().rows() == full.bench().rows()
        for table in ("turnout_totals", "precinct_totals", "roster_overlaps"):
            assert quick.query(f"SELECT * FROM {table}") == full.query(f"SELECT * FROM {table}")
        for table, columns in (("_clerk_quarantine", "page, line, rule, message"), ("_clerk_asides", "line, rule")):
            ask = f"SELECT {columns} FROM {table} WHERE run_id = 2 ORDER BY {columns}"
            assert quick.query(ask) == full.query(ask)
        counts = told.counts
        assert (counts.added, counts.changed, counts.disappeared) == _row_changes(quick.bench(), old, new)


def _load_both(quick: State, full: State, old: str, new: str) -> tuple[ScopeResult, ScopeResult]:
    for state in (quick, full):
        state.load(old)
    files = {"file.csv": new.encode()}
    return quick.bench().load(files), full.bench().apply_again(files)


def _row_changes(bench: Bench, old: str, new: str) -> tuple[int, int, int]:
    both = [list(parse(bench, text)) for text in (new, old)]
    changes = compare_records(ROSTER_TABLES, *both)
    return len(changes.added), len(changes.changed), len(changes.disappeared)


def parse(bench: Bench, text: str) -> Iterator[Record]:
    page = Page("file.csv", "", lambda: io.BytesIO(text.encode()))
    capture = Capture("", "statelet", bench.scope, (page,), "", datetime.now(UTC))
    return (item for item in bench.source.parse(capture) if isinstance(item, Record))


def test_only_the_lines_that_differ_are_staged(state: State) -> None:
    state.load(roster("ADAMS 1001 P S1", "BROWN 1002 P S1", "CLAY 1003 M S1"))
    told = state.load(roster("ADAMS 1001 P S1", "BROWN 1002 P S2", "CLAY 1004 M S1"))
    assert state.bench().relative_to
    assert (told.counts.added, told.counts.changed, told.counts.disappeared, told.counts.unchanged) == (1, 1, 1, 1)


def test_a_stray_quote_long_before_a_broken_record_does_not_part_it() -> None:
    """A record of its own by the rule of 100 lines, after which an even number of quotes says nothing."""
    head = b'O"BRIEN\n' + b"".join(b"line %d\n" % n for n in range(300))
    old = head + b'"A\nB","x"\n' + b"tail\n" * 3
    new = head + b'"A\nC","x"\n' + b"tail\n" * 3
    delta = compare_in_step(batches(old), batches(new), True, 100, ())
    assert delta is not None
    assert [record for _, record in (*delta.removed, *delta.added)] == [b'"A\nB","x"', b'"A\nC","x"']


@pytest.mark.parametrize("turned", [False, True])
def test_a_long_end_with_a_stray_quote_comes_to_its_end(turned: bool) -> None:
    short = b"".join(b"row %d\n" % n for n in range(1498))
    long = short + b'O"BRIEN\n' + b"".join(b"more %d\n" % n for n in range(700))
    old, new = (long, short) if turned else (short, long)
    delta = compare_in_step(batches(old), batches(new), True, 10_000, ())
    assert delta is not None
    assert sorted((len(delta.added), len(delta.removed))) == [0, 701]
