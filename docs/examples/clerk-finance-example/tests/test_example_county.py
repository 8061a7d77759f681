"""Example County passes the suite of every source, and compares its sum with the county's total."""

from __future__ import annotations

from pathlib import Path

from clerk_finance_example.source import ExampleCounty

from clerkcore import Scope
from clerkcore.testing import Clerk, SiteMaker, SourceSuite

pytest_plugins = ["clerkcore.testing.fixtures"]

PROJECTS = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("2026.csv")


class TestExampleCounty(SourceSuite):
    source_class = ExampleCounty
    scope = Scope("2026", {"year": "2026"})
    samples = (SAMPLE,)
    records = 4
    plugins_dir = str(PROJECTS)


def test_a_year_is_loaded_and_agrees_with_its_total(make_site: SiteMaker, run_clerk: Clerk) -> None:
    make_site("example.ca", example={"url": "https://county.example/finance"})
    pull = ("--plugins-dir", PROJECTS, "finance", "etl", "example.ca", "--year", "2026", "--from", SAMPLE, "--json")
    ended = run_clerk(*pull)
    assert (ended.exit_code, ended.line["added"], ended.line["aside"], ended.line["findings"]) == (0, 3, 1, 0)


def test_a_sum_that_differs_from_the_total_holds_the_run(
    make_site: SiteMaker, run_clerk: Clerk, tmp_path: Path
) -> None:
    make_site("example.ca", example={"url": "https://county.example/finance"})
    file = tmp_path / "2026.csv"
    file.write_text(SAMPLE.read_text().replace("250.50", "250.51"))
    pull = ("--plugins-dir", PROJECTS, "finance", "etl", "example.ca", "--year", "2026", "--from", file, "--json")
    ended = run_clerk(*pull)
    assert (ended.exit_code, ended.line["outcome"]) == (3, "held")
    assert "(expected 117525, found 117526)" in ended.line["message"]
