"""Rosters as delimited files: a `RosterLayout` declares the columns, `RosterFormat` reads the lines by it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clerkcore.errors import SourceError, UsageError
from clerkcore.interfaces import LineFormat, LineReader, LineResult
from clerkcore.lines import NOWHERE
from clerkcore.models import Page, Rejected, Value
from clerkcore.parsing import RAGGED, read_text
from clerkcore.rosters.tables import ROSTER

MOST_COLUMNS = 300
MOST_REMEMBERED = 50_000  # distinct values of a column whose readings are remembered
BROKEN_QUOTES = "broken_quotes"
UNKNOWN_COUNTY = "unknown_county"

Read = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Field:
    """Where a roster column comes from: the first header among `names` that is there, in any case.

    `read` raises ValueError, with a message fit for quarantine, on a text that it cannot read; the rule is then
    `rule`, or else bad_<column>. Where a field is blank, the columns of `fallback` are asked in turn. A text that
    matches `as_is` as a whole needs no reading; it is given for columns in which almost every row has another value.
    """

    names: tuple[str, ...]
    read: Read = read_text
    required: bool = True
    fallback: tuple[str, ...] = ()
    rule: str = ""
    as_is: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class RosterLayout:
    """How a publisher writes its roster: which header means which column of `ROSTER`, and how the file is made.

    `constants` are columns that no field gives, such as the election's id. `whole` refuses a file whose last line is
    not ended, as one that was cut in its last field.
    """

    fields: Mapping[str, Field]
    constants: Mapping[str, Value] = field(default_factory=dict)
    delimiter: str = ","
    quoted: bool = True
    encoding: str = "utf-8"
    whole: bool = True


def voter_id_field(names: tuple[str, ...], pattern: str, called: str) -> Field:
    """Return the field of ids that match a pattern as a whole; `called` is how messages name a right one."""
    right = re.compile(pattern, re.ASCII)

    def read(text: str) -> str:
        plain = text.strip()
        if not right.fullmatch(plain):
            raise ValueError(f"is not {called}")
        return plain

    return Field(names, read, as_is=right)


def read_word(words: Mapping[str, str], what: str) -> Read:
    """Return a reader of a known word, in any case and spacing; ValueError names the unknown one."""
    known = {" ".join(word.upper().split()): meaning for word, meaning in words.items()}

    def read(text: str) -> str:
        try:
            return known[" ".join(text.replace("\0", "").upper().split())]
        except KeyError as error:
            raise ValueError(f"{text!r} is no {what} that is known") from error

    return read


def county_field(names: tuple[str, ...], counties: Iterable[str] | Mapping[str, str]) -> Field:
    """Return the field of a county that must be one of these; a mapping gives each spelling its county."""
    words = counties if isinstance(counties, Mapping) else {county: county for county in counties}
    return Field(names, read_word(words, "county"), rule=UNKNOWN_COUNTY)


class RosterFormat(LineFormat):
    """The lines of a roster by its layout; `constants` add what the scope knows, such as the day."""

    table = ROSTER

    def __init__(self, layout: RosterLayout, constants: Mapping[str, Value], where: str) -> None:
        if constants.get("vote_date") == "":
            raise UsageError("has a roster for each day, and no day is named", where=where, remedy="pass --date DAY")
        self.layout = layout
        self.where = where
        self.quoted = layout.quoted
        self.whole = layout.whole
        self.constants = {**layout.constants, **constants}
        self.columns = tuple(name for name in layout.fields if name not in constants)

    def open_page(self, page: Page, header: bytes) -> LineReader:
        """Return the reader of a page's lines; SourceError when a column is missing or the header absurd."""
        where = f"{self.where} {page.name}"
        names = _split_header(header, self.layout, where)
        plans = [_plan(self.layout, column, names, where) for column in self.columns]
        return _Reader(self.layout, header, names, plans)


@dataclass(frozen=True, slots=True)
class _Plan:
    column: str
    field: Field
    at: tuple[int, ...]
    memo: _Memo


class _Memo(dict[str, Value]):
    """Readings of one column by their text; most columns have few distinct values."""

    def __init__(self, read: Read) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, text: str) -> Value:
        value = self.read(text)
        if len(self) < MOST_REMEMBERED:
            self[text] = value
        return value


def _split_header(header: bytes, layout: RosterLayout, where: str) -> list[str]:
    try:
        texts = _split([header], layout)
    except csv.Error as error:
        raise SourceError(f"has no header: {error}", where=where, remedy="see the raw file; fetch it again") from error
    names = [_plain(name) for name in texts[0]] if texts else []
    if len(names) > MOST_COLUMNS:
        raise SourceError(
            f"has {len(names):,} columns, and no roster has more than {MOST_COLUMNS}",
            where=where,
            remedy="see the raw file; it is something else",
        )
    return names


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").upper().split())


