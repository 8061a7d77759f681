"""Taking what gives a redacted key away out of the ledger's words, whoever wrote them: runs, jobs, events, alerts.

Texts are replaced whole. JSON keeps its form: of it the strings are replaced that an upstream or a person may have
written, so that what waits, such as a notification, can still be sent.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, or_, select, update
from sqlalchemy.sql import ColumnElement

from clerkcore.ledger import Ledger
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import alert_members, alerts, events, job_tracking, jobs, notifications, run_scopes
from clerkcore.store.redactions import WITHHELD, Redactions

Hides = Callable[[str], bool]

_BUSY_SECONDS = 5.0
# In the ledger's JSON these name ids, times, words of our own, and what an operator asked to be done.
_OURS = frozenset(
    [
        "action",
        "alert",
        "at",
        "by",
        "columns",
        "data",
        "data_source",
        "date",
        "election",
        "job",
        "job_type",
        "kind",
        "only",
        "run",
        "scope",
        "severity",
        "table",
        "taken_at",
        "thread",
    ]
)
_GROUPS = ("added_by_group", "disappeared_by_group")
# The end of a cause is a hash of what was said, which tells it to whoever guesses.
_HASH_OF_WORDS = re.compile(r"(?<=:)[0-9a-f]{16}(?=:|$)")


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of the ledger about a site and a source, whose columns of text, and of JSON, hold more than our own words.

    `identities` are columns that hash or repeat what the others say, and must stay unique.
    """

    table: Table
    about: Callable[[str, str], ColumnElement[bool]]
    texts: tuple[str, ...]
    documents: tuple[str, ...]
    identities: tuple[str, ...] = ()

    def query(self, subdomain: str, source: str) -> Select[Any]:
        """Return the query for the rows, with their keys."""
        names = (*(column.name for column in self.table.primary_key), *self.texts, *self.documents, *self.identities)
        return select(*(self.table.c[name] for name in names)).where(self.about(subdomain, source))


def _of_source(table: Table, subdomain: str, source: str) -> ColumnElement[bool]:
    """What tells of a whole job names no source."""
    return and_(table.c.subdomain == subdomain, table.c.source.in_((source, "")))


def _of_runs(subdomain: str, source: str) -> ColumnElement[bool]:
    runs = select(job_tracking.c.id).where(_of_source(job_tracking, subdomain, source))
    return run_scopes.c.run_id.in_(runs)


def _of_events(subdomain: str, source: str) -> ColumnElement[bool]:
    """What is told of an alert of several sites names none of them."""
    told = or_(events.c.kind.startswith("alert."), events.c.kind.startswith("notification."))
    return or_(_of_source(events, subdomain, source), and_(events.c.subdomain == "", told))


def _of_alerts(subdomain: str, source: str) -> ColumnElement[bool]:
    joined = select(alert_members.c.alert_id).where(_of_source(alert_members, subdomain, source))
    return or_(_of_source(alerts, subdomain, source), alerts.c.id.in_(joined))


def _of_notifications(subdomain: str, source: str) -> ColumnElement[bool]:
    return notifications.c.alert_id.in_(select(alerts.c.id).where(_of_alerts(subdomain, source)))


PLACES = (
    Place(job_tracking, lambda *of: _of_source(job_tracking, *of), ("message", "remedy"), ("options",)),
    Place(run_scopes, _of_runs, ("message", "remedy"), ("notes", "tables")),
    Place(jobs, lambda site, _: jobs.c.subdomain == site, ("message", "remedy"), ("options",), ("dedup_key",)),
    Place(events, _of_events, ("message",), ("data",)),
    Place(alerts, _of_alerts, ("title", "description"), ("details", "notes"), ("cause",)),
    Place(notifications, _of_notifications, ("subject", "message"), ("content",)),
)
"""Every column of the ledger that may hold words of an upstream, or of people who repeat them."""


def withhold_texts(conn: Connection, subdomain: str, source: str, redactions: Redactions) -> int:
    """Replace the words about a source of a site that give a redacted key away; returns in how many rows."""
    if conn.dialect.name == "sqlite":
        # What is replaced would else stay in the file, until something is written over it.
        conn.exec_driver_sql("PRAGMA secure_delete = ON")
    return sum(_withhold(conn, place, subdomain, source, redactions) for place in PLACES)


def empty_journal(ledger: Ledger) -> bool:
    """Empty the journal of a SQLite ledger, which holds what was replaced; False while somebody still reads it.

    A server has its own vacuum.
    """
    if not ledger.path:
        return True
    try:
        with closing(sqlite3.connect(ledger.path, timeout=_BUSY_SECONDS)) as connection:
            busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    return not busy


def _withhold(conn: Connection, place: Place, subdomain: str, source: str, redactions: Redactions) -> int:
    changed = 0
    key = [column.name for column in place.table.primary_key]
    # Read whole, for these are the rows that are written meanwhile.
    for row in conn.execute(place.query(subdomain, source)).mappings().all():
        values = _without_words(place, dict(row), redactions)
        if values:
            same = and_(*(place.table.c[name] == row[name] for name in key))
            conn.execute(update(place.table).where(same).values(values))
            changed += 1
    return changed


def _without_words(place: Place, row: Mapping[str, Any], redactions: Redactions) -> dict[str, str]:
    """Return what is to be written in the columns of a row that give the key away."""
    values = {name: WITHHELD for name in place.texts if redactions.holds_text(row[name])}
    values |= {name: _without(row[name], redactions) for name in place.documents}
    values = {name: value for name, value in values.items() if value != row[name]}
    if place.table is alerts and values:
        values["cause"] = _HASH_OF_WORDS.sub(f"{row['id']:016x}", row["cause"])
    if place.table is jobs and "options" in values and row["dedup_key"]:
        values["dedup_key"] = f"{WITHHELD} ({row['id']})"
    return values


def _without(text: str, redactions: Redactions) -> str:
    """Return a JSON document without the strings that give the key away; without any, where they do so together."""
    document = json.loads(text)
    if not redactions.holds_text(*_strings(document)):
        return text
    left = _rewrite(document, redactions.holds_text)
    if redactions.holds_text(*_strings(left)):
        left = _rewrite(left, lambda _: True)
    return dump_json(left)


def _strings(document: Any) -> list[str]:
    """Return the strings of a document that may be replaced."""
    found: list[str] = []

    def note(text: str) -> bool:
        found.append(text)
        return False

    _rewrite(document, note)
    return found


def _rewrite(value: Any, hides: Hides) -> Any:
    """Return a part of a document with the strings replaced that are to be hidden."""
    if isinstance(value, str):
        return WITHHELD if hides(value) else value
    if isinstance(value, list):
        return [_rewrite(part, hides) for part in value]
    if isinstance(value, dict):
        return {name: _named(name, part, hides) for name, part in value.items()}
    # Numbers count, or are ids.
    return value


def _named(name: str, value: Any, hides: Hides) -> Any:
    if name in _OURS:
        return value
    if name not in _GROUPS:
        return _rewrite(value, hides)
    groups: Counter[str] = Counter()
    for group, number in value.items():
        groups[WITHHELD if hides(group) else group] += number
    return dict(groups)
