"""Simulated county ballot reports of the Florida Division of Elections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from clerk_demo.draws import dice
from clerkcore import NotPublished

HEADER = (
    "ElectionNumber",
    "ElectionDate",
    "ElectionName",
    "CountyName",
    "StatType",
    "TotalRep",
    "TotalDem",
    "TotalOth",
    "TotalNpa",
    "GrandTotal",
    "CompileDate",
)
STAT_TYPES = {
    "VbmProvided": "Provided Vote-by-Mail",
    "VbmVoted": "Voted Vote-by-Mail",
    "EarlyVoted": "Early Voted",
}
FIRST_DAY = {"VbmProvided": 0, "VbmVoted": 0, "EarlyVoted": 1}
UNCHANGED = ("Baker", "Hardee")
LATE = "Columbia"
LATE_DAY = 1
_COUNTIES = """
    Alachua Baker Bay Bradford Brevard Broward Calhoun Charlotte Citrus Clay Collier Columbia DeSoto Dixie Duval
    Escambia Flagler Franklin Gadsden Gilchrist Glades Gulf Hamilton Hardee Hendry Hernando Highlands Hillsborough
    Holmes Indian_River Jackson Jefferson Lafayette Lake Lee Leon Levy Liberty Madison Manatee Marion Martin Miami-Dade
    Monroe Nassau Okaloosa Okeechobee Orange Osceola Palm_Beach Pasco Pinellas Polk Putnam Santa_Rosa Sarasota Seminole
    St._Johns St._Lucie Sumter Suwannee Taylor Union Volusia Wakulla Walton Washington
"""
COUNTIES = tuple(name.replace("_", " ") for name in _COUNTIES.split())

_DAY_0 = date(2026, 10, 8)
_MORNING, _LATE_MORNING = time(8, 4), time(11, 1)
_SIZES = (60, 250, 900, 3_000, 9_000)
Figures = tuple[int, ...]


def county_file(seed: int, election: str, report: str, day: int) -> bytes:
    """Return one report as published on simulated day `day`; NotPublished before its first day."""
    check_published(report, day)
    days = {county: _reported_day(report, county, day) for county in COUNTIES}
    figures = {county: _figures(seed, election, report, county, days[county]) for county in COUNTIES}
    totals = tuple(sum(column) for column in zip(*figures.values(), strict=True))
    lines = [HEADER, _line(election, report, "State Totals", totals, compiled_at(day))]
    for county, numbers in figures.items():
        compiled = datetime.combine(_DAY_0 + timedelta(days=days[county]), _MORNING)
        lines.append(_line(election, report, county, numbers, compiled))
    return "".join("\t".join(line) + "\r\n" for line in lines).encode()


def check_published(report: str, day: int) -> None:
    """Raise NotPublished unless this report exists on this day."""
    if report not in STAT_TYPES:
        raise NotPublished(f"there is no report {report!r}", remedy=f"reports: {', '.join(STAT_TYPES)}")
    if day < FIRST_DAY[report]:
        raise NotPublished(f"{report} is not published on day {day}", remedy=f"it starts on day {FIRST_DAY[report]}")


def compiled_at(day: int) -> datetime:
    """Return when the state compiled that day's file, in Florida's time."""
    return datetime.combine(_DAY_0 + timedelta(days=day), _LATE_MORNING)


def _reported_day(report: str, county: str, day: int) -> int:
    """The day whose figures a county shows: one county misses one day's compilation."""
    missed = county == LATE and day == LATE_DAY > FIRST_DAY[report]
    return day - 1 if missed else day


def _figures(seed: int, election: str, report: str, county: str, day: int) -> Figures:
    start = dice(seed, election, report, county)
    size = dice(seed, election, county).choice(_SIZES)
    numbers = [size * (50 + start.randrange(100)) // share for share in (100, 100, 2_000, 250)]
    for past in range(1, day + 1):
        if county not in UNCHANGED:
            growth = dice(seed, election, report, county, past)
            numbers = [number + growth.randrange(number // 10 + 2) for number in numbers]
    return tuple(numbers)


def _line(election: str, report: str, county: str, numbers: Figures, compiled: datetime) -> Sequence[str]:
    counts = [f"{number:,}" for number in (*numbers, sum(numbers))]
    when = f"{compiled:%m/%d/%Y} {int(f'{compiled:%I}'):2d}:{compiled:%M}{'AM' if compiled.hour < 12 else 'PM'}"
    return (election, "11/03/2026", "2026 Simulated General", county, STAT_TYPES[report], *counts, when)
