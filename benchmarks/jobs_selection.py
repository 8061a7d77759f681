"""20,000 sites in the ledger: what choosing the next site, planning what is due and one whole tick take.

Targets: the statements that choose the next site take less than a millisecond, as the median; planning takes no more
memory when everything is due than when little is; a tick with nothing due costs little more than reading the ledger at
all. SQL is timed from the moment a statement is given to the database until its first row is there. PostgreSQL is
measured too where CLERK_TEST_DATABASE_URL names a server. --sites scales it down.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, literal, select, text, update

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.jobs_ledger import (
    FINANCE,
    SOURCES,
    STATES,
    add_sites,
    databases,
    demand,
    installation_on,
    learn,
    plan_sites,
    site_names,
    spread,
)
from benchmarks.jobs_measure import memory, timed, timed_sql
from benchmarks.roster_process import Target

from clerkcore.installation import Installation
from clerkcore.jobs.defaults import sync_schedules
from clerkcore.jobs.planning import open_due
from clerkcore.ledger import Ledger, claim_next, waiting_jobs
from clerkcore.ledger.tables import clocks, jobs, leases, marks, schedules, sites
from clerkcore.times import now, to_text

FREE, BUSY = 10, 64
TARGET_MS, TARGET_MB, TARGET_TICK = 1.0, 10.0, 1.5
CHOSEN, LOOKS, TICKS = 9, 21, 7
HOLDER = "elsewhere:-:1:-"
CLERK = str(Path(sys.executable).with_name("clerk"))


def arrange(ledger: Ledger, *, ran: bool, busy: int = 0, disabled: int = 0) -> None:
    """Set which sites ran before, and how many of the first are busy or disabled."""
    at, names = to_text(now()), site_names(max(busy, disabled))
    first = sites.c.subdomain <= (names[-1] if names else "")
    until = to_text(now() + timedelta(days=1))
    lease = {"holder": HOLDER, "token": "t", "job": FINANCE, "acquired_at": at, "heartbeat_at": at, "expires_at": until}
    with ledger.write() as connection:
        for table in (clocks, leases, marks):
            connection.execute(delete(table))
        connection.execute(update(sites).values(enabled=True))
        if disabled:
            connection.execute(update(sites).where(first).values(enabled=False))
        if busy:
            query = select(sites.c.subdomain, *map(literal, lease.values())).where(first)
            connection.execute(insert(leases).from_select(["subdomain", *lease], query))
        if ran:
            query = select(sites.c.subdomain, literal(FINANCE), literal(at))
            connection.execute(insert(clocks).from_select(["subdomain", "job", "last_started_at"], query))
    settle(ledger)


def settle(ledger: Ledger) -> None:
    """Let a server count its rows, which it does by itself after a while; SQLite's ledger is never counted."""
    if not ledger.path:
        learn(ledger)


def selection(ledger: Ledger, count: int) -> list[Target]:
    """Measure how the next site is chosen: one that never ran, and where all ran the one that waited longest."""
    before = count - FREE
    cases: dict[str, dict[str, Any]] = {
        "never ran": {"ran": False},
        "never ran, all but ten sites disabled": {"ran": False, "disabled": before},
        f"never ran, {BUSY} busy before it": {"ran": False, "busy": BUSY},
        "all ran: oldest": {"ran": True},
        "all ran: oldest, all but ten sites disabled": {"ran": True, "disabled": before},
        f"all ran: oldest, {BUSY} busy before it": {"ran": True, "busy": BUSY},
        # As many leases as sites would be as many workers: told, though nobody has them.
        "never ran, all but ten sites busy": {"ran": False, "busy": before},
        "all ran: oldest, all but ten sites busy": {"ran": True, "busy": before},
    }
    floor = timed_sql("SELECT 1", LOOKS, lambda: ask_nothing(ledger))
    print(f"  {'a statement that reads nothing, which every one below contains':<66}{floor:9.2f} ms")
    found = []
    for told, case in cases.items():
        arrange(ledger, **case)
        taken = timed_sql("site_sources", CHOSEN - 1, lambda: choose(ledger))
        if case.get("busy") == before:
            print(f"  {f'next site: {told}':<66}{taken:9.2f} ms")
        else:
            found.append(Target(f"next site: {told}", taken, "<=", TARGET_MS, " ms"))
    arrange(ledger, ran=True)
    return found


def ask_nothing(ledger: Ledger) -> None:
    """Ask the database for nothing but an answer."""
    with ledger.read() as connection:
        connection.execute(text("SELECT 1"))


def choose(ledger: Ledger) -> None:
    """Take the next site, as --next-site does."""
    if claim_next(ledger, FINANCE, [SOURCES[FINANCE]], HOLDER, 3600, now()) is None:
        raise SystemExit("no site was free")


