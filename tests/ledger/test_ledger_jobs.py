"""Jobs in the ledger: one open at a time, begun under the site's lease, taken back from dead processes exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from clerkcore.errors import JobCancelled, LedgerError
from clerkcore.ledger import (
    Claim,
    JobOver,
    Ledger,
    NewJob,
    Schedule,
    SiteBusy,
    SiteElsewhere,
    StoredJob,
    add_schedules,
    check,
    claim_job,
    end_cancelled,
    finish_job,
    get_job,
    get_site,
    list_jobs,
    list_schedules,
    open_job,
    put_back,
    recount_far,
    release,
    release_dead_jobs,
    request_cancel,
    save_schedule,
    set_home,
    take_turn,
    waiting_jobs,
)
from clerkcore.models import Outcome
from clerkcore.timing import Timing

HERE, MINUTE = "somewhere:-:1:1", timedelta(minutes=1)
WANTED = NewJob("finance.etl", "alameda.ca", "finance", "schedule", max_attempts=3)


@pytest.fixture(autouse=True)
def sites(add_sites: Callable[..., None]) -> None:
    add_sites("alameda.ca", "berkeley.ca")


@pytest.fixture
def ask(ledger: Ledger, now: datetime) -> Callable[..., StoredJob]:
    """Open a job like WANTED."""

    def ask(**changes: Any) -> StoredJob:
        with ledger.write() as conn:
            return open_job(conn, replace(WANTED, **changes), now)[0]

    return ask


@pytest.fixture
def claim(ledger: Ledger, now: datetime) -> Callable[..., Claim]:
    """Begin a job, under a lease of one minute."""

    def claim(job: StoredJob, at: datetime = now, **more: Any) -> Claim:
        return claim_job(ledger, job.id, HERE, 60, at, **more)

    return claim


def read(ledger: Ledger, job: StoredJob) -> StoredJob:
    with ledger.read() as conn:
        return get_job(conn, job.id)


def test_a_job_is_open_once_for_each_type_site_and_key(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        first, new = open_job(conn, WANTED, now)
        assert (new, first.status, first.attempts, first.not_before) == (True, "waiting", 0, now)
        assert open_job(conn, WANTED, now) == (first, False)
        changes: list[dict[str, Any]] = [
            {"job_type": "states.update"},
            {"subdomain": "berkeley.ca"},
            {"dedup_key": "years"},
        ]
        others = [open_job(conn, replace(WANTED, **change), now) for change in changes]
    assert [(job.id != first.id, new) for job, new in others] == [(True, True)] * 3


def test_a_job_may_be_asked_for_again_once_it_is_over(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    done = claim(ask()).job
    with ledger.write() as conn:
        assert finish_job(conn, done, Outcome.FRESH, "nothing new", "", now)
    assert ask().id != done.id


def test_processes_that_ask_for_and_begin_one_job_at_once_let_one_do_it(
    url: str, run_together: Callable[..., list[str]]
) -> None:
    imports = (
        "from clerkcore.ledger import JobOver, NewJob, SiteBusy, claim_job, open_job, open_ledger\n"
        "from clerkcore.times import now"
    )
    script = (
        "with open_ledger(sys.argv[1]) as ledger:\n"
        "    wanted = NewJob('finance.etl', 'alameda.ca', 'finance', 'x')\n"
        "    with ledger.write() as conn: job, new = open_job(conn, wanted, now())\n"
        "    try: print(job.id, claim_job(ledger, job.id, 'host:-:1:1', 60, now()).job.attempts)\n"
        "    except SiteBusy: print(job.id, 'busy')"
    )
    assert sorted(run_together(imports, script, 6, url)) == ["1 1", *["1 busy"] * 5]


def test_a_begun_job_names_its_holder_and_its_lease_names_the_job(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    begun = claim(ask())
    job = read(ledger, begun.job)
    assert (job.status, job.attempts, job.holder, job.started_at) == ("running", 1, HERE, now)
    assert (begun.lease.job_id, begun.lease.token) == (job.id, job.token)


def test_a_late_message_about_a_job_that_is_over_does_nothing(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    begun = claim(ask())
    with ledger.write() as conn:
        finish_job(conn, begun.job, Outcome.FRESH, "nothing new", "", now)
    release(ledger, begun.lease)
    with pytest.raises(JobOver, match=r"^alameda.ca: job 1 is finished: nothing new$"):
        claim(begun.job)


def test_a_job_that_is_being_done_says_by_whom_and_since_when(
    ask: Callable[..., StoredJob], claim: Callable[..., Claim]
) -> None:
    job = claim(ask()).job
    with pytest.raises(SiteBusy, match=r"somewhere:-:1:1 has run finance.etl since 2026-11-21T08:00:00.*Z, as job 1"):
        claim(job)


def test_a_job_waits_while_another_of_its_site_is_done(
    ask: Callable[..., StoredJob], claim: Callable[..., Claim]
) -> None:
    claim(ask())
    with pytest.raises(SiteBusy, match=r"somewhere:-:1:1 has run finance\.etl"):
        claim(ask(dedup_key="other"))


def test_a_job_whose_lease_ran_out_is_taken_over_and_its_first_holder_can_end_it_no_more(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    first = claim(ask())
    second = claim(first.job, now + 2 * MINUTE)
    assert second.job.attempts == 2
    with ledger.write() as conn:
        assert not finish_job(conn, first.job, Outcome.CHANGED, "late", "", now)
        assert finish_job(conn, second.job, Outcome.FRESH, "nothing new", "", now)
    assert read(ledger, first.job).message == "nothing new"


def test_jobs_of_dead_processes_wait_again_and_those_of_live_ones_are_left(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    left = claim(ask()).job
    alive = claim(ask(subdomain="berkeley.ca"), now + 2 * MINUTE).job
    with ledger.write() as conn:
        released = release_dead_jobs(conn, now + 2 * MINUTE)
        assert [job.id for job in released] == [left.id]
        assert release_dead_jobs(conn, now + 2 * MINUTE) == []
    waiting = read(ledger, left)
    assert (waiting.status, waiting.attempts, waiting.not_before) == ("waiting", 1, now + 2 * MINUTE)
    assert waiting.message == "its process (somewhere:-:1:1) died, or was away for longer than its lease"
    assert read(ledger, alive).status == "running"


def test_a_job_that_kills_its_process_every_time_is_given_up(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    job, at = ask(), now
    for _ in range(3):
        claim(job, at)
        at += 2 * MINUTE
    with ledger.write() as conn:
        release_dead_jobs(conn, at)
    ended = read(ledger, job)
    assert (ended.status, ended.outcome, ended.attempts) == ("finished", Outcome.FAILED, 3)
    assert ended.message.endswith("died, or was away for longer than its lease, in attempt 3")


def test_a_failed_job_waits_for_its_next_attempt(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    begun = claim(ask())
    with ledger.write() as conn:
        finish_job(conn, begun.job, Outcome.FAILED, "503", "", now, retry_at=now + 5 * MINUTE)
    release(ledger, begun.lease)
    with ledger.read() as conn:
        assert waiting_jobs(conn, now + 4 * MINUTE, limit=9) == []
        [job] = waiting_jobs(conn, now + 5 * MINUTE, limit=9)
    assert (job.status, job.message, job.outcome) == ("waiting", "503", None)
    assert claim(job, now + 5 * MINUTE).job.attempts == 2


def test_an_attempt_that_never_began_is_not_counted(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    begun = claim(ask()).job
    with ledger.write() as conn:
        assert put_back(conn, begun, "it was interrupted", now, counted=False)
    assert read(ledger, begun).attempts == 0


def test_urgent_jobs_come_first_then_those_that_waited_longest(
    ledger: Ledger, ask: Callable[..., StoredJob], now: datetime
) -> None:
    newer = ask(dedup_key="newer", not_before=now)
    older = ask(dedup_key="older", not_before=now - MINUTE)
    later = ask(dedup_key="later", not_before=now + MINUTE)
    urgent = ask(dedup_key="urgent", urgent=True)
    with ledger.read() as conn:
        assert [job.id for job in waiting_jobs(conn, now, limit=9)] == [urgent.id, older.id, newer.id]
        assert [job.id for job in waiting_jobs(conn, now, limit=2)] == [urgent.id, older.id]
        assert [job.id for job in waiting_jobs(conn, None, limit=9)] == [urgent.id, older.id, newer.id, later.id]


def test_a_worker_of_one_queue_sees_no_other_and_that_of_high_all_that_is_urgent(
    ledger: Ledger, ask: Callable[..., StoredJob], now: datetime
) -> None:
    finance, states = ask(), ask(job_type="states.update", queue="states", subdomain="berkeley.ca", urgent=True)
    with ledger.read() as conn:
        assert [job.id for job in waiting_jobs(conn, now, queues=["finance"], limit=9)] == [finance.id]
        assert [job.id for job in waiting_jobs(conn, now, queues=["high"], limit=9)] == [states.id]
        assert [job.id for job in waiting_jobs(conn, now, queues=["meetings"], limit=9)] == []


def test_the_first_machine_that_works_on_a_site_is_its_home_and_no_other_takes_its_jobs(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    begun = claim(ask(), host="one")
    with ledger.write() as conn:
        finish_job(conn, begun.job, Outcome.FRESH, "", "", now)
    release(ledger, begun.lease)
    again = ask()
    with pytest.raises(SiteElsewhere, match=r"^the databases of alameda.ca are on one, and this is two \("):
        claim(again, host="two")
    with ledger.write() as conn:
        assert get_site(conn, "alameda.ca").host == "one"
        assert waiting_jobs(conn, now, host="two", limit=9) == []
        set_home(conn, "alameda.ca", "two")
    assert claim(again, host="two").job.status == "running"


def test_a_job_that_is_being_done_stops_before_it_writes_when_it_is_cancelled(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim]
) -> None:
    begun = claim(ask())
    check(ledger, begun.lease)
    with ledger.write() as conn:
        request_cancel(conn, begun.job)
    with pytest.raises(JobCancelled, match=r"^site alameda.ca: job 1 was cancelled$"):
        check(ledger, begun.lease)


def test_a_cancelled_job_whose_process_died_is_not_done_again(
    ledger: Ledger, ask: Callable[..., StoredJob], claim: Callable[..., Claim], now: datetime
) -> None:
    job = claim(ask()).job
    with ledger.write() as conn:
        request_cancel(conn, job)
        release_dead_jobs(conn, now + 2 * MINUTE)
    assert read(ledger, job).status == "cancelled"


def test_jobs_are_listed_newest_first_and_narrowed(
    ledger: Ledger, ask: Callable[..., StoredJob], now: datetime
) -> None:
    first, second = ask(), ask(subdomain="berkeley.ca")
    with ledger.write() as conn:
        end_cancelled(conn, first, "by jane", now)
        assert [job.id for job in list_jobs(conn, limit=9)] == [second.id, first.id]
        assert [job.id for job in list_jobs(conn, subdomain="alameda.ca", limit=9)] == [first.id]
        assert [job.id for job in list_jobs(conn, statuses=["waiting"], limit=9)] == [second.id]


def test_an_unknown_job_is_refused_with_the_newest(ledger: Ledger, ask: Callable[..., StoredJob]) -> None:
    with pytest.raises(LedgerError) as caught, ledger.read() as conn:
        get_job(conn, 7)
    assert str(caught.value) == "no job 7 (nothing was asked yet)"
    ask()
    with pytest.raises(LedgerError) as caught, ledger.read() as conn:
        get_job(conn, 7)
    assert str(caught.value) == "no job 7 (newest jobs: 1)"


def test_a_turn_of_a_schedule_is_taken_once(ledger: Ledger, now: datetime) -> None:
    schedule = Schedule("alameda.ca", "finance.etl", "", Timing(24.0), True, "default", now, 0, now, "")
    with ledger.write() as conn:
        add_schedules(conn, [schedule])
        add_schedules(conn, [schedule])  # as another process does at the same moment
        assert take_turn(conn, schedule, now + MINUTE)
        assert not take_turn(conn, schedule, now + MINUTE)


def test_what_a_clock_that_was_ahead_has_planned_is_due_now(ledger: Ledger, now: datetime) -> None:
    days = timedelta(days=1)
    with ledger.write() as conn:
        for site, ahead in (("alameda.ca", 2000 * days), ("berkeley.ca", 2 * days)):
            timing = Timing(24.0)
            save_schedule(conn, Schedule(site, "finance.etl", "", timing, True, "default", now + ahead, 0, now, ""))
        assert recount_far(conn, "finance.etl", now, 2 * days) == 1
        due = {each.subdomain: each.next_due_at for each in list_schedules(conn)}
    assert due == {"alameda.ca": now, "berkeley.ca": now + 2 * days}
