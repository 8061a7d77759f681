"""Files of each kind pass the suite of every source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from clerk_state_configured.adapter import Configured
from clerkcore import Scope
from clerkcore.testing import SourceSuite

pytest_plugins = ["clerkcore.testing.fixtures"]

SAMPLES = Path(__file__).parent / "samples"
_COUNTS = {"county": "County", "vote_date": "Day", "mail_total": ["Mail", "VBM"], "in_person_total": "In person"}
FILES: dict[str, dict[str, Any]] = {
    "HISTORY": {
        "kind": "roster",
        "format": "fixed",
        "widths": {"COUNTY": 3, "ID": 8, "DAY": 10, "HOW": 1},
        "columns": {"voter_id": "ID", "vote_date": "DAY", "voting_method": "HOW", "county": "COUNTY"},
        "values": {"voting_method": {"E": "early", "M": "absentee-mail"}},
        "voter_id_pattern": r"\d{8}",
    },
    "WORKBOOK": {"kind": "turnout", "format": "excel", "columns": _COUNTS},
    "DOCUMENT": {"kind": "turnout", "format": "json", "path": "data.items", "columns": _COUNTS},
}


def settings_of(source: str) -> dict[str, Any]:
    file = {"data_source": source, "url": "https://county.example/{election}", **FILES[source]}
    return {"election": "2026", "files": [file]}


def scope_of(source: str) -> Scope:
    return Scope(f"2026/{source}", {"data_source": source, "election_id": "2026", "election_date": ""})


class TestFixedWidths(SourceSuite):
    source_class = Configured
    config: ClassVar[dict[str, Any]] = settings_of("HISTORY")
    scope = scope_of("HISTORY")
    samples = (SAMPLES / "history.txt",)
    records = 12


class TestWorkbook(SourceSuite):
    source_class = Configured
    config: ClassVar[dict[str, Any]] = settings_of("WORKBOOK")
    scope = scope_of("WORKBOOK")
    samples = (SAMPLES / "counts.xlsx",)
    records = 8


class TestDocument(SourceSuite):
    source_class = Configured
    config: ClassVar[dict[str, Any]] = settings_of("DOCUMENT")
    scope = scope_of("DOCUMENT")
    samples = (SAMPLES / "counts.json",)
    records = 8
