"""What Prometheus reads: every figure, whatever is broken, and nothing that a file's name could break."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from clerkcore.installation import Installation
from clerkcore.ledger.tables import site_sources
from clerkcore.metrics import expose, render
from clerkcore.metrics.collector import ClerkCollector
from clerkcore.metrics.site_figures import RawSizes
from clerkcore.testing import Clerk, SiteMaker

VERSION = version("clerkcore")
Scrape = Callable[[], dict[str, dict[tuple[str, ...], float]]]


def database(installation: Installation) -> Path:
    return installation.folder("sandiego.ca").database("election_finance")


def live_rows(path: Path, *tables: str) -> dict[str, float]:
    with sqlite3.connect(path) as connection:
        query = "SELECT count(*) FROM {} WHERE removed_run_id IS NULL"
        return {table: connection.execute(query.format(table)).fetchone()[0] for table in tables}


def test_a_site_that_was_loaded(installation: Installation, scrape: Scrape, san_diego: str) -> None:
    found = scrape()
    path, where = database(installation), ("election_finance", "sandiego.ca")
    source = ("sandiego.ca", "netfile")
    assert found["clerk_up"] == {(): 1}
    assert found["clerk_build_info"] == {(VERSION,): 1}
    assert found["clerk_sites"] == {("true",): 1}
    assert found["clerk_runs_total"] == {("finance.etl", "changed"): 1}
    assert found["clerk_run_duration_seconds_count"] == {("finance.etl",): 1}
    assert found["clerk_source_failures_in_a_row"] == {source: 0}
    assert found["clerk_held_scopes"] == {source: 0}
    assert found["clerk_validations_failed_total"] == {("quarantined", *source): 0}
    assert found["clerk_run_last_timestamp_seconds"] == found["clerk_run_last_success_timestamp_seconds"]
    assert found["clerk_database_readable"] == {where: 1}
    assert found["clerk_rows"][*where, "transactions"] == 60
    assert found["clerk_database_bytes"][where] >= path.stat().st_size
    raw = sum(file.stat().st_size for file in installation.folder(san_diego).raw.rglob("*") if file.is_file())
    assert found["clerk_raw_bytes"] == {("sandiego.ca",): raw}


def test_every_family_says_what_it_is(installation: Installation, san_diego: str) -> None:
    families = list(text_string_to_metric_families(render(installation)[0].decode()))
    assert [family.name for family in families if not re.fullmatch(r"[A-Z][^\n]+\.", family.documentation)] == []
    assert [family.name for family in families if not re.fullmatch(r"clerk(_[a-z]+)+", family.name)] == []
    totals = [family.name for family in families if family.type == "counter"]
    assert totals == ["clerk_runs", "clerk_validations_failed"]


def test_rows_are_those_that_hold_after_an_undo_too(
    installation: Installation, scrape: Scrape, san_diego: str, run_clerk: Clerk
) -> None:
    where = ("election_finance", "sandiego.ca")
    tables = ("agencies", "filers", "filings", "transactions")

    def told() -> dict[str, float]:
        rows = scrape()["clerk_rows"]
        return {table: rows[*where, table] for table in tables}

    loaded = told()
    assert loaded == live_rows(database(installation), *tables)
    run_clerk("undo", "1")
    assert told() == live_rows(database(installation), *tables) == dict.fromkeys(tables, 0)
    run_clerk("undo", "2")
    assert told() == live_rows(database(installation), *tables) == loaded


def damage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def replace(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")


@pytest.mark.parametrize(
    ("spoil", "reason"), [(damage, "is damaged or not an SQLite database"), (replace, "was not made by clerk")]
)
def test_a_database_that_cannot_be_read_is_a_figure_and_stops_no_other(
    installation: Installation,
    scrape: Scrape,
    san_diego: str,
    run_clerk: Clerk,
    spoil: Callable[[Path], None],
    reason: str,
) -> None:
    before = scrape()
    path = database(installation)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    spoil(path)
    found = scrape()
    assert found["clerk_database_readable"] == {("election_finance", "sandiego.ca"): 0}
    assert found["clerk_runs_total"] == before["clerk_runs_total"]
    assert found["clerk_raw_bytes"] == before["clerk_raw_bytes"]
    printed = run_clerk("metrics")
    assert (printed.exit_code, printed.stderr.startswith(f"Warning: {path}: {reason}")) == (1, True)
    assert 'clerk_database_readable{database="election_finance",site="sandiego.ca"} 0.0\n' in printed.stdout


def test_without_a_ledger_it_is_down(installation: Installation, run_clerk: Clerk) -> None:
    (installation.root / "civic.db").unlink()
    printed = run_clerk("metrics")
    told = f"Warning: {installation.root / 'civic.db'}: there is no ledger (run `clerk init`)\n"
    assert (printed.exit_code, printed.stderr) == (1, told)
    assert [line for line in printed.stdout.splitlines() if not line.startswith("#")] == [
        f'clerk_build_info{{version="{VERSION}"}} 1.0',
        "clerk_up 0.0",
    ]


def test_a_hostile_name_stays_a_label(installation: Installation, make_site: SiteMaker, scrape: Scrape) -> None:
    make_site("oz.ks")
    with installation.ledger.write() as connection:
        for name in ('a"b\\', "c\nclerk_up 0\n", "\x1b[31m", "\x1b[31\x07"):
            connection.execute(insert(site_sources).values(subdomain="oz.ks", source=name))
    (installation.folder("oz.ks").path / "b\udc80\x1b.db").write_bytes(b"")
    body, _ = render(installation)
    assert all(line.isprintable() for line in body.decode().split("\n"))
    found = scrape()
    assert found["clerk_up"] == {(): 1}
    assert sorted(found["clerk_held_scopes"]) == [
        ("oz.ks", 'a"b\\'),
        ("oz.ks", "c\N{REPLACEMENT CHARACTER}clerk_up 0\N{REPLACEMENT CHARACTER}"),
        ("oz.ks", "\N{REPLACEMENT CHARACTER}[31m"),
        ("oz.ks", "\N{REPLACEMENT CHARACTER}[31\N{REPLACEMENT CHARACTER}"),
    ]
    assert found["clerk_database_readable"] == {("b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}", "oz.ks"): 0}


def test_of_too_many_sites_no_file_is_read(installation: Installation, make_site: SiteMaker) -> None:
    make_site("oz.ks", netfile={"agency": "OZ"})
    (installation.folder("oz.ks").path / "voters.db").write_bytes(b"broken")
    collector = ClerkCollector(installation, most_sites=0)
    samples = {(sample.name, *sample.labels.values()) for family in collector.collect() for sample in family.samples}
    assert ("clerk_held_scopes", "", "netfile") in samples
    assert ("clerk_validations_failed_total", "", "netfile", "quarantined") in samples
    assert not any(sample[0].startswith(("clerk_raw", "clerk_database", "clerk_rows")) for sample in samples)
    assert collector.errors == []


def test_a_prometheus_that_asks_for_openmetrics_gets_it(installation: Installation) -> None:
    found = expose(installation, "application/openmetrics-text; version=1.0.0")
    assert found.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert found.body.endswith(b"# EOF\n")


def test_the_size_of_an_archive_follows_its_files(tmp_path: Path) -> None:
    sizes = RawSizes()
    assert sizes.size(tmp_path / "raw") == 0
    (tmp_path / "raw" / "ab").mkdir(parents=True)
    (tmp_path / "raw" / "ab" / "one.gz").write_bytes(b"12345")
    assert sizes.size(tmp_path / "raw") == 5
    (tmp_path / "raw" / "ab" / "two.gz").write_bytes(b"123")
    (tmp_path / "raw" / "elsewhere").symlink_to("/usr")
    assert sizes.size(tmp_path / "raw") == 8 + len("/usr")
