"""A simulated week of jobs: how far behind schedule they begin, by executor and number of workers.

Every site is new and due at once on the first day; finance is due daily, each of 50 states every 4 hours, a tick comes
every 5 minutes. Two in a hundred runs fail, one worker in a thousand dies at its job, and of RQ's messages one in a
hundred is lost, one late and one repeated. The ledger and what decides over it are real, time is not. Must hold: no job
is lost, none is done twice, no site has two at once, and every turn begins before the next.

By default two days of 100 sites, which takes a minute; --sites 1000 --days 7 is a week, at some 10 ms of the processor
for each job. A day of 20,000 sites takes five minutes of it and more for each setup.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.jobs_ledger import FINANCE, HOURS, databases, installation_on, unsynchronised
from benchmarks.jobs_world import Setup, Told, World

SETUPS = (("local", 1), ("local", 2), ("local", 4), ("local", 8), ("rq", 8), ("rq", 32))
DAY = 86_400
HEAD = (
    f"  {'executor':<10}{'sites':>7}{'days':>6}{'jobs':>8}{'jobs/day':>9}"
    f"{'median':>9}{'p95':>9}{'max':>9}{'p95 later':>11}{'in time':>9}{'lost':>6}{'twice':>6}  simulated in"
)


def share_in_time(told: Told) -> float:
    """Return the share of turns that began before the next one was due."""
    in_time = sum(lag < HOURS[job_type] * 3600 for _, job_type, lag in told.lags)
    return in_time / len(told.lags)


def percentile(lags: Sequence[float], share: float) -> float:
    """Return the lag that this share of turns does not exceed; 0 where there are none."""
    return sorted(lags)[min(int(share * len(lags)), len(lags) - 1)] if lags else 0.0


def tell_seconds(seconds: float) -> str:
    """Say a duration in the unit that fits."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def tell(setup: Setup, days: float, told: Told, took: float) -> str:
    """Return one line about a setup."""
    lags = [lag for _, _, lag in told.lags]
    later = [lag for at, _, lag in told.lags if at >= DAY]
    first = sum(at < DAY and job_type == FINANCE for at, job_type, _ in told.lags)
    shown = (statistics.median(lags), percentile(lags, 0.95), max(lags))
    return (
        f"  {f'{setup.executor} {setup.workers}':<10}{setup.sites:>7,}{days:>6g}"
        + f"{len(lags):>8,}{len(lags) / days:>9,.0f}"
        + "".join(f"{tell_seconds(lag):>9}" for lag in shown)
        + f"{tell_seconds(percentile(later, 0.95)) if later else '-':>11}{share_in_time(told):>9.1%}"
        + f"{told.left + setup.sites - min(first, setup.sites):>6}{told.twice + told.overlaps:>6}"
        + f"  {took:.0f} s; {told.deaths} died, {told.finished['failed'] + told.finished['retry']} failed"
        + (f", messages {dict(told.messages)}" if told.messages else "")
    )


def simulate(setup: Setup, days: float, database: str) -> tuple[Told, float]:
    """Let days pass and return what came of it, and the processor seconds it took."""
    with installation_on(database) as installation, unsynchronised(installation):
        begin = time.process_time()
        return World(installation, setup).run(days), time.process_time() - begin


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sites", type=int, nargs="+", default=[100])
    options.add_argument("--days", type=float, default=2)
    options.add_argument("--setups", nargs="+", default=[f"{name}-{workers}" for name, workers in SETUPS])
    options.add_argument("--database", choices=databases(), default="SQLite")
    asked = options.parse_args()
    print(f"Simulated days of jobs, ledger on {asked.database}; lag behind schedule of first attempts\n\n{HEAD}")
    wrong = 0
    for sites in asked.sites:
        for name, _, workers in (word.partition("-") for word in asked.setups):
            setup = Setup(name, int(workers), sites)
            told, took = simulate(setup, asked.days, asked.database)
            print(tell(setup, asked.days, told, took), flush=True)
            wrong += told.left + told.twice + told.overlaps
    print(f"  jobs lost, done twice, or two at one site: {wrong}   target 0: {'met' if not wrong else 'MISSED'}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
