"""The summary page of a Form 460: schedule lines, and lines 1 to 19 that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from clerk_demo.errors import SUMMARY_OFF_BY, SUMMARY_SCHEDULE
from clerk_demo.history import Filing
from clerk_demo.reports import Report
from clerk_demo.transactions import Transaction, draw_rows
from clerk_demo.worlds import World

YEAR_TO_DATE = tuple(str(line) for line in range(1, 12))
LINES = {
    "F460": tuple(str(line) for line in range(1, 20)),
    "A": ("1", "2", "3"),
    "B1": ("1", "2", "3"),
    "C": ("1", "2", "3"),
    "D": ("1", "2", "3"),
    "E": ("1", "2", "3", "4"),
    "F": ("1", "2", "3"),
    "H": ("1", "2", "3"),
    "I": ("1", "2", "3", "4"),
}
_UNITEMISED = (0, 0, 2500, 5000, 9900, 14250)
_OPENING_CASH = 2_500_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the summary page in cents; column B holds the year to date."""

    form: str
    item: str
    amount_a: int
    amount_b: int


class Summaries:
    """The summary pages of a world, each worked out once; cash and year to date go on from earlier periods."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first: dict[tuple[int, int], dict[str, int]] = {}
        self._reports = {(one.committee.number, one.serial): one for one in world.reports if one.periodic}

    def lines(self, filing: Filing) -> Iterator[Line]:
        """Yield the lines of one version of a 460 in the order of the sheet."""
        committee, serial = filing.key
        earlier = [self._first_column(committee, past) for past in range(serial)]
        column = self._column(filing, earlier)
        for form, items in LINES.items():
            for item in items:
                amount = column[f"{form} {item}"]
                dated = form == "F460" and item in YEAR_TO_DATE
                to_date = sum(past[f"F460 {item}"] for past in earlier) + amount if dated else 0
                yield Line(form, item, amount, to_date)

    def _column(self, filing: Filing, earlier: Sequence[dict[str, int]]) -> dict[str, int]:
        # Of a first version what the filer added up, even where an amount cell came out empty.
        rows = draw_rows(self._world.agency, filing.report) if filing.amended is None else filing.amended
        return self._add_up(filing.report, rows, earlier)

    def _first_column(self, committee: int, serial: int) -> dict[str, int]:
        """Column A of an earlier period as first filed."""
        key = committee, serial
        if key not in self._first:
            report = self._reports[key]
            earlier = [self._first_column(committee, past) for past in range(serial)]
            self._first[key] = self._add_up(report, draw_rows(self._world.agency, report), earlier)
        return self._first[key]

    def _add_up(self, report: Report, rows: Iterable[Transaction], earlier: Sequence[dict[str, int]]) -> dict[str, int]:
        chance = self._world.agency.chance("summary", report.committee.number, report.serial)
        begun = {f"{form} 2": chance.choice(_UNITEMISED) for form in ("A", "C", "D", "E", "I")}
        if any(planted.error == "summary" and planted.report is report for planted in self._world.planted):
            begun[f"{SUMMARY_SCHEDULE} 1"] = SUMMARY_OFF_BY
        column = add_up_schedules(rows, begun)
        opening = earlier[-1]["F460 16"] if earlier else _OPENING_CASH + chance.randrange(_OPENING_CASH)
        owed = sum(past["F460 2"] + past["F460 9"] for past in earlier)
        return column | add_up_page(column, opening, owed)


def add_up_schedules(rows: Iterable[Transaction], begun: dict[str, int]) -> dict[str, int]:
    """Return the schedules' lines, adding the rows to those begun; memo rows are not counted."""
    column = {f"{form} {item}": 0 for form, items in LINES.items() for item in items}
    column |= begun
    for row in rows:
        if not row.memo and f"{row.form} 1" in column:
            column[f"{row.form} 1"] += row.cents or 0
            column[f"{row.form} 2"] += _paid_back(row)
    for form in ("A", "C", "D"):
        column[f"{form} 3"] = column[f"{form} 1"] + column[f"{form} 2"]
    for form in ("B1", "F"):
        column[f"{form} 3"] = column[f"{form} 1"] - column[f"{form} 2"]
    for form in ("E", "I"):
        column[f"{form} 4"] = column[f"{form} 1"] + column[f"{form} 2"] + column[f"{form} 3"]
    return column


def add_up_page(column: dict[str, int], opening: int, owed: int) -> dict[str, int]:
    """Return lines 1 to 19 of column A: `opening` is the cash in hand, `owed` the debt of earlier periods this year."""
    page = {1: column["A 3"], 2: column["B1 3"], 4: column["C 3"], 6: column["E 4"], 7: column["H 3"]}
    page |= {3: page[1] + page[2], 8: page[6] + page[7], 9: column["F 3"], 10: page[4]}
    page |= {5: page[3] + page[4], 11: page[8] + page[9] + page[10]}
    page |= {12: opening, 13: page[3], 14: column["I 4"], 15: page[8]}
    page |= {16: page[12] + page[13] + page[14] - page[15], 17: 0, 18: 0, 19: owed + page[2] + page[9]}
    return {f"F460 {line}": cents for line, cents in page.items()}


def _paid_back(row: Transaction) -> int:
    text = row.fields.get({"B1": "Loan_Amt5", "F": "Amt_Paid"}.get(row.form, ""), "0.00")
    return int(text.replace(".", ""))
