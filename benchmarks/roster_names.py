"""What the scripts of the roster benchmarks call files and columns; it imports nothing large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DAY, ELECTION, PARTY = "2026-05-18", "58315", "REP"
# The columns of clerk's table `roster`.
COLUMNS = (
    "voter_id",
    "vote_date",
    "voting_method",
    "county",
    "precinct",
    "party",
    "ballot_status",
    "election_id",
    "voter_name",
    "voter_address",
)
KEY, *OTHERS = COLUMNS
FIRST, NEXT, SHUFFLED = "first", "next", "shuffled"
Seconds = dict[str, tuple[float, float]]  # of the processor, and passed, by part of a way


def published(folder: Path, which: str) -> Path:
    """Where a roster lies as the state publishes it."""
    return folder / f"{which}.csv"


def widened(folder: Path, which: str) -> Path:
    """Where the same roster lies with ten columns."""
    return folder / f"{which}_ten.csv"


def facts_of(file: Path) -> dict[str, Any]:
    """Return what is in a published file: its lines, and how many rows are new, edited and gone."""
    facts: dict[str, Any] = json.loads(file.with_suffix(".json").read_text())
    return facts
