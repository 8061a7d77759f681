"""Before-images: what a row held before a run touched it, and their restoration."""

from __future__ import annotations

import sqlite3

from clerkcore.interfaces import Table
from clerkcore.store.changes import STAGE, delta_name, differing_columns, has_delta, same_row
from clerkcore.store.search import forget_rows, learn_rows
from clerkcore.store.tables import all_columns, own_columns, row_key


def _key_json(table: Table, alias: str) -> str:
    return f"json_array({', '.join(f'{alias}.{column}' for column in table.key)})"


def _row_json(table: Table, alias: str) -> str:
    # Not json_object(): SQLite takes at most 127 arguments in a call, and a table may have 100 columns.
    reals = {column.name for column in table.columns if column.type == "real"}
    quoted = ((name, _real_json if name in reals else "json_quote({})".format) for name in all_columns(table))
    fields = " || ',' || ".join(f"'\"{name}\":' || {quote(f'{alias}.{name}')}" for name, quote in quoted)
    return f"'{{' || {fields} || '}}'"


def _real_json(value: str) -> str:
    # json_quote() rounds to 15 digits, and an image must bring back the very same number.
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE printf('%!.20g', {value}) END"


def apply_delta(connection: sqlite3.Connection, table: Table, run_id: int, source: str, scope: str) -> None:
    """Write the delta of a table: before-images first, then the rows and the tombstones."""
    names: dict[str, str | int] = {"run_id": run_id, "source": source, "scope": scope}
    if not has_delta(connection, table):
        _add_all(connection, table, names)
        return
    touched = f"{delta_name(table)} d CROSS JOIN main.{table.name} m"
    staying = (
        f"EXISTS (SELECT 1 FROM {delta_name(table)} d WHERE {same_row(table, 'm', 'd')} AND d.kind <> 'disappeared')"
    )
    written = f"m.source = :source AND m.scope = :scope AND {staying}"
    _keep_images(connection, table, names, same_row(table, "m", "d"), touched)
    forget_rows(connection, table, written, names)
    _write_rows(connection, table, names)
    learn_rows(connection, table, written, names)
    _set_tombstones(connection, table, names)


def _add_all(connection: sqlite3.Connection, table: Table, names: dict[str, str | int]) -> None:
    """Add every staged row of a bulk table to a scope that has none, in the order of its key."""
    own, differing = own_columns(table), differing_columns(connection, table)
    # The index of the stage's key gives this order, where no column is named that is the same in every row.
    order = [column for column in table.key if column in differing] or table.key
    # The stage has kept the checks already.
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute(
        f"INSERT INTO main.{table.name} ({', '.join(all_columns(table))})"
        f" SELECT :source, :scope, {', '.join(own)}, :run_id, NULL FROM {STAGE}.{table.name}"
        f" ORDER BY {', '.join(order)}",
        names,
    )
    connection.execute("PRAGMA ignore_check_constraints = OFF")


def _set_tombstones(connection: sqlite3.Connection, table: Table, names: dict[str, str | int]) -> None:
    key = ", ".join(table.key)
    connection.execute(
        f"UPDATE main.{table.name} SET removed_run_id = :run_id WHERE source = :source AND scope = :scope"
        f" AND ({key}) IN (SELECT {key} FROM {delta_name(table)} WHERE kind = 'disappeared')",
        names,
    )


def _keep_images(
    connection: sqlite3.Connection, table: Table, names: dict[str, str | int], which: str, of: str = ""
) -> None:
    connection.execute(
        "INSERT INTO main._clerk_history (run_id, table_name, source, scope, row_key, before)"
        f" SELECT :run_id, '{table.name}', m.source, m.scope, {_key_json(table, 'm')}, {_row_json(table, 'm')}"
        f" FROM {of or f'main.{table.name} m'} WHERE m.source = :source AND m.scope = :scope AND {which}",
        names,
    )


def _write_rows(connection: sqlite3.Connection, table: Table, names: dict[str, str | int]) -> None:
    own = own_columns(table)
    values = [column for column in own if column not in table.key]
    update = ", ".join(f"{column} = excluded.{column}" for column in (*values, "run_id", "removed_run_id"))
    connection.execute(
        f"INSERT INTO main.{table.name} ({', '.join(all_columns(table))})"
        f" SELECT :source, :scope, {', '.join(f's.{column}' for column in own)}, :run_id, NULL"
        f" FROM {STAGE}.{table.name} s JOIN {delta_name(table)} d ON {same_row(table, 's', 'd')}"
        f" WHERE d.kind <> 'disappeared'"
        f" ON CONFLICT ({', '.join(row_key(table))}) DO UPDATE SET {update}",
        names,
    )


def restore(connection: sqlite3.Connection, table: Table, undone: int, run_id: int, source: str, scope: str) -> None:
    """Bring back what a run changed, told as a change of its own: images of today's rows are kept first."""
    names: dict[str, str | int] = {"run_id": run_id, "undone": undone, "source": source, "scope": scope}
    imaged = (
        "SELECT 1 FROM main._clerk_history h WHERE h.run_id = :undone AND"
        f" h.table_name = '{table.name}' AND h.source = :source AND h.scope = :scope"
        f" AND h.row_key = {_key_json(table, 'm')}"
    )
    _keep_images(connection, table, names, f"(m.run_id = :undone OR EXISTS ({imaged}))")
    connection.execute(
        f"UPDATE main.{table.name} AS m SET removed_run_id = :run_id"
        f" WHERE m.source = :source AND m.scope = :scope AND m.run_id = :undone AND NOT EXISTS ({imaged})",
        names,
    )
    restored = f"m.source = :source AND m.scope = :scope AND EXISTS ({imaged})"
    forget_rows(connection, table, restored, names)
    columns = all_columns(table)
    values = ", ".join(f"json_extract(h.before, '$.{column}')" for column in columns)
    connection.execute(
        f"INSERT OR REPLACE INTO main.{table.name} ({', '.join(columns)}) SELECT {values}"
        f" FROM main._clerk_history h WHERE h.run_id = :undone AND h.table_name = '{table.name}'"
        f" AND h.source = :source AND h.scope = :scope",
        names,
    )
    learn_rows(connection, table, restored, names)


def add_withdrawn(connection: sqlite3.Connection, table: Table, run_id: int, source: str, scope: str) -> int:
    """Add rows of the stage whose `lasting` value no row has yet, as already withdrawn; returns how many."""
    names: dict[str, str | int] = {"run_id": run_id, "source": source, "scope": scope}
    own, lasting = own_columns(table), table.lasting
    added = connection.execute(
        f"INSERT INTO main.{table.name} ({', '.join(all_columns(table))})"
        f" SELECT :source, :scope, {', '.join(f's.{column}' for column in own)}, :run_id, :run_id"
        f" FROM {STAGE}.{table.name} s WHERE s.{lasting} NOT IN (SELECT m.{lasting} FROM main.{table.name} m"
        f" WHERE m.source = :source AND m.scope = :scope AND m.{lasting} IS NOT NULL)",
        names,
    ).rowcount
    learn_rows(connection, table, "m.source = :source AND m.scope = :scope AND m.run_id = :run_id", names)
    return added
