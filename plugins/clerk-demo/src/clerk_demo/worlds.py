"""The finance world: an agency's year of reports and amendments, its truth beside it, from a seed and at any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from threading import Lock

from clerk_demo.committees import Committee, count_committees, draw_committee
from clerk_demo.connect2 import BLANK
from clerk_demo.draws import hex_key
from clerk_demo.errors import Planted, plan_errors
from clerk_demo.filings import Agency
from clerk_demo.history import Event, Filing, History, in_force
from clerk_demo.netfile import DEFAULT_SIZE, TRANSACTION_TYPES
from clerk_demo.people import Fields
from clerk_demo.reports import Report, first_day, plan_reports
from clerk_demo.shelves import Shelf
from clerk_demo.transactions import Transaction
from clerk_demo.truth import Totals, sum_filings

REC_TYPES = {"F": "DEBT", "B1": "LOAN", "F496": "S496", "F497P1": "S497", "F497P2": "S497"}
REC_TYPES |= dict.fromkeys(("A", "C", "I", "F496P3"), "RCPT") | dict.fromkeys(("D", "E", "G"), "EXPN")
_FIXED = {form: {"TransactionType": TRANSACTION_TYPES[form], "Rec_Type": REC_TYPES[form]} for form in REC_TYPES}


class World:
    """One agency's year as its filers made it; rows are drawn when asked for, so that memory stays small.

    Connect2 has exactly `size` rows on day 0. Everything is the same for the same seed, agency, year, size and errors.
    """

    def __init__(self, agency: Agency, size: int, errors: Iterable[str]) -> None:
        count = count_committees(size)
        self.agency = agency
        self.size = size
        self.committees: list[Committee] = [draw_committee(agency, number) for number in range(count)]
        plans = [
            plan_reports(agency, committee, quota)
            for committee, quota in zip(self.committees, _share(agency, size, count), strict=True)
        ]
        self.planted: list[Planted] = list(plan_errors(errors, [reports[0] for reports in plans]))
        self.reports: list[Report] = [report for reports in plans for report in reports]
        self._history = History(agency, self.reports, self.planted, count)
        self._shelved, self._shelf = -1, Shelf([])
        self._lock = Lock()

    def calendar_day(self, day: int) -> date:
        """Return the calendar day of a simulated day."""
        return first_day(self.agency.year) + timedelta(days=day)

    def events(self, day: int) -> tuple[Event, ...]:
        """Return the amendments and withdrawals made on a day."""
        return self._history.day(day).events

    def filed(self, day: int) -> tuple[Filing, ...]:
        """Return the filings made on a day, amendments last; day 0 has those of the year until then."""
        return self._history.day(day).filed

    def in_force(self, day: int) -> list[Filing]:
        """Return the newest version of every report not withdrawn, in the order of filing."""
        return self._look_up(day).filings

    def versions(self, day: int) -> list[Filing]:
        """Return every version filed by a day of the reports not withdrawn by then, in the order of filing."""
        stand = {filing.key for filing in self.in_force(day)}
        return [filing for filing in self._all(day) if filing.key in stand]

    def first_versions(self, day: int) -> list[Filing]:
        """Return the reports as first filed, withdrawn ones too."""
        return [filing for filing in self._all(day) if filing.version == 0]

    def rows(self, filing: Filing) -> Sequence[Transaction]:
        """Return the rows of a filing."""
        return self._history.rows(filing)

    def totals(self, day: int) -> dict[str, Totals]:
        """Return each committee's totals, by FilerLocalId, as amended by this day."""
        return sum_filings(self.committees, self.in_force(day), self.rows)

    def totals_as_filed(self, day: int) -> dict[str, Totals]:
        """Return each committee's totals, by FilerLocalId, from the first versions filed by this day."""
        return sum_filings(self.committees, self.first_versions(day), self.rows)

    def count(self, day: int) -> int:
        """Return how many rows Connect2 has on a day."""
        return self._look_up(day).count

    def connect2_fields(self, day: int, start: int, stop: int) -> Iterator[Fields]:
        """Yield the non-blank columns of Connect2's rows from start up to stop, as they stand on a day."""
        for filing, first, last in self._look_up(day).cut(start, stop):
            yield from self.filing_fields(filing, self.rows(filing)[first:last])

    def filing_fields(self, filing: Filing, rows: Iterable[Transaction]) -> Iterator[Fields]:
        """Yield the non-blank columns of these rows in this filing; its FilingId makes their keys."""
        agency, filing_id, heading = self.agency, filing.filing_id, _heading(filing)
        for row in rows:
            key = hex_key(agency.seed, agency.aid, filing_id, row.form, row.tran_id)
            fixed = {"NetFileKey": key, "Form_Type": row.form, "Tran_Id": row.tran_id}
            yield heading | _FIXED[row.form] | fixed | row.fields

    def connect2_rows(self, day: int) -> Iterator[dict[str, str]]:
        """Yield all rows of Connect2 with all 99 columns."""
        return (BLANK | fields for fields in self.connect2_fields(day, 0, self.count(day)))

    def _all(self, day: int) -> Iterator[Filing]:
        return (filing for past in self._history.days(day) for filing in past.filed)

    def _look_up(self, day: int) -> Shelf:
        """The filings in force on a day; those of the last day asked for are kept."""
        with self._lock:
            if self._shelved != day:
                self._shelved, self._shelf = day, Shelf(in_force(self._history.days(day)))
            return self._shelf


def finance_world(seed: int, aid: str, year: int, size: int = DEFAULT_SIZE, errors: Iterable[str] = ()) -> World:
    """Return the finance world of an agency's year, with these of ERRORS planted in it."""
    return World(Agency(seed, aid, year), size, errors)


def _share(agency: Agency, size: int, count: int) -> list[int]:
    """Deal the rows of day 0 out to the committees."""
    weights = [1 + agency.chance("weight", number).randrange(4) for number in range(count)]
    whole = sum(weights)
    shares = [size * weight // whole for weight in weights]
    shares[0] += size - sum(shares)
    return shares


def _heading(filing: Filing) -> Fields:
    report = filing.report
    heading = {
        "FilerLocalId": report.committee.local_id,
        "FilerStateId": report.committee.state_id,
        "FilerName": report.committee.name,
        "FilingId": filing.filing_id,
    }
    if report.periodic:
        heading |= {"FilingStartDate": report.start.isoformat(), "FilingEndDate": report.end.isoformat()}
    return heading
