"""What a plugin implements: a `Source` says how to fetch, how to parse and which tables it fills."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, Literal, Protocol
from zlib import crc32

from clerkcore.models import (
    Aside,
    Capture,
    ChangeSet,
    Download,
    Finding,
    Note,
    Page,
    Parsed,
    Rejected,
    Request,
    Row,
    Scope,
    Site,
    Value,
)

ColumnType = Literal["text", "integer", "real", "boolean", "date", "datetime", "cents"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a source's table.

    Types: date is YYYY-MM-DD, datetime is ISO 8601 in UTC with Z, cents are integers and the
    name ends in `_cents`, boolean is 0 or 1. A column that is not `compared` is kept up to date
    without counting as a change (a compile time, an unstable key). `check` is an SQL condition.
    `summed` columns are judged by their sum: when it falls by more than guards.turnover, the run is held.
    `public` lets a published database carry the column; `sensitive` keeps its values out of
    quarantine and messages.
    """

    name: str
    type: ColumnType = "text"
    description: str = ""
    compared: bool = True
    required: bool = False
    check: str = ""
    summed: bool = False
    public: bool = False
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that a source fills; the road adds source, scope and the run of each row.

    `key` identifies a row within source and scope. A `derived` table repeats what other records
    of the same capture say, and is left out of the record counts. `group_by` is the column by
    which a change set is told. `max_shrink` is the share of rows that may vanish in one pull
    before it is held; None takes the installation's setting. `search` names the texts that a full-text
    index covers. `lasting` names the column whose rows never change once published, such as the number of
    a filing: from a capture older than the rows, those of a number never seen are kept as withdrawn.
    `evidence` is of a computed table that keeps what no row tells: a newer declaration keeps its rows, while any other
    computed table is then made anew.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    title: str
    description: str
    derived: bool = False
    group_by: str = ""
    facets: tuple[str, ...] = ()
    max_shrink: float | None = None
    search: tuple[str, ...] = ()
    lasting: str = ""
    evidence: bool = False
    bulk: bool = False
    tally: tuple[str, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns whose difference makes a row changed."""
        return tuple(c.name for c in self.columns if c.compared and c.name not in self.key)


@dataclass(frozen=True, slots=True)
class View:
    """A question over the tables of a source, kept in the database as an SQL view of this name.

    `sql` is one SELECT. `columns` describes what it gives, in its order; a view holds no rows of its own.
    """

    name: str
    sql: str
    columns: tuple[Column, ...]
    title: str
    description: str
    facets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of a source that can be compared: a view that gives one a row, and what each is of.

    Those of one `dataset` and other roles are of the same thing, by the same dimensions (columns of the view, such as
    county and day): what the publisher says (`published`), and what its records come to (`counted`).
    """

    dataset: str
    role: Literal["published", "counted"]
    view: str
    dimensions: tuple[str, ...]
    value: str = "value"


@dataclass(frozen=True, slots=True)
class About:
    """Where a source's data comes from and under which licence; shown beside every table."""

    title: str
    publisher: str
    url: str
    licence: str
    licence_url: str = ""


@dataclass(frozen=True, slots=True)
class Get:
    """One of the requests that `Client.get_all` is asked for, in the words of `Client.get`."""

    url: str
    params: Mapping[str, str | int] | None = None
    headers: Mapping[str, str] | None = None
    name: str = ""


class Client(Protocol):
    """The polite HTTP client that fetch is given: every answer is kept before it is returned."""

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        name: str = "",
    ) -> Download:
        """Fetch one URL; raises FetchError, or NotPublished on 404 and 410."""
        ...

    def get_all(self, requests: Iterable[Get]) -> Iterator[Download]:
        """Fetch many URLs, as many at a time as the source's `concurrency` allows, and yield them in the order asked.

        The first that fails raises its error after those before it were yielded; no further one is begun.
        """
        ...

    def open(self, download: Download) -> BinaryIO:
        """Read back the bytes of a download."""
        ...

    def kept(self, scope: str) -> tuple[Download, ...]:
        """Return the downloads of the newest complete capture of a scope of this source; none where there is none."""
        ...


class Reader(Protocol):
    """Read-only sight of a site database for a source's own checks; `:source`, `:scope` and `:taken_at` are bound."""

    def rows(self, sql: str, params: Mapping[str, Value] | None = None) -> list[dict[str, Any]]:
        """Run one SELECT and return its rows."""
        ...

    def asides(self, rule: str) -> list[Row]:
        """Return the records that the scope's newest capture set aside by this rule."""
        ...


