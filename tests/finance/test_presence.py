"""Filings that come, go and come back: totals as of any day are those of the capture that held then."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clerkcore import Site
from clerkcore.finance.questions import Asked, read_totals
from clerkcore.models import Kind
from clerkcore.store.database import read_database
from clerkcore.testing.bench import Bench

from .conftest import YEAR, County, day, filing, gift

# c amends b, which amends a; the others stand alone.
AMENDS = {"b": "a", "c": "b"}
CENTS = {name: 10**place for place, name in enumerate("abcdef")}
UNGUARDED = {"shrink_limit": 1, "turnover_limit": 1}
held = st.frozensets(st.sampled_from("abcdef"))
Captures = dict[int, frozenset[str]]


def rows_of(name: str) -> list[object]:
    period = {"filing_end": "2026-03-31"} if name == "f" else {}
    return [gift(name, "1", CENTS[name], **period), filing(name, amends_filing_id=AMENDS.get(name))]


def load(folder: Path, captures: Captures, order: list[int]) -> Bench:
    bench = Bench(folder, County({}), YEAR, Site("example.ca", "Example", "CA", Kind.CITY), **UNGUARDED)
    for number in order:
        rows = [row for name in sorted(captures[number]) for row in rows_of(name)]
        body = json.dumps([*rows, gift("z", "1", 1, filer_local_id="Z")]).encode()
        assert str(bench.load({"year.json": body}, day(number)).outcome) in ("changed", "fresh")
    return bench


def contributions(bench: Bench, number: int) -> int:
    with read_database(bench.folder / "site" / "finance" / "election_finance.db") as connection:
        rows = read_totals(connection, Asked(as_of=day(number).date().isoformat()))
    return sum(row["contributions_cents"] for row in rows if row["filer_local_id"] == "F1")


def truth(captures: Captures, number: int) -> int:
    ever = frozenset[str]().union(*captures.values())
    here = captures[max(taken for taken in captures if taken <= number)]
    return sum(CENTS[name] for name in here if not (amendments(name, ever) & here))


def amendments(name: str, ever: frozenset[str]) -> frozenset[str]:
    """What amends a filing, and what amends that, as far as any capture tells of it."""
    own = {other for other in ever if AMENDS.get(other) == name}
    return frozenset(own).union(*(amendments(other, ever) for other in own))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(captures=st.dictionaries(st.integers(1, 6), held, min_size=1, max_size=5), data=st.data())
def test_totals_as_of_a_day_are_those_of_what_the_publisher_held_on_it(captures: Captures, data: st.DataObject) -> None:
    order = data.draw(st.permutations(sorted(captures)))
    with TemporaryDirectory() as folder:
        bench = load(Path(folder), captures, order)
        for number in range(min(captures), 8):
            assert contributions(bench, number) == truth(captures, number), f"day {number}"
