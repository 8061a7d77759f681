"""Pulling from Connect2 over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clerk_demo import Faults, Simulator
from clerkcore.testing import Clerk, Ended, SiteMaker

pytest_plugins = ["clerkcore.testing.fixtures"]

Etl = Callable[..., Ended]
ReadTable = Callable[..., list[dict[str, Any]]]
TABLES = ("transactions", "filings", "filers", "agencies")


def test_a_year_is_loaded_with_its_agency(etl: Etl, read_table: ReadTable) -> None:
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["added"]) == (0, "changed", 150)
    assert read_table("agencies") == [
        {"source": "netfile", "scope": "2026", "shortcut": "CSD", "agency_id": "1", "name": "City of San Diego"}
    ]


def test_a_year_of_many_pages_is_fetched_page_by_page(make_site: SiteMaker, run_clerk: Clerk) -> None:
    with Simulator(seed=7, size=2100) as simulator:
        make_site("sandiego.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url})
        ended = run_clerk("finance", "etl", "sandiego.ca", "--year", "2026", "--json")
        asked = [path.partition("CurrentPageIndex=")[2][:1] for _, path, _ in simulator.requests]
    assert (ended.line["added"], asked) == (2100, ["", "0", "1", "2"])


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_the_csv_ends_where_a_page_is_not_full(make_site: SiteMaker, run_clerk: Clerk, size: int) -> None:
    with Simulator(seed=7, size=size) as simulator:
        make_site("sandiego.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url, "format": "csv"})
        ended = run_clerk("finance", "etl", "sandiego.ca", "--year", "2026", "--json")
    assert (ended.line["added"], len(simulator.requests)) == (size, 2 if size < 1000 else 3)


def test_json_and_csv_give_identical_rows(
    etl: Etl, read_table: ReadTable, make_site: SiteMaker, simulator: Simulator
) -> None:
    make_site("twin.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url, "format": "csv"})
    assert etl().exit_code == etl(subdomain="twin.ca").exit_code == 0
    for table in TABLES:
        assert read_table(table) == read_table(table, "twin.ca")


def test_a_csv_after_json_changes_nothing(
    etl: Etl, run_clerk: Clerk, simulator: Simulator, read_table: ReadTable
) -> None:
    etl()
    before = read_table("transactions")
    config = run_clerk.root / "sites" / "sandiego.ca" / "site.toml"
    config.write_text(config.read_text() + 'format = "csv"\n')
    ended = etl()
    assert (ended.line["outcome"], ended.line["unchanged"]) == ("fresh", 150)
    assert read_table("transactions") == before


def test_an_unknown_format_is_refused(make_site: SiteMaker, etl: Etl, simulator: Simulator) -> None:
    make_site("other.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url, "format": "xlsx"})
    ended = etl(subdomain="other.ca")
    assert (ended.exit_code, ended.line["message"]) == (1, "[sources.netfile] format: 'xlsx' is no format of NetFile")
    assert ended.line["remedy"] == "formats: json, csv"


def test_an_agency_is_found_by_its_name(
    make_site: SiteMaker, etl: Etl, read_table: ReadTable, simulator: Simulator
) -> None:
    settings = {"agency_name": "county of  alameda", "base_url": simulator.netfile_url}
    make_site("alameda-county.ca", netfile=settings)
    assert etl(subdomain="alameda-county.ca").line["added"] == 150
    assert [row["shortcut"] for row in read_table("agencies", "alameda-county.ca")] == ["DEMOC"]


def test_an_unknown_agency_is_told_with_those_like_it(make_site: SiteMaker, etl: Etl, simulator: Simulator) -> None:
    make_site("alamda.ca", netfile={"agency_name": "City of Alamda", "base_url": simulator.netfile_url})
    ended = etl(subdomain="alamda.ca")
    assert (ended.exit_code, ended.line["outcome"]) == (1, "failed")
    assert ended.line["message"] == "[sources.netfile]: NetFile lists no agency called 'City of Alamda'"
    assert ended.line["remedy"].startswith("set agency in its site.toml to one of: DEMOA (City of Alameda), ")


def test_a_site_that_names_no_agency_is_told_what_to_write(
    make_site: SiteMaker, etl: Etl, simulator: Simulator
) -> None:
    make_site("nameless.ca", netfile={"base_url": simulator.netfile_url})
    ended = etl(subdomain="nameless.ca")
    assert ended.line["message"] == "[sources.netfile]: the site's agency is not named"
    assert "agency_name" in ended.line["remedy"]


def test_a_second_pull_of_the_same_ends_fresh(etl: Etl) -> None:
    etl()
    ended = etl()
    assert (ended.exit_code, ended.line["outcome"], ended.line["message"]) == (0, "fresh", "the source has not changed")


def test_an_amended_filing_comes_back_under_a_new_id(etl: Etl, simulator: Simulator, read_table: ReadTable) -> None:
    etl()
    before = {row["filing_id"] for row in read_table("filings")}
    simulator.set_day(1)
    ended = etl()
    assert [ended.line[name] for name in ("outcome", "added", "disappeared", "unchanged")] == ["changed", 26, 20, 130]
    after = {row["filing_id"] for row in read_table("filings")}
    assert (len(before - after), len(after - before)) == (1, 2)


def test_an_undone_pull_leaves_what_was_before(
    etl: Etl, simulator: Simulator, read_table: ReadTable, run_clerk: Clerk
) -> None:
    etl()
    before = {table: read_table(table) for table in TABLES}
    simulator.set_day(1)
    run_id = etl().line["run_id"]
    assert run_clerk("undo", str(run_id)).exit_code == 0
    assert {table: read_table(table) for table in TABLES} == before


def test_passing_500s_are_tried_again(etl: Etl, simulator: Simulator) -> None:
    simulator.faults = Faults(every_nth_500=2)
    ended = etl()
    assert (ended.exit_code, ended.line["added"]) == (0, 150)
    assert [status for _, _, status in simulator.requests] == [200, 500, 200]


def test_the_three_stages_apart_do_what_etl_does(
    etl: Etl, run_clerk: Clerk, make_site: SiteMaker, simulator: Simulator, read_table: ReadTable
) -> None:
    make_site("twin.ca", netfile={"agency": "CSD", "base_url": simulator.netfile_url})
    etl()
    for stage in ("extract", "transform", "load"):
        assert run_clerk("finance", stage, "twin.ca", "--year", "2026").exit_code == 0
    assert read_table("transactions", "twin.ca") == read_table("transactions")
