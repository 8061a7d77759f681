"""How many jobs a second a ledger takes: processes that claim and end jobs of different sites, and do nothing between.

It is the ceiling of all workers together, whatever the work: each job is claimed, ended, and its site's lease given
back, three transactions that are on the disk before the next begins. PostgreSQL is measured where
CLERK_TEST_DATABASE_URL names a server. No target: what a site takes is told beside it in docs/scaling.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.jobs_ledger import FINANCE, SOURCES, add_sites, databases, installation_on, site_names

from clerkcore.ledger import Ledger, NewJob, claim_job, finish_job, open_job
from clerkcore.ledger.leases import release
from clerkcore.models import Outcome
from clerkcore.times import now

PROCESSES = (1, 4, 8)
SPAWN = multiprocessing.get_context("spawn")


def cycle(url: str, job_ids: list[int], seconds: float) -> int:
    """Claim and end jobs one after the other for so many seconds; returns how many."""
    with Ledger(url) as ledger:
        end = time.monotonic() + seconds
        for done, job_id in enumerate(job_ids):
            if time.monotonic() > end:
                return done
            claim = claim_job(ledger, job_id, "benchmark:-:1:-", 60, now())
            with ledger.write() as connection:
                finish_job(connection, claim.job, Outcome.FRESH, "", "", now())
            release(ledger, claim.lease)
    return len(job_ids)


def measure(database: str, processes: int, seconds: float) -> float:
    """Return how many jobs a second so many processes end together."""
    names = site_names(processes * int(seconds * 400))
    with installation_on(database) as installation:
        ledger = installation.ledger
        add_sites(ledger, names, SOURCES[FINANCE])
        with ledger.write() as connection:
            ids = [open_job(connection, NewJob(FINANCE, name, "finance", "b"), now())[0].id for name in names]
        url = ledger.url.render_as_string(hide_password=False)
        shares = [(url, ids[number::processes], seconds) for number in range(processes)]
        with SPAWN.Pool(processes) as pool:
            pool.map(abs, range(processes))  # all have started
            begin = time.monotonic()
            done = sum(pool.starmap(cycle, shares, chunksize=1))
            return done / (time.monotonic() - begin)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=3)
    asked = options.parse_args()
    print("Jobs a second that a ledger takes, three transactions each\n")
    for database in databases():
        for processes in PROCESSES:
            rate = measure(database, processes, asked.seconds)
            print(
                f"  {database:<12}{processes:>3} processes {rate:8.0f} jobs/s {rate * 3:8.0f} transactions/s",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
