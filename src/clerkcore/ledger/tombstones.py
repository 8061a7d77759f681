"""Tombstones: what was removed for good, as counts, a hash and a reason, never its content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, select

from clerkcore.ledger.rows import fetch_rows, insert_row
from clerkcore.ledger.stored import dump_json
from clerkcore.ledger.tables import tombstones
from clerkcore.times import from_text, to_text

TombstoneKind = Literal["pruned", "redacted", "collected", "site removed"]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One removal: of how many records of which target, with the hash of what they were.

    `target` names what they were part of, such as a table; `details` holds further counts.
    """

    id: int
    at: datetime
    kind: TombstoneKind
    subdomain: str
    target: str
    records: int
    sha256: str
    reason: str
    removed_by: str
    details: Mapping[str, Any]


def record_tombstone(
    conn: Connection,
    kind: TombstoneKind,
    target: str,
    *,
    subdomain: str = "",
    records: int,
    sha256: str,
    reason: str,
    removed_by: str,
    details: Mapping[str, Any] | None = None,
    at: datetime,
) -> int:
    """Write down a removal and return the tombstone's id."""
    about = {"kind": kind, "target": target, "subdomain": subdomain, "records": records, "sha256": sha256}
    why = {"reason": reason, "removed_by": removed_by, "details": dump_json(dict(details or {})), "at": to_text(at)}
    return insert_row(conn, tombstones, {**about, **why})


def list_tombstones(
    conn: Connection, *, kind: TombstoneKind | None = None, subdomain: str | None = None, limit: int
) -> list[Tombstone]:
    """Return the newest removals first."""
    query = select(tombstones).order_by(tombstones.c.id.desc()).limit(limit)
    if kind is not None:
        query = query.where(tombstones.c.kind == kind)
    if subdomain is not None:
        query = query.where(tombstones.c.subdomain == subdomain)
    return [_tombstone(row) for row in fetch_rows(conn, query)]


def hash_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the sha256 over rows in their order: each as JSON with sorted keys in ASCII, and a line feed."""
    digest = sha256()
    for row in rows:
        digest.update(dump_json(dict(row)).encode() + b"\n")
    return digest.hexdigest()


def hash_names(names: Iterable[str]) -> str:
    """Return the sha256 over sorted names, a line feed after each."""
    return sha256("".join(f"{name}\n" for name in sorted(names)).encode()).hexdigest()


def _tombstone(row: dict[str, Any]) -> Tombstone:
    return Tombstone(**{**row, "at": from_text(row["at"]), "details": json.loads(row["details"])})
