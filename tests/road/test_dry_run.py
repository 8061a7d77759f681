"""A dry run tells everything and changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from tests.road.conftest import Bench, Sheet, row

from clerkcore.models import Counts, Location, Outcome, Parsed


class Careless(Sheet):
    def parse_line(self, line: str, at: Location) -> Parsed:
        raise ValueError("no")


def test_a_dry_run_tells_what_would_change_and_changes_nothing(bench: Bench) -> None:
    bench.load(row("a"), row("b"))
    before = bench.dump()
    result = bench.load(row("a", votes=1), row("c"), "ragged", dry_run=True)
    assert (result.outcome, result.counts) == (
        Outcome.CHANGED,
        Counts(read=3, added=1, changed=1, disappeared=1, quarantined=1),
    )
    assert result.message == (
        "dry run, nothing applied: 1 entry added ((none) 1); 1 entry changed (votes 1);"
        " 1 entry disappeared ((none) 1). 1 quarantined"
    )
    assert bench.dump() == before


def test_a_dry_run_of_a_first_pull_creates_no_database(bench: Bench) -> None:
    assert bench.load(row("a"), dry_run=True).counts == Counts(read=1, added=1)
    assert not bench.database.exists()


def test_a_dry_run_of_the_same_bytes_again_notes_no_check(bench: Bench) -> None:
    bench.load(row("a"))
    before = bench.dump()
    assert bench.load(row("a"), dry_run=True).outcome is Outcome.FRESH
    assert bench.dump() == before


def test_a_dry_run_says_that_it_would_be_held_and_offers_no_run_to_accept(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(shrink_limit=0.0)
    bench.load(row("a"), row("b"))
    before = bench.dump()
    result = bench.load(row("a"), dry_run=True)
    assert (result.outcome, result.remedy) == (Outcome.HELD, "")
    assert result.message == ("dry run, nothing applied: 1 of 2 rows of entries vanished, and none may; not applied")
    assert bench.dump() == before


def test_a_dry_run_of_an_undone_capture_offers_no_run_to_accept(bench: Bench) -> None:
    bench.load(row("a"))
    bench.undo(1)
    before = bench.dump()
    result = bench.load(row("a"), dry_run=True)
    assert (result.outcome, result.remedy) == (Outcome.HELD, "")
    assert bench.dump() == before


def test_a_dry_run_that_fails_is_not_logged(bench: Bench) -> None:
    bench.load(row("a"))
    before = bench.dump()
    bench.source = Careless()
    assert bench.load(row("b"), dry_run=True).outcome is Outcome.FAILED
    assert bench.dump() == before
