"""Which tables may be pruned, after how long, and what is spared: [retention] of clerk.toml; the default is to keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from clerkcore.errors import SettingsError
from clerkcore.settings import Settings

SHORTEST_DAYS = 1.0


@dataclass(frozen=True, slots=True)
class Prunable:
    """A table whose old rows may go: its name, whether it is in the ledger or in site databases, and its clock.

    `time` is a column of the ledger's table, or SQL over a row `t` of a site's. `spared` says which old rows stay,
    beside all of a site under a legal hold, of a source that no plugin offers, and of what an open alert or hold names.
    """

    name: str
    where: Literal["ledger", "site"]
    time: str
    spared: str = ""


_APPLIED = (
    "(SELECT r.applied_at FROM _clerk_runs r WHERE r.run_id = t.run_id AND r.source = t.source AND r.scope = t.scope)"
)
_BASES = "those of the run that a scope's rows rest on, and of the one that an undo leads to"
PRUNABLE = (
    Prunable("events", "ledger", "at"),
    Prunable("jobs", "ledger", "finished_at", "what waits or runs; the newest of each kind of job of a site"),
    Prunable(
        "job_tracking",
        "ledger",
        "finished_at",
        "what runs; the newest of each source and job; every run that a site's databases name",
    ),
    Prunable("notifications", "ledger", "created_at", "those still to be sent, and those of open alerts"),
    Prunable("alerts", "ledger", "resolved_at", "those that are not resolved"),
    Prunable("data_update_log", "site", "t.run_timestamp", f"{_BASES}; the newest of each scope and election"),
    Prunable("_clerk_quarantine", "site", _APPLIED, _BASES),
    Prunable("_clerk_asides", "site", _APPLIED, _BASES),
    Prunable("_clerk_findings", "site", _APPLIED, _BASES),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What the settings say of a table: its rows go after so many days."""

    prunable: Prunable
    days: float

    @property
    def name(self) -> str:
        """The table's name."""
        return self.prunable.name

    @property
    def told(self) -> str:
        """The setting, as a tombstone tells it."""
        return f"retention.{self.name} = {self.days:g}"

    def before(self, at: datetime) -> datetime:
        """Return the moment before which rows are past their time."""
        return at - timedelta(days=self.days)


def read_rules(settings: Settings) -> list[Rule]:
    """Return the rules of [retention], in the order of the tables; SettingsError names a table that is not known."""
    days = dict(settings.retention)
    known = {prunable.name: prunable for prunable in PRUNABLE}
    where = f"{settings.origin('retention')}: retention"
    unknown = sorted(days.keys() - known.keys())
    if unknown:
        remedy = f"tables: {', '.join(known)}"
        raise SettingsError(f"{unknown[0]!r} is no table that can be pruned", where=where, remedy=remedy)
    for name, number in days.items():
        if not SHORTEST_DAYS <= number <= timedelta.max.days / 1000:
            remedy = "give a day or more; leave the table out to keep its rows for good"
            raise SettingsError(f"{name} = {number:g} cannot be used", where=where, remedy=remedy)
    return [Rule(prunable, days[name]) for name, prunable in known.items() if name in days]
