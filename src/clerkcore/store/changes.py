"""Finding what a staged capture changes, set against the live rows of its scope."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from clerkcore.errors import StoreError
from clerkcore.interfaces import Table
from clerkcore.models import ChangeSet, Counts, TableChange
from clerkcore.store.tables import IDENTITY, own_columns

STAGE = "stage"
NO_GROUP = "(none)"


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What staging already knows of a capture's records."""

    read: int
    duplicates: int
    quarantined: int
    aside: int


def delta_name(table: Table) -> str:
    """The temporary table that lists what happens to which row of a table."""
    return f"temp.delta_{table.name}"


def detect(
    connection: sqlite3.Connection, tables: Iterable[Table], source: str, scope: str, facts: StageFacts
) -> ChangeSet:
    """Compare the attached stage with the live rows of the scope; fills one delta table per table.

    Kinds: added, revived (it had disappeared before), changed, refreshed (only uncompared columns
    differ) and disappeared. Raises StoreError when the records do not add up (law 4).
    """
    names = {"source": source, "scope": scope}
    changes = []
    for table in tables:
        _fill_delta(connection, table, names)
        changes.append((table, _tell(connection, table, names)))
    counts = sum((change.counts for table, change in changes if not table.derived), Counts())
    total = Counts(
        read=facts.read,
        added=counts.added,
        changed=counts.changed,
        disappeared=counts.disappeared,
        unchanged=counts.unchanged,
        duplicates=facts.duplicates,
        quarantined=facts.quarantined,
        aside=facts.aside,
        refreshed=counts.refreshed,
    )
    if not total.balances:
        raise StoreError(
            f"the records of {source} {scope} do not add up: {total}",
            remedy="this is a mistake of clerk's own, nothing was applied; please report it",
        )
    return ChangeSet(total, tuple(change for _, change in changes))


def same_row(table: Table, left: str, right: str) -> str:
    """Return the SQL condition that two aliases stand for the same row, scope aside."""
    return " AND ".join(f"{left}.{column} = {right}.{column}" for column in table.key)


def _differs(columns: Iterable[str], left: str, right: str) -> str:
    return " OR ".join(f"{left}.{column} IS NOT {right}.{column}" for column in columns) or "0"


def _fill_delta(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> None:
    key = ", ".join(table.key)
    connection.execute(f"DROP TABLE IF EXISTS {delta_name(table)}")
    connection.execute(f"CREATE TABLE {delta_name(table)} (kind TEXT NOT NULL, {key}, PRIMARY KEY ({key}))")
    staged_key = ", ".join(f"s.{column}" for column in table.key)
    kind = (
        "CASE WHEN m.source IS NULL THEN 'added' WHEN m.removed_run_id IS NOT NULL THEN 'revived'"
        f" WHEN {_differs(table.compared, 'm', 's')} THEN 'changed'"
        f" WHEN {_differs(own_columns(table), 'm', 's')} THEN 'refreshed' END"
    )
    connection.execute(
        f"INSERT INTO {delta_name(table)} SELECT {kind} AS kind, {staged_key}"
        f" FROM {STAGE}.{table.name} s LEFT JOIN main.{table.name} m"
        f" ON m.source = :source AND m.scope = :scope AND {same_row(table, 'm', 's')}"
        f" WHERE {kind} IS NOT NULL",
        names,
    )
    connection.execute(
        f"INSERT INTO {delta_name(table)} SELECT 'disappeared', {', '.join(f'm.{c}' for c in table.key)}"
        f" FROM main.{table.name} m WHERE m.source = :source AND m.scope = :scope AND m.removed_run_id IS NULL"
        f" AND NOT EXISTS (SELECT 1 FROM {STAGE}.{table.name} s WHERE {same_row(table, 'm', 's')})",
        names,
    )


def _tell(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> TableChange:
    kinds = dict(connection.execute(f"SELECT kind, count(*) FROM {delta_name(table)} GROUP BY kind").fetchall())
    staged = connection.execute(f"SELECT count(*) FROM {STAGE}.{table.name}").fetchone()[0]
    added = kinds.get("added", 0) + kinds.get("revived", 0)
    changed = kinds.get("changed", 0)
    counts = Counts(
        read=staged,
        added=added,
        changed=changed,
        disappeared=kinds.get("disappeared", 0),
        unchanged=staged - added - changed,
        refreshed=kinds.get("refreshed", 0),
    )
    return TableChange(
        table.name,
        counts,
        _by_group(connection, table, f"{STAGE}.{table.name}", ("added", "revived"), {}),
        _by_group(connection, table, f"main.{table.name}", ("disappeared",), names),
        _by_column(connection, table, names),
        _sums(connection, table, names),
        _filled(connection, table, names),
    )


def _by_group(
    connection: sqlite3.Connection, table: Table, rows: str, kinds: tuple[str, ...], names: dict[str, str]
) -> dict[str, int]:
    if not table.group_by:
        return {}
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    in_scope = " AND ".join(f"r.{name} = :{name}" for name in IDENTITY) if names else "1"
    found = connection.execute(
        f"SELECT coalesce(r.{table.group_by}, '{NO_GROUP}'), count(*) FROM {rows} r JOIN {delta_name(table)} d"
        f" ON {same_row(table, 'r', 'd')} WHERE d.kind IN ({wanted}) AND {in_scope} GROUP BY 1 ORDER BY 1",
        names,
    )
    return {str(group): count for group, count in found}


def _sums(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, tuple[int, int]]:
    summed = [column.name for column in table.columns if column.summed]
    if not summed:
        return {}
    sums = ", ".join(f"coalesce(sum({column}), 0) AS {column}" for column in summed)
    live = "source = :source AND scope = :scope AND removed_run_id IS NULL"
    before = connection.execute(f"SELECT {sums} FROM main.{table.name} WHERE {live}", names).fetchone()
    after = connection.execute(f"SELECT {sums} FROM {STAGE}.{table.name}").fetchone()
    return {column: (before[column], after[column]) for column in summed}


def _filled(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, tuple[int, int]]:
    if not table.compared:
        return {}
    counts = ", ".join(f"count({column}) AS {column}" for column in table.compared)
    live = "source = :source AND scope = :scope AND removed_run_id IS NULL"
    before = connection.execute(f"SELECT {counts} FROM main.{table.name} WHERE {live}", names).fetchone()
    after = connection.execute(f"SELECT {counts} FROM {STAGE}.{table.name}").fetchone()
    return {column: (before[column], after[column]) for column in table.compared if after[column] < before[column]}


def _by_column(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, int]:
    if not table.compared:
        return {}
    sums = ", ".join(f"coalesce(sum(m.{c} IS NOT s.{c}), 0) AS {c}" for c in table.compared)
    row = connection.execute(
        f"SELECT {sums} FROM {delta_name(table)} d"
        f" JOIN {STAGE}.{table.name} s ON {same_row(table, 's', 'd')}"
        f" JOIN main.{table.name} m ON m.source = :source AND m.scope = :scope AND {same_row(table, 'm', 'd')}"
        f" WHERE d.kind = 'changed'",
        names,
    ).fetchone()
    return {column: row[column] for column in table.compared if row[column]}
