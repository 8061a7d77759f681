"""What became of each filing: on which days it held, and what took its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clerkcore.finance.computed import FILING_DAYS, FILING_STATES
from clerkcore.finance.forms import LATE_FAMILIES
from clerkcore.finance.sightings import intervals, read_sightings
from clerkcore.finance.versions import OPEN, Days, order_versions, without
from clerkcore.interfaces import Writer
from clerkcore.models import Row

DAY = 10  # characters of an ISO date


@dataclass(frozen=True, slots=True)
class FilingState:
    """A filing of a scope.

    `seen` are the moments of captures from and until which the publisher held it, the last open while it does;
    `held` the days on which it did and nothing took its place, from the first until the one after the last.
    """

    filing_id: str
    filer: str
    filer_name: str | None
    filer_state_id: str | None
    family: str
    start: str | None
    end: str | None
    year: int | None
    filed_on: str | None
    amends: str | None
    seen: tuple[tuple[str, str], ...]
    superseded_by: str = ""
    superseded_on: str = ""
    basis: str = ""
    original: bool = True
    held: tuple[Days, ...] = ()

    @property
    def seen_at(self) -> str:
        """The moment it was first seen."""
        return self.seen[0][0]

    @property
    def gone_at(self) -> str:
        """The moment it was seen no more; empty while it is there."""
        return self.seen[-1][1]

    @property
    def first_gone_at(self) -> str:
        """The moment it was first seen no more, though it may have come back; empty when it never left."""
        return self.seen[0][1]

    @property
    def live(self) -> bool:
        """Whether the publisher holds it now."""
        return not self.gone_at

    @property
    def started_on(self) -> str:
        """The day it was filed, where the publisher says, else the day it was first seen."""
        return self.filed_on or self.seen_at[:DAY]

    @property
    def ended_on(self) -> str:
        """The day it was seen no more; empty while it is there."""
        return self.gone_at[:DAY]

    @property
    def days(self) -> list[Days]:
        """The days on which the publisher held it; what came and went within one is left out."""
        found = [(start[:DAY], end[:DAY]) for start, end in self.seen]
        found[0] = (self.started_on, found[0][1])
        return [(start, end) for start, end in found if not end or start < end]

    @property
    def period(self) -> tuple[str, str, str, str] | None:
        """Filer, form and period, in which one filing can take the place of another; None on late reports."""
        if not (self.start and self.end) or self.family in LATE_FAMILIES:
            return None
        return self.filer, self.family, self.start, self.end

    def to_row(self) -> Row:
        """Return the state as its row."""
        return {
            "filing_id": self.filing_id,
            "filer_local_id": self.filer,
            "filer_name": self.filer_name,
            "filer_state_id": self.filer_state_id,
            "form_family": self.family,
            "filing_start": self.start,
            "filing_end": self.end,
            "year": self.year,
            "started_on": self.started_on,
            "ended_on": self.ended_on or None,
            "superseded_by": self.superseded_by or None,
            "superseded_on": self.superseded_on or None,
            "basis": self.basis or None,
            "original": int(self.original),
            "in_force": int(any(end == OPEN for _, end in self.held)),
        }


States = dict[str, FilingState]


def read_states(db: Writer) -> States:
    """Return the filings of the scope that a standing run ever brought, without what took their place."""
    steps = read_sightings(db)
    found = {}
    for row in db.stream(
        "SELECT filing_id, filer_local_id, filer_name, filer_state_id, form_family, filing_start, filing_end, filed_on,"
        " amends_filing_id, removed_run_id FROM filings WHERE source = :source AND scope = :scope ORDER BY filing_id"
    ):
        seen = intervals(steps.get(row["filing_id"], ()))
        live = row["removed_run_id"] is None
        if live and seen:
            seen[-1] = (seen[-1][0], OPEN)
        if seen and live == (seen[-1][1] == OPEN):
            found[row["filing_id"]] = _state(row, seen)
    return found


def _state(row: Mapping[str, Any], seen: Sequence[tuple[str, str]]) -> FilingState:
    day = row["filing_end"] or row["filed_on"] or seen[0][0]
    return FilingState(
        filing_id=row["filing_id"],
        filer=row["filer_local_id"] or "",
        filer_name=row["filer_name"],
        filer_state_id=row["filer_state_id"],
        family=row["form_family"] or "",
        start=row["filing_start"],
        end=row["filing_end"],
        year=int(day[:4]) if day[:4].isdecimal() else None,
        filed_on=row["filed_on"],
        amends=row["amends_filing_id"],
        seen=tuple(seen),
    )


def in_year(states: States, scope: str) -> States:
    """Return the states under the year of their scope, where the scope is one."""
    if not (scope.isdecimal() and len(scope) == 4):
        return states
    return {name: replace(state, year=int(scope)) for name, state in states.items()}


def supersede(states: States, pairs: Iterable[tuple[str, str, str]]) -> States:
    """Return the states with what took whose place: (filing, successor, basis)."""
    after = dict(states)
    for filing, successor, basis in pairs:
        day = states[successor].started_on
        after[filing] = replace(after[filing], superseded_by=successor, superseded_on=day, basis=basis)
        after[successor] = replace(after[successor], original=False)
    return after


def reported_versions(states: States) -> list[list[str]]:
    """Return the filings that the publisher itself says amend each other, from first to last version.

    Of two that amend the same one, the later filed follows the other.
    """
    amends = {
        name: state.amends
        for name, state in states.items()
        if state.amends and state.amends in states and state.amends != name
    }
    return order_versions(amends, {name: (state.started_on, name) for name, state in states.items()})


def reported_pairs(states: States, versions: Iterable[Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    """Yield what took whose place: the next version that the publisher still holds, or else the next one.

    One that the publisher still holds is not replaced by one that it holds no more.
    """
    for sequence in versions:
        for place, filing in enumerate(sequence[:-1], start=1):
            later = sequence[place:]
            successor = next((name for name in later if states[name].live), "" if states[filing].live else later[0])
            if successor:
                yield filing, successor, "reported"


def settle_days(states: States, versions: Iterable[Sequence[str]], inferred: Iterable[tuple[str, str, str]]) -> States:
    """Return the states with the days on which each held: at the publisher, and no later version of it was."""
    later: dict[str, list[str]] = {filing: [successor] for filing, successor, _ in inferred}
    for sequence in versions:
        for place, filing in enumerate(sequence, start=1):
            later.setdefault(filing, []).extend(sequence[place:])
    return {
        name: replace(
            state, held=tuple(without(state.days, (days for one in later.get(name, ()) for days in states[one].days)))
        )
        for name, state in states.items()
    }


def candidate_pairs(states: States, settled: Iterable[str]) -> dict[str, list[str]]:
    """Return, for each filing that vanished, those of its filer, form and period that appeared in the same capture.

    `settled` are filings whose successor is known already. The publisher says nothing of these, so that whether
    one took the other's place remains to be seen from their rows.
    """
    known, arrived = set(settled), _by_arrival(states)
    found = {}
    for filing, state in states.items():
        if state.gone_at and state.period and filing not in known:
            others = arrived.get((state.period, state.gone_at), ())
            if others:
                found[filing] = [other for other in others if other != filing]
    return found


def _by_arrival(states: States) -> dict[tuple[object, str], list[str]]:
    arrived: dict[tuple[object, str], list[str]] = {}
    for filing, state in states.items():
        if state.period and not state.amends:
            arrived.setdefault((state.period, state.seen_at), []).append(filing)
    return arrived


def mark_originals(states: States) -> States:
    """Return the states with one original for each period whose filings followed each other.

    One that appeared when an earlier of its filer, form and period had vanished is no original, even where no row
    tells that it took the other's place.
    """
    first_gone: dict[object, str] = {}
    for state in states.values():
        if state.period and state.first_gone_at:
            first_gone[state.period] = min(state.first_gone_at, first_gone.get(state.period, state.first_gone_at))
    return {
        filing: replace(state, original=False) if first_gone.get(state.period, "~") <= state.seen_at else state
        for filing, state in states.items()
    }


def save_states(db: Writer, states: States) -> None:
    """Write the states of the scope anew, with the days on which each filing held."""
    for table in (FILING_STATES, FILING_DAYS):
        db.execute(f"DELETE FROM {table.name} WHERE source = :source AND scope = :scope")
    db.insert(FILING_STATES, (state.to_row() for state in states.values()))
    db.insert(
        FILING_DAYS,
        (
            {"filing_id": name, "held_from": start, "held_until": end or None}
            for name, state in states.items()
            for start, end in state.held
        ),
    )


def choose_pairs(equal: Mapping[tuple[str, str], int]) -> Sequence[tuple[str, str, str]]:
    """Choose, of pairs with their numbers of equal rows, who took whose place: one for one, most equal rows first."""
    chosen: list[tuple[str, str, str]] = []
    old, new = set(), set()
    for (filing, successor), _ in sorted(
        (item for item in equal.items() if item[1]), key=lambda item: (-item[1], item[0])
    ):
        if filing not in old and successor not in new:
            old.add(filing)
            new.add(successor)
            chosen.append((filing, successor, "inferred"))
    return sorted(chosen)
