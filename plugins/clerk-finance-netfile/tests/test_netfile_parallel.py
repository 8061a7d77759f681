"""Pages of a year fetched several at a time, where the operator allows it for this source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
TABLES = ("transactions", "filings", "filers", "agencies")
PAGES = 3


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seed=7, size=PAGES * 1000) as running:
        yield running


def settings(simulator: Simulator, **own: object) -> dict[str, object]:
    return {"agency": "CSD", "base_url": simulator.netfile_url, **own}


def test_eight_at_a_time_give_the_rows_of_one_at_a_time(
    etl: Etl, read_table: ReadTable, make_site: SiteMaker, simulator: Simulator
) -> None:
    make_site("twin.ca", netfile=settings(simulator, concurrency=8, delay=0))
    assert (etl().line["added"], etl(subdomain="twin.ca").line["added"]) == (PAGES * 1000, PAGES * 1000)
    for table in TABLES:
        assert read_table(table) == read_table(table, "twin.ca")


def test_a_repeated_page_is_told_as_it_is_one_at_a_time(etl: Etl, make_site: SiteMaker, simulator: Simulator) -> None:
    make_site("twin.ca", netfile=settings(simulator, concurrency=8, delay=0))
    simulator.faults = Faults(repeat_page=True)
    one, eight = etl(), etl(subdomain="twin.ca")
    assert one.exit_code == eight.exit_code == 1
    assert one.line["message"] == eight.line["message"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("concurrency", 0, "0 cannot be used: not a whole number of 1 or more"),
        ("concurrency", 1.5, "1.5 cannot be used: not a whole number of 1 or more"),
        ("concurrency", True, "True cannot be used: not a whole number of 1 or more"),
        ("delay", -1, "-1 cannot be used: not a number of 0 or more"),
        ("delay", "slow", "'slow' cannot be used: not a number of 0 or more"),
    ],
)
def test_a_pace_that_is_none_is_refused(
    etl: Etl, make_site: SiteMaker, simulator: Simulator, key: str, value: object, problem: str
) -> None:
    make_site("other.ca", netfile=settings(simulator, **{key: value}))
    ended = etl(subdomain="other.ca")
    assert (ended.exit_code, ended.line["message"]) == (1, f"[sources.netfile] {key}: {problem}")
    assert simulator.requests == []
