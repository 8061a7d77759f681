"""clerk states list, status and log: the states, how each stands, and what every update changed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from rich.text import Text

from clerkcore.cli.options import json_option
from clerkcore.cli.output import STYLES, add_row, ago, clean, make_table, print_json, show_table, warn_of_errors
from clerkcore.cli.work import warn_of_plugins
from clerkcore.errors import ClerkError, StoreError
from clerkcore.installation import STATES, Installation
from clerkcore.jobs.states import Followed, StateStatus, effective_settings, list_followed, read_log, read_status
from clerkcore.models import ChangeSet, Counts, Outcome
from clerkcore.road.words import tell_changes
from clerkcore.sites import read_state
from clerkcore.store.runs import table_change
from clerkcore.times import now

LONGEST_MESSAGE = 70


@click.command("list")
@json_option
@click.pass_context
def list_states(ctx: click.Context, as_json: bool) -> None:
    """List the states of sites/states.json and the adapters, e.g. clerk states list"""
    installation: Installation = ctx.obj
    warn_of_plugins(installation)
    errors: list[ClerkError] = []
    described = [_describe(installation, followed, errors) for followed in list_followed(installation)]
    if as_json:
        for each in described:
            print_json(each)
    else:
        _print_list(described)
    ctx.exit(warn_of_errors(errors))


def _describe(installation: Installation, followed: Followed, errors: list[ClerkError]) -> dict[str, Any]:
    offer = installation.plugins.offers[STATES.hook].get(followed.adapter)
    hours: float | None = None
    data_sources: list[str] = []
    try:
        hours, data_sources = effective_settings(installation, followed)
    except ClerkError as error:
        errors.append(error)
    return {
        "state": followed.code,
        "name": followed.name,
        "enabled": followed.enabled if followed.site else None,
        "adapter": followed.adapter,
        "help": offer.ref.help if offer else "",
        "plugin": offer.plugin if offer else None,
        "update_interval_hours": hours,
        "data_sources": data_sources,
        "site": followed.site,
        "site_exists": followed.row is not None,
    }


def _print_list(described: list[dict[str, Any]]) -> None:
    table = make_table("State", "Name", "Enabled", "Adapter", "Plugin", "Every", "Data sources", "Site")
    for each in described:
        site = f"{each['site']}{'' if each['site_exists'] else ' (not made yet)'}" if each["site"] else "-"
        cells = (
            each["state"] or "-",
            each["name"] or each["help"],
            {True: "yes", False: "no", None: "-"}[each["enabled"]],
            each["adapter"],
            each["plugin"] or "none offers it",
            f"{each['update_interval_hours']:g} h" if each["update_interval_hours"] else "?",
            ", ".join(each["data_sources"]) or "all",
            site,
        )
        add_row(table, cells, "dim" if each["enabled"] is False else "")
    show_table(table)


@click.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@json_option
@click.pass_context
def status(ctx: click.Context, sites: tuple[str, ...], as_json: bool) -> None:
    """Show each state's last update, what it changed and when the next is due, e.g. clerk states status tx"""
    installation: Installation = ctx.obj
    warn_of_plugins(installation)
    moment = now()
    broken: list[StoreError] = []
    found = list(read_status(installation, sites, moment, broken))
    if as_json:
        for each in found:
            print_json(asdict(each))
    else:
        _print_status(found, moment)
    ctx.exit(warn_of_errors(broken))


def _print_status(found: list[StateStatus], moment: datetime) -> None:
    table = make_table(
        "State",
        "Site",
        "Last update",
        "Outcome",
        "Added",
        "Updated",
        "Verified",
        "Gone",
        "Next",
        "Message",
        "What helps",
    )
    for each in found:
        changes = each.changes
        message = clean(each.message)
        cells = (
            each.state,
            each.site,
            ago(each.last_update),
            Text(each.outcome, style=STYLES[Outcome(each.outcome)] if each.outcome in list(Outcome) else ""),
            *(f"{count:,}" for count in (changes.added, changes.updated, changes.verified, changes.disappeared)),
            _tell_next(each, moment),
            message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…",
            each.command,
        )
        add_row(table, cells, "" if each.enabled else "dim")
    show_table(table)
    if not found:
        click.echo("No states: sites/states.json names none, and no site has an adapter")


