"""What no event tells: holds that nothing is left of, schedules that are behind, sites that are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from clerkcore.ledger import (
    Member,
    closed_holds,
    members_without_site,
    overdue_members,
    punctual_members,
    recover_many,
)
from clerkcore.notify.configured import Channel
from clerkcore.notify.incidents import Signal, cause_of, close_recovered, raise_together
from clerkcore.times import from_text

_NEVER = from_text("0001-01-01T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Watched:
    """What is found to have changed: members that are well again, by type of alert, and those that are overdue."""

    well: Sequence[tuple[str, Member]]
    overdue: Sequence[Member]

    def __bool__(self) -> bool:
        return bool(self.well or self.overdue)


def watch(conn: Connection, overdue_hours: float, at: datetime) -> Watched:
    """Look at what alerts rest on."""
    due_before = at - timedelta(hours=overdue_hours) if overdue_hours else _NEVER
    well = [
        *(("held", member) for member in closed_holds(conn)),
        *(("overdue", member) for member in punctual_members(conn, due_before)),
        *members_without_site(conn),
    ]
    return Watched(well, overdue_members(conn, due_before) if overdue_hours else [])


def take_watched(
    conn: Connection, channels: Sequence[Channel], found: Watched, overdue_hours: float, at: datetime
) -> None:
    """Close and open alerts as was found."""
    for type_ in sorted({type_ for type_, _ in found.well}):
        well = [member for of_type, member in found.well if of_type == type_]
        close_recovered(conn, channels, recover_many(conn, type_, well, at), at)
    rule = f"more than {overdue_hours:g} hours behind schedule"
    for job in sorted({member.job_type for member in found.overdue}):
        late = [member for member in found.overdue if member.job_type == job]
        raise_together(conn, Signal("overdue", cause_of("overdue", job), late[0], f"{job} is {rule}", rule, at), late)
