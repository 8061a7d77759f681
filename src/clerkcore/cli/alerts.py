"""clerk alerts: what needs somebody, who was told, and who looks into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from clerkcore.cli.options import NUMBER, json_option
from clerkcore.cli.output import FAILED, add_row, ago, clean, make_table, print_json, show_table
from clerkcore.errors import UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.asking import whoami
from clerkcore.ledger import (
    Alert,
    AlertMember,
    Notification,
    get_alert,
    list_alerts,
    list_members,
    list_notifications,
    unsent_notifications,
)
from clerkcore.notify.configured import Channel, describe_channel, list_channels
from clerkcore.notify.decisions import acknowledge, assign, resolve, snooze, try_channels
from clerkcore.notify.words import list_sites_of
from clerkcore.times import now

F = TypeVar("F", bound=Callable[..., Any])
STATUSES = ("active", "investigating", "snoozed", "resolved")
STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}
_SPAN = re.compile(r"(\d{1,4})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_ALERTS = click.argument("alert_ids", nargs=-1, required=True, type=NUMBER, metavar="ALERT...")


@click.group()
def alerts() -> None:
    """Show what needs somebody, and say who looks into it."""


def _by_options(command: F) -> F:
    for decorate in (
        click.option("--note", default="", help="Why, for whoever reads it later."),
        click.option("--by", default=whoami, show_default="your login name", help="Who decides this."),
    ):
        command = decorate(command)
    return command


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Resolved ones too.")
@click.option("--status", type=click.Choice(STATUSES), help="Only alerts of this status.")
@click.option("--subdomain", metavar="SITE", help="Only alerts about this site.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 1_000_000), help="How many, newest first."
)
@json_option
@click.pass_obj
def list_all(
    installation: Installation, everything: bool, status: str | None, subdomain: str | None, limit: int, as_json: bool
) -> None:
    """List what needs somebody, e.g. clerk alerts list --all --subdomain sandiego.ca"""
    with installation.ledger.read() as conn:
        open_only = not (everything or status)
        found = list_alerts(conn, open_only=open_only, status=status, subdomain=subdomain, limit=limit)
        unsent = {notice.alert_id: notice for notice in unsent_notifications(conn, [alert.id for alert in found])}
    if as_json:
        for alert in found:
            print_json({**_describe(alert), "untold": _tell_unsent(unsent.get(alert.id))})
        return
    table = make_table("Alert", "Since", "Seen", "Severity", "Status", "Title", "Whose", "Not told")
    for alert in found:
        whose = alert.assigned_to or alert.acknowledged_by
        cells = (alert.id, ago(alert.detected_at), f"{alert.occurrences}x", alert.severity, alert.status)
        style = STYLES[alert.severity] if alert.status == "active" else ""
        add_row(table, (*cells, alert.title, whose, _tell_unsent(unsent.get(alert.id))), style)
    if not found:
        click.echo("No alerts.")
        return
    show_table(table)


def _describe(alert: Alert) -> dict[str, Any]:
    return asdict(alert)


def _tell_unsent(notification: Notification | None) -> str:
    if notification is None:
        return ""
    why = f": {notification.message}" if notification.message else ""
    return f"{notification.channel}, {notification.status.replace('_', ' ')}{why}"


@alerts.command()
@click.argument("alert_id", type=NUMBER, metavar="ALERT")
@json_option
@click.pass_obj
def show(installation: Installation, alert_id: int, as_json: bool) -> None:
    """Show one alert: its sources, who was told and what was decided, e.g. clerk alerts show 3"""
    with installation.ledger.read() as conn:
        alert, members = get_alert(conn, alert_id), list_members(conn, alert_id)
        told = list_notifications(conn, alert_id)
    if as_json:
        print_json({**_describe(alert), "members": [*map(asdict, members)], "notifications": [*map(asdict, told)]})
    else:
        _print_alert(alert, members)
        _print_told(told)


def _print_alert(alert: Alert, members: Sequence[AlertMember]) -> None:
    click.echo(clean(f"alert {alert.id}: {alert.title}"))
    click.echo(clean(f"{alert.severity}, {_tell_status(alert)}; raised by the rule: {alert.rule}"))
    click.echo(clean(f"  {alert.description}"))
    seen = f"seen {alert.occurrences} times, last {ago(alert.last_seen_at)}"
    click.echo(f"since {alert.detected_at:%Y-%m-%d %H:%M} UTC, {seen}")
    failing = [member for member in members if member.recovered_at is None]
    for title, group in (("failing", failing), ("recovered", [m for m in members if m.recovered_at])):
        sites = sorted({member.subdomain or "this machine" for member in group})
        if sites:
            click.echo(clean(f"  {title}: {list_sites_of(sites)}"))
    if alert.assigned_to:
        click.echo(clean(f"  assigned to {alert.assigned_to}"))
    for note in alert.notes:
        said = f": {note['note']}" if note["note"] else ""
        click.echo(clean(f"  {note['at'][:16].replace('T', ' ')} {note['by']}, {note['action']}{said}"))
    if alert.details.get("remedy") and alert.is_open:
        click.echo(f"What helps: {clean(str(alert.details['remedy']))}")


def _tell_status(alert: Alert) -> str:
    if alert.snoozed_until:
        return f"snoozed until {alert.snoozed_until:%Y-%m-%d %H:%M} UTC"
    if alert.resolved_at:
        by = f" by {alert.resolved_by}" if alert.resolved_by else ""
        return f"resolved{by} at {alert.resolved_at:%Y-%m-%d %H:%M} UTC"
    return alert.status


def _print_told(told: Sequence[Notification]) -> None:
    if not told:
        click.echo("nobody was told")
    for each in told:
        why = f": {each.message}" if each.message else ""
        tries = f", tried {each.attempts} times" if each.attempts > 1 else ""
        status = each.status.replace("_", " ")
        click.echo(clean(f"  {each.created_at:%Y-%m-%d %H:%M} {each.kind} by {each.channel}: {status}{tries}{why}"))


@alerts.command()
@_ALERTS
@_by_options
@json_option
@click.pass_obj
def ack(installation: Installation, alert_ids: tuple[int, ...], by: str, note: str, as_json: bool) -> None:
    """Say that you look into alerts, which ends their reminders, e.g. clerk alerts ack 3 --note "asked NetFile" """
    _print_decided(acknowledge(installation, alert_ids, by, note), as_json)


@alerts.command("snooze")
@_ALERTS
@click.option("--for", "span", metavar="SPAN", help="How long, as 30m, 4h or 2d.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Until when (UTC).")
@_by_options
@json_option
@click.pass_obj
def snooze_alerts(
    installation: Installation,
    alert_ids: tuple[int, ...],
    span: str | None,
    until: datetime | None,
    by: str,
    note: str,
    as_json: bool,
) -> None:
    """Keep alerts quiet for a while, and be reminded then if they are open, e.g. clerk alerts snooze 3 --for 4h"""
    _print_decided(snooze(installation, alert_ids, _read_end(span, until), by, note), as_json)


def _read_end(span: str | None, until: datetime | None) -> datetime:
    if bool(span) == bool(until):
        raise UsageError("a snooze needs an end", remedy="give --for 4h, or --until 2026-12-31T08:00, not both")
    if until:
        return until.replace(tzinfo=UTC)
    found = _SPAN.match(span or "")
    if not found:
        raise UsageError(f"{span!r} is no span of time", remedy="write it as 30m, 4h or 2d")
    return now() + timedelta(**{_UNITS[found[2]]: int(found[1])})


@alerts.command("assign")
@_ALERTS
@click.option("--to", required=True, metavar="NAME", help="Whose they are.")
@_by_options
@json_option
@click.pass_obj
def assign_alerts(
    installation: Installation, alert_ids: tuple[int, ...], to: str, by: str, note: str, as_json: bool
) -> None:
    """Say whose alerts they are, e.g. clerk alerts assign 3 --to jane"""
    _print_decided(assign(installation, alert_ids, to, by, note), as_json)


@alerts.command("resolve")
@_ALERTS
@_by_options
@json_option
@click.pass_obj
def resolve_alerts(installation: Installation, alert_ids: tuple[int, ...], by: str, note: str, as_json: bool) -> None:
    """Close alerts by hand; what fails again is a new one, e.g. clerk alerts resolve 3 --note "the agency is gone" """
    _print_decided(resolve(installation, alert_ids, by, note), as_json)


def _print_decided(decided: Sequence[Alert], as_json: bool) -> None:
    for alert in decided:
        if as_json:
            print_json(_describe(alert))
        else:
            whose = f", assigned to {alert.assigned_to}" if alert.assigned_to else ""
            click.echo(clean(f"alert {alert.id} is {_tell_status(alert)}{whose}: {alert.title}"))


@alerts.command()
@click.argument("channel", required=False, default="")
@json_option
@click.pass_context
def test(ctx: click.Context, channel: str, as_json: bool) -> None:
    """Send a test message now through every channel, or one, e.g. clerk alerts test mail"""
    trials = try_channels(ctx.obj, channel)
    for trial in trials:
        if as_json:
            print_json({"channel": trial.channel, "taken": not trial.problem, "problem": trial.problem})
        else:
            click.echo(clean(f"{trial.channel}: {trial.problem or 'taken'}"))
    ctx.exit(FAILED if any(trial.problem for trial in trials) else 0)


@alerts.command()
@json_option
@click.pass_obj
def channels(installation: Installation, as_json: bool) -> None:
    """List the ways to tell people and what they are set to, secrets hidden, e.g. clerk alerts channels"""
    table = make_table("Channel", "Type", "Takes", "Set to")
    for channel in list_channels(installation.settings):
        said = describe_channel(installation.settings, channel)
        if as_json:
            print_json({"channel": channel.name, "type": channel.type, "only": list(channel.only), "set_to": said})
        else:
            add_row(table, (channel.name, channel.type, _takes(channel), said))
    if not as_json:
        show_table(table)
    if not installation.settings.notify_enabled:
        click.echo("notify.enabled is false: nothing is sent", err=True)


def _takes(channel: Channel) -> str:
    return ", ".join(channel.only) or "everything"
