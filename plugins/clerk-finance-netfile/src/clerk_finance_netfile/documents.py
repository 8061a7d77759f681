"""Reading what Connect2 sends as JSON."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from clerkcore import SourceError

WHERE = "netfile"


def read_document(stream: BinaryIO, name: str) -> Any:
    """Return the JSON document in a stream, decimals as texts; SourceError when it is cut off or something else."""
    where = f"{WHERE} {name}"
    try:
        text = stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError("is not UTF-8", where=where, remedy="fetch it again") from error
    if text.lstrip().startswith("<"):
        raise SourceError(
            "is a web page instead of data",
            where=where,
            remedy="open the address in a browser; NetFile may be down or have moved",
        )
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError) as error:
        remedy = "it was cut off; fetch it again"
        raise SourceError(f"is not whole JSON: {error}", where=where, remedy=remedy) from error


def read_number(document: Any, name: str) -> int:
    """Return a whole number that a document says of itself; ValueError when it says none."""
    text = str(document.get(name)) if isinstance(document, dict) else ""
    if not text.isdecimal():
        raise ValueError(f"{name} is missing or no number")
    return int(text)
