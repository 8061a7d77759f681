"""Finding the rows that differ with anti-joins of polars, which is not among clerk's own dependencies.

Both files are read, and what differs is written to the table by its key.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import COLUMNS, KEY

# Types are checked on machines without it too.
polars: Any = import_module("polars")


def pull(database: Path, old: Path, new: Path) -> tuple[float, float]:
    """Bring the rows of a newer file into the table; returns processor seconds and those that passed."""
    processor, passed = time.process_time(), time.perf_counter()
    was, now = _read(old), _read(new)
    written = now.join(was, on=list(COLUMNS), how="anti")
    gone = was.join(now, on=KEY, how="anti").select(KEY)
    with closing(sqlite3.connect(database)) as connection:
        connection.executemany(
            f"INSERT OR REPLACE INTO roster VALUES ({', '.join('?' * len(COLUMNS))})", written.rows()
        )
        connection.executemany(f"DELETE FROM roster WHERE {KEY} = ?", gone.rows())
        connection.commit()
    return time.process_time() - processor, time.perf_counter() - passed


def _read(file: Path) -> Any:
    return polars.read_csv(file, infer_schema=False, empty_string_is_null=False)


if __name__ == "__main__":
    if sys.argv[1] == "pull":
        print(json.dumps({"all": pull(*map(Path, sys.argv[2:]))}))
