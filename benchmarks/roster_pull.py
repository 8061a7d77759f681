"""Target 2: the next pull of a statewide roster: 0.5 % of the rows are new, 0.2 % changed, 0.1 % gone.

Clerk, 1.00, compares the lines with those of the snapshot it kept and reads those that differ; also measured are the
same pull in another order, the unchanged file, and a pull whose snapshot before is not kept. The others bring the ten
columns of the new file into a table that is keyed by voter; they keep no history, and those that upsert find no row
that is gone. Every way has a process of its own and a copy of the database as it was before; all are run in turn, and
ratios are of processor time. polars is measured where it is installed.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import FIRST, NEXT, SHUFFLED, published, widened
from benchmarks.roster_process import (
    Comparison,
    Parts,
    Taken,
    Target,
    Way,
    add_up,
    ratio_target,
    run_in_turn,
    run_script,
    run_way,
    work_folder,
)

TITLE = "Next pull"
CLERK = "clerk"
SAME, MOVED, FULL = "clerk, unchanged file", "clerk, in another order", "clerk, no snapshot kept"
KEEPING = "{}, keeping the file too"
UPSERTS = "sqlite-utils upsert"
STAGED = ("staging table, ON CONFLICT", "staging table, UPDATE FROM")
SHARE = 100_000  # rows for sqlite-utils; the others take as long
TARGET_UPSERT, TARGET_STAGED, TARGET_SAME, TARGET_MOVED, MOST_MEGABYTES = 40.0, 10.0, 0.3, 3.0, 200


def measure(asked: argparse.Namespace) -> Comparison:
    """Run all ways in turn, or a few of them."""
    with work_folder(asked.folder, asked.rows) as folder:
        run_way("roster_files.py", "write", folder, asked.rows, FIRST, NEXT, SHUFFLED)
        ways = _clerk_ways(folder) if asked.few else _clerk_ways(folder) | _other_ways(folder, asked.rows)
        found = run_in_turn(ways, asked.rounds, folder)
    return _compare(asked.rows, found)


def _clerk_ways(folder: Path) -> dict[str, Way]:
    before = folder / "loaded"
    run_way("roster_clerk.py", "anew", before, published(folder, FIRST))

    def way(name: str, which: str) -> Way:
        return Way(lambda place: run_way("roster_clerk.py", name, place, published(folder, which)), before)

    return {CLERK: way("pull", NEXT), MOVED: way("pull", SHUFFLED), SAME: way("same", FIRST), FULL: way("full", NEXT)}


def _other_ways(folder: Path, rows: int) -> dict[str, Way]:
    before, file, share = folder / "keyed", widened(folder, NEXT), min(rows, SHARE)
    run_way("roster_rivals.py", "anew", before / "rows.db", widened(folder, FIRST))

    def rival(way: str) -> Way:
        return Way(lambda place: run_way("roster_rivals.py", way, place / "rows.db", file), before)

    def upsert(place: Path) -> Parts:
        parts = run_way("roster_sqlite_utils.py", "upsert", place / "rows.db", file, share)
        return {"all": add_up(parts).times(rows / share)}

    def anti_join(place: Path) -> Parts:
        return run_way("roster_polars.py", "pull", place / "rows.db", widened(folder, FIRST), file)

    ways = dict(zip(STAGED, (rival("staging-upsert"), rival("staging-update")), strict=True))
    ways |= {"csv + UPSERT of every row": rival("guarded-upsert"), UPSERTS: Way(upsert, before)}
    if find_spec("polars"):
        ways["polars anti-join"] = Way(anti_join, before)
    else:
        print("polars is not installed, and so not measured", file=sys.stderr)
    return ways


def _compare(rows: int, found: dict[str, Parts]) -> Comparison:
    ways = {name: add_up(parts) for name, parts in found.items()}
    whole, same = ways[CLERK], ways[SAME]
    for name in (CLERK, MOVED, FULL):
        ways[name] = add_up(found[name], "known", "stage", "apply")
    ways[KEEPING.format(CLERK)] = whole
    targets = _targets(ways, whole, same)
    return Comparison(TITLE, rows, CLERK, dict(sorted(ways.items(), key=lambda way: way[1].processor)), targets)


def _targets(ways: dict[str, Taken], whole: Taken, same: Taken) -> list[Target]:
    pull = ways[CLERK]
    targets = []
    if UPSERTS in ways:
        staged = min((ways[name] for name in STAGED), key=lambda taken: taken.processor)
        targets = [
            ratio_target("sqlite-utils upsert to clerk", ways[UPSERTS], pull, ">=", TARGET_UPSERT),
            ratio_target("the better staging table to clerk", staged, pull, ">=", TARGET_STAGED),
        ]
    return [
        *targets,
        # The file is hashed as it is kept, so here that counts on both sides.
        ratio_target("unchanged file to pull, keeping too", same, whole, "<=", TARGET_SAME),
        ratio_target("in another order to pull", ways[MOVED], pull, "<=", TARGET_MOVED),
        Target("clerk's memory", max(pull.megabytes, ways[MOVED].megabytes), "<=", MOST_MEGABYTES, " MB"),
    ]


if __name__ == "__main__":
    sys.exit(run_script(__doc__, measure))
