"""Taking what gives a redacted key away out of the ledger's own words: messages of runs, scopes and events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, and_, select, update

from clerkcore.ledger.tables import events, job_tracking, run_scopes
from clerkcore.store.redactions import WITHHELD, Redactions

# Table, its key, its columns of words, its columns of JSON with what they are when they are emptied.
_PLACES: tuple[tuple[Table, tuple[str, ...], tuple[str, ...], Mapping[str, str]], ...] = (
    (job_tracking, ("id",), ("message", "remedy"), {}),
    (events, ("id",), ("message",), {"data": "{}"}),
    (run_scopes, ("run_id", "scope"), ("message", "remedy"), {"notes": "[]"}),
)


def withhold_texts(conn: Connection, subdomain: str, source: str, redactions: Redactions) -> int:
    """Replace the words about a source of a site that give a redacted key away; returns in how many rows."""
    return sum(_withhold(conn, place, subdomain, source, redactions) for place in _PLACES)


def _withhold(conn: Connection, place: Any, subdomain: str, source: str, redactions: Redactions) -> int:
    table, key, words, documents = place
    query = select(*(table.c[name] for name in (*key, *words, *documents)))
    if table is run_scopes:
        query = query.join(job_tracking, job_tracking.c.id == run_scopes.c.run_id)
    home = job_tracking if table is run_scopes else table
    query = query.where(home.c.subdomain == subdomain, home.c.source == source)
    changed = 0
    # Read whole, for these are the rows that are written meanwhile.
    for row in conn.execute(query).mappings().all():
        values = {name: WITHHELD for name in words if redactions.holds_text(row[name])}
        values |= {name: empty for name, empty in documents.items() if redactions.holds_text(*_inside(row[name]))}
        if values:
            conn.execute(update(table).where(and_(*(table.c[name] == row[name] for name in key))).values(values))
            changed += 1
    return changed


def _inside(text: str) -> list[str]:
    """Return every text in a JSON document."""
    found, waiting = [], [json.loads(text)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            found.append(str(value))
    return found
