"""The Campaign API passes the suite of every source."""

from __future__ import annotations

import sys
from pathlib import Path

from clerk_finance_netfile.campaign import NetFileCampaign
from clerkcore import Scope
from clerkcore.testing import SourceSuite

sys.path.insert(0, str(Path(__file__).parent))

from campaign_samples import AID, SAMPLES, write_samples

NAMES = ("filers-0000.json", "filings-0000.json", "elements-0000.json", "elements-0001.json")
SETTINGS = {"agency": AID}


class TestCampaignPages(SourceSuite):
    source_class = NetFileCampaign
    config = SETTINGS
    scope = Scope("all", {})
    samples = tuple(SAMPLES / name for name in NAMES)
    records = 12
    # Kept as evidence of what is set aside; the id of a transaction stands in the transaction itself, too.
    optional = frozenset({"elementType", "transactionId"})


def test_the_samples_are_what_their_module_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert {path.name: path.read_bytes() for path in SAMPLES.iterdir()} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }
