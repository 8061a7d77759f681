"""Pages of one record per line: splitting them, and parsing them by a `LineFormat`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Protocol

from clerkcore.errors import SourceError
from clerkcore.interfaces import LineFormat, LineReader, LineResult
from clerkcore.models import Capture, Location, Page, Parsed, Record, Rejected
from clerkcore.parsing import LONGEST_LINE, RAGGED

NOWHERE = Location("", 0)
BLOCK_BYTES = 1 << 18
MOST_JOINED = 100  # physical lines in one record: a stray quote must not swallow a file
_BOM = b"\xef\xbb\xbf"
_QUOTE = b'"'
_NO_QUOTE = bytes(set(range(256)) - set(b'"\n'))


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        ...


@dataclass
class Tail:
    """How many lines a page has and whether the last one is ended, known once all were read."""

    lines: int = 0
    ended: bool = True


def split_lines(stream: Readable, where: str, tail: Tail) -> Iterator[list[bytes]]:
    """Yield the physical lines of a stream in batches, without their line feeds; a byte order mark is dropped.

    Raises SourceError on a line that goes on for more than `parsing.LONGEST_LINE` bytes beyond a block.
    """
    rest = b""
    first = True
    while block := stream.read(BLOCK_BYTES):
        if first:
            block, first = block.removeprefix(_BOM), False
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise SourceError(
                f"a line has more than {LONGEST_LINE:,} bytes", where=where, remedy="see the raw file; fetch it again"
            )
        tail.lines += len(lines)
        if lines:
            yield lines
    if rest:
        tail.ended = False
        tail.lines += 1
        yield [rest]


def join_records(batches: Iterator[list[bytes]], quoted: bool) -> Iterator[tuple[Sequence[int], list[bytes]]]:
    """Yield records with the numbers of the lines they start on: lines, joined where a quoted field holds line ends.

    A quote that no line within `MOST_JOINED` closes is a stray one, and its line a record of its own.
    """
    number = 1
    waiting: list[bytes] = []
    for batch in batches:
        lines = [*waiting, *batch] if waiting else batch
        waiting = []
        odd = odd_lines(lines) if quoted else []
        if not odd:
            yield range(number, number + len(lines)), lines
            number += len(lines)
            continue
        numbers, records, waiting = _join(lines, odd, number, last=False)
        if records:
            yield numbers, records
        number += len(lines) - len(waiting)
    if waiting:
        numbers, records, _ = _join(waiting, odd_lines(waiting), number, last=True)
        yield numbers, records


def odd_lines(lines: Sequence[bytes]) -> list[int]:
    """Return which lines hold an odd number of quotes: a quoted field begins or ends on them."""
    # Of the quotes and line ends alone, pairs of quotes go out; what is left over stands alone on its line.
    alone = b"\n".join(lines).translate(None, _NO_QUOTE).replace(_QUOTE * 2, b"")
    return [n for n, left in enumerate(alone.split(b"\n")) if left] if _QUOTE in alone else []


def _join(
    lines: list[bytes], odd: Sequence[int], first: int, *, last: bool
) -> tuple[list[int], list[bytes], list[bytes]]:
    """Return the records with their numbers, and the lines that may go on in the next batch."""
    numbers: list[int] = []
    records: list[bytes] = []
    done, at = 0, 0

    def take(end: int) -> None:
        numbers.extend(range(first + done, first + end))
        records.extend(lines[done:end])

    while at < len(odd):
        start = odd[at]
        take(start)
        close = odd[at + 1] if at + 1 < len(odd) else None
        numbers.append(first + start)
        if close is not None and close - start < MOST_JOINED:
            records.append(b"\n".join(lines[start : close + 1]))
            done, at = close + 1, at + 2
        elif close is None and not last and len(lines) - start < MOST_JOINED:
            return numbers[:-1], records, lines[start:]
        else:
            records.append(lines[start])
            done, at = start + 1, at + 1
    take(len(lines))
    return numbers, records, []


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a page, the numbers of the lines they start on, and what its reader says of them."""

    page: str
    numbers: Sequence[int]
    lines: Sequence[bytes]
    results: Sequence[LineResult]


class PageRecords:
    """The records of one page as they are read: the header first, then batches of numbers and records."""

    def __init__(self, form: LineFormat, page: Page, stream: BinaryIO, where: str) -> None:
        self.form = form
        self.where = f"{where} {page.name}"
        self.tail = Tail()
        self._batches = join_records(split_lines(stream, self.where, self.tail), form.quoted)
        self._numbers, self._records = next(self._batches, (range(0), []))
        if form.headed and not self._records:
            raise SourceError("is empty", where=self.where, remedy="fetch it again")
        self.header = self._records[0] if form.headed else b""
        self.reader: LineReader = form.open_page(page, self.header)

    def batches(self) -> Iterator[tuple[Sequence[int], list[bytes]]]:
        """Yield the records after the header, in batches."""
        first = 1 if self.form.headed else 0
        if self._records[first:]:
            yield self._numbers[first:], self._records[first:]
        yield from self._batches


def read_batches(form: LineFormat, page: Page, where: str) -> Iterator[Batch]:
    """Yield the records of a page with what they are; SourceError when it ends in the middle of one."""
    with page.open() as stream:
        records = PageRecords(form, page, stream, where)
        for numbers, lines in records.batches():
            results = records.reader(lines)
            if not records.tail.ended:
                refuse_cut(form, lines[-1], results[-1], f"{records.where} line {numbers[-1]}")
            yield Batch(page.name, numbers, lines, results)


def refuse_cut(form: LineFormat, line: bytes, result: LineResult, where: str) -> None:
    """Raise SourceError when the last record, which no line end follows, is not whole."""
    ragged = isinstance(result, Rejected) and result.rule == RAGGED
    if form.whole or ragged or (form.quoted and line.count(_QUOTE) & 1):
        raise SourceError("the file ends in the middle of it", where=where, remedy="it was cut off; fetch it again")


def parse_lines(form: LineFormat, capture: Capture) -> Iterator[Parsed]:
    """Yield what each record of a capture is, as `Source.parse` does."""
    for page in capture.pages:
        for batch in read_batches(form, page, capture.source):
            for number, result in zip(batch.numbers, batch.results, strict=True):
                at = Location(page.name, number)
                if isinstance(result, tuple):
                    yield Record(
                        form.table.name, {**form.constants, **dict(zip(form.columns, result, strict=True))}, at
                    )
                elif result is not None:
                    yield replace(result, at=at)
