"""Records that were removed for good, remembered by a salted hash of their key, so that they are known when they come.

The hash is of the key's columns and their values as text; some columns of a table's key stand for all rows that have
them. A text, such as a rejected line, holds a key when all words of its sensitive columns (of all its columns where
none is sensitive) stand in it.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from clerkcore.interfaces import Column, Source, Table
from clerkcore.models import Value
from clerkcore.times import to_text

REDACTED = "redacted"
"""The rule by which a record that was redacted is set aside when it comes again; nothing of it is kept."""
WITHHELD = "it holds a record that was redacted"

_NUMBERS = ("integer", "boolean", "cents")
_BETWEEN_WORDS = re.compile(r"""[\s,;|"'{}\[\]():=<>]+""")
_SALT_BYTES = 32


def canonical(column: Column, value: Value) -> str:
    """Return a value as its column keeps it, as text: SQLite stores the text 07 in a column of numbers as 7."""
    if column.type in _NUMBERS:
        for number in (int, float):
            try:
                return str(int(number(str(value))))
            except (ValueError, OverflowError):
                continue
    return str(value)


def words_of(text: str) -> set[str]:
    """Return the words of a text."""
    return set(filter(None, _BETWEEN_WORDS.split(text)))


def identifying(columns: Sequence[Column], values: Sequence[str]) -> set[str]:
    """Return the words by which a text gives a key away: those of its sensitive columns, or of all."""
    pairs = list(zip(columns, values, strict=True))
    told = [value for column, value in pairs if column.sensitive] or [value for _, value in pairs]
    return set().union(*map(words_of, told))


def _digest(salt: str, *parts: str) -> str:
    return sha256("\0".join((salt, *parts)).encode(errors="surrogatepass")).hexdigest()


def _prefix(salt: str, table: str, columns: Sequence[Column]) -> bytes:
    return "\0".join((salt, table, json.dumps([column.name for column in columns]), "")).encode()


def key_hash(prefix: bytes, columns: Sequence[Column], values: Sequence[Value]) -> str:
    """Return the hash by which a key is remembered."""
    texts = [canonical(column, value) for column, value in zip(columns, values, strict=True)]
    return sha256(prefix + "\0".join(texts).encode(errors="surrogatepass")).hexdigest()


class KeyTest:
    """The redacted keys of a table that name the same of its columns."""

    def __init__(self, salt: str, table: str, columns: tuple[Column, ...], hashes: Iterable[str]) -> None:
        self.columns = columns
        self._prefix = _prefix(salt, table, columns)
        self._hashes = frozenset(hashes)

    def holds(self, values: Sequence[Value]) -> bool:
        """Whether these are the values of a redacted key, in the order of the columns."""
        return None not in values and key_hash(self._prefix, self.columns, values) in self._hashes


class Redactions:
    """What of a scope must not come back; `kept_out` counts the records and texts that it has withheld so far."""

    def __init__(
        self, tests: Mapping[str, Sequence[KeyTest]] | None = None, words: Iterable[frozenset[str]] = (), salt: str = ""
    ) -> None:
        self.tests = tests or {}
        self.words = tuple(words)
        self.salt = salt
        self.kept_out = 0

    def __bool__(self) -> bool:
        return bool(self.tests)

    def holds(self, table: str, value_of: Callable[[str], Value]) -> bool:
        """Whether a record is redacted; one that is counts as kept out."""
        for test in self.tests.get(table, ()):
            if self.meets(test, [value_of(column.name) for column in test.columns]):
                return True
        return False

    def meets(self, test: KeyTest, values: Sequence[Value]) -> bool:
        """Whether values are those of a key that one of the tests is about; a record that is counts as kept out."""
        met = test.holds(values)
        self.kept_out += met
        return met

    def holds_text(self, *texts: str) -> bool:
        """Whether texts give a redacted key away; those that do count as kept out."""
        if not self.words:
            return False
        hashed = {_digest(self.salt, word) for text in texts for word in words_of(text)}
        if any(words and words <= hashed for words in self.words):
            self.kept_out += 1
            return True
        return False


