"""Manifests, whoever wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore.errors import StoreError
from clerkcore.upkeep.manifest import BackupFile, Kind, Manifest, Problem, kind_of, parse_manifest, render_manifest

SHA256 = "ab" * 32
FILE = {
    "path": "civic.db",
    "kind": "ledger",
    "bytes": 1,
    "sha256": SHA256,
    "version": "3",
    "integrity": "ok",
    "rows": {},
}
GOOD: dict[str, Any] = {
    "format": 1,
    "clerk": "0.1.0",
    "made_at": "2026-11-24T06:00:00.000000Z",
    "raw": False,
    "sites": [],
    "files": [FILE],
    "problems": [],
}


def refusal(data: bytes) -> str:
    with pytest.raises(StoreError) as caught:
        parse_manifest(data, "manifest.json")
    assert caught.value.where == "manifest.json"
    return caught.value.message


def test_a_manifest_is_read_as_it_was_written() -> None:
    manifest = Manifest(
        made_at=datetime(2026, 11, 24, 6, tzinfo=UTC),
        clerk="0.1.0",
        raw=True,
        sites=("fl",),
        files=(BackupFile("sites/fl/voters.db", Kind.DATABASE, 8, SHA256, "3", "ok", {"voters": 2}),),
        problems=(Problem("civic.db", "is not there"),),
    )
    assert parse_manifest(render_manifest(manifest).encode(), "manifest.json") == manifest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"format": 2}, "has format 2, not 1", id="newer format"),
        pytest.param({"format": True}, "has no 'format', or one of another type", id="format is a flag"),
        pytest.param({"files": {}}, "has no 'files', or one of another type", id="files are no list"),
        pytest.param({"files": [7]}, "holds something that is no object where one was expected", id="file is a number"),
        pytest.param({"made_at": "soon"}, "was made at 'soon', which is no time", id="no time"),
        pytest.param({"files": [FILE, FILE]}, "names 'civic.db' twice", id="twice"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(change: dict[str, Any], message: str) -> None:
    assert refusal(json.dumps({**GOOD, **change}).encode()) == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "../civic.db"}, "names '../civic.db', which is no file of a backup"),
        ({"path": "/etc/passwd"}, "names '/etc/passwd', which is no file of a backup"),
        ({"path": "secrets/key"}, "names 'secrets/key', which is no file of a backup"),
        ({"path": "sites/../../x.db"}, "names 'sites/../../x.db', which is no file of a backup"),
        ({"path": "sites/fl/raw/../../../x"}, "names 'sites/fl/raw/../../../x', which is no file of a backup"),
        ({"path": "sites/fl/raw/a\x1b[2J"}, "names 'sites/fl/raw/a\\x1b[2J', which is no file of a backup"),
        ({"kind": "raw"}, "calls 'civic.db' a 'raw', not a 'ledger'"),
        ({"sha256": "AB" * 32}, f"has {'AB' * 32!r} as the sha256 of 'civic.db'"),
        ({"bytes": -1}, "has an impossible number for 'civic.db'"),
        ({"bytes": 10**40}, "has an impossible number for 'civic.db'"),
        ({"bytes": 1.5}, "has an impossible number for 'civic.db'"),
        ({"rows": {"sites": True}}, "has an impossible number for 'civic.db'"),
        ({"rows": []}, "has no 'rows', or one of another type"),
    ],
)
def test_a_file_that_cannot_be_of_a_backup_is_refused(change: dict[str, Any], message: str) -> None:
    assert refusal(json.dumps({**GOOD, "files": [{**FILE, **change}]}).encode()) == message


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"[" * 100_000, b'{"format": ' + b"9" * 5000 + b"}", b"\xff\xfe"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    assert refusal(data).startswith("is not valid JSON: ")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["sites", "fl", "raw", "..", ".", "", "finance", "a.db", "site.toml", "\\", "\0", "é"]))
)
def test_no_path_of_a_backup_leads_out_of_it(parts: list[str]) -> None:
    path = "/".join(parts)
    if kind_of(path) is not None:
        assert not PurePosixPath(path).is_absolute()
        assert not {"..", ".", ""} & set(path.split("/"))
        assert path.isprintable()


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, *FILE]), inner),
    )
)
def test_any_other_json_is_refused_in_words(value: Any) -> None:
    assert refusal(json.dumps(value).encode())
