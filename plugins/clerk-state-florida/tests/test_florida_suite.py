"""Florida's county reports pass the suite of every source."""

from __future__ import annotations

from pathlib import Path

from clerk_state_florida.adapter import Florida
from clerkcore import Scope
from clerkcore.testing import SourceSuite

SAMPLES = Path(__file__).parent / "samples"
SETTINGS = {"election": "49894"}


class TestCountyReport(SourceSuite):
    source_class = Florida
    config = SETTINGS
    scope = Scope("49894/VbmVoted", {"data_source": "VbmVoted", "election_id": "49894", "election_date": ""})
    samples = (SAMPLES / "later" / "Stats_49894_VbmVoted.txt",)
    earlier = (SAMPLES / "earlier" / "Stats_49894_VbmVoted.txt",)
    records = 68  # 67 counties and State Totals
