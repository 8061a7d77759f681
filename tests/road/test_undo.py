"""Taking runs back: exactly, in order, and without anything being lost (law 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.road.conftest import ENTRIES, TODAY, Bench, Sheet, row

from clerkcore.errors import LeaseLost, UsageError
from clerkcore.interfaces import Column
from clerkcore.models import Counts, Outcome, Request
from clerkcore.road.run import run_all, run_undo

ALL = "SELECT *, typeof(share), hex(vote), printf('%!.20g', share) FROM entries_effective ORDER BY code"


def test_undo_brings_back_what_stood_before(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b", votes=2))
    before = bench.rows(ALL)
    bench.load(row("a", votes=9), row("c", votes=3))
    result = bench.undo(2)
    assert bench.rows(ALL) == before
    assert (result.outcome, result.counts) == (Outcome.CHANGED, Counts(added=1, changed=1, disappeared=1))
    assert result.message == "run 2 taken back: 1 rows back, 1 rows withdrawn, 1 rows as before"


@pytest.mark.parametrize("share", [1000000000000001.0, 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, 2.0])
def test_undo_restores_a_number_to_its_last_digit(bench: Bench, share: float) -> None:
    bench.load(row("a", share=share))
    before = bench.rows(ALL)
    bench.load(row("a", share=7))
    bench.undo(2)
    assert bench.rows(ALL) == before
    assert bench.live("share") == [(share,)]


def test_undo_of_the_first_run_leaves_no_live_row_but_keeps_them_all(bench: Bench) -> None:
    bench.load(row("a", votes=1))
    bench.undo(1)
    assert bench.live() == []
    assert bench.rows("SELECT code, run_id, removed_run_id FROM entries") == [("a", 1, 2)]


def test_undo_of_an_undo_loads_the_run_again(bench: Bench) -> None:
    bench.load(row("a", votes=1))
    bench.load(row("a", votes=2), row("b"))
    loaded = bench.rows(ALL)
    bench.undo(2)
    bench.undo(3)
    assert bench.rows(ALL) == loaded
    assert bench.load(row("a", votes=2), row("b")).outcome is Outcome.FRESH


def test_undo_of_a_run_that_others_stand_on_is_refused_and_names_the_newest(bench: Bench) -> None:
    bench.load(row("a"))
    bench.load(row("b"))
    with pytest.raises(UsageError) as refused:
        bench.undo(1)
    assert str(refused.value) == "run 1 is not the newest of sheet all (undo run 2 first)"


def test_undo_twice_is_refused(bench: Bench) -> None:
    bench.load(row("a"))
    bench.undo(1)
    with pytest.raises(UsageError, match="run 1 was undone already, by run 2"):
        bench.undo(1)


def test_undo_of_an_undone_undo_leaves_the_first_run_undone(bench: Bench) -> None:
    bench.load(row("a"))
    bench.load(row("b"))
    for run in (2, 3, 4):
        bench.undo(run)
    assert bench.live("code") == [("a",)]
    assert bench.load(row("b")).message == "this very capture was loaded before and undone"
    with pytest.raises(UsageError, match="run 2 was undone already"):
        bench.undo(2)


def test_undo_of_a_run_that_applied_nothing_is_refused(bench: Bench) -> None:
    bench.load(row("a"))
    with pytest.raises(UsageError, match=r"run 7 applied nothing \(see: clerk runs list\)"):
        bench.undo(7)


def test_runs_are_undone_one_after_the_other(bench: Bench) -> None:
    bench.load(row("a"))
    bench.load(row("b"))
    bench.load(row("c"))
    bench.undo(3)
    bench.undo(2)
    assert bench.live("code, run_id") == [("a", 1)]


def test_an_undone_capture_is_held_when_it_is_pulled_again_and_accept_loads_it(bench: Bench) -> None:
    bench.load(row("a"))
    bench.load(row("b"))
    bench.undo(2)
    held = bench.load(row("b"))
    assert (held.outcome, held.message) == (Outcome.HELD, "this very capture was loaded before and undone")
    assert held.remedy == "clerk accept 4 loads it again; or wait until the source changes"
    assert bench.live("code") == [("a",)]
    assert bench.accept(held).outcome is Outcome.CHANGED
    assert bench.live("code") == [("b",)]
    assert bench.load(row("b")).outcome is Outcome.FRESH


def test_a_lease_lost_during_undo_leaves_the_database_as_it_was(bench: Bench) -> None:
    def taken_over() -> None:
        raise LeaseLost("another has taken over")

    bench.load(row("a"))
    before = bench.dump()
    with pytest.raises(LeaseLost):
        bench.undo(1, check_lease=taken_over)
    assert bench.dump() == before


def test_undo_has_its_line_in_the_update_log(bench: Bench) -> None:
    bench.load(row("a", county="Bay"), row("b", county="Bay"), options={"election_id": "7"})
    bench.undo(1)
    log = "SELECT run_id, election_id, records_before, records_after, records_disappeared, summary FROM data_update_log"
    assert bench.rows(log) == [
        (1, "7", 0, 2, 0, "2 entries added (Bay 2)"),
        (2, "7", 2, 0, 2, "run 1 taken back: 2 rows withdrawn"),
    ]


def test_history_keeps_images_of_rows_that_a_run_touched_and_of_no_others(bench: Bench) -> None:
    bench.load(row("a", votes=1), row("b"), row("c"))
    bench.load(row("a", votes=2), row("b"), row("d"))
    assert bench.rows("SELECT run_id, row_key FROM _clerk_history ORDER BY row_key") == [(2, '["a"]'), (2, '["c"]')]


TEXTS = st.none() | st.sampled_from(["", "x", "é\u2028\U0001f5f3", "'\"\\", "a\nb"]) | st.text(max_size=3)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "vote": TEXTS,
        "votes": st.none() | st.integers(0, 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "seen": TEXTS,
    },
)
CODES = st.sampled_from(["a", "b", "", '"', "\\", "é"])
CAPTURES = st.dictionaries(CODES, VALUES, max_size=5)


def load(bench: Bench, capture: dict[str, Any]) -> bool:
    """Load a capture, accepting it where it was undone before; False when nothing was applied."""
    result = bench.load(*(row(code, **values) for code, values in capture.items()))
    if result.outcome is Outcome.HELD:
        result = bench.accept(result)
    return bool(bench.rows("SELECT 1 FROM _clerk_runs WHERE run_id = ?", bench.run_id))


def sizes(bench: Bench) -> list[int]:
    return [bench.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("entries", "_clerk_history", "_clerk_runs")]


@settings(max_examples=40, deadline=None)
@given(captures=st.lists(CAPTURES, min_size=1, max_size=4))
def test_undo_restores_every_column_of_every_row_and_undo_of_undo_too(
    tmp_path_factory: pytest.TempPathFactory, captures: list[dict[str, Any]]
) -> None:
    bench = Bench(tmp_path_factory.mktemp("undo"))
    load(bench, {})
    states, applied = [bench.rows(ALL)], []
    for capture in captures:
        if load(bench, capture):
            applied.append(bench.run_id)
            states.append(bench.rows(ALL))
    for run in reversed(applied):
        loaded = states.pop()
        before = sizes(bench)
        for undone, expected in ((run, states[-1]), (0, loaded), (0, states[-1])):
            bench.undo(undone or bench.run_id)
            assert bench.rows(ALL) == expected
        assert all(now >= then for now, then in zip(sizes(bench), before, strict=True))


def test_an_undo_that_ended_between_two_scopes_is_finished_by_the_next(bench: Bench) -> None:
    path = bench.root / "rows.jsonl"
    work = bench.work()
    for year in (2025, 2026):
        path.write_text(row(f"of {year}") + "\n", encoding="utf-8")
        run_all(work, Request(TODAY, (year,)), (path,))
    answers = iter([None, LeaseLost("taken over")])

    def taken_over_at_the_second_scope() -> None:
        answer = next(answers)
        if answer:
            raise answer

    with pytest.raises(LeaseLost):
        run_undo(bench.work(check_lease=taken_over_at_the_second_scope), work.run_id)
    assert bench.live("code") == [("of 2026",)]
    run_undo(bench.work(), work.run_id)
    assert bench.live("code") == []


def test_undo_after_an_upgrade_that_adds_a_table_and_a_column(bench: Bench) -> None:
    class Newer(Sheet):
        tables = (
            replace(ENTRIES, columns=(*ENTRIES.columns, Column("extra"))),
            replace(ENTRIES, name="others"),
        )

    bench.load(row("a"))
    bench.load(row("b"))
    bench.source = Newer()
    bench.undo(2)
    assert bench.live("code") == [("a",)]
