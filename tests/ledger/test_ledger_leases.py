"""One writer per site: claiming, taking over, renewing, losing."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, insert, text
from sqlalchemy.engine import ExecutionContext

from clerkcore.errors import LeaseLost, SiteError
from clerkcore.ledger import (
    Heartbeat,
    Lease,
    Ledger,
    SiteBusy,
    acquire,
    check,
    claim_next,
    holder_is_dead,
    holder_name,
    list_clocks,
    list_leases,
    release,
    renew,
    set_enabled,
    start_clock,
)
from clerkcore.ledger.tables import clocks, site_sources, sites
from clerkcore.times import now as this_moment
from clerkcore.times import to_text

JOB = "finance.etl"
ELSEWHERE = "otherhost:boot-1:77:123"
HOLD = "from clerkcore.ledger import holder_name; print(holder_name(), flush=True); input()"

AddSites = Callable[..., None]
TryClaim = Callable[..., Lease | None]
Claim = Callable[..., Lease]
Process = tuple["subprocess.Popen[bytes]", str]


@pytest.fixture
def try_claim(ledger: Ledger, now: datetime) -> TryClaim:
    return lambda sources=("netfile",), holder=ELSEWHERE: claim_next(ledger, JOB, sources, holder, 60, now)


@pytest.fixture
def claim(try_claim: TryClaim) -> Claim:
    """Claim where a site is there to be claimed."""

    def claim(holder: str = ELSEWHERE) -> Lease:
        lease = try_claim(holder=holder)
        assert lease is not None
        return lease

    return claim


@pytest.fixture
def process() -> Iterator[Process]:
    """Another process, and the name under which it takes leases."""
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().decode().strip()
        process.kill()


def test_twenty_processes_claim_twenty_different_sites(
    url: str, add_sites: AddSites, run_together: Callable[..., list[str]]
) -> None:
    expected = [f"site{number:02}.ca" for number in range(20)]
    add_sites(*expected)
    imports = "from clerkcore.ledger import claim_next, holder_name, open_ledger\nfrom clerkcore.times import now"
    script = """