def _plan(layout: RosterLayout, column: str, names: list[str], where: str) -> _Plan:
    field = layout.fields[column]
    found = [name for name in map(_plain, field.names) if name in names][:1]
    if found and names.count(found[0]) > 1:
        raise SourceError(
            f"names the column {found[0]!r} twice", where=where, remedy="see the raw file; fetch it again"
        )
    if not found and field.required:
        # What stands in its place may be a voter: a file without its header begins with one.
        wanted = " or ".join(repr(name) for name in field.names)
        raise SourceError(
            f"lacks the column {wanted}; of the {len(names)} fields in its first line it knows {_known(names, layout)}",
            where=where,
            remedy="the publisher changed the format: see the plugin's README and its newest version",
        )
    also = [names.index(name) for name in map(_plain, field.fallback) if name in names]
    return _Plan(column, field, (*map(names.index, found), *also), _Memo(field.read))


def _known(names: list[str], layout: RosterLayout) -> str:
    told = {_plain(name) for field in layout.fields.values() for name in (*field.names, *field.fallback)}
    return ", ".join(name for name in names if name in told) or "none"


def _split(lines: Sequence[bytes], layout: RosterLayout) -> list[list[str]]:
    whole = b"\0".join(lines)
    # A NUL parts the lines, unless one of them has some of its own; those are dropped.
    if whole.count(b"\0") == len(lines) - 1:
        texts = whole.decode(layout.encoding, "replace").split("\0")
    else:
        texts = [line.decode(layout.encoding, "replace").replace("\0", "") for line in lines]
    if layout.quoted:
        return list(csv.reader(texts, delimiter=layout.delimiter))
    return list(csv.reader(texts, delimiter=layout.delimiter, quoting=csv.QUOTE_NONE))


class _Reader:
    """Reads batches of lines: all at once where nothing is wrong with any, else one by one."""

    def __init__(self, layout: RosterLayout, header: bytes, names: list[str], plans: list[_Plan]) -> None:
        self.layout = layout
        self.header = header
        self.names = names
        self.plans = plans

    def __call__(self, lines: Sequence[bytes]) -> Sequence[LineResult]:
        try:
            return self._all(lines)
        except (ValueError, csv.Error):
            return [self._one(line) for line in lines]

    def _all(self, lines: Sequence[bytes]) -> Sequence[LineResult]:
        """Read a batch column by column; ValueError when any line needs a look of its own."""
        rows = _split(lines, self.layout)
        if len(rows) != len(lines) or set(map(len, rows)) != {len(self.names)}:
            raise ValueError("some line is blank, ragged or broken")
        if self.header in lines:
            raise ValueError("some line repeats the header")
        texts = list(zip(*rows, strict=True))
        results = list(zip(*(self._column(plan, texts, len(rows)) for plan in self.plans), strict=True))
        if (None,) * len(self.plans) in results:
            raise ValueError("some line may hold nothing but delimiters")
        return results

    def _column(self, plan: _Plan, texts: list[Any], count: int) -> Sequence[Value]:
        if not plan.at:
            return (None,) * count
        column: Sequence[str] = texts[plan.at[0]]
        for other in plan.at[1:]:
            column = [text if text.strip() else more for text, more in zip(column, texts[other], strict=True)]
        if plan.field.as_is and all(map(plan.field.as_is.fullmatch, column)):
            return column
        return list(map(plan.memo.__getitem__, column))

    def _one(self, line: bytes) -> LineResult:
        if line == self.header:
            return None
        try:
            rows = _split([line], self.layout)
        except csv.Error as error:
            return Rejected(BROKEN_QUOTES, str(error), NOWHERE)
        if not rows or not any(text.strip() for text in rows[0]):
            return None
        texts = rows[0]
        if len(rows) != 1 or len(texts) != len(self.names):
            return Rejected(RAGGED, f"{len(texts)} fields instead of {len(self.names)}", NOWHERE)
        return self._row(texts)

    def _row(self, texts: list[str]) -> LineResult:
        values = []
        for plan in self.plans:
            text = next((texts[n] for n in plan.at if texts[n].strip()), "")
            try:
                values.append(plan.memo[text] if plan.at else None)
            except ValueError as error:
                return Rejected(plan.field.rule or f"bad_{plan.column}", str(error), NOWHERE, plan.column, text)
        return tuple(values)
