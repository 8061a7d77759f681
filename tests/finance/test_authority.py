"""Which source is believed: the one that site.toml names first, as it stands at the newest run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from .conftest import Desk, gift


@pytest.fixture
def both(two_sources: Desk) -> Desk:
    """County says one dollar, its twin two."""
    two_sources.load(gift("1", "1", 100))
    two_sources.load(gift("1", "1", 200), source="twin")
    return two_sources


def name_sources(desk: Desk, *names: str) -> None:
    """Write the site's sources anew."""
    for bench in desk.benches.values():
        bench.site = replace(bench.site, sources={name: {} for name in names})


def believed(desk: Desk) -> list[tuple[str, int]]:
    rows = desk.ask("SELECT source, contributions_cents FROM totals_by_filer")
    return [(row["source"], row["contributions_cents"]) for row in rows]


def test_the_source_named_first_is_believed(both: Desk) -> None:
    assert believed(both) == [("county", 100)]


@pytest.mark.parametrize("source", ["county", "twin"])
def test_another_order_takes_effect_with_the_next_run_of_any_source(both: Desk, source: str) -> None:
    name_sources(both, "twin", "county")
    both.load(gift("1", "1", 300), on=2, source=source)
    assert both.ask("SELECT source FROM authority") == [{"source": "twin"}]


def test_another_order_takes_effect_though_the_source_has_not_changed(both: Desk) -> None:
    name_sources(both, "twin", "county")
    assert both.load(gift("1", "1", 100), on=2).message == "the source has not changed"
    assert believed(both) == [("twin", 200)]


def test_a_source_that_the_site_names_no_more_is_not_believed_and_keeps_its_rows(both: Desk) -> None:
    name_sources(both, "twin")
    both.load(gift("1", "1", 200), on=2, source="twin")
    assert believed(both) == [("twin", 200)]
    kept = both.ask("SELECT source, amount_cents FROM transactions_effective ORDER BY source")
    assert kept == [{"source": "county", "amount_cents": 100}, {"source": "twin", "amount_cents": 200}]


def test_a_source_that_the_site_names_no_more_is_no_cross_check(both: Desk) -> None:
    name_sources(both, "twin")
    both.load(gift("1", "1", 201), on=2, source="twin")
    assert both.findings("cross_check") == []


def test_the_order_lists_the_sources_that_fill_the_database(both: Desk) -> None:
    name_sources(both, "roster", "twin", "never_pulled", "county")
    both.load(gift("1", "1", 100), on=2)
    ranked = both.ask("SELECT name FROM source_ranks ORDER BY rank")
    assert [row["name"] for row in ranked] == ["twin", "county"]


def test_where_a_site_names_no_source_the_one_at_hand_is_believed(desk: Desk) -> None:
    name_sources(desk)
    desk.load(gift("1", "1", 100))
    assert believed(desk) == [("county", 100)]
