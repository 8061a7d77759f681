"""The fixtures give real things."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import clerkcore.testing
from clerkcore.installation import Installation
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

HEADER = "ElectionNumber ElectionDate ElectionName CountyName StatType TotalRep TotalDem TotalOth TotalNpa GrandTotal"
FILE = "\t".join([*HEADER.split(), "CompileDate"]) + "\r\n"


def test_every_public_name_exists() -> None:
    assert [name for name in clerkcore.testing.__all__ if not hasattr(clerkcore.testing, name)] == []


def test_another_name_does_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Suite'"):
        clerkcore.testing.Suite  # noqa: B018


def test_an_installation_has_a_ledger_and_no_sites(installation: Installation) -> None:
    assert (installation.root / "civic.db").is_file()
    assert installation.sites() == []


def test_a_made_site_is_registered_with_its_sources(installation: Installation, make_site: SiteMaker) -> None:
    made = make_site("fl", name="Florida", state="FL", florida={"election": "1"})
    assert [site.subdomain for site in installation.sites()] == ["fl"]
    assert installation.site("fl") == made


def test_a_command_runs_on_the_installation(run_clerk: Clerk, make_site: SiteMaker) -> None:
    make_site("example.ca")
    ended = run_clerk("sites", "list", "--json")
    assert (ended.exit_code, ended.stderr, ended.line["subdomain"]) == (0, "", "example.ca")


def test_an_error_is_told_and_has_its_exit_code(run_clerk: Clerk) -> None:
    ended = run_clerk("sites", "show", "nowhere")
    assert ended == Ended(2, "", "Error: the ledger has no site 'nowhere' (it has no sites yet)\n")


def test_a_command_sees_only_the_variables_it_is_given(run_clerk: Clerk) -> None:
    assert os.environ
    ended = run_clerk("doctor", "--json", environ={"CLERK_CONTACT": "me@example.org"})
    assert "me@example.org" in ended.stdout


def test_a_path_may_be_an_argument(run_clerk: Clerk, make_site: SiteMaker, tmp_path: Path) -> None:
    make_site("fl", state="FL", florida={"election": "1"})
    file = tmp_path / "Stats.txt"
    file.write_text(FILE)
    ended = run_clerk("states", "update", "fl", "--source", "VbmVoted", "--from", file, "--json")
    assert (ended.line["outcome"], ended.line["read"]) == ("fresh", 0)
