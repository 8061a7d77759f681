"""The committees of an agency in the finance world: candidates', recipient and ballot-measure committees."""

from __future__ import annotations

from dataclasses import dataclass

from clerk_demo.filings import Agency
from clerk_demo.words import CAUSES, EMPLOYERS, FIRST_NAMES, OFFICES, SURNAMES

ROWS_PER_COMMITTEE = 50
MOST_COMMITTEES = 2000
KINDS = ("CTL", "RCP", "BMC", "CTL")


@dataclass(frozen=True, slots=True)
class Committee:
    """One filer; the candidate is empty except for CTL, the measure except for BMC."""

    number: int
    local_id: str
    state_id: str
    name: str
    kind: str
    office: str
    candidate: tuple[str, str]
    measure: str


def count_committees(size: int) -> int:
    """Return how many committees file a year of this size."""
    return min(max(size // ROWS_PER_COMMITTEE, 1 if size < 20 else 2), MOST_COMMITTEES)


def draw_committee(agency: Agency, number: int) -> Committee:
    """Return the committee of this number; every fifth waits for its state id."""
    chance = agency.chance("committee", number)
    kind = KINDS[number % len(KINDS)]
    office, code = chance.choice(OFFICES)
    first, last = chance.choice(FIRST_NAMES), chance.choice(SURNAMES)
    cause, sponsor = chance.choice(CAUSES), chance.choice(EMPLOYERS[:4])
    letter = chr(ord("A") + number // len(KINDS) % 26)
    name = {
        "CTL": f"{first} {last} for {office} {agency.year}, No. {number}",
        "RCP": f"Neighbors {number} for {cause}, sponsored by {sponsor}",
        "BMC": f"Yes on {letter} - Committee {number} for {cause}",
    }[kind]
    return Committee(
        number=number,
        local_id=f"CAMPAIGN_{agency.aid}-{2600 + number}" if number % 50 == 0 else f"{agency.aid}-{160_000 + number}",
        state_id="Pending" if number % 5 == 1 else str(990_000 + number if number < 9000 else 9_900_000 + number),
        name=name,
        kind=kind,
        office=code if kind == "CTL" else "",
        candidate=(last, first) if kind == "CTL" else ("", ""),
        measure=f"Measure {letter}" if kind == "BMC" else "",
    )
