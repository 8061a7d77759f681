"""The files of the roster benchmarks: a statewide roster, its next pull in two orders, and each with ten columns.

Clerk reads the five columns that the state publishes. The other ways are given the ten of clerk's table `roster`, for
they cannot add what the file does not say: party, day and election. Run as a script, it writes what it is asked for.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from clerk_demo.civix_bulk import NEXT_PULL, Changes, roster_file

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import COLUMNS, DAY, ELECTION, FIRST, PARTY, SHUFFLED, facts_of, published, widened

SEED = 7


def write_files(folder: Path, rows: int, *which: str) -> None:
    """Write the rosters that are not there yet, each with a JSON file that tells what is in it."""
    for name in which:
        path = published(folder, name)
        facts = path.with_suffix(".json")
        if facts.is_file() and facts_of(path)["asked"] == rows:
            continue
        changes = Changes() if name == FIRST else NEXT_PULL
        written = roster_file(path, rows, SEED, changes, shuffled=name == SHUFFLED)
        _widen(path, widened(folder, name))
        facts.write_text(json.dumps({**asdict(written), "path": path.name, "asked": rows}))


def _widen(source: Path, target: Path) -> None:
    with source.open(newline="", encoding="utf-8") as file, target.open("w", newline="", encoding="utf-8") as out:
        rows = csv.reader(file)
        next(rows)
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_ten(rows))


def _ten(rows: Iterator[list[str]]) -> Iterator[tuple[str, ...]]:
    for county, name, voter, method, precinct in rows:
        yield voter, DAY, method, county, precinct, PARTY, "accepted", ELECTION, name, ""


if __name__ == "__main__":
    _, folder, rows, *which = sys.argv[1:]
    write_files(Path(folder), int(rows), *which)
    print("{}")
