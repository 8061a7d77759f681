"""How the platform wraps what it sends: base64 in JSON, ZIPs, and errors that come with status 200."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64encode
from functools import lru_cache

from clerk_demo.answers import JSON, Answer

ZIP, CSV = "application/zip", "text/csv"
BOMB_BYTES = 1 << 27
_MADE = (2026, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


def wrap_upload(payload: bytes) -> bytes:
    """Return the envelope around a payload."""
    return b'{"upload": "' + b64encode(payload) + b'"}'


def answer_exception(detail: str) -> Answer:
    """Return the platform's error."""
    model = {"code": None, "detail": detail, "message": "The request could not be processed.", "params": None}
    return Answer(200, json.dumps({"type": "EXCEPTION", "errorModels": [model]}).encode(), JSON)


def zip_roster(name: str, roster: bytes) -> bytes:
    """Return a ZIP with one roster in it, the same bytes at any time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(_entry(name), roster)
    return body.getvalue()


@lru_cache(maxsize=1)
def zip_bomb(name: str) -> bytes:
    """Return a ZIP of some 130 KB that holds BOMB_BYTES."""
    body, chunk = io.BytesIO(), b"0" * _CHUNK
    with zipfile.ZipFile(body, "w") as archive, archive.open(_entry(name), "w") as file:
        for _ in range(BOMB_BYTES // _CHUNK):
            file.write(chunk)
    return body.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
