"""Running the ways of the roster benchmarks: each in a process of its own, all of them in turn, told by medians.

Neither this module nor one that compares imports anything large: a process inherits the peak memory of the one that
starts it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What a way took: seconds of the processor, seconds that passed, and the peak memory of its process in MB."""

    processor: float
    passed: float
    megabytes: float

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.processor + other.processor, self.passed + other.passed, max(self.megabytes, other.megabytes))

    def times(self, factor: float) -> Taken:
        """Return the seconds as if there were so much more to do."""
        return Taken(self.processor * factor, self.passed * factor, self.megabytes)


Parts = Mapping[str, Taken]


@dataclass(frozen=True, slots=True)
class Way:
    """A way to be measured: it runs in a folder of its own, to which what should lie there `before` is copied."""

    run: Callable[[Path], Parts]
    before: Path | None = None


def run_way(script: str, way: str, *arguments: str | Path | int) -> Parts:
    """Run a way of a script here in a process of its own; it prints the seconds of its parts as JSON."""
    command = [sys.executable, str(HERE / script), way, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {said}")
    # Linux counts kilobytes, macOS bytes.
    megabytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MEGABYTE
    parts = json.loads(said)
    return {name: Taken(processor, passed, megabytes) for name, (processor, passed) in parts.items()}


def run_in_turn(ways: Mapping[str, Way], rounds: int, folder: Path) -> dict[str, Parts]:
    """Run every way once a round, so that a busy moment of the machine strikes all, and return the medians."""
    taken: dict[str, list[Parts]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            print(f"  round {number + 1} of {rounds}: {name}", file=sys.stderr)
            with _place(folder, way.before) as place:
                taken[name].append(way.run(place))
    return {name: {part: _median([each[part] for each in found]) for part in found[0]} for name, found in taken.items()}


@contextmanager
def _place(folder: Path, before: Path | None) -> Iterator[Path]:
    place = folder / "place"
    shutil.rmtree(place, ignore_errors=True)
    if before:
        shutil.copytree(before, place)
    else:
        place.mkdir()
    # What the copy left to write must not be written while a way is timed.
    os.sync()
    yield place
    shutil.rmtree(place)


def _median(found: Sequence[Taken]) -> Taken:
    return Taken(
        statistics.median(each.processor for each in found),
        statistics.median(each.passed for each in found),
        max(each.megabytes for each in found),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for, what was found, and whether that will do; `passed` is the same ratio of elapsed time."""

    told: str
    found: float
    sign: str
    limit: float
    unit: str = ""
    passed: float | None = None

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.found <= self.limit if self.sign == "<=" else self.found >= self.limit

    @property
    def verdict(self) -> str:
        """One word for it."""
        return "met" if self.met else "MISSED"


def ratio_target(told: str, above: Taken, below: Taken, sign: str, limit: float) -> Target:
    """Return a target for the ratio of two ways' processor time, which counts no waiting for the disk."""
    return Target(told, above.processor / below.processor, sign, limit, passed=above.passed / below.passed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the ways of one benchmark took; ratios are of processor time, to the way that is 1.00."""

    title: str
    rows: int
    base: str
    ways: Mapping[str, Taken]
    targets: Sequence[Target]

    def ratio(self, way: str) -> float:
        """Return the processor time of a way in that of the base."""
        return self.ways[way].processor / self.ways[self.base].processor

    def tell(self) -> str:
        """Return it as text."""
        lines = [f"{self.title}, {self.rows:,} rows; {self.base} = 1.00", ""]
        width = max(map(len, (*self.ways, *(target.told for target in self.targets)))) + 2
        for name, taken in self.ways.items():
            seconds = f"{taken.processor:10.3f} s {taken.passed:10.3f} s elapsed"
            lines.append(f"  {name:<{width}}{self.ratio(name):8.2f} {seconds} {taken.megabytes:8.0f} MB")
        for target in self.targets:
            found = f"{target.found:8.2f}{target.unit}  target {target.sign} {target.limit:g}{target.unit}"
            passed = "" if target.passed is None else f" (elapsed {target.passed:.2f})"
            lines.append(f"  {target.told:<{width}}{found}: {target.verdict}{passed}")
        return "\n".join(lines)

    @property
    def met(self) -> bool:
        """Whether every target is met."""
        return all(target.met for target in self.targets)


@contextmanager
def work_folder(kept: Path | None, rows: int) -> Iterator[Path]:
    """A folder for files and databases of so many rows; a passing one unless one is named."""
    if kept:
        sized = kept / str(rows)
        sized.mkdir(parents=True, exist_ok=True)
        yield sized
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


def add_up(parts: Parts, *names: str) -> Taken:
    """Return what some parts of a way took together; all of them where none is named."""
    first, *others = (parts[name] for name in names or parts if name in parts)
    return sum(others, start=first)


def run_script(told: str | None, measure: Callable[[argparse.Namespace], Comparison]) -> int:
    """Measure as the command line asks, print what was found, and return the exit code."""
    options = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--folder", type=Path, help="for files and databases, kept; by default a passing one")
    options.add_argument("--few", action="store_true", help="clerk and its base alone")
    found = measure(options.parse_args())
    print(found.tell())
    return int(not found.met)
