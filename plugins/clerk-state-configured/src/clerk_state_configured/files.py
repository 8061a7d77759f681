"""`ConfiguredFile`: what the settings say of one file, checked as a whole before anything is fetched."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clerk_state_configured.columns import Columns, read_columns
from clerk_state_configured.keys import WHERE, Keys, show
from clerk_state_configured.templates import ALLOWED, Template, read_template
from clerkcore.errors import SettingsError

ROSTER, TURNOUT = "roster", "turnout"
CSV, TSV, FIXED, EXCEL, JSON = FORMATS = ("csv", "tsv", "fixed", "excel", "json")
UTF_16 = "utf-16"
ENCODINGS = ("utf-8", "latin-1", "cp1252", UTF_16)
MOST_FILES = 50
MOST_DAYS = 14
MOST_WIDTHS = 300
WIDEST = 10_000  # characters
RESERVED = "DISTRICTS"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_EVERY = (
    "data_source",
    "kind",
    "url",
    "by_day",
    "days",
    "format",
    "member",
    "columns",
    "optional",
    "values",
    "constants",
    "voter_id_pattern",
    "date_formats",
    "counties",
    "keep",
)
# Which keys belong to which formats.
_ONLY: Mapping[str, tuple[str, ...]] = {
    "delimiter": (CSV, TSV),
    "quoted": (CSV, TSV),
    "encoding": (CSV, TSV, FIXED),
    "widths": (FIXED,),
    "header": (FIXED,),
    "ended": (CSV, TSV, FIXED),
    "sheet": (EXCEL,),
    "path": (JSON,),
}
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    CSV: ("*.csv", "*.txt"),
    TSV: ("*.tsv", "*.txt", "*.csv"),
    FIXED: ("*.txt", "*.dat"),
    EXCEL: ("*.xlsx",),
    JSON: ("*.json",),
}
_TOP = ("election", "election_day", "data_sources", "about", "files")
_ABOUT = ("title", "publisher", "url", "licence", "licence_url")
_CORE = ("concurrency", "delay", "raw_keep_days", "update_interval_hours")  # which the core reads


@dataclass(frozen=True, slots=True)
class ConfiguredFile:
    """One file: where it lies, how it is made, and what its columns mean.

    `widths` are the columns of a fixed-width line in characters, by name and in their order. `days` is how many days
    are pulled where none is asked for. `members` are patterns, the first of which that fits names what is read of a
    ZIP file. `path` leads to the list in a JSON document. Where lines are `ended`, a last one without its end was
    cut off.
    """

    data_source: str
    kind: str
    url: Template
    by_day: bool
    days: int
    format: str
    delimiter: str
    quoted: bool
    encoding: str
    members: tuple[str, ...]
    sheet: str
    path: tuple[str, ...]
    widths: Mapping[str, int]
    header: bool
    ended: bool
    columns: Columns

    @property
    def is_roster(self) -> bool:
        """Whether its records are ballots of voters, not counts of counties."""
        return self.kind == ROSTER

    @property
    def has_lines(self) -> bool:
        """Whether a record is a line."""
        return self.format in (CSV, TSV, FIXED)


def read_files(config: Mapping[str, Any]) -> tuple[ConfiguredFile, ...]:
    """Return the files that the settings describe; SettingsError names the key that is wrong and what is allowed."""
    top = Keys({key: value for key, value in config.items() if key not in _CORE})
    top.allow(_TOP)
    about = top.table("about")
    about.allow(_ABOUT)
    for key in about.values:
        about.text(key)
    tables = config.get("files", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, Mapping) for table in tables):
        raise SettingsError(
            "files: no file is described", where=WHERE, remedy="add [[sources.configured.files]]; see the README"
        )
    if len(tables) > MOST_FILES:
        raise SettingsError(f"files: describes {len(tables)} files", where=WHERE, remedy=f"{MOST_FILES} at most")
    files = tuple(_file(Keys(table, f"files[{number}]")) for number, table in enumerate(tables, 1))
    names = [file.data_source for file in files]
    for number, name in enumerate(names, 1):
        if name in names[: number - 1]:
            raise Keys({}, f"files[{number}]").wrong("data_source", f"{name!r} is there already", "name each once")
    return files


def known_about(table: Mapping[str, Any]) -> dict[str, str]:
    """Return what the settings say of where the data comes from, as far as it can be used."""
    return {key: value for key, value in table.items() if key in _ABOUT and isinstance(value, str)}


def _file(keys: Keys) -> ConfiguredFile:
    keys.allow((*_EVERY, *_ONLY))
    form = keys.choice("format", FORMATS)
    for key, formats in _ONLY.items():
        if key in keys.values and form not in formats:
            raise keys.wrong(key, f"does not belong to format {form!r}", f"only with: {', '.join(formats)}")
    kind = keys.choice("kind", (ROSTER, TURNOUT))
    by_day = keys.flag("by_day", False)
    return ConfiguredFile(
        data_source=_data_source(keys),
        kind=kind,
        url=_url(keys, by_day),
        by_day=by_day,
        days=_days(keys, by_day),
        format=form,
        delimiter=_delimiter(keys, "\t" if form == TSV else ","),
        quoted=keys.flag("quoted", form == CSV),
        encoding=keys.choice("encoding", ENCODINGS, "utf-8"),
        members=keys.texts("member") or _MEMBERS[form],
        sheet=keys.text("sheet", ""),
        path=_path(keys),
        widths=_widths(keys) if form == FIXED else {},
        header=keys.flag("header", False),
        ended=keys.flag("ended", True),
        columns=read_columns(keys, roster=kind == ROSTER, by_day=by_day),
    )


def _data_source(keys: Keys) -> str:
    name = keys.text("data_source")
    if not _NAME.fullmatch(name) or name == RESERVED:
        remedy = f"letters, digits, _ and -, 40 at most, and not {RESERVED}"
        raise keys.wrong("data_source", f"{show(name)} is not a name of a data source", remedy)
    return name


def _url(keys: Keys, by_day: bool) -> Template:
    text = keys.text("url")
    try:
        template = read_template(text)
    except ValueError as error:
        raise keys.wrong("url", f"{show(text)} {error}", f"it may hold {ALLOWED}") from error
    if template.dated != by_day:
        message = "lacks {date}, though by_day = true" if by_day else "has {date}, though by_day is not true"
        raise keys.wrong("url", message, "set by_day = true for a file of each day, with {date} in its url")
    return template


def _days(keys: Keys, by_day: bool) -> int:
    if "days" in keys.values and not by_day:
        raise keys.wrong("days", "belongs to files by day", "set by_day = true")
    return keys.number("days", 1, 1, MOST_DAYS)


def _delimiter(keys: Keys, default: str) -> str:
    value = keys.values.get("delimiter", default)
    if not isinstance(value, str) or len(value) != 1 or value in "\0\r\n\"'" or not value.isascii():
        raise keys.wrong("delimiter", f"{show(value)} cannot be used", 'one character, such as "," or "|"')
    return value


def _path(keys: Keys) -> tuple[str, ...]:
    text = keys.text("path", "")
    parts = tuple(text.split(".")) if text else ()
    if not all(parts):
        raise keys.wrong("path", f"{show(text)} has an empty part", 'write it as "results.items"')
    return parts


def _widths(keys: Keys) -> dict[str, int]:
    table = keys.table("widths")
    remedy = "write widths = { COUNTY = 3, ID = 8 }, in the order of the line"
    if not 0 < len(table.values) <= MOST_WIDTHS:
        raise keys.wrong("widths", f"names {len(table.values)} columns, not 1 to {MOST_WIDTHS}", remedy)
    if not all(name.isprintable() and name.strip() for name in table.values):
        raise keys.wrong("widths", "has a column without a name that can be shown", remedy)
    return {name: table.number(name, 0, 1, WIDEST) for name in table.values}


def codec_of(file: ConfiguredFile) -> str:
    """Return the encoding of the lines as they are parsed; UTF-16 has been made UTF-8 by then."""
    return "utf-8" if file.encoding == UTF_16 else codecs.lookup(file.encoding).name
