"""Each kind of file that Texas publishes passes the suite of every source."""

from __future__ import annotations

from pathlib import Path

from clerk_state_texas.adapter import Texas
from clerkcore.rosters import make_scope
from clerkcore.testing import SourceSuite

SAMPLES = Path(__file__).parent / "samples"


class TestIndex(SourceSuite):
    source_class = Texas
    scope = make_scope("ELECTIONS", "")
    samples = (SAMPLES / "later" / "elections.json",)
    earlier = (SAMPLES / "earlier" / "elections.json",)
    records = 6
    # When it was published, and what nobody reads.
    optional = frozenset({"date_updated", "elections_local", "counties", "county_id", "name", "date_turnout_id"})


class TestRoster(SourceSuite):
    source_class = Texas
    scope = make_scope("EVR", "90501", "2026-05-18", party="REP", election_day="2026-05-26")
    samples = (SAMPLES / "later" / "statewide.csv",)
    earlier = (SAMPLES / "earlier" / "statewide.csv",)
    records = 13
    optional = frozenset({"voter_name"})  # dropped, unless the site keeps names


class TestTurnout(SourceSuite):
    source_class = Texas
    scope = make_scope("EVR_TURNOUT", "90501", "2026-05-18", party="REP", election_day="2026-05-26")
    samples = (SAMPLES / "later" / "turnout.json",)
    earlier = (SAMPLES / "earlier" / "turnout.json",)
    records = 6
    optional = frozenset({"date_updated"})


class TestWorkbook(SourceSuite):
    source_class = Texas
    scope = make_scope("TURNOUT_WORKBOOK", "2020G")
    samples = (SAMPLES / "later" / "workbook.xlsx",)
    earlier = (SAMPLES / "earlier" / "workbook.xlsx",)
    records = 21  # three days of six counties and a total
