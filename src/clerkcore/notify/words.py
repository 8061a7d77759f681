"""What an alert is called and what is said of it; whatever an upstream wrote is made plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal, get_args

from clerkcore.ledger import Alert, AlertMember, Notification
from clerkcore.services import Message
from clerkcore.times import from_text, to_text

Kind = Literal["fired", "reminder", "recovered", "test"]
MOST_LISTED = 10
LONGEST_TEXT = 2_000
_TITLES = {
    "failed": "{what} fails at {place}",
    "held": "{what} is held at {place}",
    "overdue": "{what} is overdue at {place}",
    "disk.budget": "{place} is above its disk budget",
    "disk.low": "Disk space is low",
}
_BEGINNINGS = {"fired": "", "reminder": "Still: ", "recovered": "Recovered: ", "test": ""}


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return text as one line without control and format characters, cut where it is too long."""
    line = "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in text.replace("\n", " "))
    return line if len(line) <= longest else f"{line[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def make_title(type: str, what: str, subdomains: Sequence[str]) -> str:
    """Return what an alert is called: `what` is its source or job, and the sites are counted where there are many."""
    places = sorted(set(subdomains))
    place = places[0] if len(places) == 1 else f"{len(places):,} sites"
    pattern = _TITLES.get(type, "{what} at {place}")
    return plain(pattern.format(what=what, place=place or "this machine"), 200)


def compose(kind: Kind, alert: Alert, members: Sequence[AlertMember]) -> Message:
    """Return what is said of an alert when it begins, is recalled or is over."""
    told = members if kind == "recovered" else [member for member in members if member.recovered_at is None]
    sites = sorted({member.subdomain for member in told if member.subdomain})
    return Message(
        kind=kind,
        severity=alert.severity,
        title=f"{_BEGINNINGS[kind]}{make_title(alert.type, _what(alert), sites or [''])}",
        text=plain(alert.description),
        facts=[(name, plain(value)) for name, value in _facts(kind, alert, sites) if value],
        commands=[] if kind == "recovered" else _commands(alert, told),
        alert_id=alert.id,
        at=alert.resolved_at if kind == "recovered" else alert.last_seen_at,
        data=_data(alert, sites),
    )


def _what(alert: Alert) -> str:
    return alert.source or str(alert.details.get("job", ""))


def _facts(kind: Kind, alert: Alert, sites: Sequence[str]) -> list[tuple[str, str]]:
    ended = alert.resolved_at if kind == "recovered" else None
    return [
        ("Alert", f"{alert.id}, {alert.type}, {alert.severity}"),
        ("Source", alert.source),
        ("Job", str(alert.details.get("job", ""))),
        ("Sites", list_sites_of(sites)),
        ("Since", f"{alert.detected_at:%Y-%m-%d %H:%M} UTC"),
        ("Until", f"{ended:%Y-%m-%d %H:%M} UTC" if ended else ""),
        ("Seen", f"{alert.occurrences:,} times" if alert.occurrences > 1 else ""),
        ("Assigned to", alert.assigned_to),
        ("What helps", "" if ended else str(alert.details.get("remedy", ""))),
    ]


def list_sites_of(sites: Sequence[str]) -> str:
    """Return ten sites at most, and how many more there are."""
    more = len(sites) - MOST_LISTED
    return ", ".join(sites[:MOST_LISTED]) + (f" and {more:,} more" if more > 0 else "")


def _commands(alert: Alert, members: Sequence[AlertMember]) -> list[str]:
    run = next((member.run_id for member in members if member.run_id), None)
    site = next((member.subdomain for member in members if member.subdomain), "")
    commands = {
        "failed": [f"clerk runs show {run}"] if run else [],
        "held": [f"clerk runs show {run}", f"clerk accept {run}"] if run else [],
        "overdue": [f"clerk jobs why {site}"] if site else [],
    }.get(alert.type, ["clerk doctor"])
    return [*map(plain, commands), f"clerk alerts ack {alert.id}"]


def _data(alert: Alert, sites: Sequence[str]) -> dict[str, Any]:
    return {
        "type": alert.type,
        "status": alert.status,
        "source": plain(alert.source),
        "sites": [plain(site) for site in sites[:MOST_LISTED]],
        "site_count": len(sites),
        "occurrences": alert.occurrences,
        "detected_at": to_text(alert.detected_at),
        # The same for all that is told of one alert, and for no other alert, in this ledger or another.
        "thread": f"{alert.id}.{alert.detected_at:%Y%m%d%H%M%S%f}",
    }


def write_content(message: Message) -> dict[str, Any]:
    """Return a message as the ledger keeps it."""
    return {**asdict(message), "at": to_text(message.at) if message.at else None}


def read_content(notification: Notification) -> Message:
    """Return the message that the ledger keeps; `data` says which notification it is."""
    kept = dict(notification.content)
    assert kept["kind"] in get_args(Kind)  # noqa: S101
    facts = [(str(name), str(value)) for name, value in kept.pop("facts")]
    at = from_text(kept.pop("at")) if kept.get("at") else None
    data = {**kept.pop("data"), "notification": notification.id}
    return Message(**{**kept, "facts": facts, "data": data, "at": at})
