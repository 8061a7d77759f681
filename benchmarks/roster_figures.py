"""Target 3: comparing every county with its published figures, against counting the rows.

Clerk, 1.00, keeps totals in step with each change set and compares those. The others count the rows of the same table
by county and method, as one would without totals: over the heap, and with a covering index of just these columns. All
run in one process on one database, and the least of their times counts.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import FIRST, published
from benchmarks.roster_process import Comparison, ratio_target, run_script, run_way, work_folder

TITLE = "Comparison with published figures"
CLERK, HEAP, COVERING = "clerk, all counties", "GROUP BY, no index", "GROUP BY, covering index"
TARGET = 100.0


def measure(asked: argparse.Namespace) -> Comparison:
    """Load a roster and its published turnout, and measure the queries."""
    with work_folder(asked.folder, asked.rows) as folder:
        place = folder / "figures"
        run_way("roster_files.py", "write", folder, asked.rows, FIRST)
        run_way("roster_clerk.py", "anew", place, published(folder, FIRST))
        run_way("roster_clerk.py", "publish", place, asked.rows)
        found = run_way("roster_clerk.py", "figures", place, asked.rows)
    ways = {CLERK: found["clerk"], COVERING: found["covering"], HEAP: found["heap"]}
    target = ratio_target("covering index to clerk", ways[COVERING], ways[CLERK], ">=", TARGET)
    return Comparison(TITLE, asked.rows, CLERK, ways, [target])


if __name__ == "__main__":
    sys.exit(run_script(__doc__, measure))
