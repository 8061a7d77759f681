"""North Carolina's files pass the suite of every source, as they are sent and unpacked."""

from __future__ import annotations

from pathlib import Path

from clerk_state_north_carolina.adapter import NorthCarolina
from clerkcore import Scope
from clerkcore.testing import SourceSuite

pytest_plugins = ["clerkcore.testing.fixtures"]

SAMPLES = Path(__file__).parent / "samples"
SETTINGS = {"election": "2024-11-05"}


def scope_of(data_source: str) -> Scope:
    day = {"election_date": "", "election_day": "2024-11-05"}
    return Scope(f"20241105/{data_source}", {"data_source": data_source, "election_id": "20241105", **day})


class TestAbsentee(SourceSuite):
    source_class = NorthCarolina
    config = SETTINGS
    scope = scope_of("ABSENTEE")
    samples = (SAMPLES / "absentee_20241105.csv",)
    earlier = (SAMPLES / "earlier" / "absentee_20241105.csv",)
    records = 12
    optional = frozenset({"precinct_desc", "voter_party_code", "ballot_request_party", "election_dt", "ballot_req_dt"})


class TestAbsenteeZip(SourceSuite):
    """As the state sends it: latin-1, stray quotes, NULs, padding, a line twice."""

    source_class = NorthCarolina
    config = SETTINGS
    scope = scope_of("ABSENTEE")
    samples = (SAMPLES / "absentee_20241105.zip",)
    records = 10


class TestHistory(SourceSuite):
    """Each county has one voter of the election, so that a spoilt line is a county less and a rejected record more."""

    source_class = NorthCarolina
    config = SETTINGS
    scope = scope_of("HISTORY")
    samples = (SAMPLES / "ncvhis_Statewide.txt",)
    records = 10  # the election, and nine rows of eight counties
    optional = frozenset({"election_desc"})
