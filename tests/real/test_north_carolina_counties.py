"""North Carolina's list of counties and their numbers."""

from __future__ import annotations

import csv
from pathlib import Path

from clerk_state_north_carolina.counties import COUNTIES


def test_the_counties_and_their_numbers_are_those_of_the_list(data: Path) -> None:
    with (data / "nc" / "county_lookup.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["desc_county"]: int(row["cd_county"]) for row in csv.DictReader(file)}
    # The list has two digits: Yancey, the hundredth, is 0.
    assert listed == {county: number % 100 for county, number in COUNTIES.items()}
