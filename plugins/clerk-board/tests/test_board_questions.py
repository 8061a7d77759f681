"""What readers see of a source's questions: its views, what it computes, and the search of its texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Pages, World

VOTERS = "/fl-voters"
SEARCH = f"{VOTERS}/search_county_ballots"


@pytest.fixture
def pages(world: World) -> Pages:
    """Florida's ballots, with questions over them."""
    world.add_questions()
    return world.open()


def test_home_names_the_questions_and_counts_the_rows_of_the_source_alone(pages: Pages) -> None:
    assert "Ballots by county 2 Largest counties Last checked" in pages.words("/")


def test_a_view_keeps_its_own_order_of_rows_and_columns(pages: Pages) -> None:
    path = f"{VOTERS}/largest_counties"
    html = pages.read(path)
    assert pages.cells(path, "county") == ["Miami-Dade", "Baker"]
    assert html.index('class="col-total') < html.index('class="col-voted_on') < html.index('class="col-county')


def test_a_view_has_its_title_its_source_and_the_meaning_of_its_columns(pages: Pages) -> None:
    html, words = pages.read(f"{VOTERS}/largest_counties"), pages.words(f"{VOTERS}/largest_counties")
    assert "<h1>Largest counties</h1>" in html
    assert "Ballots cast" in html
    assert "Counties by their ballots" in words
    assert "Division of Elections" in words


def test_what_a_source_computes_is_shown_once(pages: Pages) -> None:
    assert pages.cells(f"{VOTERS}/state_ballots", "total") == ["907"]
    assert pages.words(VOTERS).count("Sums") == 1


def test_the_search_finds_words_and_leaves_out_withdrawn_rows(pages: Pages) -> None:
    assert pages.cells(f"{SEARCH}?text=miami", "county") == ["Miami-Dade"]
    assert pages.cells(f"{SEARCH}?text=dixie", "county") == []


def test_the_search_says_which_rows_it_finds(pages: Pages) -> None:
    words = pages.words(f"{SEARCH}?text=miami")
    assert "Rows that the publisher still lists and that hold every word, of every source" in words
    assert "amended" not in words


def test_the_search_of_filings_says_that_amended_ones_are_among_them(world: World) -> None:
    world.add_san_diego({"tran_naml": "Zed"})
    words = world.open().words("/sandiego-ca-election_finance/search_transactions?text=zed")
    assert "Rows of amended filings are among them where the publisher still lists those" in words


def test_the_search_takes_whatever_is_typed(pages: Pages) -> None:
    assert pages.cells(f"{SEARCH}?text=%22*+OR+(%27;--", "county") == []


def test_a_database_of_the_version_before_is_shown_without_questions(world: World) -> None:
    path = world.add_florida()
    world.execute(path, "ALTER TABLE _clerk_tables DROP COLUMN kind")
    assert "Ballots by county 1 Last checked" in world.open().words("/")
