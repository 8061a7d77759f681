"""Pruning tables of a site's databases: the tombstone first, then batches under the site's lease."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.holding import HeldSite, hold_site
from clerkcore.ledger import hash_rows, record_tombstone, refuse_legal_hold
from clerkcore.ledger.pruning import Guard, read_guard
from clerkcore.store.database import open_database, read_database, transaction
from clerkcore.times import now, to_text
from clerkcore.upkeep.old_rows import COMMAND, ORPHAN, Pruning, batches
from clerkcore.upkeep.resting import has_table, scope_rests
from clerkcore.upkeep.retention import Rule

RESTS, NEWEST = "a scope rests on its run", "newest of its scope"
UPDATE_LOG = "data_update_log"


@dataclass(frozen=True, slots=True)
class Old:
    """The rows of one table of one database that go, by id, and how many of their age stay, by reason."""

    going: Sequence[int]
    kept: Mapping[str, int]


def plan_site(installation: Installation, subdomain: str, rules: Sequence[Rule], at: datetime) -> Iterator[Pruning]:
    """Yield what would go of each table of each database of a site; one that cannot be read stops no other."""
    guard = _guard(installation, at)
    for path in installation.folder(subdomain).databases():
        try:
            with read_database(path) as connection:
                found = [(rule, sort_out(installation, subdomain, connection, rule, guard, at)) for rule in rules]
        except ClerkError as error:
            yield Pruning("", "site", subdomain, path.name, at, error=error)
        else:
            yield from (_pruning(subdomain, path, rule, at, old) for rule, old in found)


def prune_site(installation: Installation, subdomain: str, rules: Sequence[Rule], at: datetime) -> list[Pruning]:
    """Delete what may go of each table of each database of a site, under its lease."""
    done: list[Pruning] = []
    try:
        with hold_site(installation, subdomain, "prune") as held:
            for path in installation.folder(subdomain).databases():
                done += _prune_database(held, path, rules, at)
    except ClerkError as error:
        done.append(Pruning("", "site", subdomain, "", at, error=error))
    return done


def _guard(installation: Installation, at: datetime) -> Guard:
    with installation.ledger.read() as connection:
        return read_guard(connection, at)


def _pruning(subdomain: str, path: Path, rule: Rule, at: datetime, old: Old, *, done: bool = False) -> Pruning:
    return Pruning(rule.name, "site", subdomain, path.name, rule.before(at), len(old.going), old.kept, done)


def _prune_database(held: HeldSite, path: Path, rules: Sequence[Rule], at: datetime) -> Iterator[Pruning]:
    installation, subdomain = held.installation, held.site.subdomain
    try:
        with open_database(path) as connection:
            for rule in rules:
                old = sort_out(installation, subdomain, connection, rule, _guard(installation, now()), at)
                if old.going:
                    _bury(held, path, connection, rule, old)
                    _delete(held, connection, rule, old)
                yield _pruning(subdomain, path, rule, at, old, done=True)
    except ClerkError as error:
        yield Pruning("", "site", subdomain, path.name, at, error=error)


def sort_out(
    installation: Installation,
    subdomain: str,
    connection: sqlite3.Connection,
    rule: Rule,
    guard: Guard,
    at: datetime,
) -> Old:
    """Return which rows of a table are past their time and go, and how many stay, by reason."""
    if not has_table(connection, rule.name):
        return Old((), {})
    columns = _columns(connection, rule.name)
    named = ", ".join(f"t.{name}" for name in ("id", "run_id", "source", "scope") if name in columns)
    aged = connection.execute(
        f"SELECT {named} FROM main.{rule.name} t WHERE {rule.prunable.time} < ? ORDER BY t.id",
        (to_text(rule.before(at)),),
    )
    spare = _Spared(installation, subdomain, connection, rule, guard)
    going: list[int] = []
    kept: Counter[str] = Counter()
    for row in aged:
        why = spare.why(row)
        if why:
            kept[why] += 1
        else:
            going.append(row["id"])
    return Old(going, dict(kept))


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))}


class _Spared:
    """Why a row of a site's table stays."""

    def __init__(
        self, installation: Installation, subdomain: str, connection: sqlite3.Connection, rule: Rule, guard: Guard
    ) -> None:
        self._site = guard.of_site(subdomain)
        self._guard = guard
        self._rests = {(rest.scope, rest.run_id) for rest in scope_rests(connection)}
        sources = {row[0] for row in connection.execute("SELECT DISTINCT source FROM _clerk_runs")}
        self._orphans = {source for source in sources if installation.family(source) is None}
        self._is_log = rule.name == UPDATE_LOG
        self._newest = _newest_logged(connection) if self._is_log else frozenset()

    def why(self, row: sqlite3.Row) -> str:
        """Say why; empty when the row may go."""
        reason = self._site or self._guard.of_run(row["run_id"])
        if not reason and (row["scope"], row["run_id"]) in self._rests:
            reason = RESTS
        if not reason and row["id"] in self._newest:
            reason = NEWEST
        # The update log does not say whose a row is.
        orphaned = bool(self._orphans) if self._is_log else row["source"] in self._orphans
        return reason or (ORPHAN if orphaned else "")


def _newest_logged(connection: sqlite3.Connection) -> frozenset[int]:
    # What tells which election a scope is of.
    rows = connection.execute("SELECT max(id) FROM data_update_log GROUP BY scope, election_id, data_source")
    return frozenset(row[0] for row in rows)


def _bury(held: HeldSite, path: Path, connection: sqlite3.Connection, rule: Rule, old: Old) -> None:
    """Write the tombstone of rows that are about to go: a pruning that is killed took no more than it says."""
    subdomain, moment = held.site.subdomain, now()
    digest = hash_rows(_whole_rows(connection, rule.name, old.going))
    held.check()
    with held.installation.ledger.write() as ledger:
        refuse_legal_hold(ledger, subdomain, at=moment)
        record_tombstone(
            ledger,
            "pruned",
            rule.name,
            subdomain=subdomain,
            records=len(old.going),
            sha256=digest,
            reason=rule.told,
            removed_by=COMMAND,
            details={"where": path.name},
            at=moment,
        )


def _whole_rows(connection: sqlite3.Connection, table: str, ids: Sequence[int]) -> Iterator[dict[str, object]]:
    for batch in batches(ids):
        chosen = "SELECT value FROM json_each(?)"
        for row in connection.execute(
            f"SELECT * FROM main.{table} WHERE id IN ({chosen}) ORDER BY id", (json.dumps(batch),)
        ):
            yield dict(row)


def _delete(held: HeldSite, connection: sqlite3.Connection, rule: Rule, old: Old) -> None:
    for batch in batches(old.going):
        with transaction(connection):
            connection.execute(
                f"DELETE FROM main.{rule.name} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(batch),)
            )
            held.check()
