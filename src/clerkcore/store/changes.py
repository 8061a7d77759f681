"""Finding what a staged capture changes, set against the live rows of its scope."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from clerkcore.errors import Unbalanced
from clerkcore.interfaces import Table
from clerkcore.models import ChangeSet, Counts, TableChange
from clerkcore.store.tables import IDENTITY, own_columns

STAGE = "stage"
_LIVE = "source = :source AND scope = :scope AND removed_run_id IS NULL"
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


def touched_name(table: Table) -> str:
    """The stage's list of the keys it is about, where it holds only lines that differ from the snapshot before."""
    return f"touched_{table.name}"


def has_delta(connection: sqlite3.Connection, table: Table) -> bool:
    """Whether the changes of a table are listed row by row; where they are not, every staged row is new."""
    found = connection.execute("SELECT 1 FROM temp.sqlite_schema WHERE name = ?", (f"delta_{table.name}",))
    return found.fetchone() is not None


def is_partial(connection: sqlite3.Connection, table: Table) -> bool:
    """Whether the stage holds only some rows of a table: those of the keys that it lists."""
    found = connection.execute(f"SELECT 1 FROM {STAGE}.sqlite_schema WHERE name = ?", (touched_name(table),))
    return found.fetchone() is not None


def differing_columns(connection: sqlite3.Connection, table: Table) -> tuple[str, ...]:
    """Return the columns of a table that are not the same in every row of the stage."""
    heap = connection.execute(f"SELECT name FROM {STAGE}.pragma_table_info('{table.name}_lines')").fetchall()
    differing = {row["name"] for row in heap}
    return tuple(name for name in own_columns(table) if not heap or name in differing)


def read_tally(connection: sqlite3.Connection, table: Table) -> Counter[tuple[Any, ...]] | None:
    """Return how many staged rows hold each combination of the tally's columns; None where nobody counted them."""
    name = f"tally_{table.name}"
    found = connection.execute(f"SELECT 1 FROM {STAGE}.sqlite_schema WHERE name = ?", (name,)).fetchone()
    if found is None or is_partial(connection, table):
        return None
    rows = connection.execute(f"SELECT {', '.join(table.tally)}, count_ FROM {STAGE}.{name}")
    return Counter({tuple(row)[:-1]: row["count_"] for row in rows})


def _is_empty(connection: sqlite3.Connection, table: Table, names: Mapping[str, str]) -> bool:
    """Whether a scope has no row of a table, and never had one."""
    found = connection.execute(
        f"SELECT 1 FROM main.{table.name} WHERE source = :source AND scope = :scope LIMIT 1", names
    )
    return found.fetchone() is None


def detect(
    connection: sqlite3.Connection,
    tables: Iterable[Table],
    source: str,
    scope: str,
    facts: StageFacts,
    live: Mapping[str, int],
) -> ChangeSet:
    """Compare the attached stage with the live rows of the scope, of which there are `live`, table by table.

    Fills one delta table per table.
    Kinds: added, revived (it had disappeared before), changed, refreshed (only uncompared columns
    differ) and disappeared. Raises StoreError when the records do not add up (law 4).
    """
    names = {"source": source, "scope": scope}
    changes = []
    for table in tables:
        connection.execute(f"DROP TABLE IF EXISTS {delta_name(table)}")
        if table.bulk and _is_empty(connection, table, names):
            changes.append((table, _tell_all_new(connection, table)))
            continue
        _fill_delta(connection, table, names)
        changes.append((table, _tell(connection, table, names, live.get(table.name, 0))))
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
        raise Unbalanced(
            f"the records of {source} {scope} do not add up: {total}",
            remedy="this is a mistake of clerk's own, nothing was applied; please report it",
        )
    return ChangeSet(total, tuple(change for _, change in changes))


def same_row(table: Table, left: str, right: str) -> str:
    """Return the SQL condition that two aliases stand for the same row, scope aside."""
    return " AND ".join(f"{left}.{column} = {right}.{column}" for column in table.key)


def _differs(columns: Iterable[str], left: str, right: str) -> str:
    return " OR ".join(f"{left}.{column} IS NOT {right}.{column}" for column in columns) or "0"


def _tell_all_new(connection: sqlite3.Connection, table: Table) -> TableChange:
    """Tell the first rows of a scope, without a list of them that would be as long as they are."""
    staged = connection.execute(f"SELECT count(*) FROM {STAGE}.{table.name}").fetchone()[0]
    groups: Counter[str] = Counter()
    if table.group_by and staged:
        rows = read_tally(connection, table) or _count_groups(connection, table)
        at = table.tally.index(table.group_by) if len(next(iter(rows))) > 1 else 0
        for values, count in rows.items():
            groups[NO_GROUP if values[at] is None else str(values[at])] += count
    counts = Counts(read=staged, added=staged)
    return TableChange(table.name, counts, dict(sorted(groups.items())))


def _count_groups(connection: sqlite3.Connection, table: Table) -> Counter[tuple[Any, ...]]:
    rows = connection.execute(f"SELECT {table.group_by} FROM {STAGE}.{table.name}")
    rows.row_factory = None
    return Counter(rows)


