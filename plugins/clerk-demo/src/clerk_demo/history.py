"""The record of an agency as it grows day by day: filings, their amendments, and the events that tell of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from random import Random
from threading import RLock
from typing import NamedTuple

from clerk_demo.amendments import KINDS, Amended, Change, amend
from clerk_demo.committees import Committee
from clerk_demo.errors import Planted, plant
from clerk_demo.filings import Agency
from clerk_demo.reports import Report, first_day
from clerk_demo.transactions import Transaction, draw_rows

# So that three days show every kind; from then on one or more a day by chance.
_SCHEDULE = {1: ("mixed", "equal", "withdrawn", "twins"), 2: ("again", "other", "texts", "mixed")}
_COMMITTEES_PER_AMENDMENT = 100
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Filing:
    """One version of a report; `number` counts the agency's filings in the order they were made."""

    number: int
    filing_id: str
    report: Report
    version: int
    day: int
    filed: date
    rows: int
    replaces: Filing | None = None
    amended: tuple[Transaction, ...] | None = None

    @property
    def key(self) -> Key:
        """What all versions of a report have in common."""
        return self.report.committee.number, self.report.serial


@dataclass(frozen=True, slots=True)
class Event:
    """An amendment or withdrawal of one filing; `kind` is one of KINDS, `new_id` empty when there is no successor."""

    day: int
    kind: str
    old_id: str
    new_id: str
    committee: Committee
    report: Report
    version: int
    unchanged: int
    edited: int
    renumbered: int
    new: int
    dropped: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day; `ended` are the numbers of the filings no longer in force."""

    filed: tuple[Filing, ...]
    ended: frozenset[int]
    events: tuple[Event, ...]


class _Step(NamedTuple):
    """One amendment or withdrawal: the filing that ends, the one in its place, and what is told of it."""

    old: Filing
    new: Filing | None
    event: Event


class History:
    """Days of an agency's year, worked out as they are asked for."""

    def __init__(self, agency: Agency, reports: Iterable[Report], planted: Sequence[Planted], committees: int) -> None:
        self.agency = agency
        self.planted = planted
        self._per_day = 1 + committees // _COMMITTEES_PER_AMENDMENT
        self._safe = {(error.report.committee.number, error.report.serial) for error in planted}
        self._due: defaultdict[int, list[Report]] = defaultdict(list)
        for report in sorted(reports, key=lambda report: (report.filed, report.committee.number, report.serial)):
            self._due[max(0, (report.filed - first_day(agency.year)).days)].append(report)
        self._days: list[Day] = []
        self._force: dict[Key, Filing] = {}
        self._numbers = count()
        self._lock = RLock()

    def day(self, day: int) -> Day:
        """Return what happened on a day."""
        return self.days(day)[day]

    def days(self, last: int) -> list[Day]:
        """Return the days from the first to this one."""
        with self._lock:
            while len(self._days) <= last:
                self._days.append(self._live(len(self._days)))
            return self._days[: last + 1]

    def rows(self, filing: Filing) -> Sequence[Transaction]:
        """Return the rows of a filing."""
        if filing.amended is not None:
            return filing.amended
        rows = draw_rows(self.agency, filing.report)
        for error in self.planted:
            if error.report is filing.report:
                rows = plant(error, rows)
        return rows

    def _live(self, day: int) -> Day:
        filed = [self._file(report, day) for report in self._due[day]]
        steps = list(self._amend_all(day)) if day else []
        made = [step.new for step in steps if step.new]
        return Day((*filed, *made), frozenset(step.old.number for step in steps), tuple(step.event for step in steps))

    def _file(self, report: Report, day: int) -> Filing:
        number = next(self._numbers)
        filing = Filing(number, self.agency.filing_id(number), report, 0, day, report.filed, report.rows)
        self._force[filing.key] = filing
        return filing

    def _amend_all(self, day: int) -> Iterator[_Step]:
        chance = self.agency.chance("amendments", day)
        touched: set[Key] = set()
        kinds = _SCHEDULE.get(day) or [chance.choice(KINDS) for _ in range(self._per_day)]
        for kind in kinds:
            for old in self._choose(kind, chance, touched, day):
                touched.add(old.key)
                yield self._withdraw(old, day) if kind == "withdrawn" else self._amend(kind, chance, old, day)

    def _choose(self, kind: str, chance: Random, touched: set[Key], day: int) -> list[Filing]:
        """Return the filings to amend; none where the world has none of the sort."""
        spared = touched | self._safe
        able = [one for one in self._force.values() if one.key not in spared and one.rows and one.day < day]
        if kind == "twins":
            return _choose_twins(chance, [filing for filing in able if not filing.report.periodic])
        able = [one for one in able if one.report.periodic and (one.version > 0) == (kind == "again")]
        # An amendment with edits of every sort needs rows for them.
        able = [filing for filing in able if filing.rows >= 12] or able
        if kind == "withdrawn" and able:
            return [min(able, key=lambda filing: filing.rows)]
        return [chance.choice(able)] if able else []

    def _amend(self, kind: str, chance: Random, old: Filing, day: int) -> _Step:
        version = old.version + 1
        amended = amend(kind, chance, old.report, self.rows(old), version)
        filed = first_day(self.agency.year) + timedelta(days=day)
        number, rows = next(self._numbers), amended.rows
        filing_id = self.agency.filing_id(number)
        new = Filing(number, filing_id, old.report, version, day, filed, len(rows), old, rows)
        self._force[new.key] = new
        return _Step(old, new, _tell(kind, day, old, new, amended))

    def _withdraw(self, old: Filing, day: int) -> _Step:
        del self._force[old.key]
        changes = tuple(Change("dropped", row.form, row.tran_id, "") for row in self.rows(old))
        return _Step(old, None, _tell("withdrawn", day, old, None, Amended((), changes, 0)))


def in_force(days: Iterable[Day]) -> list[Filing]:
    """Return the newest version of each report that was not withdrawn, in the order of filing."""
    force: dict[int, Filing] = {}
    for day in days:
        force |= {filing.number: filing for filing in day.filed}
        for number in day.ended:
            del force[number]
    return list(force.values())


def _choose_twins(chance: Random, able: list[Filing]) -> list[Filing]:
    groups: dict[tuple[int, str], list[Filing]] = defaultdict(list)
    for filing in able:
        groups[filing.report.committee.number, filing.report.form].append(filing)
    pairs = [group for group in groups.values() if len(group) > 1]
    if not pairs:
        return []
    group = chance.choice([group for group in pairs if min(f.rows for f in group[:2]) > 1] or pairs)
    return group[:2]


def _tell(kind: str, day: int, old: Filing, new: Filing | None, amended: Amended) -> Event:
    counts = Counter(change.what for change in amended.changes)
    return Event(
        day=day,
        kind=kind,
        old_id=old.filing_id,
        new_id=new.filing_id if new else "",
        committee=old.report.committee,
        report=old.report,
        version=new.version if new else old.version,
        unchanged=amended.unchanged,
        edited=counts["edited"],
        renumbered=counts["renumbered"],
        new=counts["new"],
        dropped=counts["dropped"],
        changes=amended.changes,
    )
