"""The other ways of the roster benchmarks, each run as a process: the sqlite3 shell, the standard library, others."""

from __future__ import annotations

import csv
import json
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import COLUMNS, KEY, OTHERS, Seconds

_TABLE = f"CREATE TABLE roster ({', '.join(f'{name} TEXT' for name in COLUMNS)})"
_KEYED = _TABLE.replace(f"{KEY} TEXT", f"{KEY} TEXT PRIMARY KEY")
_INDEX = f"CREATE UNIQUE INDEX roster_key ON roster ({KEY})"
_INSERT = f"INSERT INTO roster VALUES ({', '.join('?' for _ in COLUMNS)})"
_SET = ", ".join(f"{name} = excluded.{name}" for name in OTHERS)
_ROW, _EXCLUDED = ", ".join(f"roster.{name}" for name in OTHERS), ", ".join(f"excluded.{name}" for name in OTHERS)
_UPSERT = f"ON CONFLICT ({KEY}) DO UPDATE SET {_SET} WHERE ({_ROW}) IS NOT ({_EXCLUDED})"
_CACHE = "PRAGMA cache_size = -48000"
_STAGING = (
    _CACHE,
    _TABLE.replace("roster", "staging"),
    ".import --csv --skip 1 '{file}' staging",
    _INDEX.replace("roster", "staging"),
    "BEGIN",
)
_GONE = (f"DELETE FROM roster WHERE {KEY} NOT IN (SELECT {KEY} FROM staging)", "COMMIT", "DROP TABLE staging")


def shell_load(database: Path, file: Path) -> Seconds:
    """Import into a table without a key, and make the index afterwards."""
    return _shell(database, _CACHE, _TABLE, f".import --csv --skip 1 '{file}' roster", _INDEX)


def shell_keyed(database: Path, file: Path) -> Seconds:
    """Import into a table with a key."""
    return _shell(database, _CACHE, _KEYED, f".import --csv --skip 1 '{file}' roster")


def anew(database: Path, file: Path) -> Seconds:
    """Make a table with a key in place of whatever was there."""
    database.parent.mkdir(exist_ok=True)
    database.unlink(missing_ok=True)
    return shell_keyed(database, file)


def staging_upsert(database: Path, file: Path) -> Seconds:
    """Import into a staging table, upsert the rows that differ, delete those that are gone."""
    upsert = f"INSERT INTO roster SELECT * FROM staging WHERE true {_UPSERT}"
    return _shell(database, *(line.format(file=file) for line in _STAGING), upsert, *_GONE)


def staging_update(database: Path, file: Path) -> Seconds:
    """Import into a staging table, update from it, insert what is new, delete what is gone."""
    columns = ", ".join(f"{name} = s.{name}" for name in OTHERS)
    staged = ", ".join(f"s.{name}" for name in OTHERS)
    update = f"UPDATE roster SET {columns} FROM staging s WHERE roster.{KEY} = s.{KEY} AND ({_ROW}) IS NOT ({staged})"
    insert = f"INSERT INTO roster SELECT * FROM staging s WHERE s.{KEY} NOT IN (SELECT {KEY} FROM roster)"
    return _shell(database, *(line.format(file=file) for line in _STAGING), update, insert, *_GONE)


def _shell(database: Path, *lines: str) -> Seconds:
    script = "\n".join(line if line.startswith(".") else f"{line};" for line in lines)
    start, before = time.perf_counter(), _children()
    subprocess.run(["sqlite3", "-bail", str(database)], input=script.encode(), stdout=sys.stderr, check=True)
    return {"all": (_children() - before, time.perf_counter() - start)}


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def stdlib_load(database: Path, file: Path) -> Seconds:
    """Read with csv, insert with executemany, and make the index afterwards."""

    def run(connection: sqlite3.Connection) -> None:
        connection.execute(_TABLE)
        connection.executemany(_INSERT, _rows(file))
        connection.execute(_INDEX)

    return _in_python(database, run)


def guarded_upsert(database: Path, file: Path) -> Seconds:
    """Upsert every row of the file, of which only those that differ are written."""
    return _in_python(database, lambda connection: connection.executemany(f"{_INSERT} {_UPSERT}", _rows(file)))


def _in_python(database: Path, run: Callable[[sqlite3.Connection], object]) -> Seconds:
    processor, passed = time.process_time(), time.perf_counter()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(_CACHE)
        run(connection)
        connection.commit()
    return {"all": (time.process_time() - processor, time.perf_counter() - passed)}


def _rows(file: Path) -> Iterator[list[str]]:
    with file.open(newline="", encoding="utf-8") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from rows


WAYS: dict[str, Callable[[Path, Path], Seconds]] = {
    "shell-load": shell_load,
    "anew": anew,
    "shell-keyed": shell_keyed,
    "staging-upsert": staging_upsert,
    "staging-update": staging_update,
    "stdlib-load": stdlib_load,
    "guarded-upsert": guarded_upsert,
}


if __name__ == "__main__":
    way, database, file = sys.argv[1:]
    print(json.dumps(WAYS[way](Path(database), Path(file))))
