"""clerk schedule: when jobs are due, and what calls clerk then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from clerkcore.cli.jobs import by_option
from clerkcore.cli.options import json_option
from clerkcore.cli.output import add_row, clean, make_table, print_json, show_table
from clerkcore.cli.schedule_install import install, installed, uninstall
from clerkcore.cli.schedule_run import run
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.asking import whoami
from clerkcore.jobs.schedules import (
    Change,
    Start,
    change_schedules,
    coming_starts,
    read_schedules,
    reset_schedules,
)
from clerkcore.ledger import Schedule
from clerkcore.times import to_text
from clerkcore.timing import describe, read_hours

subdomain_option = click.option("--subdomain", metavar="SITE", help="Only this site.")
job_option = click.option("--job", "job_type", metavar="JOB", help="Only this kind, such as finance.etl.")
everything_option = click.option("--all", "everything", is_flag=True, help="Every site that has this job.")


@click.group()
def schedule() -> None:
    """Show and set when jobs are due, and install what calls clerk then.

    Every enabled site has a schedule for each kind of job it has sources for: those of its settings, unless an
    operator set another. A tick, every few minutes, does what is due: clerk schedule install cron
    """


schedule.add_command(install)
schedule.add_command(uninstall)
schedule.add_command(installed)
schedule.add_command(run)


@schedule.command("list")
@subdomain_option
@job_option
@json_option
@click.pass_obj
def list_all(installation: Installation, subdomain: str | None, job_type: str | None, as_json: bool) -> None:
    """List when each job is due at each site, the soonest first, e.g. clerk schedule list --job finance.etl"""
    _print(read_schedules(installation, subdomain=subdomain, job_type=job_type), as_json)


@schedule.command("set")
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.argument("job_type", metavar="JOB")
@everything_option
@click.option("--every", metavar="INTERVAL", help="How long after its last start: 30m, 4h or 1d.")
@click.option("--cron", metavar="EXPRESSION", help="At which times, as '0 6 * * *' or '0 9 15 JAN,APR,JUL,OCT *'.")
@click.option("--time-zone", metavar="ZONE", help="The zone of cron and quiet hours, as America/Los_Angeles.")
@click.option("--jitter", type=click.IntRange(min=0), metavar="MINUTES", help="Over how long starts are spread.")
@click.option("--quiet", metavar="RANGE", help="Hours in which nothing starts, as 22:00-06:00; '' for none.")
@click.option("--off/--on", "off", default=None, help="Whether the schedule rests.")
@by_option
@json_option
@click.pass_obj
def set_times(
    installation: Installation,
    sites: tuple[str, ...],
    job_type: str,
    everything: bool,
    every: str | None,
    cron: str | None,
    time_zone: str | None,
    jitter: int | None,
    quiet: str | None,
    off: bool | None,
    by: str,
    as_json: bool,
) -> None:
    """Set when a job is due, e.g. clerk schedule set alameda.ca finance.etl --cron "0 6 * * *" --jitter 30

    What is not said stays as it is. The next turn is counted from the last start; a site where the job never ran
    stays due.
    """
    change = Change(
        every_hours=None if every is None else read_hours(every),
        cron=cron,
        time_zone=time_zone,
        jitter_minutes=jitter,
        quiet=quiet,
        enabled=None if off is None else not off,
    )
    _print(change_schedules(installation, _named(sites, everything), job_type, change, by or whoami()), as_json)


@schedule.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@click.argument("job_type", metavar="JOB")
@everything_option
@by_option
@json_option
@click.pass_obj
def reset(
    installation: Installation, sites: tuple[str, ...], job_type: str, everything: bool, by: str, as_json: bool
) -> None:
    """Go back to the times of the settings, e.g. clerk schedule reset alameda.ca finance.etl"""
    _print(reset_schedules(installation, _named(sites, everything), job_type, by or whoami()), as_json)


@schedule.command("next")
@click.option("--count", default=10, show_default=True, type=click.IntRange(1, 10_000), help="How many starts.")
@subdomain_option
@job_option
@json_option
@click.pass_obj
def show_next(
    installation: Installation, count: int, subdomain: str | None, job_type: str | None, as_json: bool
) -> None:
    """Show what starts when, of all sites, e.g. clerk schedule next --count 20"""
    starts = coming_starts(installation, count, subdomain=subdomain, job_type=job_type)
    if as_json:
        for start in starts:
            print_json(_describe_start(start))
        return
    table = make_table("Starts", "UTC", "Site", "Job", "When")
    for start in starts:
        zone = start.timing.time_zone
        cells = (_local(start.at, zone), _utc(start.at), start.subdomain, start.job_type, describe(start.timing))
        add_row(table, cells)
    show_table(table)
    if not starts:
        click.echo("Nothing is scheduled: clerk sites list")


def _named(sites: Sequence[str], everything: bool) -> Sequence[str]:
    if bool(sites) == everything:
        raise UsageError(
            "choose sites in one way only" if everything else "say which sites", remedy="name them, or pass --all"
        )
    return sites


def _print(schedules: Sequence[Schedule], as_json: bool) -> None:
    if as_json:
        for schedule in schedules:
            print_json(_describe(schedule))
        return
    table = make_table("Site", "Job", "When", "Set by", "Next", "UTC", "Failures", "")
    for schedule in schedules:
        add_row(table, _cells(schedule), "" if schedule.enabled else "dim")
    show_table(table)
    if not schedules:
        click.echo("Nothing is scheduled: clerk sites list")


def _cells(schedule: Schedule) -> tuple[object, ...]:
    job = f"{schedule.job_type} {schedule.dedup_key}".strip()
    origin = schedule.updated_by if schedule.origin == "operator" else schedule.origin
    due = schedule.next_due_at
    when, off = describe(schedule.timing), "" if schedule.enabled else "off"
    local = _local(due, schedule.timing.time_zone)
    return schedule.subdomain, job, when, origin, local, _utc(due), schedule.failures or "", off


def _describe(schedule: Schedule) -> dict[str, Any]:
    return {
        "site": schedule.subdomain,
        "job": schedule.job_type,
        "dedup_key": schedule.dedup_key,
        "when": describe(schedule.timing),
        **asdict(schedule.timing),
        "origin": schedule.origin,
        "enabled": schedule.enabled,
        "next_due_at": to_text(schedule.next_due_at),
        "next_local": _zoned(schedule.next_due_at, schedule.timing.time_zone),
        "failures": schedule.failures,
        "updated_at": to_text(schedule.updated_at),
        "updated_by": schedule.updated_by,
    }


def _describe_start(start: Start) -> dict[str, Any]:
    return {
        "site": start.subdomain,
        "job": start.job_type,
        "starts_at": to_text(start.at),
        "starts_local": _zoned(start.at, start.timing.time_zone),
        "time_zone": start.timing.time_zone,
        "when": describe(start.timing),
    }


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _local(moment: datetime, zone: str) -> str:
    return clean(f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}")


def _zoned(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")
