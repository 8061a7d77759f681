"""Reading texts as parsers meet them: money, dates, counts, delimited files.

Every reader takes text and raises ValueError with a message fit for quarantine.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clerkcore.errors import SourceError
from clerkcore.models import Location, Page, Rejected

RAGGED = "ragged_row"
# Ten trillion dollars: more than any amount, and so few of them that sums of thousands stay within SQLite's integers.
LARGEST_CENTS = 10**15
LONGEST_LINE = 2_000_000  # characters

_ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?\Z", re.ASCII)
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)
_COUNT = re.compile(r"-?\d{1,3}(,\d{3})+\Z|-?\d+\Z", re.ASCII)
_MONEY = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d+))?\Z", re.ASCII)


def read_cents(text: str) -> int | None:
    """Read money such as "15000.00", "$10,000", "-$300" or "(12.50)" as cents; blank is None, not zero."""
    plain = text.strip()
    if not plain:
        return None
    bare, negative = _unsigned(plain)
    amount = _MONEY.match(bare)
    if not amount or not any(amount.groups()):
        raise ValueError(f"{text!r} is not an amount of money")
    cents = _cents(amount[1].replace(",", ""), amount[2] or "", text)
    return -cents if negative else cents


def _unsigned(plain: str) -> tuple[str, bool]:
    if plain.startswith("(") and plain.endswith(")"):
        return plain[1:-1].strip(), True
    return plain.removeprefix("-").strip(), plain.startswith("-")


def _cents(whole: str, part: str, text: str) -> int:
    if part[2:].strip("0"):
        raise ValueError(f"{text!r} has fractions of a cent")
    digits = f"{whole}{part[:2]:0<2}".lstrip("0")
    # Its length is looked at first: Python refuses to read a number of thousands of digits.
    if len(digits) > len(str(LARGEST_CENTS)) or int(digits or "0") > LARGEST_CENTS:
        raise ValueError(f"{text!r} is larger than any amount of money")
    return int(digits or "0")


def read_count(text: str) -> int | None:
    """Read a whole number such as "126,968"; blank is None."""
    plain = text.strip()
    if not plain:
        return None
    if not _COUNT.match(plain) or len(plain) > 20:
        raise ValueError(f"{text!r} is not a whole number")
    return int(plain.replace(",", ""))


def read_date(text: str) -> str | None:
    """Read YYYY-MM-DD (a time after it is dropped) or MM/DD/YYYY as YYYY-MM-DD; blank is None."""
    plain = text.strip()
    if not plain:
        return None
    try:
        return _date(plain).isoformat()
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date") from error


def _date(plain: str) -> date:
    american = _US_DATE.match(plain)
    if american:
        month, day, year = (int(part) for part in american.groups())
        return date(year, month, day)
    iso = _ISO_DATE.match(plain)
    if not iso:
        raise ValueError(plain)
    return datetime.fromisoformat(iso[1]).date()


def read_text(text: str) -> str | None:
    """Return the text without outer white space and NULs; blank is None."""
    return text.replace("\x00", "").strip() or None


def read_flag(text: str) -> int | None:
    """Read True or False as 1 or 0; blank is None."""
    flags = {"true": 1, "false": 0, "": None}
    try:
        return flags[text.strip().lower()]
    except KeyError as error:
        raise ValueError(f"{text!r} is neither True nor False") from error


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a delimited file, its values by column name."""

    at: Location
    values: dict[str, str]


def read_delimited(
    page: Page, required: Sequence[str], *, where: str, delimiter: str = ",", quoted: bool = True, whole: bool = False
) -> Iterator[Line | Rejected]:
    """Yield the records of a UTF-8 file with a header line; any line ends, a lone CR among them.

    Ragged rows are Rejected. Raises SourceError when the file as a whole is not what it should
    be: another encoding, a column missing or renamed, broken quotes, an end in mid-line.
    `whole` refuses a last line without its line end, as of a file cut in its last field.
    """
    with page.open() as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        watched = _Tail(text)
        reader = csv.reader(
            watched, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True
        )
        try:
            yield from _records(reader, watched, page, required, f"{where} {page.name}")
            if whole and not watched.ended:
                raise _cut(f"ends without the end of line {reader.line_num}", f"{where} {page.name}")
        except csv.Error as error:
            raise _cut_or_broken(error, f"{where} {page.name} line {reader.line_num}") from error
        except UnicodeDecodeError as error:
            line = reader.line_num + _count_line_ends(error.object[: error.start])
            raise SourceError(
                f"is not UTF-8 (byte {error.object[error.start]:#04x} after line {line})",
                where=f"{where} {page.name}",
                remedy="save it again as UTF-8, or ask the publisher what changed",
            ) from error


def _count_line_ends(chunk: bytes) -> int:
    return len(re.findall(rb"\r\n?|\n", chunk))


class _Tail:
    """Passes lines on and remembers whether the last one was ended."""

    def __init__(self, lines: io.TextIOBase) -> None:
        self.lines = lines
        self.ended = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.lines.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line has more than {LONGEST_LINE:,} characters")
        self.ended = line.endswith(("\n", "\r"))
        return line


def _cut(told: str, where: str) -> SourceError:
    return SourceError(told, where=where, remedy="it was cut off; fetch it again")


def _cut_or_broken(error: csv.Error, where: str) -> SourceError:
    if "unexpected end of data" in str(error):
        return _cut("ends inside a quoted field", where)
    return SourceError(f"is not a delimited file: {error}", where=where, remedy="fetch it again; see the raw file")


def _records(
    reader: Iterator[list[str]], tail: _Tail, page: Page, required: Sequence[str], where: str
) -> Iterator[Line | Rejected]:
    header = _header(next(reader, None), required, where)
    for fields in reader:
        at = Location(page.name, reader.line_num)  # type: ignore[attr-defined]
        if not fields or fields == header:
            continue
        if len(fields) == len(header):
            yield Line(at, dict(zip(header, fields, strict=True)))
        elif not tail.ended:
            raise _cut(f"ends in the middle of line {at.line}", where)
        else:
            yield Rejected(RAGGED, f"{len(fields)} fields instead of {len(header)}", at)


def _header(header: list[str] | None, required: Sequence[str], where: str) -> list[str]:
    if header is None:
        raise SourceError("is empty", where=where, remedy="fetch it again")
    missing = [name for name in required if name not in header]
    if missing:
        strangers = [name for name in header if name not in required]
        # A file without its header begins with a record, and that may be of a voter.
        strangers = [] if any(name.strip().isdecimal() for name in header) else strangers
        there = f"; columns it has instead: {', '.join(strangers[:5])}" if strangers else ""
        raise SourceError(
            f"lacks the column {', '.join(repr(name) for name in missing[:5])}{there}",
            where=where,
            remedy="the publisher changed the format: see the plugin's README and its newest version",
        )
    if len(set(header)) != len(header):
        raise SourceError("names a column twice in its header", where=where, remedy="fetch it again")
    return header
