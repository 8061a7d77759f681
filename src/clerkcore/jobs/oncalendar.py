"""Cron expressions in the words of systemd's OnCalendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cronsim import CronSim

from clerkcore.errors import SettingsError

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def read_calendar(cron: str) -> list[str]:
    """Return the calendar events that together say what a checked cron expression says, in the machine's zone.

    SettingsError for what systemd cannot say: the last day of a month, the second Tuesday.
    """
    fields = CronSim(cron, datetime(2026, 1, 1))
    marks = [*fields.days, *fields.weekdays]
    if any(not isinstance(mark, int) or mark < 0 for mark in marks):
        raise SettingsError(
            f"{cron!r} cannot be said to systemd", remedy="use plain days and weekdays, or: clerk schedule install cron"
        )
    time = f"{_list(fields.hours, 24)}:{_list(fields.minutes, 60)}:00"
    months = _list(fields.months, 12)
    day, weekday = f"*-{months}-{_list(fields.days, 31)}", _weekdays(fields.weekdays)
    if fields.day_and:
        return [f"{weekday}{day} {time}"]
    # Where both are restricted, cron starts on days that match either.
    return [f"*-{months}-{_list(fields.days, 31)} {time}", f"{weekday}*-{months}-* {time}"]


def _list(numbers: Iterable[object], whole: int) -> str:
    found = sorted(int(str(number)) for number in numbers)
    return "*" if len(found) == whole else ",".join(f"{number:02}" for number in found)


def _weekdays(numbers: Iterable[object]) -> str:
    found = sorted({int(str(number)) % 7 for number in numbers})
    return "" if len(found) == 7 else ",".join(_DAYS[number] for number in found) + " "
