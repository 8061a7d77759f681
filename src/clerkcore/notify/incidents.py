"""Opening, joining and closing alerts: one for each cause, however many sources it stops."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from clerkcore.ledger import (
    Alert,
    Member,
    add_alert,
    find_alert_of,
    find_open_alert,
    get_alert,
    has_failing_members,
    join_alert,
    join_many,
    list_members,
    record_event,
    recover_member,
    save_alert,
    see_alert,
)
from clerkcore.notify.configured import Channel
from clerkcore.notify.rules import JOIN_HOURS, SEVERITIES, joinable_since
from clerkcore.notify.telling import queue
from clerkcore.notify.words import make_title, plain
from clerkcore.times import to_text

_LEVELS = {"critical": "error", "warning": "warning", "info": "info"}
_LEFT_OUT = "nothing runs it any more: its kind of job, source, state, site or schedule is off or gone"


@dataclass(frozen=True, slots=True)
class Signal:
    """Something is wrong with a member: `cause` is the same for all that the same trouble stops.

    `rule` says in words why it is an alert.
    """

    type: str
    cause: str
    member: Member
    message: str
    rule: str
    at: datetime
    run_id: int | None = None
    remedy: str = ""


def cause_of(type: str, what: str, message: str = "") -> str:
    """Return a short name of a cause: its type, source or job, and a hash of what is said, where that tells apart."""
    name = f"{type}:{plain(what)}"
    return f"{name}:{sha256(message.encode(errors='replace')).hexdigest()[:16]}" if message else name


def raise_alert(conn: Connection, signal: Signal) -> int:
    """Count a signal to the alert that its member or its cause has open, else open one; returns the alert.

    It is still to be renamed, once for all that join it at a time.
    """
    alert_id = (
        find_alert_of(conn, signal.type, signal.member)
        or find_open_alert(conn, signal.cause, joinable_since(signal.type, signal.at))
        or find_open_alert(conn, _own_cause(signal))
    )
    if alert_id is None:
        alert_id = _open(conn, signal)
    see_alert(conn, alert_id, signal.at)
    join_alert(conn, alert_id, signal.member, signal.run_id, signal.at)
    return alert_id


def raise_together(conn: Connection, signal: Signal, members: Sequence[Member]) -> None:
    """Count a signal of many members at once to the alert that its cause has open, else open one."""
    alert_id = find_open_alert(conn, signal.cause)
    if alert_id is None:
        alert_id = _open(conn, signal)
    see_alert(conn, alert_id, signal.at, len(members))
    join_many(conn, alert_id, members, signal.at)
    rename(conn, [alert_id])


def _own_cause(signal: Signal) -> str:
    """Return the cause of the alert that a signal opens, of which only one can be open.

    Where an alert can be joined for a while only, a later one of the same cause needs a name of its own.
    """
    return f"{signal.cause}:{signal.member.subdomain}" if signal.type in JOIN_HOURS else signal.cause


def _open(conn: Connection, signal: Signal) -> int:
    member, what = signal.member, signal.member.source or signal.member.job_type
    title = make_title(signal.type, what, [member.subdomain])
    severity = SEVERITIES.get(signal.type, "warning")
    alert_id = add_alert(
        conn,
        cause=_own_cause(signal),
        type=signal.type,
        severity=severity,
        member=member,
        title=title,
        description=signal.message,
        details={"job": member.job_type, "run": signal.run_id, "remedy": signal.remedy},
        rule=signal.rule,
        at=signal.at,
    )
    _record(conn, alert_id, "alert.fired", title, _LEVELS[severity], member, signal.at)
    return alert_id


def rename(conn: Connection, alert_ids: Iterable[int]) -> None:
    """Let the titles of alerts count the sites that have joined them."""
    for alert_id in alert_ids:
        alert = get_alert(conn, alert_id)
        sites = {member.subdomain for member in list_members(conn, alert_id)}
        if len(sites) > 1:
            title = make_title(alert.type, alert.source or str(alert.details.get("job", "")), sorted(sites))
            save_alert(conn, alert_id, subdomain="", title=title)


def clear_member(
    conn: Connection, channels: Sequence[Channel], type: str, member: Member, at: datetime, also: Collection[str] = ()
) -> None:
    """Note that a member is well again; alerts none of whose members fail any more are resolved, and that is told."""
    sources = {member.source, *also}
    close_recovered(conn, channels, recover_member(conn, type, member.subdomain, sources, member.job_type, at), at)


def close_recovered(conn: Connection, channels: Sequence[Channel], alert_ids: Iterable[int], at: datetime) -> None:
    """Resolve those alerts none of whose members fails any more."""
    for alert_id in alert_ids:
        if has_failing_members(conn, alert_id):
            continue
        alert = _end(conn, alert_id, "alert.recovered", "Recovered: {}", at)
        # What began and ended before anybody was told needs no word.
        if alert.reminded_at is not None:
            queue(conn, channels, "recovered", alert, at)


def close_left_out(conn: Connection, alert_ids: Iterable[int], at: datetime) -> None:
    """Resolve those alerts none of whose members is to be run any more, with a note; nobody is told of a recovery."""
    for alert_id in alert_ids:
        if not has_failing_members(conn, alert_id):
            alert = _end(conn, alert_id, "alert.closed", "Closed: {}; " + _LEFT_OUT, at)
            note = {"at": to_text(at), "by": "clerk", "action": "closed", "note": _LEFT_OUT}
            save_alert(conn, alert_id, notes=[*alert.notes, note])


def _end(conn: Connection, alert_id: int, kind: str, message: str, at: datetime) -> Alert:
    save_alert(conn, alert_id, status="resolved", resolved_at=at, snoozed_until=None)
    alert = get_alert(conn, alert_id)
    _record(conn, alert_id, kind, message.format(alert.title), "info", Member(alert.subdomain, alert.source, ""), at)
    return alert


def _record(conn: Connection, alert_id: int, kind: str, message: str, level: str, member: Member, at: datetime) -> None:
    record_event(
        conn,
        kind,
        message,
        severity=level,
        subdomain=member.subdomain,
        source=member.source,
        data={"alert": alert_id},
        at=at,
    )