class Writer(Reader, Protocol):
    """What `compute` works with: sight of everything, and writing to the source's computed tables alone.

    In every statement `:source`, `:scope`, `:run_id` and `:taken_at` are bound. While a capture is applied its own
    rows stand in the attached database `stage` (of lines compared as they are, only those that differ), and the keys
    of the rows that it changes in `temp.delta_<table>`, unless all are new; an undo, and a source found the same,
    bring no capture. A late
    capture changed none of the live rows. Undone captures are not listed.
    """

    @property
    def run_id(self) -> int:
        """The run that computes."""
        ...

    @property
    def taken_at(self) -> str:
        """When the capture was taken; empty without one."""
        ...

    @property
    def changes(self) -> ChangeSet | None:
        """What changed; None when the source was found the same."""
        ...

    @property
    def late(self) -> bool:
        """Whether the capture is older than the rows."""
        ...

    @property
    def captures(self) -> tuple[str, ...]:
        """When the scope's other captures were taken, oldest first."""
        ...

    @property
    def sources(self) -> tuple[str, ...]:
        """The site's sources, in its order; the source at hand alone where the site lists none."""
        ...

    def stream(self, sql: str, params: Mapping[str, Value] | None = None) -> Iterator[dict[str, Any]]:
        """Run one SELECT and yield its rows as they are found."""
        ...

    def count(self, sql: str, params: Mapping[str, Value] | None = None) -> Counter[tuple[Any, ...]]:
        """Run one SELECT and return how often each row occurs in it; for large tables faster than GROUP BY."""
        ...

    def tally(self, table: Table) -> Counter[tuple[Any, ...]] | None:
        """Return how many rows of the scope hold each combination of the table's `tally` columns.

        Only where every row is new and was counted while it was staged; None otherwise.
        """
        ...

    def execute(self, sql: str, params: Mapping[str, Value] | None = None) -> int:
        """Run one statement and return how many rows it wrote."""
        ...

    def insert(self, table: Table, rows: Iterable[Row], scope: str = "") -> None:
        """Add or replace rows of a computed table, in the scope at hand or in another of the same source."""
        ...


LineResult = tuple[Value, ...] | Rejected | Aside | None
LineReader = Callable[[Sequence[bytes]], Sequence[LineResult]]


class LineFormat(ABC):
    """Pages that hold one record per line: the road compares raw lines, and parses only those that differ.

    A line's meaning must depend on itself, its page's name and header alone. `columns` name what a row's tuple holds,
    in its order; `constants` are the columns that are the same in every row. Where pages are `quoted`, a quoted field
    may hold line ends; where they are `headed`, the first record of a page is its header. Pages that are `whole` end
    with a line end: one without is refused, as cut off in its last field.
    """

    table: Table
    columns: tuple[str, ...]
    constants: Mapping[str, Value]
    quoted: bool = True
    headed: bool = True
    whole: bool = False

    @abstractmethod
    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return what reads the lines of a page, told its header without line end (empty where it has none).

        A reader takes a batch of lines without their line ends and returns as many results: a row's tuple, Rejected
        or Aside (the road knows where the line stood), or None for a line that is no record, such as a blank one.
        Raises SourceError when the header is not what the source sends.
        """


class Source(ABC):
    """One official source: subclasses write `fetch` and `parse` and name their tables.

    `version` is raised when parse starts to read the same bytes differently, so that kept
    captures are parsed again; `reading_settings` names the settings that do the same when they change. `database` is
    the file's name without `.db`; `data_source` is what the update log calls the source. `computed` are tables that
    `compute` fills from the others, `views` are kept as SQL views, `figures` say which of them give numbers to compare.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    database: ClassVar[str]
    about: ClassVar[About]
    tables: ClassVar[tuple[Table, ...]]
    computed: ClassVar[tuple[Table, ...]] = ()
    views: ClassVar[tuple[View, ...]] = ()
    figures: ClassVar[tuple[Figures, ...]] = ()
    reading_settings: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config: Mapping[str, Any] = config or {}

    @property
    def reading(self) -> int:
        """The version, together with the settings that decide how bytes are read: a number that differs with either."""
        told = {key: self.config[key] for key in self.reading_settings if key in self.config}
        if not told:
            return self.version
        return self.version << 32 | crc32(json.dumps(told, sort_keys=True, default=str).encode())

    @abstractmethod
    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        """Yield the scopes that this request is about; may ask the upstream for an index."""

    @abstractmethod
    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        """Yield the downloads that together hold the whole scope."""

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        """Return the payload inside an envelope or archive; the bytes as they are by default."""
        return stream

    @abstractmethod
    def parse(self, capture: Capture) -> Iterator[Parsed]:
        """Yield what each record of the capture is; pure: no network, clock or database.

        Raises SourceError when the capture as a whole is not what the source sends.
        """

    def lines(self, scope: Scope) -> LineFormat | None:
        """Return how the scope's pages hold one record per line, where they do; `parse` must say the same."""
        return None

    def compute(self, db: Writer, scope: Scope) -> Iterable[Note]:
        """Bring the computed tables up to date with the rows, and yield what the changes mean.

        Called inside the transaction that changed the rows, also by an undo, and when a source was found the same.
        What it writes must follow from the rows alone, so that an undo needs no history of it.
        """
        return ()

    def verify(self, db: Reader, scope: Scope) -> Iterable[Finding]:
        """Yield findings of the source's own control totals; none by default."""
        return ()

    def count_verified(self, db: Reader, scope: Scope) -> int:
        """Return how many rows of the scope an official figure of the same publisher confirms; none by default."""
        return 0