def planning(installation: Installation, count: int, due: int) -> list[Target]:
    """Measure what opening turns takes, in processor time and memory: none, a hundred, then `due` of them."""
    ledger, wanted = installation.ledger, demand(installation, FINANCE)
    names = site_names(count)
    plan_sites(ledger, FINANCE, spread(names, now() + timedelta(days=1), 3600))
    sync_schedules(installation, wanted)
    settle(ledger)
    open_some(installation, 1)
    quiet = timed(lambda: sync_schedules(installation, wanted), 5)
    found = [Target("sync_schedules, nothing new, processor", quiet, "<=", 200, " ms")]
    for number in (0, 100, due):
        taken, grown = open_some(installation, number)
        each = f", {taken / number:.2f} ms each" if number else ""
        print(f"  {f'open_due, {number:,} due':<66}{taken:9.1f} ms processor{each}")
        found.append(Target(f"open_due, {number:,} due: peak memory grew", grown, "<=", TARGET_MB, " MB"))
    print(f"  {'for comparison: all jobs that wait, loaded at once':<66}{load_all(ledger):9.2f} MB")
    return found


def load_all(ledger: Ledger) -> float:
    """Return by how many MB memory grows when every waiting job is loaded, as handing over does."""
    with memory() as grown, ledger.read() as connection:
        waiting_jobs(connection, now(), limit=None)
        return grown()


def open_some(installation: Installation, number: int) -> tuple[float, float]:
    """Let so many sites be due and open their turns; returns milliseconds of the processor and MB of peak memory."""
    late = to_text(now() - timedelta(hours=1))
    with installation.ledger.write() as connection:
        connection.execute(delete(jobs))
        some = schedules.c.subdomain.in_(select(sites.c.subdomain).order_by(sites.c.subdomain).limit(number))
        connection.execute(update(schedules).where(some, schedules.c.job_type == FINANCE).values(next_due_at=late))
    with memory() as grown:
        begin = time.process_time()
        opened = open_due(installation, demand(installation, FINANCE), now())
        taken = (time.process_time() - begin) * 1000
        if opened != number:
            raise SystemExit(f"{opened} of {number} turns were opened")
        return taken, grown()


def looks(installation: Installation, waiting: int) -> list[Target]:
    """Measure how a job is found among very many that wait, all of finance."""
    settle(installation.ledger)

    def look(**wanted: Any) -> float:
        def once() -> None:
            with installation.ledger.read() as connection:
                waiting_jobs(connection, now(), limit=1, **wanted)

        return timed_sql("FROM jobs", LOOKS, once)

    cases = {
        "by a tick": look(job_types=[FINANCE, STATES], dedup_key=""),
        "by a worker of this machine": look(host="here"),
    }
    # Asked by one that has nothing to do: it reads all that waits for others.
    idle = look(queues=["states"], host="here")
    print(f"  {f'next of {waiting:,} jobs, by a worker whose queue is empty':<66}{idle:9.2f} ms")
    return [Target(f"next of {waiting:,} jobs, {told}", taken, "<=", TARGET_MS, " ms") for told, taken in cases.items()]


def whole_tick(installation: Installation) -> list[Target]:
    """Measure a whole tick with nothing due as a process, beside one that opens the ledger and reads one job."""
    (installation.root / "sites" / "states.json").write_text('{"states": {}}\n')
    with installation.ledger.write() as connection:
        connection.execute(delete(jobs))
        connection.execute(update(schedules).values(next_due_at=to_text(now() + timedelta(days=1))))
    commands = {
        "clerk --help": ["--help"],
        "clerk jobs list": ["jobs", "list", "--limit", "1"],
        "clerk jobs run --due": ["jobs", "run", "--due", "--json"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(TICKS):
        for name, words in commands.items():
            taken[name].append(run_clerk(installation.root, words))
    medians = {name: statistics.median(found) for name, found in taken.items()}
    for name, milliseconds in medians.items():
        print(f"  {name:<66}{milliseconds:9.0f} ms processor")
    ratio = medians["clerk jobs run --due"] / medians["clerk jobs list"]
    return [Target("a tick with nothing due to clerk jobs list", ratio, "<=", TARGET_TICK)]


def run_clerk(root: Path, words: list[str]) -> float:
    """Return the milliseconds of processor time that a command takes as a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [CLERK, "--root", str(root), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def measure(database: str, count: int, due: int) -> list[Target]:
    """Measure everything on one database, telling it as it is known."""
    print(f"{count:,} sites in the ledger, {database}\n")
    found = []
    with installation_on(database) as installation:
        add_sites(installation.ledger, site_names(count), SOURCES[FINANCE])
        found += tell(selection(installation.ledger, count))
        found += tell(planning(installation, count, due))
        found += tell(looks(installation, due))
        # On a server the command would have to be told its address.
        found += tell(whole_tick(installation)) if database == "SQLite" else []
    return found


def tell(targets: list[Target]) -> list[Target]:
    """Print targets, and return them."""
    for target in targets:
        found = f"{target.found:9.2f}{target.unit}"
        print(f"  {target.told:<66}{found:<13} target {target.sign} {target.limit:g}{target.unit}: {target.verdict}")
    sys.stdout.flush()
    return targets


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sites", type=int, default=20_000)
    options.add_argument("--due", type=int, default=5_000, help="how many are due at most; each takes a millisecond")
    options.add_argument("--database", choices=databases(), action="append", help="by default each that is there")
    asked = options.parse_args()
    found = []
    for database in asked.database or databases():
        found += measure(database, asked.sites, min(asked.due, asked.sites))
    return int(not all(target.met for target in found))


if __name__ == "__main__":
    sys.exit(main())
