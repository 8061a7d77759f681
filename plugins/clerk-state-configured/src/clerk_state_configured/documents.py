"""JSON documents: the list of records that a path leads to, each an object whose inner objects are flattened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from clerk_state_configured.formats import NOWHERE
from clerk_state_configured.records import Texts
from clerkcore import Rejected, SourceError

LARGEST = 64_000_000  # bytes; as objects a document takes ten times as much memory
DEEPEST = 5  # objects within objects that are flattened
MOST_KEYS = 1000
CHUNK = 1 << 20
NO_OBJECT = "no_object"
_SHOWN = 5
_LOOK = "look at the raw file, and at the path in the settings"


def read_document(stream: BinaryIO, path: tuple[str, ...], where: str) -> tuple[list[str], list[Texts]]:
    """Return the names of all columns, and the records of the list that the path leads to.

    Names of inner objects are joined by dots. Raises SourceError where the document is no JSON, or holds no such list.
    """
    items = _follow(_load(_read_bounded(stream, where), where), path, where)
    flat = [dict(_flatten(item, "", 0)) if isinstance(item, dict) else None for item in items]
    places: dict[str, int] = {}
    for record in flat:
        for key in record or ():
            places.setdefault(key, len(places))
        if len(places) > MOST_KEYS:
            raise SourceError(f"has more than {MOST_KEYS:,} different keys", where=where, remedy=_LOOK)
    names = list(places)
    return names, [_texts(number, record, names) for number, record in enumerate(flat, 1)]


def _texts(number: int, record: Mapping[str, str] | None, names: list[str]) -> Texts:
    if record is None:
        return Texts(number, (), Rejected(NO_OBJECT, "is not an object", NOWHERE))
    return Texts(number, [record.get(name, "") for name in names])


def _read_bounded(stream: BinaryIO, where: str) -> bytes:
    pieces, size = [], 0
    while piece := stream.read(CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST:
            raise SourceError(f"has more than {LARGEST:,} bytes", where=where, remedy=_LOOK)
    return b"".join(pieces)


def _load(body: bytes, where: str) -> Any:
    remedy = "it was cut off or is something else; fetch it again"
    try:
        # Numbers stay the texts that they were sent as.
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise SourceError(f"is not UTF-8 (byte {error.start + 1:,})", where=where, remedy=remedy) from error
    except RecursionError as error:
        raise SourceError("is nested too deeply", where=where, remedy=remedy) from error
    except ValueError as error:
        raise SourceError(f"is not JSON: {error}", where=where, remedy=remedy) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _follow(document: Any, path: tuple[str, ...], where: str) -> list[Any]:
    found, so_far = document, "the document"
    for part in path:
        if not isinstance(found, dict) or part not in found:
            keys = [repr(key[:40]) for key in list(found)[:_SHOWN]] if isinstance(found, dict) else []
            there = f"it has {', '.join(keys)}" if keys else f"it is {_kind(found)}"
            raise SourceError(f"{so_far} has no {part!r}; {there}", where=where, remedy=_LOOK)
        found, so_far = found[part], repr(part)
    if not isinstance(found, list):
        raise SourceError(f"{so_far} is {_kind(found)}, not a list", where=where, remedy=_LOOK)
    return found


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "a flag"}.get(type(value), "nothing")


def _flatten(item: Mapping[str, Any], above: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _flatten(value, f"{name}.", depth + 1)
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