def _fill_delta(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> None:
    key = ", ".join(table.key)
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
    gone = f"NOT EXISTS (SELECT 1 FROM {STAGE}.{table.name} s WHERE {same_row(table, 'm', 's')})"
    touched = f"{STAGE}.{touched_name(table)} t CROSS JOIN " if is_partial(connection, table) else ""
    same = f" AND {same_row(table, 'm', 't')}" if touched else ""
    connection.execute(
        f"INSERT INTO {delta_name(table)} SELECT 'disappeared', {', '.join(f'm.{c}' for c in table.key)}"
        f" FROM {touched}main.{table.name} m WHERE m.{_LIVE.replace(' AND ', ' AND m.')}{same} AND {gone}",
        names,
    )


def _tell(connection: sqlite3.Connection, table: Table, names: dict[str, str], before: int) -> TableChange:
    kinds = dict(connection.execute(f"SELECT kind, count(*) FROM {delta_name(table)} GROUP BY kind").fetchall())
    added, changed = kinds.get("added", 0) + kinds.get("revived", 0), kinds.get("changed", 0)
    unchanged = before - changed - kinds.get("disappeared", 0)
    counts = Counts(
        read=added + changed + unchanged,
        added=added,
        changed=changed,
        disappeared=kinds.get("disappeared", 0),
        unchanged=unchanged,
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
        _lost_groups(connection, table, names),
    )


def _by_group(
    connection: sqlite3.Connection, table: Table, rows: str, kinds: tuple[str, ...], names: dict[str, str]
) -> dict[str, int]:
    if not table.group_by:
        return {}
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    in_scope = " AND ".join(f"r.{name} = :{name}" for name in IDENTITY) if names else "1"
    found = connection.execute(
        f"SELECT coalesce(r.{table.group_by}, '{NO_GROUP}'), count(*) FROM {delta_name(table)} d CROSS JOIN {rows} r"
        f" ON {same_row(table, 'r', 'd')} WHERE d.kind IN ({wanted}) AND {in_scope} GROUP BY 1 ORDER BY 1",
        names,
    )
    return {str(group): count for group, count in found}


def _sums(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, tuple[int, int]]:
    summed = tuple(column.name for column in table.columns if column.summed)
    return _before_and_after(connection, table, names, "sum", summed)


def _filled(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, tuple[int, int]]:
    moved = _moved(connection, table, names, "count", table.compared)
    fewer = tuple(column for column, (before, after) in moved.items() if after < before)
    return _before_and_after(connection, table, names, "count", fewer)


def _before_and_after(
    connection: sqlite3.Connection, table: Table, names: dict[str, str], measure: str, columns: tuple[str, ...]
) -> dict[str, tuple[int, int]]:
    """Return a measure of whole columns, over all live rows: as it stands, and as the change set leaves it."""
    if not columns:
        return {}
    asked = ", ".join(f"coalesce({measure}({column}), 0) AS {column}" for column in columns)
    whole = connection.execute(f"SELECT {asked} FROM main.{table.name} WHERE {_LIVE}", names).fetchone()
    moved = _moved(connection, table, names, measure, columns)
    return {column: (whole[column], whole[column] - moved[column][0] + moved[column][1]) for column in columns}


def _moved(
    connection: sqlite3.Connection, table: Table, names: dict[str, str], measure: str, columns: tuple[str, ...]
) -> dict[str, tuple[int, int]]:
    """Return a measure of columns over the rows that the change set touches, before and after."""
    if not columns:
        return {}
    asked = ", ".join(f"coalesce({measure}(r.{column}), 0) AS {column}" for column in columns)
    mine = f"FROM {delta_name(table)} d CROSS JOIN main.{table.name} r WHERE {same_row(table, 'r', 'd')}"
    mine += f" AND r.{_LIVE.replace(' AND ', ' AND r.')}"
    staged = f"FROM {STAGE}.{table.name} r JOIN {delta_name(table)} d ON {same_row(table, 'r', 'd')}"
    before = connection.execute(f"SELECT {asked} {mine}", names).fetchone()
    after = connection.execute(f"SELECT {asked} {staged} WHERE d.kind <> 'disappeared'").fetchone()
    return {column: (before[column], after[column]) for column in columns}


def _lost_groups(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, int]:
    """Return the groups that lose every row they had, with how many that were."""
    if not (table.bulk and table.group_by):
        return {}
    gone = _by_group(connection, table, f"main.{table.name}", ("disappeared", "changed"), names)
    come = _by_group(connection, table, f"{STAGE}.{table.name}", ("added", "revived", "changed"), {})
    left = (
        f"SELECT 1 FROM main.{table.name} m WHERE m.{_LIVE.replace(' AND ', ' AND m.')}"
        f" AND coalesce(m.{table.group_by}, '{NO_GROUP}') = :group"
        f" AND NOT EXISTS (SELECT 1 FROM {delta_name(table)} d WHERE {same_row(table, 'm', 'd')}"
        " AND d.kind IN ('disappeared', 'changed')) LIMIT 1"
    )
    return {
        group: count
        for group, count in gone.items()
        if group not in come and connection.execute(left, {**names, "group": group}).fetchone() is None
    }


def _by_column(connection: sqlite3.Connection, table: Table, names: dict[str, str]) -> dict[str, int]:
    if not table.compared:
        return {}
    sums = ", ".join(f"coalesce(sum(m.{c} IS NOT s.{c}), 0) AS {c}" for c in table.compared)
    row = connection.execute(
        f"SELECT {sums} FROM {delta_name(table)} d"
        f" CROSS JOIN {STAGE}.{table.name} s ON {same_row(table, 's', 'd')}"
        f" CROSS JOIN main.{table.name} m ON m.source = :source AND m.scope = :scope AND {same_row(table, 'm', 'd')}"
        f" WHERE d.kind = 'changed'",
        names,
    ).fetchone()
    return {column: row[column] for column in table.compared if row[column]}
