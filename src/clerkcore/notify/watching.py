"""What no event tells: holds that nothing is left of, schedules that are behind, sites that are gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from clerkcore.ledger.conditions import Expected
from clerkcore.notify.configured import Channel
from clerkcore.notify.incidents import Signal, cause_of, close_left_out, close_recovered, raise_together

_OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is found to have changed: members that are well again, by type of alert, and those that are overdue.

    `left_out` were overdue, and are not to be run any more.
    """

    well: Sequence[tuple[str, Member]]
    left_out: Sequence[Member]
    overdue: Sequence[Member]

    def __bool__(self) -> bool:
        return bool(self.well or self.left_out or self.overdue)


def watch(conn: Connection, expected: Collection[Expected], overdue_hours: float, at: datetime) -> Watched:
    """Look at what alerts rest on; only what is `expected` to be run can be overdue, and nothing with 0 hours."""
    awaited = expected if overdue_hours else ()
    due_before = at - timedelta(hours=overdue_hours)
    ended = punctual_members(conn, awaited, due_before)
    well = [
        *(("held", member) for member in closed_holds(conn)),
        *((_OVERDUE, member) for member, planned in ended.items() if planned),
        *((type_, member) for type_, member in members_without_site(conn) if type_ != _OVERDUE),
    ]
    left_out = [member for member, planned in ended.items() if not planned]
    return Watched(well, left_out, overdue_members(conn, awaited, due_before))


def take_watched(
    conn: Connection, channels: Sequence[Channel], found: Watched, overdue_hours: float, at: datetime
) -> None:
    """Close and open alerts as was found."""
    if found.left_out:
        # First, so that an alert that others of its members have recovered from now is told to be over.
        close_left_out(conn, recover_many(conn, _OVERDUE, found.left_out, at), at)
    for type_ in sorted({type_ for type_, _ in found.well}):
        well = [member for of_type, member in found.well if of_type == type_]
        close_recovered(conn, channels, recover_many(conn, type_, well, at), at)
    rule = f"more than {overdue_hours:g} hours behind schedule"
    for job in sorted({member.job_type for member in found.overdue}):
        late = [member for member in found.overdue if member.job_type == job]
        raise_together(conn, Signal(_OVERDUE, cause_of(_OVERDUE, job), late[0], f"{job} is {rule}", rule, at), late)
