"""Which sites a job takes, and what exit code their runs add up to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clerk_demo import Faults, Simulator

Clerk = Any  # the class of the fixture in conftest.py
ETL = ("finance", "etl", "--year", "2020", "--json")


@pytest.fixture
def three(fed: Clerk) -> Clerk:
    """`clerk` with three cities of simulated upstreams."""
    for subdomain, agency in (("berkeley.ca", "BRK"), ("oakland.ca", "COAK"), ("sandiego.ca", "CSD")):
        fed.add_site(subdomain, f"netfile.agency={agency}")
    return fed


def take(clerk: Clerk, *words: str) -> list[str]:
    return [run["site"] for run in clerk(*ETL, *words).rows]


@pytest.mark.parametrize(
    "words",
    [
        ["sandiego.ca", "oakland.ca"],
        ["--subdomain", "sandiego.ca", "--subdomain", "oakland.ca"],
        ["sandiego.ca", "--subdomain", "oakland.ca", "--subdomain", "sandiego.ca"],
    ],
    ids=["arguments", "options", "both, one twice"],
)
def test_sites_are_named_by_argument_and_option_alike(three: Clerk, words: list[str]) -> None:
    assert take(three, *words) == ["sandiego.ca", "oakland.ca"]


def test_all_leaves_out_disabled_sites_and_those_without_such_a_source(three: Clerk) -> None:
    three("sites", "disable", "oakland.ca")
    three.add_site("oz.ks")
    three.add_site("fl", "florida.election=49894", kind="state", state="FL")
    assert take(three, "--all") == ["berkeley.ca", "sandiego.ca"]


def test_a_disabled_site_can_still_be_named(three: Clerk) -> None:
    three("sites", "disable", "oakland.ca")
    assert take(three, "oakland.ca") == ["oakland.ca"]


def test_next_site_takes_what_never_ran_first_and_then_the_oldest(three: Clerk) -> None:
    take(three, "oakland.ca")
    assert [take(three, "--next-site") for _ in range(4)] == [
        ["berkeley.ca"],
        ["sandiego.ca"],
        ["oakland.ca"],
        ["berkeley.ca"],
    ]


def test_each_job_has_clocks_of_its_own(three: Clerk) -> None:
    take(three, "--all")
    extracted = three("finance", "extract", "--next-site", "--year", "2020", "--json")
    assert [(run["site"], run["job"]) for run in extracted.rows] == [("berkeley.ca", "finance.extract")]


def test_a_dry_run_moves_no_clock(three: Clerk) -> None:
    take(three, "berkeley.ca", "--dry-run")
    assert take(three, "--next-site") == ["berkeley.ca"]


def test_next_site_with_nothing_to_do_says_so_and_is_no_failure(clerk: Clerk) -> None:
    ended = clerk(*ETL, "--next-site")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "No site to do: none has such a source, or all are being worked on.\n"


def test_next_site_goes_on_after_a_site_whose_file_is_gone(three: Clerk) -> None:
    (three.root / "sites" / "berkeley.ca" / "site.toml").unlink()
    failed = three(*ETL, "--next-site")
    [run] = failed.rows
    assert (failed.code, run["site"], run["outcome"]) == (1, "berkeley.ca", "failed")
    assert run["message"] == "site 'berkeley.ca' not found"
    assert take(three, "--next-site") == ["oakland.ca"]


def test_two_processes_at_once_take_different_sites(three: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(slow_seconds=0.3)
    started = [three.start(*ETL, "--next-site") for _ in range(3)]
    taken = [json.loads(process.communicate(timeout=60)[0])["site"] for process in started]
    assert sorted(taken) == ["berkeley.ca", "oakland.ca", "sandiego.ca"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say which sites (name them, or pass --all, --due or --next-site)"),
        (["--all", "--next-site"], "choose sites in one way only (name them, or pass --all, --due or --next-site)"),
        (["oakland.ca", "--all"], "choose sites in one way only (name them, or pass --all, --due or --next-site)"),
        (["--next-site", "--dry-run"], "--dry-run takes no turn (name the site, or pass --all)"),
        (["nosuch.ca"], "the ledger has no site 'nosuch.ca' (sites: berkeley.ca, oakland.ca, sandiego.ca)"),
        (
            ["../x"],
            "'../x' is not a subdomain (small letters, digits and hyphens, parts joined by dots, as in alameda.ca)",
        ),
    ],
)
@pytest.mark.parametrize("job", [("finance", "etl"), ("states", "update")])
def test_no_choice_or_a_wrong_one_is_a_usage_error(
    three: Clerk, job: tuple[str, str], words: list[str], message: str
) -> None:
    refused = three(*job, *words)
    assert (refused.code, refused.out, refused.err) == (2, "", f"Error: {message}\n")


def outcomes(runs: list[dict[str, Any]]) -> dict[str, str]:
    return {run["site"]: run["outcome"] for run in runs}


def test_one_sites_failure_stops_no_other_and_ends_with_1(three: Clerk) -> None:
    three.add_site("alpha.ca", "netfile.agency=NOSUCH")
    ended = three(*ETL, "--all")
    assert ended.code == 1
    assert outcomes(ended.rows) == {
        "alpha.ca": "failed",
        "berkeley.ca": "changed",
        "oakland.ca": "changed",
        "sandiego.ca": "changed",
    }
    assert "'NOSUCH'" in ended.rows[0]["message"]


def test_a_site_whose_file_is_broken_stops_no_other(three: Clerk) -> None:
    (three.root / "sites" / "berkeley.ca" / "site.toml").write_text("name = ")
    ended = three(*ETL, "--all")
    assert ended.code == 1
    assert outcomes(ended.rows) == {"berkeley.ca": "failed", "oakland.ca": "changed", "sandiego.ca": "changed"}


def test_a_site_without_such_a_source_fails_with_what_to_add(three: Clerk) -> None:
    three.add_site("oz.ks")
    failed = three(*ETL, "oz.ks")
    config = three.root / "sites" / "oz.ks" / "site.toml"
    assert (failed.code, failed.rows[0]["message"]) == (1, "oz.ks: has no finance source")
    assert failed.rows[0]["remedy"] == (
        f"add [sources.NAME] to {config}; offered: netfile, netfile_campaign, netfile_excel, sandiego_efile"
    )


ORPHAN = "Error: oz.ks: source 'nosuch': no plugin offers it: clerk plugins list\n"


@pytest.mark.parametrize(("way", "sites"), [("--all", 3), ("--next-site", 1)])
def test_a_source_that_no_plugin_offers_is_named_and_ends_with_1(three: Clerk, way: str, sites: int) -> None:
    three.add_site("oz.ks", "nosuch.agency=OZ", state="KS")
    ended = three(*ETL, way)
    assert (ended.code, set(outcomes(ended.rows).values()), len(ended.rows)) == (1, {"changed"}, sites)
    assert ORPHAN in ended.err


def test_sites_whose_plugin_does_not_load_are_named_when_nothing_else_is_to_do(clerk: Clerk, tmp_path: Path) -> None:
    (tmp_path / "nosuch.py").write_text("raise RuntimeError('no rain')\n")
    clerk.add_site("oz.ks", "nosuch.agency=OZ", state="KS")
    ended = clerk(*ETL, "--all", "--plugins-dir", tmp_path)
    warning = "Warning: plugin nosuch: nosuch does not load: RuntimeError: no rain\n"
    assert (ended.code, ended.out, ended.err) == (1, "", warning + ORPHAN)


def test_an_orphan_of_a_disabled_site_or_beside_the_source_asked_for_is_no_failure(three: Clerk) -> None:
    three.add_site("oz.ks", "nosuch.agency=OZ", state="KS")
    assert three(*ETL, "--all", "--source", "netfile").code == 0
    three("sites", "disable", "oz.ks")
    assert three(*ETL, "--all").code == 0


def test_a_held_run_ends_with_3(three: Clerk, simulator: Simulator) -> None:
    take(three, "--all")
    simulator.faults = Faults(drop_share=0.5)
    ended = three(*ETL, "--all")
    assert (ended.code, set(outcomes(ended.rows).values())) == (3, {"held"})


def test_a_failure_outranks_what_is_held(three: Clerk, simulator: Simulator) -> None:
    take(three, "--all")
    three.add_site("alpha.ca", "netfile.agency=NOSUCH")
    simulator.faults = Faults(drop_share=0.5)
    ended = three(*ETL, "--all")
    assert (ended.code, set(outcomes(ended.rows).values())) == (1, {"failed", "held"})


def test_one_years_failure_stops_no_other_year(three: Clerk, simulator: Simulator) -> None:
    simulator.faults = Faults(every_nth_500=3)
    [run] = three(*ETL, "sandiego.ca", "--year", "2021", CLERK_HTTP_RETRIES="0").rows
    assert {scope["scope"]: scope["outcome"] for scope in run["scopes"]} == {"2020": "changed", "2021": "failed"}
    assert run["outcome"] == "failed"
