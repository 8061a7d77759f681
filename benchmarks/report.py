"""Run the benchmarks of rosters and write what they found into docs/benchmarks.md, with a chart beside it.

The figures are those of this machine at this moment; what the page says about them stands outside the marks between
which they are written. --large 0 leaves out the larger roster, which is there for the memory alone.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import roster_figures, roster_load, roster_pull
from benchmarks.roster_chart import Bar, Panel, draw, write_ratio
from benchmarks.roster_process import Comparison, Target

DOCS = Path(__file__).parents[1] / "docs"
PAGE, CHART = DOCS / "benchmarks.md", DOCS / "images" / "benchmarks.svg"
BEGIN, END = "<!-- figures: benchmarks/report.py writes from here -->", "<!-- to here -->"


def measure(asked: argparse.Namespace) -> list[Comparison]:
    """Run the three benchmarks, and two of them again on the larger roster."""
    few = [argparse.Namespace(rows=asked.large, rounds=1, folder=asked.folder, few=True)] if asked.large else []
    asked.few = False
    found = []
    for script, sizes in ((roster_load, few), (roster_pull, few), (roster_figures, [])):
        for options in (asked, *sizes):
            found.append(script.measure(options))
            print(found[-1].tell(), end="\n\n")
    return found


def describe_machine() -> str:
    """Return what the figures were measured on."""
    shell = subprocess.run(["sqlite3", "--version"], capture_output=True, text=True, check=True).stdout.split()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {os.cpu_count()} cores ({platform.machine()}), {platform.system()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} in Python and {shell} in the shell."
    )


def describe_load(before: float, after: float) -> str:
    """Return how busy the machine was."""
    return f"The machine's load was {before:.1f} before and {after:.1f} after, of which the benchmarks make up about 1."


def describe_rounds(asked: argparse.Namespace) -> str:
    """Return of how many rounds the figures are medians."""
    larger = f"; {asked.large:,} rows: 1 round" if asked.large else ""
    return f"Rounds whose median is told: {asked.rounds} of {asked.rows:,} rows{larger}."


def write_targets(found: Sequence[Comparison]) -> Iterator[str]:
    """Yield a table of the targets, met or missed."""
    yield "| Benchmark | Rows | Target | Asked | Found | Elapsed | |"
    yield "|---|--:|---|--:|--:|--:|---|"
    for comparison in found:
        for target in comparison.targets:
            cells = comparison.title, f"{comparison.rows:,}", target.told, *_figures(target), f"**{target.verdict}**"
            yield f"| {' | '.join(cells)} |"


def _figures(target: Target) -> tuple[str, str, str]:
    sign = "≤" if target.sign == "<=" else "≥"
    passed = "" if target.passed is None else write_ratio(target.passed)
    return f"{sign} {target.limit:g}{target.unit}", f"{write_ratio(target.found)}{target.unit}", passed


def write_ways(comparison: Comparison) -> Iterator[str]:
    """Yield a table of what every way took."""
    yield f"### {comparison.title}, {comparison.rows:,} rows"
    yield ""
    yield "| Way | Ratio | Processor s | Elapsed s | Peak MB |"
    yield "|---|--:|--:|--:|--:|"
    digits = 1 if comparison.rows >= 1_000_000 and comparison.title != roster_figures.TITLE else 4
    for name, taken in comparison.ways.items():
        seconds = f"{taken.processor:,.{digits}f} | {taken.passed:,.{digits}f}"
        yield f"| {name} | {write_ratio(comparison.ratio(name))} | {seconds} | {taken.megabytes:,.0f} |"
    yield ""


def draw_chart(found: Sequence[Comparison]) -> str:
    """Return the chart of the benchmarks in which every way took part."""
    panels = [
        Panel(
            f"{comparison.title}, {comparison.rows:,} rows (processor time; {comparison.base} = 1)",
            [Bar(name, comparison.ratio(name), name.startswith("clerk")) for name in comparison.ways],
        )
        for comparison in found
    ]
    return draw("Processor time of each way, as a ratio", panels)


def write_page(found: Sequence[Comparison], machine: str) -> None:
    """Put the figures between the marks of the page."""
    first, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, last = rest.partition(END)
    tables = [line for comparison in found for line in write_ways(comparison)]
    alt = "Bars of each way's processor time; the tables below give the same figures"
    chart = f"![{alt}]({CHART.relative_to(DOCS)})"
    PAGE.write_text(
        "\n".join([f"{first}{BEGIN}", "", machine, "", *write_targets(found), "", chart, "", *tables, END]) + last
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--large", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", type=Path, help="for files and databases, kept; by default a passing one")
    asked = options.parse_args()
    before, _, _ = os.getloadavg()
    found = measure(asked)
    _, _, after = os.getloadavg()
    write_page(found, f"{describe_machine()}\n{describe_load(before, after)}\n{describe_rounds(asked)}")
    CHART.write_text(draw_chart([comparison for comparison in found if comparison.rows == asked.rows]))
    return int(not all(comparison.met for comparison in found))


if __name__ == "__main__":
    sys.exit(main())
