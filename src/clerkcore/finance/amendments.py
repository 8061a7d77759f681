"""Amendments: which filing took the place of which, what became of its rows, and what to say of it.

The publisher says so (Excel report numbers, amendment chains of the newer APIs), or it is inferred (Connect2): a
filing vanished in the same capture in which another appeared, filer, non-empty period and form agree, and at least
one row is equal. Late reports (496, 497) are never merged by inference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clerkcore.finance.computed import AMENDED_ROWS, AMENDMENTS
from clerkcore.finance.matching import NOT_OF_THE_ROW, Matching, match_rows, tell_amendment
from clerkcore.finance.states import (
    States,
    candidate_pairs,
    choose_pairs,
    mark_originals,
    reported_pairs,
    reported_versions,
    settle_days,
    supersede,
)
from clerkcore.finance.tables import TRANSACTIONS
from clerkcore.interfaces import Writer
from clerkcore.models import Note, Row

CONTENT = tuple(name for name in ("form_type", *TRANSACTIONS.compared) if name not in NOT_OF_THE_ROW)
_ROWS = (
    f"SELECT t.filing_id, t.tran_id, {', '.join(f't.{name}' for name in CONTENT)} FROM transactions t"
    " JOIN filings f ON f.source = t.source AND f.scope = t.scope AND f.filing_id = t.filing_id"
    " WHERE t.source = :source AND t.scope = :scope AND t.filing_id = :filing_id"
    # A row that went before its filing did was not among the filing's last rows.
    " AND t.removed_run_id IS f.removed_run_id"
)
Pairs = Sequence[tuple[str, str, str]]


def settle_amendments(db: Writer, states: States) -> tuple[States, list[Note]]:
    """Bring the amendments of the scope up to date; returns the states with them, and notes of the new ones."""
    versions = reported_versions(states)
    reported = list(reported_pairs(states, versions))
    inferred = _infer(db, states, reported)
    pairs = [*reported, *inferred]
    after = settle_days(mark_originals(supersede(states, pairs)), versions, inferred)
    known = {(row["filing_id"], row["amended_by"]) for row in db.rows(_KNOWN)}
    for table in (AMENDMENTS, AMENDED_ROWS):
        db.execute(f"DELETE FROM {table.name} WHERE source = :source AND scope = :scope")
    notes = []
    for pair in pairs:
        found = _match(db, pair)
        _save(db, after, pair, found)
        if pair[:2] not in known:
            notes.append(_note(db, states, pair, found))
    return after, notes


_KNOWN = "SELECT filing_id, amended_by FROM amendments WHERE source = :source AND scope = :scope"


def _infer(db: Writer, states: States, reported: Pairs) -> Pairs:
    candidates = candidate_pairs(states, (filing for filing, _, _ in reported))
    equal = {
        (filing, successor): _count_equal(db, filing, successor)
        for filing, successors in candidates.items()
        for successor in successors
    }
    return choose_pairs(equal)


def _rows(db: Writer, filing: str) -> list[dict[str, object]]:
    return db.rows(_ROWS, {"filing_id": filing})


def _count_equal(db: Writer, filing: str, successor: str) -> int:
    return len(match_rows(_rows(db, filing), _rows(db, successor), CONTENT).unchanged)  # type: ignore[arg-type]


def _match(db: Writer, pair: tuple[str, str, str]) -> Matching:
    return match_rows(_rows(db, pair[0]), _rows(db, pair[1]), CONTENT)  # type: ignore[arg-type]


def _save(db: Writer, states: States, pair: tuple[str, str, str], found: Matching) -> None:
    db.insert(AMENDMENTS, [_amendment(states, pair, found)])
    db.insert(AMENDED_ROWS, _amended_rows(pair, found))


def _tell(pair: tuple[str, str, str], found: Matching) -> str:
    filing, by, basis = pair
    return tell_amendment(filing, by, found, inferred=basis == "inferred")


def _amendment(states: States, pair: tuple[str, str, str], found: Matching) -> Row:
    filing, by, basis = pair
    state = states[filing]
    return {
        "filing_id": filing,
        "amended_by": by,
        "basis": basis,
        "amended_on": state.superseded_on,
        "filer_local_id": state.filer,
        "filer_name": state.filer_name,
        "form_family": state.family,
        "filing_start": state.start,
        "filing_end": state.end,
        "year": state.year,
        "unchanged": len(found.unchanged),
        "edited": len(found.edited),
        "renumbered": len(found.renumbered),
        "added": len(found.added),
        "dropped": len(found.dropped),
        "edited_columns": ", ".join(f"{name} {count:,}" for name, count in found.edited_columns.items()) or None,
        "told": _tell(pair, found),
    }


def _amended_rows(pair: tuple[str, str, str], found: Matching) -> Iterator[Row]:
    kinds = (("unchanged", found.unchanged), ("edited", found.edited), ("renumbered", found.renumbered))
    for kind, pairs in kinds:
        for matched in pairs:
            columns = ", ".join(matched.columns) or None
            yield _amended_row(pair, matched.old, kind, matched.new["tran_id"], columns)
    for row in found.dropped:
        yield _amended_row(pair, row, "dropped", None, None)


def _amended_row(pair: tuple[str, str, str], row: Row, kind: str, tran_id: object, columns: str | None) -> Row:
    return {
        "filing_id": pair[0],
        "form_type": row["form_type"],
        "tran_id": row["tran_id"],
        "superseded_by": pair[1],
        "new_tran_id": str(tran_id) if tran_id is not None else None,
        "kind": kind,
        "columns": columns,
    }


def _note(db: Writer, states: States, pair: tuple[str, str, str], found: Matching) -> Note:
    """Return what a new amendment means; its rows that vanished just now came back under another key."""
    matched = len(found.unchanged) + len(found.edited) + len(found.renumbered)
    vanished_now = states[pair[0]].gone_at == db.taken_at != ""
    return Note(_tell(pair, found), TRANSACTIONS.name, matched if vanished_now else 0)
