"""Target 5: extracting a year of JSON pages costs at most 1.4 times its floors, and 8 fetchers are 4 times one.

The floors are fetching every page and throwing it away, and inserting the parsed rows into SQLite; the user's
way is httpx and sqlite-utils. All are run in turn against one upstream in another process; only their ratios
count. Also shown: keeping the pages alone, and the whole road. 1,000 pages are 2 GB; --pages scales it down.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import sqlite_utils

from clerkcore.fetch import Archive, HttpClient
from clerkcore.interfaces import Get
from clerkcore.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.installation import installation
from benchmarks.upstream import World, page_url, upstream

TARGET = 1.4
TARGET_FETCHERS = 4.0
FETCHERS = 8
LATENCY = 0.02
USER_SHARE = 10  # the user's way takes a second a page, and later pages are no faster
SMALL = 20  # records a page
Way = Callable[[str, int], float]


def fetch_only(base: str, pages: int) -> float:
    """Fetch every page and throw it away."""
    start = time.perf_counter()
    with httpx.Client() as client:
        for number in range(pages):
            with client.stream("GET", page_url(base, number)) as response:
                for _ in response.iter_raw():
                    pass
    return time.perf_counter() - start


def sql_only(base: str, pages: int) -> float:
    """Insert rows that are parsed already; fetching and parsing them is not counted."""
    spent = 0.0
    with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder, "a.db"))) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for number, rows in enumerate(fetch_rows(base, pages)):
            values = [tuple(row.values()) for row in rows]
            start = time.perf_counter()
            if not number:
                db.execute(f"CREATE TABLE t ({', '.join(rows[0])})")
            db.executemany(f"INSERT INTO t VALUES ({', '.join('?' * len(rows[0]))})", values)
            spent += time.perf_counter() - start
        start = time.perf_counter()
        db.execute("CREATE UNIQUE INDEX key ON t (netFileKey)")
        db.commit()
        return spent + time.perf_counter() - start


def user_way(base: str, pages: int) -> float:
    """Do what a user would write: get, json, upsert_all; on a share of the pages, told as if on all."""
    share = max(1, pages // USER_SHARE)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite_utils.Database(Path(folder, "a.db"))
        for rows in fetch_rows(base, share):
            db["transactions"].upsert_all(rows, pk="netFileKey")  # type: ignore[union-attr]
        db.close()
    return (time.perf_counter() - start) * pages / share


def fetch_rows(base: str, pages: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of each page."""
    with httpx.Client() as client:
        for number in range(pages):
            yield json.loads(client.get(page_url(base, number)).content)["results"]


def extract(base: str, pages: int) -> float:
    """Fetch and keep with clerk, one page at a time."""
    return run_clerk(base, "extract", 1)


def extract_in_parallel(base: str, pages: int) -> float:
    """Fetch and keep with clerk, eight pages at a time."""
    return run_clerk(base, "extract", FETCHERS)


def etl(base: str, pages: int) -> float:
    """Take the pages the whole road."""
    return run_clerk(base, "etl", FETCHERS)


def run_clerk(base: str, step: str, concurrency: int) -> float:
    """Return the seconds that a step of the road takes, clerk's start among them."""
    with installation(base, concurrency) as clerk:
        start = time.perf_counter()
        clerk.finance(step)
        return time.perf_counter() - start


def fetch_and_keep(base: str, pages: int, fetchers: int) -> float:
    """Fetch and keep with the client that sources are given, so many pages at a time."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder), http_allow_private=("127.0.0.1",), http_delay=0.0, http_concurrency=fetchers)
        with HttpClient(settings, Archive(Path(folder))) as client:
            for _ in client.get_all(Get(page_url(base, number)) for number in range(pages)):
                pass
    return time.perf_counter() - start


WAYS: dict[str, Way] = {
    "fetch only": fetch_only,
    "SQL only": sql_only,
    "httpx + sqlite-utils": user_way,
    "clerk extract, 1": extract,
    "clerk extract, 8": extract_in_parallel,
    "clerk etl, 8": etl,
}
FETCHING: dict[str, Way] = {
    "one": partial(fetch_and_keep, fetchers=1),
    "eight": partial(fetch_and_keep, fetchers=FETCHERS),
}


def measure(world: World, rounds: int, ways: dict[str, Way], latency: float = 0.0) -> dict[str, float]:
    """Run the ways in turn and return the median seconds of each."""
    with upstream(world, latency) as base:
        times = [{name: way(base, world.pages) for name, way in ways.items()} for _ in range(rounds)]
    return {name: statistics.median(taken[name] for taken in times) for name in ways}


def table(world: World, seconds: dict[str, float], floor: float) -> str:
    """Tell each way's seconds and its ratio to the floors."""
    lines = [f"Extraction of {world.pages:,} pages of {world.records:,} records; floors together {floor:.2f} s = 1", ""]
    lines += [f"  {name:<22}{taken:8.2f} s {taken / floor:7.2f}" for name, taken in seconds.items()]
    return "\n".join(lines)


def verdict(name: str, ratio: float, sign: str, target: float) -> bool:
    """Print whether a target is met, and return it."""
    met = ratio <= target if sign == "<=" else ratio >= target
    print(f"  {name:<42}{ratio:6.2f}  target {sign} {target}: {'met' if met else 'MISSED'}")
    return met


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--records", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=1)
    asked = options.parse_args()
    world = World(asked.pages, asked.records)
    seconds = measure(world, asked.rounds, WAYS)
    floor = seconds["fetch only"] + seconds["SQL only"]
    print(table(world, seconds, floor))
    # Small pages, so that the latency and not the machine is what the fetchers wait for.
    small = World(max(200, asked.pages // 2), SMALL)
    late = measure(small, asked.rounds, FETCHING, LATENCY)
    told = ", ".join(f"{name} {taken:.2f} s" for name, taken in late.items())
    print(f"\nFetching {small.pages:,} pages of {SMALL} records at {LATENCY * 1000:g} ms latency: {told}\n")
    met = [
        verdict("clerk extract (8) to the floors", seconds["clerk extract, 8"] / floor, "<=", TARGET),
        verdict("clerk etl (8) to the floors", seconds["clerk etl, 8"] / floor, "<=", TARGET),
        verdict(
            "clerk etl (8) to httpx + sqlite-utils",
            seconds["clerk etl, 8"] / seconds["httpx + sqlite-utils"],
            "<=",
            1.0,
        ),
        verdict("8 fetchers against one", late["one"] / late["eight"], ">=", TARGET_FETCHERS),
    ]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