ledger = open_ledger(sys.argv[1])
print(claim_next(ledger, "finance.etl", ["netfile"], holder_name(), 60, now()).subdomain, flush=True)
sys.stdin.readline()
"""
    assert sorted(run_together(imports, script, 20, url)) == expected


def test_the_site_that_never_ran_comes_first_then_the_oldest_clock(
    ledger: Ledger, add_sites: AddSites, claim: Claim, try_claim: TryClaim, now: datetime
) -> None:
    add_sites("a.ca", "b.ca", "c.ca", "d.ca")
    with ledger.write() as conn:
        start_clock(conn, "a.ca", JOB, now - timedelta(hours=1))
        start_clock(conn, "b.ca", JOB, now - timedelta(hours=2))
    assert [claim().subdomain for _ in range(4)] == ["c.ca", "d.ca", "b.ca", "a.ca"]
    assert try_claim() is None


def test_each_job_has_its_own_order(ledger: Ledger, add_sites: AddSites, claim: Claim, now: datetime) -> None:
    add_sites("a.ca", "b.ca")
    with ledger.write() as conn:
        start_clock(conn, "a.ca", "states.update", now)
    assert claim().subdomain == "a.ca"


def test_claiming_starts_the_clock(ledger: Ledger, add_sites: AddSites, claim: Claim, now: datetime) -> None:
    add_sites("a.ca")
    claim()
    with ledger.read() as conn:
        assert [(clock.subdomain, clock.job, clock.last_started_at) for clock in list_clocks(conn)] == [
            ("a.ca", JOB, now)
        ]


def test_a_disabled_site_is_not_claimed(ledger: Ledger, add_sites: AddSites, claim: Claim) -> None:
    add_sites("a.ca", "b.ca")
    with ledger.write() as conn:
        set_enabled(conn, "a.ca", False)
    assert claim().subdomain == "b.ca"


def test_a_leased_site_is_not_claimed(ledger: Ledger, add_sites: AddSites, try_claim: TryClaim, now: datetime) -> None:
    add_sites("a.ca", "b.ca")
    acquire(ledger, "a.ca", "states.update", ELSEWHERE, 60, now)
    assert [lease and lease.subdomain for lease in (try_claim(), try_claim())] == ["b.ca", None]


def test_a_site_without_one_of_the_sources_is_not_claimed(add_sites: AddSites, try_claim: TryClaim) -> None:
    add_sites("a.ca", sources=())
    add_sites("b.ca", sources=("texas",))
    add_sites("c.ca", sources=("netfile", "texas"))
    claimed = [try_claim(sources) for sources in (("netfile", "other"), ("netfile",))]
    assert [lease and lease.subdomain for lease in claimed] == ["c.ca", None]
    assert try_claim(()) is None


def test_a_released_site_can_be_claimed_again(ledger: Ledger, add_sites: AddSites, claim: Claim) -> None:
    add_sites("a.ca")
    release(ledger, claim())
    assert claim().subdomain == "a.ca"


def test_an_expired_lease_of_another_host_is_claimed(ledger: Ledger, add_sites: AddSites, now: datetime) -> None:
    add_sites("a.ca")
    acquire(ledger, "a.ca", JOB, ELSEWHERE, 60, now)
    later = now + timedelta(seconds=60)
    lease = claim_next(ledger, JOB, ["netfile"], holder_name(), 60, later)
    assert lease is not None
    assert lease.subdomain == "a.ca"


def test_a_busy_site_says_who_holds_it_for_what_since_when_and_until_when(
    ledger: Ledger, add_sites: AddSites, now: datetime
) -> None:
    add_sites("a.ca")
    acquire(ledger, "a.ca", JOB, ELSEWHERE, 60, now)
    with pytest.raises(SiteBusy) as caught:
        acquire(ledger, "a.ca", "states.update", holder_name(), 60, now + timedelta(seconds=59))
    assert caught.value.message == (
        "site 'a.ca' is busy: otherhost:boot-1:77:123 has run finance.etl since 2026-11-21T08:00:00.000000Z; "
        "its lease expires at 2026-11-21T08:01:00.000000Z"
    )


def test_an_unknown_site_cannot_be_leased(ledger: Ledger, add_sites: AddSites, now: datetime) -> None:
    add_sites("alameda.ca", "tx")
    with pytest.raises(SiteError) as caught:
        acquire(ledger, "alamda.ca", JOB, ELSEWHERE, 60, now)
    assert str(caught.value) == "the ledger has no site 'alamda.ca' (sites: alameda.ca and 1 more: clerk sites list)"


def test_the_lease_of_a_live_process_is_not_taken_over(
    ledger: Ledger, add_sites: AddSites, process: Process, claim: Claim, try_claim: TryClaim, now: datetime
) -> None:
    add_sites("a.ca")
    claim(holder=process[1])
    with pytest.raises(SiteBusy):
        acquire(ledger, "a.ca", JOB, holder_name(), 60, now)
    assert try_claim() is None


@pytest.mark.parametrize("reaped", [True, False])
def test_the_lease_of_a_killed_process_is_taken_over_at_once(
    ledger: Ledger, add_sites: AddSites, process: Process, now: datetime, reaped: bool
) -> None:
    add_sites("a.ca")
    lost = acquire(ledger, "a.ca", JOB, process[1], 60, now)
    process[0].kill()
    os.waitid(os.P_PID, process[0].pid, os.WEXITED | (0 if reaped else os.WNOWAIT))
    assert acquire(ledger, "a.ca", JOB, holder_name(), 60, now).holder == holder_name()
    with pytest.raises(LeaseLost):
        check(ledger, lost)


def test_the_site_of_a_killed_process_is_claimed_at_once(add_sites: AddSites, process: Process, claim: Claim) -> None:
    add_sites("a.ca")
    claim(holder=process[1])
    process[0].kill()
    process[0].wait()
    assert claim().subdomain == "a.ca"


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        pytest.param(lambda host, space, pid, start: (host, space, pid, start), False, id="this process"),
        pytest.param(lambda host, space, pid, start: (host, space, pid, "1"), True, id="its pid used again"),
        pytest.param(lambda host, space, pid, start: (host, space, "4194305", start), True, id="no such pid"),
        pytest.param(lambda host, space, pid, start: ("other", space, "4194305", start), False, id="another host"),
        pytest.param(lambda host, space, pid, start: (host, "b-1", "4194305", start), False, id="another container"),
        pytest.param(lambda host, space, pid, start: (host, "-", "4194305", start), False, id="unknown namespace"),
        pytest.param(lambda host, space, pid, start: ("somebody",), False, id="not such a name"),
    ],
)
def test_a_holder_is_dead_only_when_that_can_be_proved(change: Callable[..., tuple[str, ...]], dead: bool) -> None:
    assert holder_is_dead(":".join(change(*holder_name().split(":")))) is dead


def test_renewing_keeps_the_lease_and_moves_its_end(
    ledger: Ledger, add_sites: AddSites, claim: Claim, now: datetime
) -> None:
    add_sites("a.ca")
    renewed = renew(ledger, claim(), 60, now + timedelta(seconds=50))
    assert renewed.expires_at == now + timedelta(seconds=110)
    with ledger.read() as conn:
        assert list_leases(conn) == [renewed]


def test_a_lease_taken_over_is_lost_to_its_first_holder(ledger: Ledger, add_sites: AddSites, now: datetime) -> None:
    add_sites("a.ca")
    first = acquire(ledger, "a.ca", JOB, "first:b:1:1", 60, now)
    second = acquire(ledger, "a.ca", "states.update", "second:b:1:1", 60, now + timedelta(seconds=61))
    for use in (lambda: renew(ledger, first, 60, now), lambda: check(ledger, first)):
        with pytest.raises(LeaseLost) as caught:
            use()
        assert str(caught.value) == (
            "site a.ca: second:b:1:1 has taken over for states.update (run it again when the other has ended)"
        )
    release(ledger, first)
    check(ledger, second)


def test_a_released_lease_is_lost(ledger: Ledger, add_sites: AddSites, claim: Claim) -> None:
    add_sites("a.ca")
    lease = claim()
    release(ledger, lease)
    with pytest.raises(LeaseLost, match=r"^site a.ca: the lease was given up"):
        check(ledger, lease)


class Beats:
    """A clock that counts how often it was read and lets a test wait for that."""

    def __init__(self, done: threading.Event, beats: int) -> None:
        self.done, self.left = done, beats

    def __call__(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            self.done.set()
        return this_moment()


def test_a_heartbeat_keeps_a_short_lease_alive(ledger: Ledger, add_sites: AddSites) -> None:
    add_sites("a.ca")
    lease = acquire(ledger, "a.ca", JOB, holder_name(), 0.3, this_moment())
    done = threading.Event()
    with Heartbeat(ledger, lease, 0.3, clock=Beats(done, 5)) as heartbeat:
        assert done.wait(10)
        assert not heartbeat.lost.is_set()
    with ledger.read() as conn:
        assert list_leases(conn)[0].expires_at > lease.expires_at


def test_a_heartbeat_tells_that_its_lease_is_lost(ledger: Ledger, add_sites: AddSites) -> None:
    add_sites("a.ca")
    lease = acquire(ledger, "a.ca", JOB, holder_name(), 0.03, this_moment())
    release(ledger, lease)
    with Heartbeat(ledger, lease, 0.03) as heartbeat:
        assert heartbeat.lost.wait(10)


def test_a_heartbeat_that_ended_well_lost_nothing(ledger: Ledger, add_sites: AddSites, claim: Claim) -> None:
    add_sites("a.ca")
    with Heartbeat(ledger, claim(), 60) as heartbeat:
        pass
    assert not heartbeat.lost.is_set()


@pytest.fixture
def many_sites(ledger: Ledger) -> None:
    """Twenty thousand sites, half of which ran before."""
    if ledger.url.get_backend_name() != "sqlite":
        pytest.skip("the plan is SQLite's")
    names = [f"s{number:05}.ca" for number in range(20_000)]
    at = to_text(datetime(2026, 1, 1, tzinfo=UTC))
    row = {"name": "S", "state": "CA", "kind": "city", "created_at": at, "updated_at": at}
    with ledger.write() as conn:
        conn.execute(insert(sites), [{"subdomain": name, **row} for name in names])
        conn.execute(insert(site_sources), [{"subdomain": name, "source": "netfile"} for name in names])
        ran = [{"subdomain": name, "job": JOB, "last_started_at": at} for name in names[::2]]
        conn.execute(insert(clocks), ran)


@pytest.mark.parametrize("analysed", [False, True])
def test_choosing_among_many_sites_searches_indexes_and_sorts_nothing(
    ledger: Ledger, many_sites: None, claim: Claim, try_claim: TryClaim, analysed: bool
) -> None:
    plans: list[str] = []

    def explain(
        conn: Connection,
        cursor: sqlite3.Cursor,
        statement: str,
        parameters: tuple[str | int, ...],
        context: ExecutionContext,
        executemany: bool,
    ) -> None:
        if statement.startswith("SELECT") and "site_sources" in statement:
            plans.append("\n".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)))

    with ledger.write() as conn:
        if analysed:
            conn.execute(text("ANALYZE"))
        event.listen(conn.engine, "before_cursor_execute", explain)
    assert claim().subdomain == "s00001.ca"
    try_claim(("no such source",))
    never_ran, *_, oldest = plans
    assert never_ran.count("SCAN") == oldest.count("SCAN") == 0
    assert "SEARCH clocks USING INDEX sqlite_autoindex_clocks_1 (subdomain=? AND job=?)" in never_ran
    assert "SEARCH clocks USING COVERING INDEX idx_clocks_oldest (job=?)" in oldest
    assert "TEMP B-TREE" not in never_ran + oldest
