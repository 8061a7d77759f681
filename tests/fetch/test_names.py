"""Names of an operator's files as clean text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.fetch.conftest import NOON

from clerkcore.errors import UsageError
from clerkcore.fetch import Archive, page_name
from clerkcore.fetch.names import clean_name


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        (b"Wahl M\xc3\xa4rz 1.csv", "Wahl März 1.csv"),
        (b"x\xff.csv", r"x\xff.csv"),
        (b"a\x1b[2J\n.csv", r"a\x1b[2J\n.csv"),
        ("a\u202egpj.csv".encode(), r"a\u202egpj.csv"),
    ],
    ids=["UTF-8", "no UTF-8", "control characters", "turned writing"],
)
def test_a_page_is_named_in_clean_text(name: bytes, clean: str) -> None:
    assert page_name(Path("folder", os.fsdecode(name))) == clean


def test_a_path_keeps_its_folders() -> None:
    assert clean_name(Path("saved", os.fsdecode(b"\xe9.csv"))) == r"saved/\xe9.csv"


def test_a_file_is_missed_in_clean_text(archive: Archive) -> None:
    with pytest.raises(UsageError, match=r"^saved/x\\xff\.csv: does not exist"):
        archive.keep_file(Path("saved", os.fsdecode(b"x\xff.csv")), "x", NOON, 100)
