"""Target 1: the first load of a statewide roster, against the least that SQLite itself takes for its rows.

That least, 1.00, is the sqlite3 shell's .import of the ten columns into a table without a key, and one CREATE UNIQUE
INDEX afterwards. Clerk reads the five columns published, from a file at hand: it parses and checks every line, stages,
compares, keeps evidence and counts turnout by county and precinct; what keeping the file in the raw archive takes is
shown apart. Every way has a process and a new database of its own, and all are run in turn; ratios are of processor
time, which is less disturbed by what else the machine does. --rows 5000000 takes some minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import FIRST, published, widened
from benchmarks.roster_process import (
    Comparison,
    Parts,
    Target,
    Way,
    add_up,
    ratio_target,
    run_in_turn,
    run_script,
    run_way,
    work_folder,
)

TARGET = 1.3
MOST_MEGABYTES = 200
SHARE = 100_000  # rows for sqlite-utils; later ones take no less
TITLE = "First load"
BASE = "sqlite3 .import, index last"
CLERK = "clerk"


def measure(asked: argparse.Namespace) -> Comparison:
    """Run all ways in turn, or a few of them."""
    with work_folder(asked.folder, asked.rows) as folder:
        run_way("roster_files.py", "write", folder, asked.rows, FIRST)
        found = run_in_turn(_ways(folder, asked), asked.rounds, folder)
    return _compare(asked.rows, found)


def _ways(folder: Path, asked: argparse.Namespace) -> dict[str, Way]:
    file, wide = published(folder, FIRST), widened(folder, FIRST)
    share = min(asked.rows, SHARE)

    def rival(way: str) -> Way:
        return Way(lambda place: run_way("roster_rivals.py", way, place / "rows.db", wide))

    def insert(place: Path) -> Parts:
        parts = run_way("roster_sqlite_utils.py", "insert", place / "rows.db", wide, share)
        return {"all": add_up(parts).times(asked.rows / share)}

    few = {BASE: rival("shell-load"), CLERK: Way(lambda place: run_way("roster_clerk.py", "load", place, file))}
    if asked.few:
        return few
    return few | {
        "csv + executemany, index last": rival("stdlib-load"),
        "sqlite3 .import, key first": rival("shell-keyed"),
        "sqlite-utils insert": Way(insert),
    }


def _compare(rows: int, found: dict[str, Parts]) -> Comparison:
    ways = {name: add_up(parts) for name, parts in found.items() if name != CLERK}
    ways[CLERK] = add_up(found[CLERK], "known", "stage", "apply")
    ways["clerk, keeping the file too"] = add_up(found[CLERK])
    targets = (
        ratio_target(f"clerk to {BASE}", ways[CLERK], ways[BASE], "<=", TARGET),
        Target("clerk's memory", ways[CLERK].megabytes, "<=", MOST_MEGABYTES, " MB"),
    )
    return Comparison(TITLE, rows, BASE, dict(sorted(ways.items(), key=lambda way: way[1].processor)), targets)


if __name__ == "__main__":
    sys.exit(run_script(__doc__, measure))
