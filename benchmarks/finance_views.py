"""Totals over a million transactions: the views, against the query that a reader would write on the rows.

Target: the totals views answer within 100 ms. The reader's query adds up schedules A, C and E of the live rows by
filer, which counts every late report twice and follows no amendment; it is what the views stand in for. All queries
run in turn on one database, and the least of their times counts. --rows scales it down, --database takes one.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from clerk_demo import finance_world
from clerk_demo.connect2 import COLUMNS
from clerkcore.finance.totals import AS_OF, totals_sql

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.installation import SITE, Installation
from benchmarks.upstream import AGENCY, YEAR

TARGET_MS = 100.0
ROUNDS = 5
READER = """
SELECT filer_local_id, sum(CASE WHEN form_type IN ('A', 'C') THEN amount_cents END) AS contributions,
    sum(CASE WHEN form_type = 'E' THEN amount_cents END) AS expenditures
FROM transactions_effective GROUP BY filer_local_id
"""
TOTALS = {
    "totals_by_filer": "SELECT * FROM totals_by_filer",
    "totals_by_candidate": "SELECT * FROM totals_by_candidate",
}
OTHERS = {
    "totals as of a day": totals_sql(AS_OF),
    "top_donors": "SELECT * FROM top_donors",
    "money_by_week": "SELECT * FROM money_by_week",
    "money_by_zip": "SELECT * FROM money_by_zip",
    "money_by_sector": "SELECT * FROM money_by_sector",
    "newest 100 contributions": "SELECT * FROM contributions ORDER BY contributed_on DESC LIMIT 100",
    "full-text search": "SELECT * FROM transactions_fts WHERE transactions_fts MATCH 'engineer' LIMIT 100",
}
QUERIES = {"the reader's own GROUP BY": READER, **TOTALS, **OTHERS}


@contextmanager
def loaded(rows: int) -> Iterator[Path]:
    """A database with an invented year of so many transactions, loaded by clerk."""
    with tempfile.TemporaryDirectory() as folder:
        clerk = Installation(Path(folder), "http://127.0.0.1:9", 1)
        year = Path(folder, "year.csv")
        with year.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(finance_world(5, AGENCY, YEAR, rows).connect2_rows(0))
        start = time.perf_counter()
        clerk.run("finance", "etl", SITE, "--year", str(YEAR), "--from", str(year))
        print(f"loaded {rows:,} transactions in {time.perf_counter() - start:.0f} s")
        yield clerk.root / "sites" / SITE / "finance" / "election_finance.db"


def measure(database: Path) -> dict[str, float]:
    """Return the least milliseconds of each query, all of them run in turn."""
    times: dict[str, list[float]] = {name: [] for name in QUERIES}
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for _ in range(ROUNDS):
            for name, sql in QUERIES.items():
                start = time.perf_counter()
                connection.execute(sql, {"source": None, "day": f"{YEAR + 1}-12-31"}).fetchall()
                times[name].append((time.perf_counter() - start) * 1000)
    return {name: min(found) for name, found in times.items()}


def tell(times: dict[str, float]) -> int:
    """Print the times and whether the target is met; returns the exit code."""
    own = times["the reader's own GROUP BY"]
    for name, taken in times.items():
        missed = name in TOTALS and taken > TARGET_MS
        verdict = f"   target {TARGET_MS:g} ms: {'MISSED' if missed else 'met'}" if name in TOTALS else ""
        print(f"  {name:<28}{taken:9.1f} ms {own / taken:9.1f} x{verdict}")
    return int(any(times[name] > TARGET_MS for name in TOTALS))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--database", type=Path, help="a finance database that is there already")
    asked = options.parse_args()
    if asked.database:
        return tell(measure(asked.database))
    with loaded(asked.rows) as database:
        return tell(measure(database))


if __name__ == "__main__":
    sys.exit(main())
