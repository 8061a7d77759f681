"""What a careful reader makes of the filings: totals per committee, counted by the rules and not by clerk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from clerk_demo.committees import Committee
from clerk_demo.history import Filing
from clerk_demo.reports import REPEATED_AS
from clerk_demo.transactions import Transaction

Rows = Callable[[Filing], Sequence[Transaction]]
Period = tuple[date, date]


@dataclass(slots=True)
class Totals:
    """A committee's sums in cents. Memo rows are never counted, and a late row only until a 460 covers its day."""

    contributions: int = 0
    expenditures: int = 0
    support: int = 0
    oppose: int = 0

    @property
    def independent(self) -> int:
        """Independent expenditures for and against candidates."""
        return self.support + self.oppose

    def count(self, form: str, row: Transaction) -> None:
        """Add one row to the sums its schedule belongs to; a late row comes under its own form."""
        cents = row.cents or 0
        if form in ("A", "C", "F497P1", "F496P3"):
            self.contributions += cents
        if form in ("E", "F496", "F497P2"):
            self.expenditures += cents
        if form == "F496" or (form == "D" and row.fields.get("Tran_Code") == "IND"):
            if row.fields.get("Sup_Opp_Cd") == "O":
                self.oppose += cents
            else:
                self.support += cents


def sum_filings(committees: Sequence[Committee], filings: Iterable[Filing], rows: Rows) -> dict[str, Totals]:
    """Return the totals by FilerLocalId over these filings, one version of each report."""
    by_committee: defaultdict[int, list[Filing]] = defaultdict(list)
    for filing in filings:
        by_committee[filing.report.committee.number].append(filing)
    return {one.local_id: _sum_committee(by_committee[one.number], rows) for one in committees}


def _sum_committee(filings: list[Filing], rows: Rows) -> Totals:
    totals = Totals()
    periodic = [filing for filing in filings if filing.report.periodic]
    periods = [(filing.report.start, filing.report.end) for filing in periodic]
    late = [filing for filing in filings if not filing.report.periodic]
    for row in (row for filing in periodic for row in rows(filing) if not row.memo):
        totals.count(row.form, row)
    for row in _each_once(row for filing in late for row in rows(filing) if not row.memo):
        if not _is_covered(row, periods):
            totals.count(row.form, row)
    return totals


def _each_once(rows: Iterable[Transaction]) -> Iterator[Transaction]:
    """A row may stand in several late reports: same Tran_Id, day and amount."""
    seen = set()
    for row in rows:
        key = (REPEATED_AS[row.form], row.tran_id, row.day, row.cents)
        if key not in seen:
            seen.add(key)
            yield row


def _is_covered(row: Transaction, periods: list[Period]) -> bool:
    return row.day is not None and any(start <= row.day <= end for start, end in periods)
