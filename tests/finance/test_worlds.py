"""Whole invented years, pulled day by day and in any order, against the truth of the generator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerk_demo import Event, Totals, World, finance_world
from clerk_demo.connect2 import encode_csv
from clerk_finance_netfile.source import NetFile
from clerkcore import Scope, Site
from clerkcore.finance.questions import Asked, read_totals
from clerkcore.models import Kind
from clerkcore.store.database import read_database
from clerkcore.testing.bench import Bench

DAYS = 4
FIRST_DAY = datetime(2026, 7, 1, tzinfo=UTC)
# A filing that is withdrawn is held where it is large; here every pull is accepted.
UNGUARDED = {"shrink_limit": 1, "turnover_limit": 1}
Sums = dict[str, tuple[int, int, int, int]]


def pull(folder: Path, world: World, days: Sequence[int]) -> Bench:
    """Pull these days' year CSV, one after the other, each dated with its day."""
    site = Site("sandiego.ca", "San Diego", "CA", Kind.CITY, sources={"netfile": {}})
    bench = Bench(folder, NetFile({"agency": "CSD"}), Scope("2026", {"year": "2026"}), site, **UNGUARDED)
    for day in days:
        body = encode_csv(list(world.connect2_rows(day)), lone_cr=True)
        assert str(bench.load({"year.csv": body}, FIRST_DAY + timedelta(days=day)).outcome) in ("changed", "fresh")
    return bench


def totals_as_of(bench: Bench, day: int) -> Sums:
    asked = Asked(as_of=(FIRST_DAY + timedelta(days=day)).date().isoformat())
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        rows = read_totals(connection, asked)
    columns = ("contributions_cents", "expenditures_cents", "support_cents", "oppose_cents")
    sums = {row["filer_local_id"]: (*(row[name] for name in columns),) for row in rows}
    return {filer: each for filer, each in sums.items() if any(each)}


def truth(totals: dict[str, Totals]) -> Sums:
    sums = {filer: (t.contributions, t.expenditures, t.support, t.oppose) for filer, t in totals.items()}
    return {filer: each for filer, each in sums.items() if any(each)}


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000), size=st.integers(60, 200), days=st.permutations(range(DAYS)))
def test_totals_as_of_a_day_are_the_truth_whatever_the_order_of_the_pulls(
    seed: int, size: int, days: list[int]
) -> None:
    world = finance_world(seed, "CSD", 2026, size)
    with TemporaryDirectory() as folder:
        bench = pull(Path(folder), world, days)
        for day in range(DAYS):
            assert totals_as_of(bench, day) == truth(world.totals(day)), f"day {day}"


@pytest.fixture(scope="module")
def world() -> World:
    return finance_world(11, "CSD", 2026, 400)


@pytest.fixture(scope="module")
def pulled(world: World, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return pull(tmp_path_factory.mktemp("pulled"), world, range(DAYS))


def test_totals_as_filed_and_as_amended_are_those_of_the_generator(world: World, pulled: Bench) -> None:
    rows = pulled.query("SELECT * FROM totals_by_filer")
    amended = {row["filer_local_id"]: (row["contributions_cents"], row["expenditures_cents"]) for row in rows}
    filed = {row["filer_local_id"]: row["filed_contributions_cents"] for row in rows}
    now, then = world.totals(DAYS - 1), world.totals_as_filed(DAYS - 1)
    assert amended == {filer: (now[filer].contributions, now[filer].expenditures) for filer in amended}
    assert filed == {filer: then[filer].contributions for filer in filed}


def inferable(event: Event) -> bool:
    """Whether Connect2 shows enough to tell: a period, a successor, one equal row at least."""
    return bool(event.new_id) and event.report.periodic and event.unchanged > 0


def test_every_amendment_that_can_be_inferred_is_told_with_its_rows(world: World, pulled: Bench) -> None:
    events = [event for day in range(DAYS) for event in world.events(day) if inferable(event)]
    assert len(events) > 3
    told = pulled.query("SELECT filing_id, amended_by, unchanged, edited, renumbered, added, dropped FROM amendments")
    assert {tuple(row.values()) for row in told} == {
        (event.old_id, event.new_id, event.unchanged, event.edited, event.renumbered, event.new, event.dropped)
        for event in events
    }


def test_no_row_is_counted_twice(world: World, pulled: Bench) -> None:
    (row,) = pulled.query("SELECT sum(amount_cents) AS cents, count(*) AS rows FROM contributions")
    assert row["cents"] == sum(totals.contributions for totals in world.totals(DAYS - 1).values())
    same = "SELECT 1 FROM contributions GROUP BY filing_id, form_type, tran_id HAVING count(*) > 1"
    assert pulled.query(same) == []
