"""Reading the ledger's events on from a mark, and making alerts of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError

from clerkcore import logs
from clerkcore.ledger import (
    Event,
    Ledger,
    Member,
    RunFacts,
    failing_jobs,
    get_mark,
    has_failed_run,
    has_open_hold,
    hold_mark,
    list_events,
    newest_outcomes,
    run_facts,
    set_mark,
    site_names,
)
from clerkcore.notify.configured import Channel
from clerkcore.notify.incidents import Signal, cause_of, clear_member, raise_alert, rename
from clerkcore.notify.rules import (
    CONDITIONS,
    FAILURES,
    JOB_FAILURES,
    SUCCESSES,
    count_settled,
    fires,
    is_told,
    normalise,
)
from clerkcore.notify.words import plain

MARK = "alerts"
BATCH = 200
_NOTHING = RunFacts("", "")
_LONGEST_PROBLEM = 300
# Whatever else a database raises is trouble with all of the ledger, and to be met again when that is over.
_OF_ONE_STATEMENT = (DataError, IntegrityError, NotSupportedError, ProgrammingError)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is needed to judge a batch of events."""

    conn: Connection
    channels: Sequence[Channel]
    after: int
    runs: Mapping[int, RunFacts]
    names: Mapping[str, str]
    failing: set[tuple[str, str]]
    joined: set[int] = field(default_factory=set)

    def raise_alert(self, signal: Signal) -> None:
        self.joined.add(raise_alert(self.conn, signal))


def read_events(
    ledger: Ledger, channels: Sequence[Channel], after: int, at: datetime, report: Callable[[str], None]
) -> None:
    """Take all events since the last time; `after` is how many failures in a row are an alert.

    One that cannot be taken is reported and passed over.
    """
    more = True
    while more and _is_new(ledger):
        passed: list[str] = []
        with hold_mark(ledger, MARK, "0", at) as conn:
            more = _read_batch(conn, channels, after, at, passed)
        for line in passed:
            report(line)


def _is_new(ledger: Ledger) -> bool:
    with ledger.read() as conn:
        return bool(list_events(conn, after_id=_mark(conn), limit=1))


def _mark(conn: Connection) -> int:
    return int(get_mark(conn, MARK) or 0)


def _read_batch(conn: Connection, channels: Sequence[Channel], after: int, at: datetime, passed: list[str]) -> bool:
    """Take the next events and move the mark; False when there may be none that can be taken now.

    `passed` gets a line for each that is passed over.
    """
    mark = _mark(conn)
    found = list_events(conn, after_id=mark, limit=BATCH)
    events = found[: count_settled(mark, [(event.id, event.at) for event in found], at)]
    if not events:
        return False
    runs = run_facts(conn, {event.run_id for event in events if event.run_id})
    places = {event.subdomain for event in events if event.subdomain}
    failing = failing_jobs(conn, "failed", places)
    reading = _Reading(conn, channels, after, runs, site_names(conn, places), failing)
    for event in events:
        one = replace(reading, failing=set(reading.failing), joined=set())
        with _apart(conn, f"event {event.id}, {event.kind} of {event.subdomain or 'this machine'},", passed):
            _take(one, event)
            reading.failing.update(one.failing)
            reading.joined.update(one.joined)
    for alert_id in sorted(reading.joined):
        with _apart(conn, f"the title of alert {alert_id}", passed):
            rename(conn, [alert_id])
    set_mark(conn, MARK, str(events[-1].id), at)
    return len(events) == BATCH


@contextmanager
def _apart(conn: Connection, what: str, passed: list[str]) -> Iterator[None]:
    """Keep all that the block does or nothing; what it raises, whatever it is, must not block what comes after it."""
    try:
        with conn.begin_nested():
            yield
    except Exception as error:
        if isinstance(error, DBAPIError) and not isinstance(error, _OF_ONE_STATEMENT):
            raise
        said = f"{type(error).__name__}: {error.orig if isinstance(error, DBAPIError) else error}"
        passed.append(
            plain(f"{what} could not be brought into the alerts and is passed over: {said}", _LONGEST_PROBLEM)
        )
        logs.tell("event passed over", logging.ERROR, message=passed[-1], traceback=traceback.format_exc())


def _take(reading: _Reading, event: Event) -> None:
    if event.kind in CONDITIONS:
        _take_condition(reading, event)
        return
    if event.kind not in (*SUCCESSES, *FAILURES, *JOB_FAILURES):
        return
    facts = reading.runs.get(event.run_id or 0, _NOTHING)
    member = Member(event.subdomain, event.source, facts.job_type or str(event.data.get("job_type", "")))
    if not is_told(member.job_type):
        return
    if event.kind in FAILURES:
        _take_failure(reading, event, member, facts)
    elif event.kind in JOB_FAILURES:
        _take_job_failure(reading, event, member)
    elif (member.subdomain, member.job_type) in reading.failing:
        # A job that could not even begin with a source is well again with any of them.
        clear_member(reading.conn, reading.channels, "failed", member, event.at, also=[""])
    if event.kind == "run.held" and has_open_hold(reading.conn, event.subdomain, event.source):
        reading.raise_alert(_signal(reading, "held", event, member, facts, "a run is held"))


def _take_failure(reading: _Reading, event: Event, member: Member, facts: RunFacts) -> None:
    if reading.after > 1 and event.run_id:
        outcomes = newest_outcomes(reading.conn, member, event.run_id, reading.after)
        if not fires(outcomes, reading.after):
            return
    _fire(reading, event, member, facts)


def _take_job_failure(reading: _Reading, event: Event, member: Member) -> None:
    """Take a job that failed by itself; where a run of it failed, that run's event has told so."""
    job_id, attempt = event.data.get("job_id"), int(event.data.get("attempt") or 0)
    if isinstance(job_id, int) and has_failed_run(reading.conn, job_id):
        return
    if event.kind == "job.failed" or attempt >= reading.after:
        _fire(reading, event, member, _NOTHING)


def _fire(reading: _Reading, event: Event, member: Member, facts: RunFacts) -> None:
    rule = f"{reading.after} failures in a row" if reading.after > 1 else "a failure"
    reading.raise_alert(_signal(reading, "failed", event, member, facts, rule))
    reading.failing.add((member.subdomain, member.job_type))


def _signal(reading: _Reading, type: str, event: Event, member: Member, facts: RunFacts, rule: str) -> Signal:
    said = normalise(event.message, (event.subdomain, reading.names.get(event.subdomain, "")))
    return Signal(
        type=type,
        cause=cause_of(type, member.source or member.job_type, said),
        member=member,
        message=event.message,
        rule=rule,
        at=event.at,
        run_id=event.run_id,
        remedy=facts.remedy,
    )


def _take_condition(reading: _Reading, event: Event) -> None:
    member = Member(event.subdomain, "", "")
    if event.severity == "info":
        clear_member(reading.conn, reading.channels, event.kind, member, event.at)
        return
    cause = cause_of(event.kind, event.subdomain)
    reading.raise_alert(Signal(event.kind, cause, member, event.message, "a warning", event.at))
