"""The platform's JSON, read whole because it is small, and the errors that it sends as JSON."""

from __future__ import annotations

import json
import re
from typing import Any, BinaryIO

from clerkcore import NotPublished, SourceError
from clerkcore.parsing import read_count

Document = dict[str, Any]
LARGEST_DOCUMENT = 1 << 25  # bytes; the index has 120 KB
LARGEST_ERROR = 1 << 16  # bytes
CHANGED = "the state changed the format: see the plugin's README and its newest version"

_TOLD = 300
_NO_FILE = re.compile(r"NoSuchKey|key does not exist|'Key' must not be null|\bS3\b.*\bkey\b", re.IGNORECASE | re.DOTALL)


def read_document(stream: BinaryIO, where: str) -> Document:
    """Return a JSON object; SourceError when it is none, too large, or one of the platform's errors."""
    body = stream.read(LARGEST_DOCUMENT + 1)
    if len(body) > LARGEST_DOCUMENT:
        raise SourceError(f"has more than {LARGEST_DOCUMENT:,} bytes", where=where, remedy="see the raw file")
    document = _load(body)
    if not isinstance(document, dict):
        raise SourceError("is no JSON object, or was cut off", where=where, remedy="fetch it again; see the raw file")
    refuse_exception(document, where)
    return document


def read_small_document(stream: BinaryIO) -> Any:
    """Return what a small JSON document holds; None for anything else."""
    body = stream.read(LARGEST_ERROR + 1)
    return _load(body) if len(body) <= LARGEST_ERROR else None


def _load(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def refuse_exception(document: Any, where: str) -> None:
    """Raise what the platform's error means: NotPublished where it found no file, else SourceError with its words."""
    if not isinstance(document, dict) or not (document.get("type") == "EXCEPTION" or "errorModels" in document):
        return
    told = _tell(document.get("errorModels"))
    if _NO_FILE.search(told):
        raise NotPublished("the state has no such file", where=where, remedy="it may come later; it is asked again")
    raise SourceError(
        f"the state's platform answers with an error: {told}", where=where, remedy="try again later; see the raw file"
    )


def _tell(models: Any) -> str:
    texts = [
        str(model[key])
        for model in (models if isinstance(models, list) else [])
        if isinstance(model, dict)
        for key in ("message", "detail")
        if model.get(key)
    ]
    return " ".join(" ".join(texts).split())[:_TOLD] or "it says nothing more"


def read_list(document: Document, key: str, where: str) -> list[Any]:
    """Return a list of the document; SourceError when there is none of this key."""
    found = document.get(key)
    if not isinstance(found, list):
        raise SourceError(f"has no list {key!r}", where=where, remedy=CHANGED)
    return found


def require_keys(items: list[Any], keys: tuple[str, ...], where: str) -> None:
    """Raise SourceError for a key that none of the items has."""
    objects = [item for item in items if isinstance(item, dict)]
    missing = [key for key in keys if not any(key in item for item in objects)]
    if objects and missing:
        there = ", ".join(repr(key)[:_TOLD] for key in list(objects[0])[:8])
        raise SourceError(f"lacks {', '.join(map(repr, missing))}; it has {there}", where=where, remedy=CHANGED)


def read_number(value: Any) -> int | None:
    """Read a count that is a number, a text or nothing; ValueError when it is anything else."""
    match value:
        case None:
            return None
        case str():
            return read_count(value)
        case int() if not isinstance(value, bool):
            return read_count(str(value))
        case float() if value.is_integer():
            return read_count(str(int(value)))
        case _:
            raise ValueError(f"{show(value)} is not a whole number")


def show(value: Any) -> str:
    """Return a value of a document as messages and quarantine tell it."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:_TOLD]