def _tell_next(each: StateStatus, moment: datetime) -> str:
    if each.due:
        return "now"
    if each.next_due is None:
        return "-"
    minutes = int((each.next_due - moment).total_seconds() // 60) + 1
    return f"in {minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"in {minutes} min"


@click.command()
@click.argument("site", required=False)
@click.option("--state", default="", metavar="XX", help="Only this state, by its code.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    callback=lambda _ctx, _option, value: value.isoformat() if value else "",
    help="Only updates from this day or time on (UTC).",
)
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="How many, newest first."
)
@click.option("--details", is_flag=True, help="Tell each change by county and column, and its run and capture.")
@json_option
@click.pass_context
def log(ctx: click.Context, site: str | None, state: str, since: str, limit: int, details: bool, as_json: bool) -> None:
    """Show the change log, newest first, e.g. clerk states log --state TX --since 2026-05-18"""
    broken: list[StoreError] = []
    code = read_state(state) if state else ""
    rows = read_log(ctx.obj, [site] if site else [], code, since, limit, broken)
    if as_json:
        for row in rows:
            print_json(row)
    elif details:
        for row in rows:
            _print_details(row)
    else:
        _print_log(rows)
    ctx.exit(warn_of_errors(broken))


def _outcome(row: dict[str, Any]) -> Outcome:
    if row["error_message"] is not None:
        return Outcome.FAILED
    if row["held"]:
        return Outcome.HELD
    return Outcome.CHANGED if row["changes_detected"] else Outcome.FRESH


def _print_log(rows: list[dict[str, Any]]) -> None:
    table = make_table(
        "When", "State", "Data source", "Election", "Day", "Outcome", "Added", "Updated", "Verified", "Gone", "Summary"
    )
    counted = ("records_added", "records_updated", "records_verified", "records_disappeared")
    for row in rows:
        outcome = _outcome(row)
        summary = clean(row["error_message"] or row["summary"] or "")
        cells = (
            _tell_time(row["run_timestamp"]),
            row["state_code"],
            row["data_source"],
            row["election_id"] or "-",
            row["election_date"] or "-",
            Text(str(outcome), style=STYLES[outcome]),
            *(f"{row[name] or 0:,}" for name in counted),
            summary if len(summary) <= LONGEST_MESSAGE else f"{summary[:LONGEST_MESSAGE]}…",
        )
        add_row(table, cells)
    show_table(table)
    if not rows:
        click.echo("Nothing is logged")


def _tell_time(text: str) -> str:
    return text[:16].replace("T", " ")


def _print_details(row: dict[str, Any]) -> None:
    about = " ".join(filter(None, (row["data_source"], row["election_id"], row["election_date"])))
    click.echo(clean(f"{_tell_time(row['run_timestamp'])} {row['state_code']} {about}: {_outcome(row)}"))
    tables = tuple(table_change(table) for table in row["details"])
    if tables:
        click.echo(clean(f"  {tell_changes(ChangeSet(Counts(), tables))}"))
    if row["error_message"] or not tables:
        click.echo(clean(f"  {row['error_message'] or row['summary'] or ''}"))
    counts = f"{row['records_before'] or 0:,} rows before, {row['records_after'] or 0:,} after"
    click.echo(f"  {counts}, {row['records_verified'] or 0:,} verified, {row['duration_seconds'] or 0:.1f} s")
    click.echo(clean(f"  run {row['run_id']} of {row['site']}, {row['scope']}, capture {row['capture'] or 'none'}"))
