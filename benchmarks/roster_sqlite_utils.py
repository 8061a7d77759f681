"""What a user of sqlite-utils writes: insert every row, and upsert every row of the next file.

It takes a millisecond or so a row, and later rows are no faster: of a large file a share is done and told as if it
were all.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import sqlite_utils

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import KEY


def run(way: str, database: Path, file: Path, rows: int) -> tuple[float, float]:
    """Insert or upsert the first so many rows of a file; returns processor seconds and those that passed."""
    processor, passed = time.process_time(), time.perf_counter()
    db = sqlite_utils.Database(database)
    table: Any = db["roster"]
    if way == "insert":
        table.insert_all(islice(_rows(file), rows), pk=KEY)
    else:
        table.upsert_all(islice(_rows(file), rows), pk=KEY)
    db.close()
    return time.process_time() - processor, time.perf_counter() - passed


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        yield from csv.DictReader(stream)


if __name__ == "__main__":
    way, database, file, rows = sys.argv[1:]
    print(json.dumps({"all": run(way, Path(database), Path(file), int(rows))}))
