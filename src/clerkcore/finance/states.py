"""What became of each filing: since when it held, until when, and what took its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clerkcore.finance.computed import FILING_STATES
from clerkcore.finance.forms import LATE_FAMILIES
from clerkcore.finance.sightings import read_sightings, span
from clerkcore.interfaces import Writer
from clerkcore.models import Row

DAY = 10  # characters of an ISO date


@dataclass(frozen=True, slots=True)
class FilingState:
    """A filing of a scope; `seen_at` and `gone_at` are the moments of captures, `live` says it is there now."""

    filing_id: str
    filer: str
    filer_name: str | None
    family: str
    start: str | None
    end: str | None
    year: int | None
    filed_on: str | None
    amends: str | None
    seen_at: str
    gone_at: str
    live: bool
    superseded_by: str = ""
    superseded_on: str = ""
    basis: str = ""
    original: bool = True

    @property
    def started_on(self) -> str:
        """The day it was filed, where the publisher says, else the day it was first seen."""
        return self.filed_on or self.seen_at[:DAY]

    @property
    def ended_on(self) -> str:
        """The day it was seen no more; empty while it is there."""
        return self.gone_at[:DAY]

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
            "in_force": int(self.live and not self.superseded_by),
        }


States = dict[str, FilingState]


def read_states(db: Writer) -> States:
    """Return the filings of the scope that a standing run ever brought, without what took their place."""
    steps = read_sightings(db)
    found = {}
    for row in db.stream(
        "SELECT filing_id, filer_local_id, filer_name, form_family, filing_start, filing_end, filed_on,"
        " amends_filing_id, removed_run_id FROM filings WHERE source = :source AND scope = :scope ORDER BY filing_id"
    ):
        seen_at, gone_at = span(steps.get(row["filing_id"], ()))
        live = row["removed_run_id"] is None
        if seen_at and (live or gone_at):
            found[row["filing_id"]] = _state(row, db, seen_at, "" if live else gone_at, live)
    return found


def _state(row: Mapping[str, Any], db: Writer, seen_at: str, gone_at: str, live: bool) -> FilingState:
    day = row["filing_end"] or row["filed_on"] or seen_at
    return FilingState(
        filing_id=row["filing_id"],
        filer=row["filer_local_id"] or "",
        filer_name=row["filer_name"],
        family=row["form_family"] or "",
        start=row["filing_start"],
        end=row["filing_end"],
        year=int(day[:4]) if day[:4].isdecimal() else None,
        filed_on=row["filed_on"],
        amends=row["amends_filing_id"],
        seen_at=seen_at,
        gone_at=gone_at,
        live=live,
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


def reported_pairs(states: States) -> Iterator[tuple[str, str, str]]:
    """Yield what the publisher itself says was replaced, by a filing that it still holds where there is one."""
    successors: dict[str, FilingState] = {}
    for state in states.values():
        if state.amends and state.amends in states and state.amends != state.filing_id:
            known = successors.get(state.amends)
            if known is None or (state.live, state.started_on, state.filing_id) > (
                known.live,
                known.started_on,
                known.filing_id,
            ):
                successors[state.amends] = state
    for filing, successor in sorted(successors.items()):
        # One that the publisher still holds is not replaced by one that it holds no more.
        if successor.live or not states[filing].live:
            yield filing, successor.filing_id, "reported"


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
        if state.period and state.gone_at:
            first_gone[state.period] = min(state.gone_at, first_gone.get(state.period, state.gone_at))
    return {
        filing: replace(state, original=False) if first_gone.get(state.period, "~") <= state.seen_at else state
        for filing, state in states.items()
    }


def save_states(db: Writer, states: States) -> None:
    """Write the states of the scope anew."""
    db.execute("DELETE FROM filing_states WHERE source = :source AND scope = :scope")
    db.insert(FILING_STATES, (state.to_row() for state in states.values()))


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
