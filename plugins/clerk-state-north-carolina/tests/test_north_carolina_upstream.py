"""Pulling the files over HTTP, and archives that are not what the state sends."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from clerk_state_north_carolina.adapter import NorthCarolina
from clerk_state_north_carolina.elections import address
from clerkcore import UsageError
from clerkcore.testing import Clerk, Ended, SiteMaker

Files = dict[str, Callable[..., bytes]]
Load = Callable[..., Ended]
ABSENTEE = "/ENRS/2024_11_05/absentee_20241105.zip"
HISTORY = "/data/ncvhis_Statewide.zip"


@pytest.fixture
def published(upstream: Any, files: Files) -> Any:
    upstream.files[ABSENTEE] = files["zip"](files["absentee"]({}))
    upstream.files[HISTORY] = files["zip"](files["history"]({}), "ncvhis_Statewide.txt")
    return upstream


def test_both_files_are_loaded(run_clerk: Clerk, site: str, published: Any) -> None:
    ended = run_clerk("states", "update", site, "--json")
    assert (ended.exit_code, ended.line["added"]) == (0, 3)
    scopes = {scope["scope"]: scope["outcome"] for scope in ended.line["scopes"]}
    assert scopes == {"20241105/ABSENTEE": "changed", "20241105/HISTORY": "changed"}


def test_a_file_that_is_not_newer_is_not_sent_again(run_clerk: Clerk, site: str, published: Any) -> None:
    run_clerk("states", "update", site, "--json")
    ended = run_clerk("states", "update", site, "--json")
    assert ended.line["outcome"] == "fresh"
    assert published.asked == [(ABSENTEE, 200), (HISTORY, 200), (ABSENTEE, 304), (HISTORY, 304)]


def test_a_file_that_is_not_published_yet_is_skipped(run_clerk: Clerk, site: str, published: Any) -> None:
    del published.files[ABSENTEE]
    ended = run_clerk("states", "update", site, "--json")
    outcomes = [scope["outcome"] for scope in ended.line["scopes"]]
    assert (ended.exit_code, outcomes) == (0, ["skipped", "changed"])


def test_an_election_that_is_no_day_is_refused(run_clerk: Clerk, site: str) -> None:
    ended = run_clerk("states", "update", site, "--election", "20241332", "--json")
    assert ended.exit_code in (1, 2)
    assert "'20241332' is no election of North Carolina" in ended.stdout + ended.stderr
    assert "name it by its day, as 20241105" in ended.stdout + ended.stderr


def test_a_file_can_be_tried_without_a_site(run_clerk: Clerk, files: Files, tmp_path: Any) -> None:
    file = tmp_path / "a.zip"
    file.write_bytes(files["zip"](files["absentee"]({})))
    tried = ("states", "try", "north_carolina", "--from", file, "--source", "ABSENTEE", "--election", "2024-11-05")
    assert run_clerk(*tried, "--json").line["facts"]["read"] == 1


def two_members() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../readme.pdf", b"%PDF")
        archive.writestr("notes\n.docx", b"PK")
    return packed.getvalue()


def locked(body: bytes) -> bytes:
    """Set the flag of a password in both headers of the only member."""
    spoilt = bytearray(body)
    spoilt[6] |= 1
    spoilt[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(spoilt)


def test_an_archive_without_a_text_is_refused_by_what_it_holds(load: Load) -> None:
    ended = load(two_members(), name="absentee_20241105.zip")
    assert ended.line["message"] == (
        "north_carolina absentee_20241105.zip: holds no .csv or .txt, but '../../readme.pdf', 'notes\\n.docx'"
    )


def test_a_locked_archive_is_refused(load: Load, files: Files) -> None:
    ended = load(locked(files["zip"](files["absentee"]({}))), name="absentee_20241105.zip")
    assert ended.line["message"].endswith("'absentee_20241105.csv' is locked with a password")


def test_a_bomb_is_refused_before_it_unpacks(load: Load, files: Files) -> None:
    ended = load(files["zip"](bytes(30_000_000)), name="absentee_20241105.zip")
    assert ended.exit_code == 1
    assert "says that it unpacks from 29,1" in ended.line["message"]
    assert ended.line["message"].endswith("to 30,000,000 bytes, as a ZIP bomb does")


def test_a_damaged_archive_is_refused(load: Load, files: Files) -> None:
    body = files["zip"](files["absentee"]({}))
    ended = load(body[: len(body) // 2], name="absentee_20241105.zip")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert "sent an archive that is damaged" in ended.line["message"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": "ftp://host"}, "[sources.north_carolina] base_url: 'ftp://host' cannot be used"),
        ({"endpoints": {"turnout": "/x"}}, "[sources.north_carolina] endpoints: 'turnout' cannot be used"),
        ({"endpoints": "/x"}, "[sources.north_carolina] endpoints: '/x' cannot be used"),
        ({"endpoints": {"absentee": "x"}}, "[sources.north_carolina] endpoints.absentee: 'x' cannot be used"),
        ({"endpoints": {"absentee": "/{x}"}}, "[sources.north_carolina] endpoints.absentee: '/{x}' cannot be used"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        address(settings, "absentee", "20241105")
    assert str(caught.value).startswith(message)
    assert caught.value.remedy


def test_another_endpoint_is_filled_in() -> None:
    settings = {"base_url": "https://mirror.example/", "endpoints": {"absentee": "/{folder}/{election}.zip"}}
    assert address(settings, "absentee", "20241105") == "https://mirror.example/2024_11_05/20241105.zip"


def test_a_site_without_an_election_is_told_where_to_set_it(run_clerk: Clerk, make_site: SiteMaker) -> None:
    make_site("empty", state="NC", north_carolina={})
    ended = run_clerk("states", "update", "empty", "--json")
    assert "does not know which election to follow" in ended.stdout + ended.stderr
    assert NorthCarolina.name == "north_carolina"
