"""What looks like a broken source is held, with the rows untouched, until somebody accepts it (law 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import pytest
from tests.road.conftest import ENTRIES, Bench, Sheet, row

from clerkcore.interfaces import Table
from clerkcore.models import Counts, Outcome, ScopeResult

DEFAULTS = {"shrink_limit": 0.02, "turnover_limit": 0.5, "quarantine_limit": 0.05}
LOG = ("data_update_log", "sqlite_sequence")


class Complete(Sheet):
    """No entry may ever go missing."""

    tables: ClassVar[tuple[Table, ...]] = (replace(ENTRIES, max_shrink=0.0),)


@pytest.fixture
def guarded(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(**DEFAULTS)


def entries(*numbers: int, votes: int = 0) -> list[str]:
    return [row(f"{number:04}", votes=votes) for number in numbers]


def told(result: ScopeResult) -> tuple[Outcome, str]:
    return result.outcome, result.message


def test_a_pull_with_half_its_rows_gone_is_held_and_the_rows_stay(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    before = guarded.dump(without=LOG)
    held = guarded.load(*entries(*range(50)))
    assert told(held) == (
        Outcome.HELD,
        "entries fell from 100 to 50 rows, 50 fewer (limit 2); not applied",
    )
    assert held.remedy == "look first: clerk runs show 2; to apply it all the same: clerk accept 2"
    assert held.counts == Counts(read=50, disappeared=50, unchanged=50)
    assert guarded.dump(without=LOG) == before


@pytest.mark.parametrize(("left", "outcome"), [(98, Outcome.CHANGED), (97, Outcome.HELD)])
def test_as_many_rows_as_the_limit_says_may_go(guarded: Bench, left: int, outcome: Outcome) -> None:
    guarded.load(*entries(*range(100)))
    assert guarded.load(*entries(*range(left))).outcome is outcome


def test_one_row_may_go_from_even_the_smallest_scope(guarded: Bench) -> None:
    guarded.load(*entries(1, 2, 3))
    assert guarded.load(*entries(1, 2)).outcome is Outcome.CHANGED
    assert guarded.load("#").message == "entries fell from 2 to 0 rows, 2 fewer (limit 1); not applied"


def test_rows_that_others_replace_do_not_count_as_lost(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    assert guarded.load(*entries(*range(20, 119))).outcome is Outcome.CHANGED


def test_no_row_may_go_from_a_table_that_says_so(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(Complete(), **DEFAULTS)
    bench.load(*entries(*range(100)))
    assert told(bench.load(*entries(*range(99)))) == (
        Outcome.HELD,
        "1 of 100 rows of entries vanished, and none may; not applied",
    )


def test_a_pull_that_replaces_most_rows_is_held(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    assert told(guarded.load(*entries(*range(51, 151)))) == (
        Outcome.HELD,
        "51 of 100 rows of entries would be replaced (limit 50%); not applied",
    )


def test_a_handful_of_rows_may_all_be_replaced(guarded: Bench) -> None:
    guarded.load(*entries(*range(9)))
    assert guarded.load(*entries(*range(10, 19))).outcome is Outcome.CHANGED


@pytest.mark.parametrize(("bad", "outcome"), [(5, Outcome.CHANGED), (6, Outcome.HELD)])
def test_a_pull_with_too_many_rejected_records_is_held_even_when_it_is_the_first(
    guarded: Bench, bad: int, outcome: Outcome
) -> None:
    result = guarded.load(*entries(*range(100 - bad)), *["ragged"] * bad)
    assert result.outcome is outcome
    if outcome is Outcome.HELD:
        told = "6 of 100 records were rejected (limit 5%), 6 of them by the rule ragged: this line is no record"
        assert result.message == f"{told}; not applied"
        assert guarded.rows("SELECT name FROM sqlite_schema WHERE name = 'entries'") == []


def test_a_first_pull_has_nothing_to_shrink_from_and_neither_has_one_after_its_undo(guarded: Bench) -> None:
    assert guarded.load(*entries(*range(100))).outcome is Outcome.CHANGED
    guarded.undo(1)
    assert guarded.load(*entries(1)).outcome is Outcome.CHANGED


def test_every_row_may_change_its_values(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    assert guarded.load(*entries(*range(100), votes=1)).outcome is Outcome.CHANGED


def test_accept_applies_what_was_held(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    held = guarded.load(*entries(1, 2))
    accepted = guarded.accept(held)
    assert told(accepted) == (Outcome.CHANGED, "98 entries disappeared ((none) 98)")
    assert guarded.live() == [("0001", 0), ("0002", 0)]


def test_accept_is_refused_when_the_rows_have_changed_since(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    held = guarded.load(*entries(1, 2))
    guarded.load(*entries(*range(101)))
    before = guarded.dump(without=LOG)
    refused = guarded.accept(held)
    assert told(refused) == (
        Outcome.FAILED,
        "sheet.ca sheet all: the rows have changed since this was held",
    )
    assert refused.remedy == "pull again and look at the new run"
    assert guarded.dump(without=LOG) == before


def test_a_held_capture_that_is_pulled_again_is_held_again(guarded: Bench) -> None:
    guarded.load(*entries(*range(100)))
    assert [guarded.load(*entries(1)).outcome for _ in range(2)] == [Outcome.HELD] * 2


def test_undo_is_not_guarded(guarded: Bench) -> None:
    guarded.load(*entries(1))
    guarded.load(*entries(*range(100)))
    assert guarded.undo(2).outcome is Outcome.CHANGED
    assert guarded.live() == [("0001", 0)]


def test_guards_leave_derived_tables_alone_and_unknown_limits_to_the_settings(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(**{**DEFAULTS, "shrink_limit": 0.0})
    bench.load(*entries(1, 2))
    assert bench.load(*entries(1)).message == "1 of 2 rows of entries vanished, and none may; not applied"


class Counted(Sheet):
    """Its votes only ever grow."""

    tables = (replace(ENTRIES, columns=tuple(replace(c, summed=c.name == "votes") for c in ENTRIES.columns)),)


def test_a_sum_that_collapses_is_held(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(Counted(), turnover_limit=0.5)
    bench.load(row("a", votes=10), row("b", votes=10))
    assert bench.load(row("a", votes=6), row("b", votes=4)).outcome is Outcome.CHANGED
    held = bench.load(row("a", votes=0), row("b", votes=4))
    assert told(held) == (Outcome.HELD, "the sum of votes in entries fell from 10 to 4; not applied")


def test_where_no_row_may_go_a_new_one_makes_up_for_none(make_bench: Callable[..., Bench]) -> None:
    class Whole(Sheet):
        tables = (replace(ENTRIES, max_shrink=0.0),)

    bench = make_bench(Whole())
    bench.load(row("DeSoto"), row("Bay"))
    assert bench.load(row("De Soto"), row("Bay")).outcome is Outcome.HELD


def test_a_column_that_empties_is_held(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(turnover_limit=0.5)
    bench.load(*(row(f"{n:02}", vote="yes") for n in range(20)))
    held = bench.load(*(row(f"{n:02}", vote="yes" if n < 9 else None) for n in range(20)))
    assert told(held) == (Outcome.HELD, "vote in entries was filled in 20 rows and is in 9; not applied")
