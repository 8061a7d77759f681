from __future__ import annotations

import json
import tracemalloc
from itertools import islice

import httpx
import pytest

from clerk_demo import Simulator, finance_world, rows_stream
from clerk_demo.connect2 import encode_csv, encode_json
from clerk_demo.routes import LARGE, YEAR
from clerk_demo.stores import PageStore
from clerk_demo.streams import WorldRows


def test_the_pages_of_a_stream_are_those_of_all_rows() -> None:
    world = finance_world(1, "CSD", 2026, 250)
    rows = list(world.connect2_rows(2))
    total = len(rows)
    assert list(rows_stream(world, 2, 100)) == [
        encode_json(rows[at : at + 100], total=total, pages=3) for at in (0, 100, 200)
    ]


def test_a_million_rows_are_streamed_page_by_page_in_little_memory() -> None:
    world = finance_world(1, "CSD", 2026, 1_000_000)
    tracemalloc.start()
    pages = [json.loads(page) for page in islice(rows_stream(world), 3)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {(page["totalMatchingCount"], page["totalMatchingPages"]) for page in pages} == {(1_000_000, 1000)}
    assert len({row["netFileKey"] for page in pages for row in page["results"]}) == 3000
    assert peak < 60_000_000


def test_the_last_page_of_a_million_rows_is_found_without_those_before_it() -> None:
    world = finance_world(1, "CSD", 2026, 1_000_000)
    rows = WorldRows(world, 0)
    assert (len(rows), len(rows[999_990:1_000_010])) == (1_000_000, 10)
    assert rows[-1] == rows[999_999]
    with pytest.raises(IndexError):
        rows[1_000_000]


def test_rows_without_their_blank_columns_are_written_alike() -> None:
    world = finance_world(1, "CSD", 2026, 60)
    sparse, dense = list(WorldRows(world, 0)), list(world.connect2_rows(0))
    assert encode_json(sparse, total=60, pages=1) == encode_json(dense, total=60, pages=1)
    assert encode_csv(sparse, lone_cr=False) == encode_csv(dense, lone_cr=False)


def test_pages_of_a_large_year_are_made_once() -> None:
    query = {"Aid": "CSD", "Year": "2026", "CurrentPageIndex": "7"}
    with Simulator(size=LARGE + 1, world="full") as simulator, httpx.Client(base_url=simulator.netfile_url) as client:
        first, second = (client.get(YEAR, params=query).content for _ in range(2))
        simulator.set_day(1)
        assert first == second != client.get(YEAR, params=query).content


def test_a_store_keeps_pages_until_it_is_closed() -> None:
    store, made = PageStore(), iter([b"one", b"two", b"three"])
    assert [store.get("key", lambda: next(made)) for _ in range(2)] == [b"one", b"one"]
    store.close()
    store.close()
    assert [store.get("key", lambda: next(made)) for _ in range(2)] == [b"two", b"three"]


@pytest.mark.slow
def test_a_hundred_thousand_rows_have_as_many_keys() -> None:
    world = finance_world(1, "CSD", 2026, 100_000)
    keys = {fields["NetFileKey"] for fields in world.connect2_fields(0, 0, world.count(0))}
    assert len(keys) == 100_000
