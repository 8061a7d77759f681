"""Loading a million transactions through transform and load, against sqlite-utils with the same parsed rows.

Each way runs in a process of its own, whose peak memory is told; the pages were extracted before, unmeasured.
The target is that clerk, which also checks, compares and keeps evidence, is no slower than sqlite-utils'
upsert of dicts that are parsed already. --rows scales it down, --profile shows where clerk's time goes.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlite_utils

from clerkcore.fetch import Archive
from clerkcore.models import Download

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.installation import SITE, Installation, installation
from benchmarks.upstream import YEAR, World, upstream

TARGET = 1.0
PAGE = 1000
USER_SHARE = 10  # sqlite-utils takes a millisecond a row, and later rows are no faster
PROFILE_LINES = 30


def archived_pages(raw: Path) -> list[Download]:
    """Return the pages that are kept; the list of agencies stands before them."""
    [capture] = Archive(raw).captures("netfile", str(YEAR))
    return list(capture.downloads[1:])


def archived_rows(raw: Path) -> Iterator[dict[str, Any]]:
    """Yield the records that are kept, as JSON has them."""
    for download in archived_pages(raw):
        with Archive(raw).open(download) as stream:
            yield from json.load(stream)["results"]


def load_with_sqlite_utils(raw: Path) -> None:
    """Load a share of the rows as a user would; prints the seconds of the upserts alone, as if of all rows."""
    with tempfile.TemporaryDirectory() as folder:
        db = sqlite_utils.Database(Path(folder, "a.db"))
        every = len(archived_pages(raw))
        share, spent = max(1, every // USER_SHARE), 0.0
        rows = archived_rows(raw)
        for _ in range(share):
            page = list(itertools.islice(rows, PAGE))
            start = time.perf_counter()
            db["transactions"].upsert_all(page, pk="netFileKey")  # type: ignore[union-attr]
            spent += time.perf_counter() - start
        db.close()
    print(spent * every / share)


def measure(command: Sequence[str], environ: dict[str, str]) -> tuple[float, float, str]:
    """Return the seconds a process takes, its peak memory in MB, and what it printed."""
    start = time.perf_counter()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said}")
    return time.perf_counter() - start, peak_megabytes(usage), said


def peak_megabytes(usage: resource.struct_rusage) -> float:
    """Return the peak of a process; Linux counts kilobytes, macOS bytes."""
    return usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def compare(clerk: Installation, rows: int) -> float:
    """Print what both ways take; returns clerk's seconds to those of sqlite-utils."""
    raw = clerk.root / "sites" / SITE / "raw"
    told, seconds = [], 0.0
    for step in ("transform", "load"):
        command = clerk.command("finance", step, SITE, "--year", str(YEAR), "--json")
        taken, peak, _ = measure(command, clerk.environ)
        seconds += taken
        told.append((f"clerk finance {step}", taken, peak))
    _, peak, said = measure((sys.executable, __file__, "--sqlite-utils", str(raw)), clerk.environ)
    told.append(("sqlite-utils, parsed rows", float(said), peak))
    print(f"Loading {rows:,} transactions of 91 columns\n")
    for name, taken, peak in told:
        print(f"  {name:<28}{taken:8.1f} s {rows / taken:10,.0f} rows/s {peak:7.0f} MB")
    return seconds / float(said)


def profile(clerk: Installation) -> None:
    """Print where the time of transform and load goes."""
    for step in ("transform", "load"):
        command = clerk.command("finance", step, SITE, "--year", str(YEAR), "--json")
        profiled = (sys.executable, "-m", "cProfile", "-s", "tottime", *command)
        _, _, said = measure(profiled, clerk.environ)
        table = said[said.index("function calls") :].splitlines()
        print("\n".join([step, *table[:PROFILE_LINES]]))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--profile", action="store_true")
    options.add_argument("--sqlite-utils", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.sqlite_utils:
        load_with_sqlite_utils(asked.sqlite_utils)
        return 0
    pages = max(1, asked.rows // PAGE)
    with upstream(World(pages, PAGE)) as base, installation(base, concurrency=8) as clerk:
        clerk.finance("extract")
        if asked.profile:
            profile(clerk)
            return 0
        ratio = compare(clerk, pages * PAGE)
    verdict = "met" if ratio <= TARGET else "MISSED"
    print(f"\n  transform and load to sqlite-utils {ratio:.2f}  target <= {TARGET}: {verdict}")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
