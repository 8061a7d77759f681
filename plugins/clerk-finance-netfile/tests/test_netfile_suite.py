"""NetFile passes the suite of every source, with the year CSV and with JSON pages."""

from __future__ import annotations

from pathlib import Path

from clerk_finance_netfile.source import NetFile
from clerkcore import Scope
from clerkcore.testing import SourceSuite

SAMPLES = Path(__file__).parent / "samples"
SETTINGS = {"agency": "CSD"}
CSD_2026 = Scope("2026", {"year": "2026"})


class TestYearCsv(SourceSuite):
    source_class = NetFile
    config = SETTINGS
    scope = CSD_2026
    samples = (SAMPLES / "csv" / "year-2026.csv",)
    earlier = (SAMPLES / "earlier" / "year-2026.csv",)
    records = 44


class TestJsonPages(SourceSuite):
    source_class = NetFile
    config = SETTINGS
    scope = CSD_2026
    samples = tuple(SAMPLES / "json" / name for name in ("agencies.json", "page-0.json", "page-1.json", "page-2.json"))
    records = 18
