"""Finding and removing every trace of one key in a site database, scope by scope."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from clerkcore.interfaces import Source, Table
from clerkcore.models import Value
from clerkcore.store.redactions import REDACTED, WITHHELD, Redactions
from clerkcore.store.search import search_name
from clerkcore.store.tables import own_columns
from clerkcore.store.views import sql_of

LIVE, WITHDRAWN = "rows", "withdrawn rows"
At = tuple[str, str, int]
"""Where a record stood: capture, page and line."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place that may hold a key: rows are deleted, or emptied where their number must stay the same."""

    name: str
    table: str
    where: str
    emptied: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What to look for: the key of a table's rows, what gives it away in a text, and where its record stood."""

    source: Source
    table: Table
    key: Mapping[str, Value]
    redactions: Redactions
    stood: Collection[At] = ()

    def places(self) -> Iterator[Place]:
        """Yield the places that may hold it."""
        in_scope = "source = :source AND scope = :scope"
        same = " AND ".join(f"{column} = :key_{column}" for column in self.key)
        yield Place(LIVE, self.table.name, f"{in_scope} AND {same} AND removed_run_id IS NULL")
        yield Place(WITHDRAWN, self.table.name, f"{in_scope} AND {same} AND removed_run_id IS NOT NULL")
        of_key = " AND ".join(
            f"json_extract(row_key, '$[{at}]') = :key_{column}"
            for at, column in enumerate(self.table.key)
            if column in self.key
        )
        yield Place("before-images", "_clerk_history", f"{in_scope} AND table_name = '{self.table.name}' AND {of_key}")
        if set(self.key) == set(self.table.key):
            # What follows from the rows is computed again; what no row tells is kept, but for this.
            for table in self.source.computed:
                if table.evidence and set(self.key) <= set(own_columns(table)):
                    yield Place("computed evidence", table.name, f"{in_scope} AND {same}")
        yield from _texts(in_scope)

    def names(self, scope: str) -> dict[str, Value]:
        """Return what the places have bound."""
        key = {f"key_{column}": value for column, value in self.key.items()}
        return {"source": self.source.name, "scope": scope, "withheld": WITHHELD, "redacted": REDACTED, **key}

    def register(self, connection: sqlite3.Connection) -> None:
        """Teach a connection what the places ask for."""
        connection.create_function("gives_away", -1, lambda *texts: self.redactions.holds_text(*_flat(texts)))
        connection.create_function("stood_at", 3, lambda *at: at in self.stood)


def _texts(in_scope: str) -> Iterator[Place]:
    stood = "stood_at(capture, page, line)"
    yield Place(
        "quarantined records",
        "_clerk_quarantine",
        f"{in_scope} AND message <> :withheld AND (gives_away(value, message) OR {stood})",
        "value = '', message = :withheld",
    )
    yield Place(
        "records set aside",
        "_clerk_asides",
        f"{in_scope} AND rule <> :redacted AND (gives_away(record) OR {stood})",
        "rule = :redacted, record = '{}'",
    )
    yield Place(
        "findings",
        "_clerk_findings",
        f"{in_scope} AND message <> :withheld AND gives_away(message, row_keys, expected, actual)",
        "message = :withheld, row_keys = '[]', expected = '', actual = ''",
    )
    yield Place(
        "lines of the update log",
        "data_update_log",
        "scope = :scope AND gives_away(summary, details, error_message)",
        "summary = :withheld, details = '[]', error_message = CASE WHEN error_message IS NOT NULL THEN :withheld END",
    )


def _flat(values: Collection[object]) -> Iterator[str]:
    """Yield texts as they are, and those inside of JSON, which may spell a letter otherwise."""
    for value in values:
        if isinstance(value, str):
            yield value
            if value[:1] in ("{", "["):
                yield from _inside(value)


def _inside(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif value is not None:
            yield str(value)


def known_scopes(connection: sqlite3.Connection, source: str) -> list[str]:
    """Return the scopes of a source that anything was loaded into."""
    rows = connection.execute("SELECT scope FROM main._clerk_scopes WHERE source = ? ORDER BY scope", (source,))
    return [row["scope"] for row in rows]


def count_traces(connection: sqlite3.Connection, trace: Trace, scope: str) -> dict[str, int]:
    """Return how much each place of a scope holds; places that hold nothing are left out."""
    return _each_place(connection, trace, scope, "SELECT count(*) FROM main.{table} WHERE {where}")


def remove_traces(connection: sqlite3.Connection, trace: Trace, scope: str) -> dict[str, int]:
    """Remove what the places of a scope hold, inside the caller's transaction; returns how much that was."""
    removed = _each_place(connection, trace, scope, "")
    if trace.table.search and (removed.get(LIVE) or removed.get(WITHDRAWN)):
        # Taking an entry out leaves its words in the index until it is merged; made anew it has none of them.
        name = search_name(trace.table)
        connection.execute(f"INSERT INTO main.{name}({name}) VALUES ('rebuild')")
        # The index is written at the next savepoint, which must not be one of compute's: it may not write here.
        connection.execute("SAVEPOINT indexed")
        connection.execute("RELEASE indexed")
    return removed


def _each_place(connection: sqlite3.Connection, trace: Trace, scope: str, counting: str) -> dict[str, int]:
    trace.register(connection)
    names, found = trace.names(scope), dict[str, int]()
    for place in trace.places():
        if not sql_of(connection, place.table):
            continue
        if counting:
            number = connection.execute(counting.format(table=place.table, where=place.where), names).fetchone()[0]
        else:
            number = connection.execute(_removal(place), names).rowcount
        if number:
            found[place.name] = found.get(place.name, 0) + number
    return found


def _removal(place: Place) -> str:
    if place.emptied:
        return f"UPDATE main.{place.table} SET {place.emptied} WHERE {place.where}"
    return f"DELETE FROM main.{place.table} WHERE {place.where}"


def overwrite_removed(connection: sqlite3.Connection) -> bool:
    """Write the database anew without what was deleted, and empty its journal; False while somebody still reads it."""
    connection.execute("VACUUM")
    busy: int = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy
