"""What is told of a contribution besides its amount."""

from __future__ import annotations

import pytest

from .conftest import Desk, gift


@pytest.mark.parametrize(
    ("columns", "sector"),
    [
        ({"tran_naml": "Church, Mary"}, "not told"),
        ({"tran_naml": "John Law", "tran_occ": "baker"}, "other"),
        ({"tran_naml": "Church", "tran_namf": "Mary", "entity_cd": "IND"}, "not told"),
        ({"tran_naml": "Church of Mockton", "entity_cd": "OTH"}, "non-profit"),
        ({"tran_naml": "Law Offices", "entity_cd": "COM"}, "committee"),
        ({"tran_naml": "Church, Mary", "tran_occ": "nurse"}, "health"),
    ],
    ids=["name alone", "another occupation", "person", "organisation", "committee", "occupation"],
)
def test_a_name_tells_a_sector_only_where_the_publisher_calls_it_an_organisation(
    desk: Desk, columns: dict[str, str], sector: str
) -> None:
    desk.load(gift("1", "1", 100, **columns))
    assert desk.ask("SELECT sector FROM contributions") == [{"sector": sector}]


def test_the_week_of_a_contribution_is_its_monday(desk: Desk) -> None:
    desk.load(gift("1", "1", 100, calculated_date="2026-02-01"), gift("1", "2", 100, calculated_date=None))
    assert desk.ask("SELECT week FROM contributions ORDER BY tran_id") == [{"week": "2026-01-26"}, {"week": None}]
