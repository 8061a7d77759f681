"""The ways in which a file arrives damaged."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

HTML = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Server Error</h1></body></html>\n"
UNREADABLE = ("?!", "", "9" * 40)
MOST_CUTS = 60
LAST_BYTES = 40


@dataclass(frozen=True, slots=True)
class Damage:
    """One way to spoil a whole file."""

    name: str
    spoil: Callable[[bytes], bytes]


def _garbage(seed: int) -> Callable[[bytes], bytes]:
    # The same bytes in every test run.
    return lambda body: Random(seed).randbytes(max(len(body), 64))  # noqa: S311


def _recode(codec: str) -> Callable[[bytes], bytes]:
    return lambda body: body.decode("utf-8", "replace").encode(codec)


def cut_lines(body: bytes, share: float) -> bytes:
    """Return the first lines of a file, this share of them, each whole."""
    lines = body.splitlines(keepends=True)
    return b"".join(lines[: int(len(lines) * share)])


DAMAGES = (
    Damage("an empty file", lambda _: b""),
    Damage("a file of white space", lambda _: b" \r\n\r\n"),
    Damage("an HTML page", lambda _: HTML),
    Damage("an HTML page after a blank line", lambda _: b"\r\n" + HTML),
    Damage("UTF-16", _recode("utf-16")),
    Damage("UTF-16 without a mark", _recode("utf-16-le")),
    Damage("zeros", lambda body: bytes(len(body) + 1)),
    Damage("JSON null", lambda _: b"null"),
    Damage("an empty JSON list", lambda _: b"[]"),
    Damage("a JSON error", lambda _: b'{"error": "try again later"}'),
    Damage("compressed", lambda body: gzip.compress(body, mtime=0)),
    Damage("cut after a quarter of its lines", lambda body: cut_lines(body, 1 / 4)),
    Damage("cut after half of its lines", lambda body: cut_lines(body, 1 / 2)),
    Damage("cut after three quarters of its lines", lambda body: cut_lines(body, 3 / 4)),
    Damage("cut in the middle", lambda body: body[: len(body) // 2]),
    Damage("cut in its last line", lambda body: body.rstrip()[:-3]),
    *(Damage(f"random bytes {seed}", _garbage(seed)) for seed in (1, 2, 3)),
)


def cuts(body: bytes) -> list[int]:
    """Return places to cut a file at: some over all of it, and every one near its end."""
    spread = range(0, len(body), max(len(body) // MOST_CUTS, 1))
    return sorted({*spread, *range(max(len(body) - LAST_BYTES, 0), len(body))})


def is_json(body: bytes) -> bool:
    """Whether a file is JSON."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A delimited file taken apart."""

    rows: list[list[str]]
    delimiter: str

    @classmethod
    def read(cls, body: bytes) -> Sheet | None:
        """Take a file apart; None when it is not text with a header line of several columns."""
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return None
        header = text.splitlines()[0] if text else ""
        delimiter = max(",\t;|", key=header.count)
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
        return cls(rows, delimiter) if rows and len(rows[0]) > 1 else None

    def write(self, rows: list[list[str]]) -> bytes:
        """Put rows together again."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode()


def name_columns(body: bytes) -> list[str]:
    """Return the columns of a delimited file, or the keys in a JSON document."""
    if is_json(body):
        return sorted(set(_keys(json.loads(body.decode("utf-8-sig")))))
    sheet = Sheet.read(body)
    return sheet.rows[0] if sheet else []


def _keys(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        yield from document
    for inner in _inside(document):
        yield from _keys(inner)


def _inside(document: Any) -> list[Any]:
    if isinstance(document, dict):
        return list(document.values())
    return document if isinstance(document, list) else []


def rename_column(body: bytes, name: str) -> bytes:
    """Give a column another name."""
    if is_json(body):
        return _rewrite(body, lambda pairs: {f"{key}_renamed" if key == name else key: v for key, v in pairs.items()})
    sheet = _sheet(body)
    header = [f"{column}_renamed" if column == name else column for column in sheet.rows[0]]
    return sheet.write([header, *sheet.rows[1:]])


def drop_column(body: bytes, name: str) -> bytes:
    """Leave a column out, with all its values."""
    if is_json(body):
        return _rewrite(body, lambda pairs: {key: value for key, value in pairs.items() if key != name})
    sheet = _sheet(body)
    place = sheet.rows[0].index(name)
    return sheet.write([row[:place] + row[place + 1 :] for row in sheet.rows])


def _rewrite(body: bytes, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    return json.dumps(json.loads(body.decode("utf-8-sig"), object_hook=change), ensure_ascii=False).encode()


def _sheet(body: bytes) -> Sheet:
    sheet = Sheet.read(body)
    if sheet is None:
        raise ValueError("not a delimited file")
    return sheet


def misshape_record(body: bytes) -> bytes | None:
    """Spoil the shape of one record in the middle; None when the file has no records that can be told apart."""
    if is_json(body):
        document = json.loads(body.decode("utf-8-sig"))
        records = max(_lists(document), key=len, default=[])
        if not records:
            return None
        records[len(records) // 2] = "spoilt"
        return json.dumps(document).encode()
    sheet = Sheet.read(body)
    if sheet is None or len(sheet.rows) < 2:
        return None
    sheet.rows[len(sheet.rows) // 2].append("spoilt")
    return sheet.write(sheet.rows)


def spoil_value(body: bytes, name: str, value: str) -> bytes:
    """Put another text in one column of one record in the middle."""
    if is_json(body):
        document = json.loads(body.decode("utf-8-sig"))
        holders = [part for part in _dicts(document) if name in part]
        holders[len(holders) // 2][name] = value
        return json.dumps(document).encode()
    sheet = _sheet(body)
    if len(sheet.rows) > 1:
        sheet.rows[len(sheet.rows) // 2][sheet.rows[0].index(name)] = value
    return sheet.write(sheet.rows)


def _lists(document: Any) -> Iterator[list[Any]]:
    if isinstance(document, list):
        yield document
    for inner in _inside(document):
        yield from _lists(inner)


def _dicts(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        yield document
    for inner in _inside(document):
        yield from _dicts(inner)
