"""Before-images: what a row held before a run touched it, and their restoration."""

from __future__ import annotations

import sqlite3

from clerkcore.interfaces import Table
from clerkcore.store.changes import STAGE, delta_name, same_row
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
    touched = _in_delta(table, "1")
    staying = _in_delta(table, "d.kind <> 'disappeared'")
    written = f"m.source = :source AND m.scope = :scope AND {staying}"
    _keep_images(connection, table, names, touched)
    forget_rows(connection, table, written, names)
    _write_rows(connection, table, names)
    learn_rows(connection, table, written, names)
    connection.execute(
        f"UPDATE main.{table.name} AS m SET removed_run_id = :run_id"
        f" FROM {delta_name(table)} d WHERE d.kind = 'disappeared'"
        f" AND m.source = :source AND m.scope = :scope AND {same_row(table, 'm', 'd')}",
        names,
    )


def _in_delta(table: Table, which: str) -> str:
    return f"EXISTS (SELECT 1 FROM {delta_name(table)} d WHERE {same_row(table, 'm', 'd')} AND {which})"


def _keep_images(connection: sqlite3.Connection, table: Table, names: dict[str, str | int], which: str) -> None:
    connection.execute(
        "INSERT INTO main._clerk_history (run_id, table_name, source, scope, row_key, before)"
        f" SELECT :run_id, '{table.name}', m.source, m.scope, {_key_json(table, 'm')}, {_row_json(table, 'm')}"
        f" FROM main.{table.name} m WHERE m.source = :source AND m.scope = :scope AND {which}",
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
