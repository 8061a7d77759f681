"""Captures whose pages lie in memory, so that a source can be asked to parse any bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from clerkcore.fetch import Archive, build_capture, hash_payloads
from clerkcore.interfaces import Source
from clerkcore.models import Capture, Download, Parsed, Record, Rejected, Scope

MAX_BYTES = 100_000_000
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
Files = Mapping[str, bytes]
Told = tuple[str, str, tuple[tuple[str, str], ...]]


class Shelf(Archive):
    """An archive that holds a few files in memory."""

    def __init__(self, files: Files) -> None:
        super().__init__(Path("shelf"))
        self.files = files

    def open(self, download: Download) -> BinaryIO:
        """Read one of the files."""
        return BytesIO(self.files[download.name])

    def downloads(self) -> list[Download]:
        """Return the files as a source's downloads."""
        return [
            Download(name, f"file:{name}", sha256(body).hexdigest(), len(body), Path("shelf", name), LONG_AGO)
            for name, body in self.files.items()
        ]


def hold_capture(source: Source, scope: Scope, files: Files) -> Capture:
    """Return files as a capture of the scope; SourceError where the road itself refuses them."""
    shelf = Shelf(files)
    downloads = shelf.downloads()
    hashed = hash_payloads(source, shelf, downloads, max_bytes=MAX_BYTES)
    return build_capture(source, scope, shelf, downloads, "shelf", LONG_AGO, sha256=hashed, max_bytes=MAX_BYTES)


def parse_files(source: Source, scope: Scope, files: Files) -> list[Parsed]:
    """Return all that a source makes of some files."""
    return list(source.parse(hold_capture(source, scope, files)))


def tell_content(parsed: Parsed) -> Told:
    """Return what a parsed item says, without where it stood."""
    if isinstance(parsed, Rejected):
        return "rejected", parsed.rule, (("column", parsed.column), ("value", parsed.value))
    kind, name = ("record", parsed.table) if isinstance(parsed, Record) else ("aside", parsed.rule)
    return kind, name, tuple(sorted((column, repr(value)) for column, value in parsed.values.items()))


def tell_whole(parsed: Parsed) -> tuple[Told, str, int]:
    """Return what a parsed item says and where it stood."""
    return tell_content(parsed), parsed.at.page, parsed.at.line


def count_records(source: Source, items: Iterable[Parsed]) -> int:
    """Count what the accounting law counts: everything but the rows of derived tables."""
    derived = {table.name for table in source.tables if table.derived}
    return sum(not (isinstance(item, Record) and item.table in derived) for item in items)
