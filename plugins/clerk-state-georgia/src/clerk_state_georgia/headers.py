"""What a header line must name beyond the columns that `RosterFormat` asks for itself."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from clerkcore import SourceError

ENCODING = "latin-1"


def read_fields(line: bytes) -> list[str]:
    """Return the fields of one line; none where its quotes are broken or it is blank."""
    text = line.decode(ENCODING).replace("\0", "")
    try:
        return next(csv.reader([text]), [])
    except csv.Error:
        return []


def plain(name: str) -> str:
    """Return a header as headers are compared: in any case and spacing, so that "HOUSE<TAB>" is HOUSE."""
    return " ".join(name.replace("_", " ").upper().split())


def require_columns(header: bytes, names: Sequence[str], where: str) -> None:
    """Raise SourceError unless a header names all of these columns.

    Columns that are asked only where another is blank would else be missed by nobody when they go.
    """
    there = [plain(name) for name in read_fields(header)]
    missing = [name for name in names if plain(name) not in there]
    if missing:
        # What stands in their place may be a voter: a file without its header begins with one.
        raise SourceError(
            f"lacks the column {', '.join(repr(name) for name in missing)}; its first line has {len(there)} fields",
            where=where,
            remedy="the publisher changed the format: see the plugin's README and its newest version",
        )


def places_of(header: bytes, names: Sequence[str]) -> list[int]:
    """Return where these columns stand in a header; a column that is not there has no place."""
    there = [plain(name) for name in read_fields(header)]
    return [there.index(plain(name)) for name in names if plain(name) in there]
