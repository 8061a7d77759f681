"""San Diego's eFile passes the suite of every source, with pages and filings and with a bare list."""

from __future__ import annotations

from pathlib import Path

from clerk_finance_sandiego.source import SanDiegoEFile
from clerkcore import Scope
from clerkcore.testing import SourceSuite

SAMPLES = Path(__file__).parent / "samples"
YEAR = Scope("2026", {"year": "2026"})


class TestPages(SourceSuite):
    source_class = SanDiegoEFile
    scope = YEAR
    samples = tuple(SAMPLES / "pages" / name for name in ("transactions-1.json", "transactions-2.json", "filings.json"))
    records = 20


class TestBareList(SourceSuite):
    source_class = SanDiegoEFile
    scope = YEAR
    samples = (SAMPLES / "bare" / "transactions.json",)
    earlier = (SAMPLES / "earlier" / "transactions.json",)
    records = 20
