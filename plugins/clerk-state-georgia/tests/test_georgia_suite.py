"""Georgia's three data sources pass the suite of every source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clerk_state_georgia.adapter import Georgia
from clerkcore.rosters import make_scope
from clerkcore.testing import SourceSuite

SAMPLES = Path(__file__).parent / "samples"
SETTINGS = {
    "election": "A-12601",
    "election_date": "2026-11-03",
    "data_sources": ["ABSENTEE", "HISTORY", "TURNOUT"],
    "turnout_columns": {"county": 0, "registered_voters": 1, "mail_total": 2, "ballots_total": 4},
}
READ = {
    "County",
    "Voter Registration #",
    "Ballot Status",
    "Application Date",
    "Ballot Issued Date",
    "Ballot Return Date",
    "Ballot Style",
    "County Precinct",
    "Party",
}
HEADER = (SAMPLES / "STATEWIDE.csv").read_text().splitlines()[0].split(",")


class TestAbsentee(SourceSuite):
    source_class = Georgia
    config = SETTINGS
    scope = make_scope("ABSENTEE", "A-12601", election_day="2026-11-03")
    samples = (SAMPLES / "STATEWIDE.csv",)
    records = 8
    optional = frozenset(HEADER) - READ


class TestHistory(SourceSuite):
    source_class = Georgia
    config = SETTINGS
    scope = make_scope("HISTORY", "A-12601", "2026-11-03")
    samples = (SAMPLES / "history.txt",)
    records = 7  # and one line of another election


class TestTurnout(SourceSuite):
    source_class = Georgia
    config = SETTINGS
    scope = make_scope("TURNOUT", "A-12601", "2026-11-03")
    samples = (SAMPLES / "turnout.pdf",)
    records = 8  # seven counties and TOTAL


def test_the_samples_are_what_the_writers_write(tmp_path: Path, make_samples: Callable[[Path], None]) -> None:
    make_samples(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {path.name: path.read_bytes() for path in SAMPLES.iterdir()} == written
