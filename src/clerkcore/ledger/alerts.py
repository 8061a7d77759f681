"""What needs somebody: the tables alerts and alert_members."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, insert, or_, select, update

from clerkcore.errors import LedgerError
from clerkcore.ledger.rows import fetch_rows, insert_row, read_time, update_row
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import alert_members, alerts
from clerkcore.times import from_text, to_text

RESOLVED = "resolved"
_TIMES = ("resolved_at", "acknowledged_at", "snoozed_until", "reminded_at")
_NEWEST = 5
_OPEN = alerts.c.status != RESOLVED
_SAME = and_(*(alert_members.c[name] == bindparam(f"its_{name}") for name in ("subdomain", "source", "job_type")))


@dataclass(frozen=True, slots=True)
class Member:
    """One of those that an alert is about: a source of a site in a job; what does not apply is empty."""

    subdomain: str
    source: str
    job_type: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that needs somebody, until its status is resolved.

    `cause` is the same as long as it is the same trouble; `reminded_at` is when it was last told, None while it never
    was; `notes` are what people decided: mappings with at, by, action and note.
    """

    id: int
    cause: str
    type: str
    severity: str
    status: str
    subdomain: str
    source: str
    title: str
    description: str
    details: Mapping[str, Any]
    notes: tuple[Mapping[str, Any], ...]
    occurrences: int
    detected_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    resolved_by: str
    assigned_to: str
    acknowledged_by: str
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    reminded_at: datetime | None
    rule: str

    @property
    def is_open(self) -> bool:
        """Whether it still needs somebody."""
        return self.status != RESOLVED


@dataclass(frozen=True, slots=True)
class AlertMember:
    """A member of an alert, with the run that made it one and since when; `recovered_at` is None while it is one."""

    alert_id: int
    subdomain: str
    source: str
    job_type: str
    run_id: int | None
    since: datetime
    recovered_at: datetime | None

    @property
    def key(self) -> Member:
        """What it is, whatever the alert."""
        return Member(self.subdomain, self.source, self.job_type)


def add_alert(
    conn: Connection,
    *,
    cause: str,
    type: str,
    severity: str,
    member: Member,
    title: str,
    description: str,
    details: Mapping[str, Any],
    rule: str,
    at: datetime,
) -> int:
    """Insert an active alert that was never told, about a first member that is still to join; returns its id."""
    about = {"cause": cause, "type": type, "severity": severity, "status": "active", "rule": rule}
    where = {"subdomain": member.subdomain, "source": member.source, "title": title, "description": description}
    times = {"detected_at": to_text(at), "last_seen_at": to_text(at)}
    return insert_row(conn, alerts, {**about, **where, **times, "details": dump_json(dict(details))})


def join_alert(conn: Connection, alert_id: int, member: Member, run_id: int | None, at: datetime) -> bool:
    """Make something a member of an alert, again where it had recovered; returns whether it was none before."""
    key = {"alert_id": alert_id, **asdict(member)}
    same = and_(*(alert_members.c[name] == value for name, value in key.items()))
    # One that recovered and fails again does so since now.
    again = update(alert_members).where(same, alert_members.c.recovered_at.is_not(None))
    conn.execute(again.values(since=to_text(at), recovered_at=None))
    if update_row(conn, alert_members, key, {"run_id": run_id}):
        return False
    conn.execute(insert(alert_members).values(**key, run_id=run_id, since=to_text(at)))
    return True


def join_many(conn: Connection, alert_id: int, members: Sequence[Member], at: datetime) -> None:
    """Make many members of an alert at once, of no run, again where they had recovered."""
    known = {member.key for member in list_members(conn, alert_id)}
    again = [_bound(member) for member in members if member in known]
    new = [{**asdict(member), "alert_id": alert_id, "since": to_text(at)} for member in members if member not in known]
    if again:
        values = {"since": to_text(at), "recovered_at": None}
        conn.execute(update(alert_members).where(alert_members.c.alert_id == alert_id, _SAME).values(values), again)
    if new:
        conn.execute(insert(alert_members), new)


def see_alert(conn: Connection, alert_id: int, at: datetime, times: int = 1) -> None:
    """Count that an alert's trouble was seen once more, or so many times."""
    values = {"occurrences": alerts.c.occurrences + times, "last_seen_at": to_text(at)}
    update_row(conn, alerts, {"id": alert_id}, values)


def save_alert(conn: Connection, alert_id: int, **values: Any) -> None:
    """Change columns of an alert; times, details and notes as `Alert` has them."""
    update_row(conn, alerts, {"id": alert_id}, {name: _as_column(value) for name, value in values.items()})


