"""What upstreams and files write never drives the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import agency_year, county_file, write_netfile_csv

Clerk = Any  # the class of the fixture in conftest.py
ESCAPE = "\x1b[31;1m\x1b]0;owned\x07\r\x9b2J\x7f\u202e\u2066\u200b"


def assert_tame(clerk: Clerk, *words: str | Path) -> None:
    answered = clerk(*words)
    printed = answered.out + answered.err
    assert "owned" in printed
    assert [character for character in printed if not character.isprintable() and character != "\n"] == []


@pytest.fixture
def named(clerk: Clerk) -> Clerk:
    """`clerk` with a site whose name holds control characters, and no other."""
    (clerk.root / "sites" / "states.json").unlink()
    folder = clerk.root / "sites" / "oz.ks"
    folder.mkdir()
    name = "".join(f"\\u{ord(character):04x}" for character in ESCAPE)
    (folder / "site.toml").write_text(f'name = "{name}"\nstate = "KS"\nkind = "city"\n')
    return clerk


def test_the_name_of_a_site(named: Clerk) -> None:
    assert_tame(named, "sites", "import")
    assert_tame(named, "sites", "list")
    assert_tame(named, "sites", "show", "oz.ks")


@pytest.mark.parametrize("words", [["sites", "list", "--json"], ["sites", "show", "oz.ks", "--json"]])
def test_json_is_printable_ascii_and_says_the_same(named: Clerk, words: list[str]) -> None:
    named("sites", "import")
    printed = named(*words).out
    assert printed.isascii()
    assert printed.removesuffix("\n").isprintable()
    assert json.loads(printed)["name"] == ESCAPE


def test_a_key_of_a_broken_site_toml(named: Clerk) -> None:
    config = named.root / "sites" / "oz.ks" / "site.toml"
    config.write_text(config.read_text().replace("name", '"\\u001b[31mowned"', 1))
    assert_tame(named, "sites", "import")
    assert_tame(named, "doctor")


def test_a_header_and_a_value_of_an_upstream(clerk: Clerk, tmp_path: Path) -> None:
    clerk.add_site("sandiego.ca", "netfile.agency=CSD")
    words = ("finance", "etl", "sandiego.ca", "--year", "2020", "--from")
    assert_tame(clerk, *words, save(tmp_path, f"{ESCAPE}\n"))
    assert_tame(clerk, "runs", "show", "1")
    assert_tame(clerk, "runs", "list")
    rows = agency_year(1, "CSD", 2020, 0, 60)
    rows[0]["Calculated_Amount"] = rows[0]["Form_Type"] = ESCAPE.replace("\r", "")
    clerk(*words, write_netfile_csv(tmp_path / "saved.csv", rows))
    assert_tame(clerk, "quarantine", "list")


def save(folder: Path, text: str) -> Path:
    path = folder / "broken.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_value_that_states_try_shows(clerk: Clerk, tmp_path: Path) -> None:
    text = county_file(1, "49894", "VbmVoted", 0).decode()
    file = save(tmp_path, text.replace("Alachua", ESCAPE.replace("\r", "")))
    assert_tame(clerk, "states", "try", "florida", "--from", file, "--source", "VbmVoted", "--election", "49894")


def test_the_summary_and_the_reason_of_a_broken_plugin(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text("raise RuntimeError('\\x1b[31mowned')\n")
    for words in (["plugins", "list"], ["plugins", "show", "hostile"], ["doctor"], ["status"]):
        assert_tame(clerk, *words, "--plugins-dir", tmp_path)
