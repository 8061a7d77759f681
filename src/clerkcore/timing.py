"""When something starts again: an interval or a cron expression, with its zone, its spread and its quiet hours.

Cron expressions are those of Debian's cron, as the library cronsim reads them: five fields, names allowed. An
expression with a fixed hour starts once on a day whose clock skips that hour (when the clock jumps) or repeats it
(the first time); one whose minute or hour begins with `*` goes by what the clock shows.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from clerkcore.errors import SettingsError

MOST_HOURS = 8784
SHORTEST_HOURS = 1 / 60 - 1e-9  # a minute, as a float may have it
MOST_JITTER_MINUTES = 1440
_MOST_LETTERS = 200
_MOST_SHOWN = 60
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)
_INTERVAL = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?([mhd])\Z", re.ASCII)
_TICK = timedelta(microseconds=1)  # the shortest step of a datetime
_MINUTE = timedelta(minutes=1)
_HOP = 7 * 86_400  # seconds; no zone changes its offset there and back within a week


@dataclass(frozen=True, slots=True)
class Timing:
    """When something starts: every so many hours after its last start, or as a cron expression in its zone says.

    `quiet` is a range of that zone's hours in which nothing starts, as 22:00-06:00; `jitter_minutes` spreads the
    starts of those who share a timing.
    """

    every_hours: float | None = None
    cron: str = ""
    time_zone: str = "UTC"
    jitter_minutes: int = 0
    quiet: str = ""


def check_timing(timing: Timing, where: str = "") -> Timing:
    """Return a timing that can be used; SettingsError says what is wrong with it."""
    if (timing.every_hours is None) == (not timing.cron):
        raise SettingsError(
            "a timing is an interval or a cron expression, and not both",
            where=where,
            remedy="say every 4 h, or 0 6 * * *",
        )
    _check_zone(timing.time_zone, where)
    _check_quiet(timing.quiet, where)
    _check_jitter(timing.jitter_minutes, where)
    if timing.every_hours is not None:
        _check_interval(timing.every_hours, where)
    else:
        _check_cron(timing.cron, where)
    return timing


def next_start(timing: Timing, after: datetime, key: str) -> datetime:
    """Return the first allowed start strictly after a moment (aware, UTC); ValueError for a moment without a zone.

    A start is an interval after `after`, or a slot of the cron expression, plus the place that `key` has within the
    jitter; one that falls into quiet hours waits for their end.
    """
    if after.tzinfo is None:
        raise ValueError("a time without a zone starts nothing")
    after, zone, place = after.astimezone(UTC), ZoneInfo(timing.time_zone), _place(timing, key)
    if timing.every_hours is not None:
        slot = after + max(timedelta(hours=timing.every_hours), _TICK)
    else:
        # The last moment whose slot would start at or before `after`; the next slot is the one that counts.
        reached = _back_out(_back_out(after, timing.quiet, zone) - place, timing.quiet, zone)
        slot = _next_slot(timing.cron, reached, zone)
    return _wait_out(_wait_out(slot, timing.quiet, zone) + place, timing.quiet, zone)


def allowed_at(timing: Timing, moment: datetime) -> datetime:
    """Return the moment itself, or the end of the quiet hours that it falls into, in UTC."""
    return _wait_out(moment.astimezone(UTC), timing.quiet, ZoneInfo(timing.time_zone))


def read_hours(text: str) -> float:
    """Return the hours that an interval such as 30m, 4h or 1d means; SettingsError for anything else."""
    found = _INTERVAL.match(text.strip())
    if not found:
        raise SettingsError(f"{text!r} is no interval", remedy="write it as 30m, 4h or 1d")
    return float(found[1]) * {"m": 1 / 60, "h": 1, "d": 24}[found[2]]


def describe(timing: Timing) -> str:
    """Say a timing in words, as in: every 4 h, not 22:00-06:00 Europe/Berlin, spread over 30 min."""
    parts = [f"{timing.cron} {timing.time_zone}" if timing.every_hours is None else _tell_hours(timing.every_hours)]
    if timing.quiet:
        parts.append(f"not {timing.quiet}" + (f" {timing.time_zone}" if timing.every_hours is not None else ""))
    if timing.jitter_minutes:
        parts.append(f"spread over {timing.jitter_minutes} min")
    return ", ".join(parts)


def _tell_hours(hours: float) -> str:
    if hours * 60 < 1:
        return f"every {hours * 3600:g} s"
    return f"every {hours:g} h" if hours >= 1 else f"every {round(hours * 60, 6):g} min"


def _check_zone(name: str, where: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        close = get_close_matches(name, available_timezones(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "write it as America/Los_Angeles or UTC"
        raise SettingsError(f"there is no time zone {name!r}", where=where, remedy=hint) from error


def _check_quiet(quiet: str, where: str) -> None:
    if not quiet:
        return
    found = _QUIET.match(quiet)
    if not found:
        raise SettingsError(f"{quiet!r} are no quiet hours", where=where, remedy="write them as 22:00-06:00")
    if found.groups()[:2] == found.groups()[2:]:
        raise SettingsError(
            f"the quiet hours {quiet} end when they begin", where=where, remedy="leave some time to start in"
        )


def _check_jitter(minutes: float, where: str) -> None:
    if not (math.isfinite(minutes) and 0 <= minutes <= MOST_JITTER_MINUTES and minutes == int(minutes)):
        raise SettingsError(
            f"a jitter of {minutes} minutes is not a whole number from 0 to {MOST_JITTER_MINUTES:,}",
            where=where,
            remedy="write it as 30",
        )


def _check_interval(hours: float, where: str) -> None:
    if not (math.isfinite(hours) and SHORTEST_HOURS <= hours <= MOST_HOURS):
        raise SettingsError(
            f"an interval of {hours} hours is not between a minute and {MOST_HOURS:,} hours",
            where=where,
            remedy="write it as 4",
        )


def _check_cron(cron: str, where: str) -> None:
    try:
        if len(cron) > _MOST_LETTERS or not cron.isascii() or len(cron.split()) != 5:
            raise CronSimError("it needs five fields: minute, hour, day, month, weekday")
        next(CronSim(cron, datetime(2026, 1, 1)))
    except CronSimError as error:
        why = f"{str(error)[:1].lower()}{str(error)[1:]}"
        raise SettingsError(
            f"{cron[:_MOST_SHOWN]!r} is no cron expression: {why}",
            where=where,
            remedy="write it as 0 6 * * * (every day at 6:00), with dates that exist",
        ) from error
    except StopIteration as error:
        raise SettingsError(f"{cron!r} never comes", where=where, remedy="choose a date that exists") from error


def _place(timing: Timing, key: str) -> timedelta:
    if not timing.jitter_minutes:
        return timedelta(0)
    number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[:8])
    return timedelta(seconds=number % (timing.jitter_minutes * 60))


def _next_slot(cron: str, after: datetime, zone: ZoneInfo) -> datetime:
    minute, hour = cron.split()[:2]
    if minute.startswith("*") or hour.startswith("*"):
        return _next_shown(cron, after, zone)
    wall = _wall(after, zone)
    while True:
        wall = next(CronSim(cron, wall))
        slot = _first_time(wall, zone)
        if slot > after:
            return slot


def _next_shown(cron: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the next moment at which the zone's clock shows a time of the expression."""
    wall, since = _wall(after, zone), after
    while True:
        shown = next(CronSim(cron, wall))
        slot = (shown - _offset(since, zone)).replace(tzinfo=UTC)
        turn = _first_turn(since, slot, zone)
        if turn is None:
            return slot
        wall, since = _wall(turn, zone) - timedelta(seconds=1), turn