def read_redactions(connection: sqlite3.Connection, source: Source, scope: str) -> Redactions:
    """Return what must not come back to a scope; nothing in a database of an older clerk."""
    try:
        rows = connection.execute(
            "SELECT table_name, key_columns, key_hash, word_hashes, salt FROM main._clerk_redactions"
            " WHERE source = ? AND scope IN ('', ?)",
            (source.name, scope),
        ).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise
        return Redactions()
    return _build(source, [tuple(row) for row in rows])


def _build(source: Source, rows: Sequence[tuple[str, str, str, str, str]]) -> Redactions:
    known = {table.name: {column.name: column for column in table.columns} for table in source.tables}
    hashes: dict[tuple[str, str], set[str]] = {}
    for table, names, hashed, _, _ in rows:
        hashes.setdefault((table, names), set()).add(hashed)
    salt = rows[0][4] if rows else ""
    tests: dict[str, list[KeyTest]] = {}
    for (table, names), found in hashes.items():
        # A newer plugin may have done away with a table.
        columns_of = known.get(table, {})
        columns = tuple(columns_of.get(name, Column(name)) for name in json.loads(names))
        tests.setdefault(table, []).append(KeyTest(salt, table, columns, found))
    return Redactions(tests, [frozenset(json.loads(row[3])) for row in rows], salt)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redaction as the database remembers it."""

    id: int
    key_hash: str
    run_id: int
    rows_removed: int
    anew: bool


def save_redaction(
    connection: sqlite3.Connection,
    *,
    source: str,
    scope: str,
    table: Table,
    key: Mapping[str, Value],
    reason: str,
    by: str,
    run_id: int,
    at: datetime,
) -> Redaction:
    """Remember that a key is redacted, inside the caller's transaction; one that is known already stays as it was."""
    row = connection.execute("SELECT salt FROM main._clerk_redactions LIMIT 1").fetchone()
    salt = row["salt"] if row else secrets.token_hex(_SALT_BYTES)
    columns = key_columns(table, key)
    values = [key[column.name] for column in columns]
    hashed = key_hash(_prefix(salt, table.name, columns), columns, values)
    texts = [canonical(column, value) for column, value in zip(columns, values, strict=True)]
    words = sorted(_digest(salt, word) for word in identifying(columns, texts))
    known = (
        source,
        scope,
        table.name,
        json.dumps([column.name for column in columns]),
        hashed,
        json.dumps(words),
        salt,
    )
    anew = connection.execute(
        "INSERT OR IGNORE INTO main._clerk_redactions (source, scope, table_name, key_columns, key_hash, word_hashes,"
        " salt, reason, removed_by, at, run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*known, reason, by, to_text(at), run_id),
    ).rowcount
    found = connection.execute(
        "SELECT id, key_hash, run_id, rows_removed FROM main._clerk_redactions"
        " WHERE source = ? AND scope = ? AND table_name = ? AND key_hash = ?",
        (source, scope, table.name, hashed),
    ).fetchone()
    return Redaction(found["id"], found["key_hash"], found["run_id"], found["rows_removed"], bool(anew))


def key_columns(table: Table, key: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of a key, in the order of the table's."""
    named = {column.name: column for column in table.columns}
    wanted = set(key)
    return tuple(named[name] for name in table.key if name in wanted)


def passing_redaction(table: Table, key: Mapping[str, Value]) -> Redactions:
    """Return what finds a key without remembering it."""
    columns = key_columns(table, key)
    values = [key[column.name] for column in columns]
    salt = secrets.token_hex(_SALT_BYTES)
    texts = [canonical(column, value) for column, value in zip(columns, values, strict=True)]
    test = KeyTest(salt, table.name, columns, [key_hash(_prefix(salt, table.name, columns), columns, values)])
    return Redactions({table.name: [test]}, [frozenset(_digest(salt, w) for w in identifying(columns, texts))], salt)


def count_removed(connection: sqlite3.Connection, redaction: Redaction, rows: int) -> Redaction:
    """Add to how many rows a redaction has removed, inside the caller's transaction; returns it as it is now."""
    connection.execute(
        "UPDATE main._clerk_redactions SET rows_removed = rows_removed + ? WHERE id = ?", (rows, redaction.id)
    )
    return replace(redaction, rows_removed=redaction.rows_removed + rows)
