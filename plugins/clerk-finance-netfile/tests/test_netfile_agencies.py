"""Which agency a site is."""

from __future__ import annotations

import io
import json

import pytest

from clerk_finance_netfile.agencies import Agency, find_agency, read_agencies
from clerkcore import SiteError, SourceError

SAN_DIEGO = Agency("CSD", "1", "City of San Diego")
SAN_DIEGO_COUNTY = Agency("CSDC", "2", "County of San Diego")
OAKLAND = Agency("COAK", "3", "City of Oakland")
TWIN = Agency("SD2", "4", "City of  San diego")


def test_the_shortcut_is_taken_as_it_is_written() -> None:
    assert find_agency([SAN_DIEGO, OAKLAND], {"agency": "COAK"}) == OAKLAND


def test_a_name_is_compared_without_capitals_and_double_spaces() -> None:
    assert find_agency([SAN_DIEGO, OAKLAND], {"agency_name": "city  of OAKLAND"}) == OAKLAND


def test_the_shortcut_decides_where_both_are_given() -> None:
    assert find_agency([SAN_DIEGO, OAKLAND], {"agency": "CSD", "agency_name": "City of Oakland"}) == SAN_DIEGO


def test_two_agencies_of_one_name_are_told_apart_by_the_operator() -> None:
    with pytest.raises(SiteError) as caught:
        find_agency([SAN_DIEGO, TWIN, OAKLAND], {"agency_name": "City of San Diego"})
    assert str(caught.value) == (
        "[sources.netfile]: NetFile lists 2 agencies called 'City of San Diego'"
        " (set agency in its site.toml to one of: CSD (City of San Diego), SD2 (City of  San diego))"
    )


@pytest.mark.parametrize(
    ("config", "first"),
    [
        ({"agency_name": "San Diego"}, "CSD (City of San Diego), CSDC (County of San Diego), COAK"),
        ({"agency_name": "City of Okland"}, "COAK (City of Oakland), "),
        ({"agency": "oak"}, "COAK (City of Oakland), "),
        ({"agency": "csdc"}, "CSDC (County of San Diego), "),
    ],
)
def test_an_unknown_agency_is_told_with_the_nearest_first(config: dict[str, str], first: str) -> None:
    with pytest.raises(SiteError) as caught:
        find_agency([OAKLAND, SAN_DIEGO_COUNTY, SAN_DIEGO], config)
    assert f"to one of: {first}" in str(caught.value)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"agencies": []}, "lists no agency at all"),
        ({"agencies": None}, "is not a list of agencies"),
        ({"agencies": [{"id": 1, "name": "City of San Diego"}]}, "is not a list of agencies: KeyError('shortcut')"),
        ([], "is not a list of agencies"),
        ("text", "is not a list of agencies"),
    ],
)
def test_something_else_than_a_list_of_agencies_is_refused(document: object, problem: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_agencies(io.BytesIO(json.dumps(document).encode()))
    assert str(caught.value).startswith(f"netfile agencies.json: {problem}")
    assert caught.value.remedy