def _as_column(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    return dump_json(value) if isinstance(value, list | tuple | dict) else value


def find_alert_of(conn: Connection, type: str, member: Member) -> int | None:
    """Return the open alert of a type that something is or was a member of."""
    same = and_(*(alert_members.c[name] == value for name, value in asdict(member).items()))
    query = select(alerts.c.id).join(alert_members, alert_members.c.alert_id == alerts.c.id)
    found: int | None = conn.scalar(query.where(_OPEN, alerts.c.type == type, same).order_by(alerts.c.id).limit(1))
    return found


def find_open_alert(conn: Connection, cause: str, detected_after: datetime | None = None) -> int | None:
    """Return the newest open alert of a cause, or of one that goes on after it with a colon, found since a time."""
    same = or_(alerts.c.cause == cause, alerts.c.cause.startswith(f"{cause}:", autoescape=True))
    query = select(alerts.c.id).where(_OPEN, same).order_by(alerts.c.id.desc()).limit(1)
    if detected_after is not None:
        query = query.where(alerts.c.detected_at >= to_text(detected_after))
    found: int | None = conn.scalar(query)
    return found


def recover_member(
    conn: Connection, type: str, subdomain: str, sources: Collection[str], job_type: str, at: datetime
) -> list[int]:
    """Note that a site's sources are well again in a job; returns the open alerts of the type that this is news to."""
    mine = and_(
        alert_members.c.subdomain == subdomain,
        alert_members.c.source.in_(sorted(sources)),
        alert_members.c.job_type == job_type,
        alert_members.c.recovered_at.is_(None),
    )
    query = select(alerts.c.id).join(alert_members, alert_members.c.alert_id == alerts.c.id)
    found = list(conn.scalars(query.where(mine, _OPEN, alerts.c.type == type).distinct().order_by(alerts.c.id)))
    if found:
        recovered = update(alert_members).where(mine, alert_members.c.alert_id.in_(found))
        conn.execute(recovered.values(recovered_at=to_text(at)))
    return found


def recover_many(conn: Connection, type: str, members: Sequence[Member], at: datetime) -> list[int]:
    """Note that many are well again; returns every open alert of the type."""
    found = list(conn.scalars(select(alerts.c.id).where(_OPEN, alerts.c.type == type).order_by(alerts.c.id)))
    for alert_id in found if members else ():
        mine = (alert_members.c.alert_id == alert_id, alert_members.c.recovered_at.is_(None), _SAME)
        recovered = update(alert_members).where(*mine).values(recovered_at=to_text(at))
        conn.execute(recovered, [_bound(member) for member in members])
    return found


def _bound(member: Member) -> dict[str, str]:
    return {f"its_{name}": value for name, value in asdict(member).items()}


def failing_jobs(conn: Connection, type: str, subdomains: Collection[str]) -> set[tuple[str, str]]:
    """Return sites, of these, and jobs in which anything of them is a member of an open alert of a type."""
    members = alert_members.c
    query = select(members.subdomain, members.job_type).join(alerts, alerts.c.id == members.alert_id)
    query = query.where(_OPEN, alerts.c.type == type, members.subdomain.in_(sorted(subdomains)))
    return {(subdomain, job_type) for subdomain, job_type in conn.execute(query)}


def has_failing_members(conn: Connection, alert_id: int) -> bool:
    """Whether any member of an alert has not recovered."""
    query = select(alert_members.c.alert_id).where(alert_members.c.alert_id == alert_id)
    return conn.scalar(query.where(alert_members.c.recovered_at.is_(None)).limit(1)) is not None


def get_alert(conn: Connection, alert_id: int) -> Alert:
    """Return one alert; LedgerError names the newest ones when there is none of this id."""
    found = _load(conn, select(alerts).where(alerts.c.id == alert_id))
    if found:
        return found[0]
    newest = conn.scalars(select(alerts.c.id).order_by(alerts.c.id.desc()).limit(_NEWEST))
    known = ", ".join(str(number) for number in newest)
    raise LedgerError(f"no alert {alert_id}", remedy=f"newest alerts: {known}" if known else "there was none yet")


def list_alerts(
    conn: Connection, *, open_only: bool = False, status: str | None = None, subdomain: str | None = None, limit: int
) -> list[Alert]:
    """Return alerts, newest first; those of a site are the ones that it is or was a member of."""
    query = select(alerts).order_by(alerts.c.id.desc()).limit(limit)
    if open_only:
        query = query.where(_OPEN)
    if status is not None:
        query = query.where(alerts.c.status == status)
    if subdomain is not None:
        mine = exists().where(alert_members.c.alert_id == alerts.c.id, alert_members.c.subdomain == subdomain)
        query = query.where(mine)
    return _load(conn, query)


def list_members(conn: Connection, alert_id: int) -> list[AlertMember]:
    """Return the members of an alert, by site, source and job."""
    columns = alert_members.c
    query = select(alert_members).where(columns.alert_id == alert_id)
    rows = fetch_rows(conn, query.order_by(columns.subdomain, columns.source, columns.job_type))
    return [
        AlertMember(**{**row, "since": from_text(row["since"]), "recovered_at": read_time(row["recovered_at"])})
        for row in rows
    ]


def untold_alerts(conn: Connection) -> list[Alert]:
    """Return the active alerts that were never told, oldest first."""
    return _load(conn, _active().where(alerts.c.reminded_at.is_(None)))


def alerts_told_before(conn: Connection, at: datetime) -> list[Alert]:
    """Return the active alerts that were last told before a time, oldest first."""
    return _load(conn, _active().where(alerts.c.reminded_at <= to_text(at)))


def ended_snoozes(conn: Connection, at: datetime) -> list[Alert]:
    """Return the snoozed alerts whose time is over, oldest first."""
    snoozed = (alerts.c.status == "snoozed", alerts.c.snoozed_until <= to_text(at))
    return _load(conn, select(alerts).where(*snoozed).order_by(alerts.c.id))


def count_alerts(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many alerts there are, by status and severity."""
    query = select(alerts.c.status, alerts.c.severity, func.count()).group_by(alerts.c.status, alerts.c.severity)
    return {(status, severity): number for status, severity, number in conn.execute(query)}


def _active() -> Select[Any]:
    return select(alerts).where(alerts.c.status == "active").order_by(alerts.c.id)


def _load(conn: Connection, query: Select[Any]) -> list[Alert]:
    return [_alert(row) for row in fetch_rows(conn, query)]


def _alert(row: dict[str, Any]) -> Alert:
    times = {name: read_time(row[name]) for name in _TIMES}
    seen = {name: from_text(row[name]) for name in ("detected_at", "last_seen_at")}
    read = {"details": json.loads(row["details"]), "notes": tuple(json.loads(row["notes"]))}
    return Alert(**{**row, **times, **seen, **read})
