"""Target 4: `clerk --help` costs at most 1.2 times a minimal click and pluggy command.

The two are run in turn, so that a busy moment of the machine strikes both; only their ratio counts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

TARGET = 1.2
PAIRS = 21
WARM_UPS = 2
HERE = Path(__file__).parent

MINIMAL = (sys.executable, str(HERE / "minimal_command.py"), "--help")
CLERK = (str(Path(sys.executable).with_name("clerk")), "--help")


def measure(command: Sequence[str]) -> float:
    """Return the milliseconds that the command takes; CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def measure_pairs(pairs: int) -> tuple[list[float], list[float]]:
    """Run both commands in turn, the first rounds unmeasured, so that caches are warm for both."""
    for _ in range(WARM_UPS):
        measure(MINIMAL), measure(CLERK)
    rounds = [(measure(MINIMAL), measure(CLERK)) for _ in range(pairs)]
    return [minimal for minimal, _ in rounds], [clerk for _, clerk in rounds]


def table(minimal: Sequence[float], clerk: Sequence[float], ratio: float) -> str:
    rows = [("minimal command", minimal), ("clerk --help", clerk)]
    lines = [f"Start-up, median of {len(minimal)} interleaved runs", ""]
    lines += [f"  {name:<16}{statistics.median(times):7.1f} ms  (least {min(times):.1f})" for name, times in rows]
    verdict = "met" if ratio <= TARGET else "MISSED"
    return "\n".join([*lines, f"  {'ratio':<16}{ratio:7.2f}     target {TARGET}: {verdict}"])


def main() -> int:
    minimal, clerk = measure_pairs(PAIRS)
    ratio = statistics.median(clerk) / statistics.median(minimal)
    print(table(minimal, clerk, ratio))
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
