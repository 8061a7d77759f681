"""The nouns of clerk as frozen dataclasses; see the glossary in docs/architecture.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

T = TypeVar("T")
Value = str | int | float | None
Row = Mapping[str, Value]


class Kind(StrEnum):
    """What sort of place a site is."""

    CITY = "city"
    COUNTY = "county"
    STATE = "state"
    ELECTION = "election"


class Outcome(StrEnum):
    """How a run ended, worst first: a run is as bad as its worst scope."""

    FAILED = "failed"
    HELD = "held"
    CHANGED = "changed"
    FRESH = "fresh"
    SKIPPED = "skipped"

    @classmethod
    def worst(cls, outcomes: Sequence[Outcome]) -> Outcome:
        """Return the outcome that comes first in the order above; skipped when there is none."""
        order = list(cls)
        return min(outcomes, key=order.index, default=cls.SKIPPED)


class Severity(StrEnum):
    """How much a finding matters; a blocking one holds its run until somebody accepts it."""

    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"


@dataclass(frozen=True, slots=True)
class Ref(Generic[T]):
    """A light reference to something a plugin offers, imported only when it is used.

    `target` is "module:attribute"; `help` is one line for listings.
    """

    name: str
    target: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A place with its own folder and databases; `sources` maps a source's name to its settings."""

    subdomain: str
    name: str
    state: str
    kind: Kind
    enabled: bool = True
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What a run was asked for: the day it is planned on and the operator's narrowing options.

    `options` holds what the command line gave beyond the years, such as an election id. `taken_at` is when the
    files of an import were saved, where the operator says; `overdue` names the known scopes of the source that were
    not compared for longer than the installation allows.
    """

    today: date
    years: tuple[int, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    taken_at: datetime | None = None
    overdue: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A slice of a source that can be known whole, such as an agency's year.

    `params` holds what fetch needs to ask for it, as text.
    """

    name: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """The kept bytes of one request: `path` is the compressed file, `sha256` and `size` are of the bytes sent."""

    name: str
    url: str
    sha256: str
    size: int
    path: Path
    fetched_at: datetime
    status: int = 200
    etag: str | None = None
    last_modified: str | None = None
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One download of a capture as its parser sees it; `open` gives the unwrapped bytes, as often as asked.

    `size` is how many bytes that are; 0 where nobody counted them.
    """

    name: str
    url: str
    open: Callable[[], BinaryIO]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """The ordered pages of one scope, all of them; `sha256` covers the unwrapped payloads."""

    id: str
    source: str
    scope: Scope
    pages: tuple[Page, ...]
    sha256: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Location:
    """Where in a capture a record stood: the page's name and its line (1 is the first) or record number."""

    page: str
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """One row for one table, with its own columns only; the road adds source, scope and run."""

    table: str
    values: Row
    at: Location


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that broke a rule: it goes to quarantine with the offending value."""

    rule: str
    message: str
    at: Location
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """A record set aside by a named rule, such as a control total, and kept as evidence."""

    rule: str
    values: Row
    at: Location


Parsed = Record | Rejected | Aside


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found: what, how much it matters, and both sides of the comparison."""

    check: str
    severity: Severity
    message: str
    table: str = ""
    keys: tuple[str, ...] = ()
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the records of a capture.

    read = added + changed + unchanged + duplicates + quarantined + aside; `disappeared` counts rows
    that the capture no longer holds, `refreshed` those unchanged rows whose uncompared columns moved.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    disappeared: int = 0
    unchanged: int = 0
    duplicates: int = 0
    quarantined: int = 0
    aside: int = 0
    refreshed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, n) + getattr(other, n) for n in self.__slots__))

    @property
    def balances(self) -> bool:
        """Whether every record read is accounted for (law 4)."""
        parts = self.added + self.changed + self.unchanged + self.duplicates
        return self.read == parts + self.quarantined + self.aside

    @property
    def differs(self) -> bool:
        """Whether the capture says anything else than the rows before it."""
        return bool(self.added or self.changed or self.disappeared)


@dataclass(frozen=True, slots=True)
class TableChange:
    """What a change set did to one table; the maps count by group and by changed column.

    `sums` holds, for each summed column, its sum before and after; `filled`, for each column with
    fewer values than before, how many rows had one before and after. `lost_groups` names groups of a bulk table of
    which no row is left, with how many there were.
    """

    table: str
    counts: Counts
    added_by_group: Mapping[str, int] = field(default_factory=dict)
    disappeared_by_group: Mapping[str, int] = field(default_factory=dict)
    changed_by_column: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    filled: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lost_groups: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Rows added, changed and disappeared in a scope, told per table; `counts` leaves out derived tables."""

    counts: Counts
    tables: tuple[TableChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What a change set means, in a sentence, as the source sees it.

    `replaced` counts rows of `table` that disappeared only to come back under another key, as those of an amended
    filing do; a guard does not take them for lost.
    """

    text: str
    table: str = ""
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """How one scope of a run ended; `notes` tell what its changes mean, `traceback` where a plugin broke."""

    scope: str
    outcome: Outcome
    counts: Counts = Counts()
    findings: int = 0
    capture: str = ""
    base: str = ""
    message: str = ""
    remedy: str = ""
    tables: tuple[TableChange, ...] = ()
    notes: tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Advance:
    """How far the reading of a large scope has come: records so far, and bytes of how many (0: nobody knows)."""

    where: str
    records: int
    done: int
    total: int


COMPARING_NOTHING = (".extract", ".transform", "redact")
"""How the names of jobs end whose runs set no source against its rows."""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a job for one source of one site, with its scopes."""

    run_id: int
    job: str
    site: str
    source: str
    outcome: Outcome
    scopes: tuple[ScopeResult, ...]
    started_at: datetime
    duration_seconds: float
    message: str = ""
    remedy: str = ""

    @property
    def compares(self) -> bool:
        """Whether this run set a source against its rows, which extracting, transforming and redacting do not."""
        return not self.job.endswith(COMPARING_NOTHING)

    @property
    def counts(self) -> Counts:
        """The counts of all scopes together."""
        return sum((scope.counts for scope in self.scopes), Counts())

    @property
    def findings(self) -> int:
        """How many findings the checks of all scopes made."""
        return sum(scope.findings for scope in self.scopes)