def _first_time(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when a zone's clock first shows a time, or where it skips it the moment of the jump."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early <= late:
        return early
    return _first_turn(late, early, zone) or early


def _wait_out(moment: datetime, quiet: str, zone: ZoneInfo) -> datetime:
    """Return the moment itself, or the end of the quiet hours that it falls into."""
    if not quiet or not _is_quiet(moment, quiet, zone):
        return moment
    begin = moment.replace(second=0, microsecond=0)
    end = begin + ((_edges(quiet)[1] - _minute_of_day(moment, zone)) % 1440) * _MINUTE
    turn = _first_turn(moment, end, zone)
    return end if turn is None else _wait_out(turn, quiet, zone)


def _back_out(moment: datetime, quiet: str, zone: ZoneInfo) -> datetime:
    """Return the moment itself, or the last one before the quiet hours that it falls into."""
    if not quiet or not _is_quiet(moment, quiet, zone):
        return moment
    passed = (_minute_of_day(moment, zone) - _edges(quiet)[0]) % 1440
    begin = moment.replace(second=0, microsecond=0) - passed * _MINUTE
    turn = _first_turn(begin - _TICK, moment, zone)
    return begin - _TICK if turn is None else _back_out(turn - _TICK, quiet, zone)


def _is_quiet(moment: datetime, quiet: str, zone: ZoneInfo) -> bool:
    begin, end = _edges(quiet)
    return (_minute_of_day(moment, zone) - begin) % 1440 < (end - begin) % 1440


def _edges(quiet: str) -> tuple[int, int]:
    begin, end = (60 * int(part[:2]) + int(part[3:]) for part in quiet.split("-"))
    return begin, end


def _minute_of_day(moment: datetime, zone: ZoneInfo) -> int:
    wall = _wall(moment, zone)
    return 60 * wall.hour + wall.minute


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _first_turn(after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the first moment after one and until another at which the zone has another offset; None without one."""
    offset, low, last = _offset(after, zone), math.floor(after.timestamp()), math.floor(until.timestamp())
    while low < last:
        high = min(low + _HOP, last)
        if _offset(datetime.fromtimestamp(high, UTC), zone) != offset:
            break
        low = high
    else:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        same = _offset(datetime.fromtimestamp(middle, UTC), zone) == offset
        low, high = (middle, high) if same else (low, middle)
    return datetime.fromtimestamp(high, UTC)
