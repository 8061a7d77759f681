"""Records that are no lines, of a workbook or a JSON document, read as lines are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from clerk_state_configured.files import ConfiguredFile
from clerk_state_configured.formats import join_texts, texts_format
from clerkcore import Location, Page, Parsed, Record, Rejected

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Texts:
    """A record as texts by the place of their column, with its number; or what is wrong with it."""

    number: int
    texts: Sequence[str]
    rejected: Rejected | None = None


def parse_records(
    file: ConfiguredFile,
    params: Mapping[str, str],
    page: Page,
    names: Sequence[str],
    records: Iterable[Texts],
    where: str,
) -> Iterator[Parsed]:
    """Yield what each record is; SourceError when `names` lack a column that is needed."""
    form = texts_format(file, params, where)
    read = form.open_page(page, join_texts(names))
    waiting = iter(records)
    while batch := list(islice(waiting, BATCH)):
        lines = [join_texts([*record.texts, *[""] * (len(names) - len(record.texts))]) for record in batch]
        for record, result in zip(batch, read(lines), strict=True):
            at = Location(page.name, record.number)
            if record.rejected:
                yield replace(record.rejected, at=at)
            elif isinstance(result, tuple):
                values = {**form.constants, **dict(zip(form.columns, result, strict=True))}
                yield Record(form.table.name, values, at)
            elif result is None:
                yield Rejected("blank_record", "holds nothing", at)
            else:
                yield replace(result, at=at)


def find_header(
    rows: Iterator[Texts], wanted: Sequence[Sequence[str]], most: int = 20
) -> tuple[list[str], list[Texts]]:
    """Return the header, and the rows read so far that follow it.

    It is the first of some rows in which every wanted column stands under one of its names, so that titles may stand
    above it; the first row of all where none does.
    """
    seen: list[Texts] = []
    for row in rows:
        names = {_plain(text) for text in row.texts}
        if all(any(_plain(name) in names for name in aliases) for aliases in wanted):
            return list(row.texts), []
        seen.append(row)
        if len(seen) == most:
            break
    return (list(seen[0].texts), seen[1:]) if seen else ([], [])


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").upper().split())
