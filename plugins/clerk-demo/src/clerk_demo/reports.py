"""Which reports a committee files in a year: a Form 460 per period, and late reports 496 and 497 in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from clerk_demo.committees import Committee
from clerk_demo.draws import day_between
from clerk_demo.filings import Agency

PERIODS = (
    ((1, 1), (2, 15), "pre-election"),
    ((2, 16), (4, 30), "pre-election"),
    ((5, 1), (6, 30), "semi-annual"),
    ((7, 1), (9, 19), "pre-election"),
    ((9, 20), (10, 17), "pre-election"),
    ((10, 18), (12, 31), "semi-annual"),
)
FIRST_DAY = (6, 1)
ELECTION = (11, 3)
# Of a committee's rows this share are those of late reports, with their repetitions; the rest are its 460s' own.
LATE_SHARE = 0.3
REPEATED_AS = {"F497P1": ("A",), "F496P3": ("A",), "F496": ("D", "E"), "F497P2": ("D", "E")}
_LATE_PARTS = {
    "CTL": (("F497P1",),) * 7 + (("F497P2",),),
    "RCP": (("F496", "F496P3"),) * 4 + (("F497P1",), ("F497P2",)),
    "BMC": (("F497P1",),) * 4 + (("F497P2",),),
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report as due, whatever versions of it are filed; late ones have no period, and `start` is their day.

    `forms` are the schedules of a late report's own rows. A 460 repeats the rows of `late`; a late report
    may repeat the first row of an earlier one.
    """

    committee: Committee
    serial: int
    form: str
    start: date
    end: date
    filed: date
    plain: int
    label: str = ""
    forms: tuple[str, ...] = ()
    late: tuple[Report, ...] = ()
    repeats: Report | None = None

    @property
    def periodic(self) -> bool:
        """Whether the report covers a period."""
        return self.form == "460"

    @property
    def rows(self) -> int:
        """How many rows its first version has."""
        return self.plain + (1 if self.repeats else 0) + sum(report.repeated for report in self.late)

    @property
    def repeated(self) -> int:
        """How many rows of the next 460 repeat this late report."""
        return sum(len(REPEATED_AS[form]) for form in self.forms)

    @property
    def reference(self) -> str:
        """The filer's own number of a late report."""
        return f"L-{self.serial}" if not self.periodic else ""


def first_day(year: int) -> date:
    """Return the calendar day of simulated day 0."""
    return date(year, *FIRST_DAY)


def plan_reports(agency: Agency, committee: Committee, quota: int) -> list[Report]:
    """Return a committee's reports of the year; those filed by day 0 have `quota` rows together."""
    chance = agency.chance("reports", committee.number)
    periodic = list(_plan_periods(agency, committee, chance))
    late = [*_plan_early(agency, periodic, chance, quota), *_plan_daily(agency, periodic[0], chance)]
    periodic = [replace(report, late=tuple(_falling_in(report, late))) for report in periodic]
    return [*_fill(agency, periodic, late, quota), *late]


def _plan_periods(agency: Agency, committee: Committee, chance: Random) -> Iterator[Report]:
    for serial, (start, end, label) in enumerate(PERIODS):
        last = date(agency.year, *end)
        filed = last + timedelta(days=5 + chance.randrange(40))
        yield Report(committee, serial, "460", date(agency.year, *start), last, filed, 0, label)


def _plan_early(agency: Agency, periodic: list[Report], chance: Random, quota: int) -> Iterator[Report]:
    """Late reports filed by day 0, as many as their share of the rows allows."""
    opened = first_day(agency.year)
    left = int(quota * LATE_SHARE)
    serial = len(periodic)
    before: Report | None = None
    while left > 0:
        day = day_between(chance, date(agency.year, 1, 10), opened - timedelta(days=2))
        late = _draw_late(periodic[0], chance, serial, day, before, quota)
        left -= late.rows + (late.repeated if _covering(periodic, late).filed <= opened else 0)
        if left < 0:
            return
        yield late
        before, serial = late, serial + 1


def _plan_daily(agency: Agency, model: Report, chance: Random) -> Iterator[Report]:
    """Late reports filed after day 0, every week or two until the year ends."""
    day = first_day(agency.year) + timedelta(days=chance.randrange(12))
    serial = 10_000
    before: Report | None = None
    while day <= date(agency.year, 12, 30):
        before = _draw_late(model, chance, serial, day, before, 0)
        yield before
        serial, day = serial + 1, day + timedelta(days=6 + chance.randrange(20))


def _draw_late(model: Report, chance: Random, serial: int, day: date, before: Report | None, quota: int) -> Report:
    parts = chance.choice(_LATE_PARTS[model.committee.kind])
    rows = 1 + chance.randrange(4 + quota // 40)
    forms = (parts[0], *(chance.choice(parts) for _ in range(rows - 1)))
    doubled = before if before and before.forms[0] == forms[0] and chance.random() < 0.25 else None
    form = forms[0][1:4]
    return Report(
        model.committee, serial, form, day, day, day + timedelta(days=1), rows, "late", forms, repeats=doubled
    )


def _covering(periodic: list[Report], late: Report) -> Report:
    return next(report for report in periodic if report.start <= late.start <= report.end)


def _falling_in(report: Report, late: list[Report]) -> Iterator[Report]:
    return (one for one in late if report.start <= one.start <= report.end)


def _fill(agency: Agency, periodic: list[Report], late: list[Report], quota: int) -> list[Report]:
    """Give each 460 rows of its own; those filed by day 0 share what the quota leaves."""
    opened = first_day(agency.year)
    filed = [report for report in periodic if report.filed <= opened]
    left = quota - sum(report.rows for report in [*filed, *late] if report.filed <= opened)
    shares = [left // len(filed) + (place < left % len(filed)) for place in range(len(filed))]
    usual = max(3, shares[-1])
    return [
        replace(report, plain=shares[place] if place < len(filed) else usual) for place, report in enumerate(periodic)
    ]
