"""When something starts next, in several zones and across both days on which clocks are moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore.errors import SettingsError
from clerkcore.timing import Timing, allowed_at, check_timing, describe, next_start, read_hours

ZONES = ("UTC", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe")
CRONS = ("0 6 * * *", "*/20 * * * *", "15 */4 * * *", "30 1,2,3 * * *", "0 9 15 JAN,APR,JUL,OCT *", "5 23 * * MON-FRI")
QUIET = ("", "22:00-06:00", "01:15-02:45", "12:00-11:00", "00:00-00:01")
LOS_ANGELES = "America/Los_Angeles"

zones = st.sampled_from(ZONES)
# Around the days on which the clocks of the zones above are moved, to the second.
moments = st.one_of(
    st.integers(0, 4 * 86_400).map(lambda seconds: datetime(2026, 3, 7, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 4 * 86_400).map(lambda seconds: datetime(2026, 3, 28, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 3 * 86_400).map(lambda seconds: datetime(2026, 4, 3, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 3 * 86_400).map(lambda seconds: datetime(2026, 10, 2, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.integers(0, 10 * 86_400).map(lambda seconds: datetime(2026, 10, 24, tzinfo=UTC) + timedelta(seconds=seconds)),
)
timings = st.builds(
    lambda base, zone, jitter, quiet: Timing(
        every_hours=base if isinstance(base, float) else None,
        cron=base if isinstance(base, str) else "",
        time_zone=zone,
        jitter_minutes=jitter,
        quiet=quiet,
    ),
    st.sampled_from((*CRONS, 0.5, 4.0, 24.0)),
    zones,
    st.sampled_from((0, 30, 600)),
    st.sampled_from(QUIET),
)
keys = st.sampled_from(("alameda.ca", "oakland.ca", "fl"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@given(timings, moments, keys)
@settings(max_examples=60, deadline=None)
def test_a_start_lies_strictly_after_the_last_one(timing: Timing, after: datetime, key: str) -> None:
    assert next_start(check_timing(timing), after, key) > after


@given(timings, moments, keys)
@settings(max_examples=60, deadline=None)
def test_nothing_starts_in_quiet_hours(timing: Timing, after: datetime, key: str) -> None:
    start = shown(next_start(timing, after, key), timing.time_zone)[11:]
    begin, end = timing.quiet.split("-") if timing.quiet else ("", "")
    quiet = begin <= start < end if begin < end else bool(timing.quiet) and (start >= begin or start < end)
    assert not quiet, start


@given(timings, moments, st.integers(0, 3 * 86_400), keys)
@settings(max_examples=60, deadline=None)
def test_a_later_last_start_never_makes_the_next_one_earlier(
    timing: Timing, after: datetime, seconds: int, key: str
) -> None:
    assert next_start(timing, after, key) <= next_start(timing, after + timedelta(seconds=seconds), key)


@given(timings.filter(lambda timing: timing.cron), moments, keys, st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_no_start_of_a_cron_expression_is_passed_over(timing: Timing, after: datetime, key: str, share: float) -> None:
    start = next_start(timing, after, key)
    between = after + (start - after) * share
    assert next_start(timing, between, key) == start


@given(zones, st.integers(0, 23), st.integers(0, 59), st.sampled_from((2026, 2027)))
@settings(max_examples=8, deadline=None)
def test_a_daily_time_comes_once_on_every_day_of_the_year(zone: str, hour: int, minute: int, year: int) -> None:
    timing, last = Timing(cron=f"{minute} {hour} * * *", time_zone=zone), datetime(year, 1, 1, tzinfo=ZoneInfo(zone))
    days, moment = [], last.astimezone(UTC) - timedelta(seconds=1)
    for _ in range(365):
        moment = next_start(timing, moment, "alameda.ca")
        days.append(moment.astimezone(ZoneInfo(zone)).date())
    assert days == [last.date() + timedelta(days=number) for number in range(365)]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("30 2 * * *", LOS_ANGELES, "2026-03-08T08:00", "2026-03-08T10:00"),
        ("30 1 * * *", LOS_ANGELES, "2026-11-01T08:30", "2026-11-02T09:30"),
        ("30 1 * * *", LOS_ANGELES, "2026-11-01T08:00", "2026-11-01T08:30"),
        ("30 * * * *", LOS_ANGELES, "2026-11-01T08:30", "2026-11-01T09:30"),
        ("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:45", "2026-04-04T15:00"),
        ("0 */4 * * *", "Australia/Lord_Howe", "2026-10-03T15:00", "2026-10-03T17:00"),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00", "2026-10-03T15:30"),
        ("0 9 15 JAN,APR,JUL,OCT *", LOS_ANGELES, "2026-10-15T16:00", "2027-01-15T17:00"),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00", "2028-02-29T00:00"),
    ],
    ids=[
        "skipped hour: when the clock jumps",
        "repeated hour: not a second time",
        "repeated hour: the first time",
        "every hour: also when repeated",
        "half an hour repeated",
        "half an hour skipped before",
        "within the skipped half hour",
        "the four filing dates",
        "leap day",
    ],
)
def test_cron_expressions_follow_the_clock_of_their_zone(cron: str, zone: str, after: str, expected: str) -> None:
    assert next_start(Timing(cron=cron, time_zone=zone), utc(after), "x") == utc(expected)


def test_a_clock_set_back_starts_a_slot_no_second_time() -> None:
    timing = Timing(cron="0 6 * * *")
    started = next_start(timing, utc("2026-11-24T05:00"), "x")
    # The clock shows 5:30 again, but what counts is the last start.
    assert next_start(timing, started, "x") == utc("2026-11-25T06:00")


def test_a_start_in_quiet_hours_waits_for_their_end() -> None:
    timing = Timing(every_hours=4, time_zone=LOS_ANGELES, quiet="22:00-06:00")
    assert shown(next_start(timing, utc("2026-11-25T03:00"), "x"), LOS_ANGELES) == "2026-11-25 06:00"


def test_quiet_hours_whose_end_is_skipped_end_when_the_clock_jumps() -> None:
    timing = Timing(cron="0 1 * * *", time_zone=LOS_ANGELES, quiet="00:30-02:30")
    assert shown(next_start(timing, utc("2026-03-08T08:00"), "x"), LOS_ANGELES) == "2026-03-08 03:00"


def test_sites_with_one_schedule_are_spread_evenly_and_keep_their_places() -> None:
    timing, begin = Timing(cron="0 6 * * *", jitter_minutes=30), utc("2026-11-24T00:00")
    first = [next_start(timing, begin, f"site{number}.ca") for number in range(600)]
    second = [next_start(timing, start, f"site{number}.ca") for number, start in enumerate(first)]
    tenths = [
        sum(start < utc("2026-11-24T06:00") + timedelta(minutes=3 * (i + 1)) for start in first) for i in range(9)
    ]
    assert all(abs(count - 60 * (i + 1)) < 40 for i, count in enumerate(tenths)), tenths
    assert max(first) < utc("2026-11-24T06:30")
    assert second == [start + timedelta(days=1) for start in first]


def test_sites_that_waited_for_the_end_of_quiet_hours_are_spread_too() -> None:
    timing = Timing(cron="0 3 * * *", jitter_minutes=30, quiet="22:00-06:00")
    starts = {next_start(timing, utc("2026-11-24T00:00"), f"site{number}.ca") for number in range(50)}
    assert len(starts) > 40
    assert min(starts) >= utc("2026-11-24T06:00")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="a time without a zone starts nothing"):
        next_start(Timing(every_hours=4), datetime(2026, 11, 24), "x")


@pytest.mark.parametrize(
    ("timing", "message"),
    [
        (Timing(), "a timing is an interval or a cron expression, and not both (say every 4 h, or 0 6 * * *)"),
        (
            Timing(every_hours=4, cron="0 6 * * *"),
            "a timing is an interval or a cron expression, and not both (say every 4 h, or 0 6 * * *)",
        ),
        (
            Timing(cron="61 * * * *"),
            "'61 * * * *' is no cron expression: bad minute"
            " (write it as 0 6 * * * (every day at 6:00), with dates that exist)",
        ),
        (
            Timing(cron="@daily"),
            "'@daily' is no cron expression: it needs five fields: minute, hour, day, month, weekday"
            " (write it as 0 6 * * * (every day at 6:00), with dates that exist)",
        ),
        (
            Timing(cron="0 0 30 2 *"),
            "'0 0 30 2 *' is no cron expression: bad day-of-month"
            " (write it as 0 6 * * * (every day at 6:00), with dates that exist)",
        ),
        (
            Timing(cron="9" * 9_999 + " * * * *"),
            f"'{'9' * 60}' is no cron expression: it needs five fields: minute, hour, day, month, weekday"
            " (write it as 0 6 * * * (every day at 6:00), with dates that exist)",
        ),
        (
            Timing(every_hours=4, time_zone="America/Los_Angelos"),
            "there is no time zone 'America/Los_Angelos'"
            " (did you mean America/Los_Angeles or America/Buenos_Aires or America/Boise?)",
        ),
        (
            Timing(every_hours=4, time_zone="../../etc/passwd"),
            "there is no time zone '../../etc/passwd' (write it as America/Los_Angeles or UTC)",
        ),
        (
            Timing(every_hours=4, time_zone=""),
            "there is no time zone '' (write it as America/Los_Angeles or UTC)",
        ),
        (Timing(every_hours=4, quiet="22-6"), "'22-6' are no quiet hours (write them as 22:00-06:00)"),
        (Timing(every_hours=4, quiet="24:00-06:00"), "'24:00-06:00' are no quiet hours (write them as 22:00-06:00)"),
        (
            Timing(every_hours=4, quiet="06:00-06:00"),
            "the quiet hours 06:00-06:00 end when they begin (leave some time to start in)",
        ),
        (
            Timing(every_hours=4, jitter_minutes=-1),
            "a jitter of -1 minutes is not a whole number from 0 to 1,440 (write it as 30)",
        ),
        (
            Timing(every_hours=float("nan")),
            "an interval of nan hours is not between a minute and 8,784 hours (write it as 4)",
        ),
        (Timing(every_hours=0), "an interval of 0 hours is not between a minute and 8,784 hours (write it as 4)"),
        (
            Timing(every_hours=8785),
            "an interval of 8785 hours is not between a minute and 8,784 hours (write it as 4)",
        ),
    ],
)
def test_a_timing_that_cannot_be_used_says_why(timing: Timing, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_timing(timing, "--cron")
    assert str(caught.value) == f"--cron: {message}"


@given(st.text(max_size=30) | st.from_regex(r"([0-9*/,\-LW#A-Z]{1,5} ){4}[0-9*/,\-LW#A-Z]{1,5}", fullmatch=True))
@settings(max_examples=100, deadline=None)
def test_a_cron_expression_either_has_a_next_start_or_is_refused(cron: str) -> None:
    timing = Timing(cron=cron or "x", time_zone="Europe/Berlin")
    try:
        check_timing(timing)
    except SettingsError:
        return
    assert next_start(timing, utc("2026-11-24T12:00"), "x") > utc("2026-11-24T12:00")


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        (Timing(every_hours=4), "every 4 h"),
        (Timing(every_hours=0.5), "every 30 min"),
        (Timing(every_hours=1, quiet="22:00-06:00"), "every 1 h, not 22:00-06:00 UTC"),
        (
            Timing(cron="0 6 * * *", time_zone=LOS_ANGELES, jitter_minutes=30, quiet="22:00-06:00"),
            "0 6 * * * America/Los_Angeles, not 22:00-06:00, spread over 30 min",
        ),
    ],
)
def test_a_timing_is_told_in_words(timing: Timing, words: str) -> None:
    assert describe(timing) == words


@pytest.mark.parametrize(("text", "hours"), [("30m", 0.5), ("4h", 4), ("1.5 h", 1.5), ("2d", 48)])
def test_an_interval_is_read_in_hours(text: str, hours: float) -> None:
    assert read_hours(text) == hours


def test_what_is_due_in_quiet_hours_is_allowed_at_their_end() -> None:
    timing = Timing(every_hours=4, quiet="22:00-06:00")
    moments = [utc("2026-11-24T21:59"), utc("2026-11-24T23:30"), utc("2026-11-25T06:00")]
    assert [allowed_at(timing, moment) for moment in moments] == [
        utc("2026-11-24T21:59"),
        utc("2026-11-25T06:00"),
        utc("2026-11-25T06:00"),
    ]
