"""What the list of filings says: who filed what when, and what it amends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from clerk_finance_sandiego.columns import read_word
from clerk_finance_sandiego.documents import Batch, unusable
from clerk_finance_sandiego.filers import find_token, is_state_id, make_token
from clerk_finance_sandiego.forms import read_form
from clerk_finance_sandiego.rows import check_keys, is_text
from clerkcore import Location, Record, Value
from clerkcore.parsing import read_count, read_date

T = TypeVar("T")

WITHOUT = "ask the city to mend it; until then filings = false in [sources.sandiego_efile] goes without the list"
LATE = ("496", "497")
FAMILIES = ("460", "461", "465", *LATE)
TEXTS = (
    "filing_id",
    "filing_date",
    "filing_type",
    "period_start",
    "period_end",
    "amendment_number",
    "state_id",
    "entity_name",
)


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing as the list tells it, its texts as they stand there."""

    at: Location
    texts: dict[str, str]
    amends: str

    @property
    def family(self) -> str:
        """The form's number, without what tells its kinds apart; blank where its rows are not published here."""
        form = read_form(self.texts["filing_type"])[:3]
        return form if form in FAMILIES else ""

    @property
    def period(self) -> tuple[str | None, str | None]:
        """First and last day of the period; a late report has none."""
        if self.family in LATE:
            return None, None
        return self.day("period_start"), self.day("period_end")

    @property
    def version(self) -> str | None:
        """Which version it is, 000 being the original; SourceError where that is no number."""
        number = self._read("amendment_number", read_count)
        return None if number is None else f"{number:03}"

    def day(self, name: str) -> str | None:
        """Return one of its dates; SourceError where it is none."""
        return self._read(name, read_date)

    def _read(self, name: str, read: Callable[[str], T]) -> T:
        try:
            return read(self.texts[name])
        except ValueError as error:
            told = f"{name} of filing {self.texts['filing_id']} cannot be read: {error}"
            raise unusable(self.at.page, told, WITHOUT) from error

    def tell(self) -> Record:
        """Return what the list says of it, as a part of its row."""
        start, end = self.period
        values = {
            "filing_id": self.texts["filing_id"],
            "form_family": self.family or None,
            "filing_start": start,
            "filing_end": end,
            "report_num": self.version,
            "filed_on": self.day("filing_date"),
            "amends_filing_id": self.amends or None,
        }
        return Record("filings", values, self.at)


class Listing:
    """All filings that a capture lists."""

    def __init__(self) -> None:
        self.filings: dict[str, Filing] = {}
        self.state_ids: dict[str, set[str]] = {}

    def add(self, batch: Batch) -> None:
        """Take in a list of filings; SourceError where one cannot be read."""
        for number, row in enumerate(batch.rows, start=1):
            if not isinstance(row, dict):
                raise unusable(batch.page, f"lists something that is no filing, in row {number}")
            check_keys(batch, number, row)
            filing = _read_filing(batch, number, row)
            self.filings[filing.texts["filing_id"]] = filing
            if is_state_id(filing.texts["state_id"]):
                self.state_ids.setdefault(make_token(filing.texts["entity_name"]), set()).add(filing.texts["state_id"])

    def find_state_id(self, filing_id: str, name: str) -> str | None:
        """Return the number that the state gave a filer; where its filing says none, its name does if it is clear."""
        filing = self.filings.get(filing_id)
        told = filing.texts["state_id"] if filing else ""
        numbers = self.state_ids.get(make_token(name), set())
        if not is_state_id(told) and len(numbers) == 1:
            return next(iter(numbers))
        return told or None

    def find_period(self, filing_id: str) -> tuple[str | None, str | None]:
        """Return the period of a filing; nothing where it is not listed."""
        filing = self.filings.get(filing_id)
        return filing.period if filing else (None, None)

    def tell(self, used: Collection[str]) -> Iterator[Record]:
        """Yield what is listed of the filings that transactions stand on, and of those that amend them in turn."""
        self._check(used)
        for name in self._chains(used):
            filing = self.filings[name]
            record = filing.tell()
            if name not in used:
                record = replace(record, values={**record.values, **self._tell_filer(filing)})
            yield record

    def _chains(self, used: Collection[str]) -> list[str]:
        """Return the listed filings among these, and what amends them, what amends that, and so on."""
        amending: dict[str, list[str]] = {}
        for name, filing in self.filings.items():
            amending.setdefault(filing.amends, []).append(name)
        found = dict.fromkeys(used)
        waiting = list(used)
        while waiting:
            later = [name for name in amending.get(waiting.pop(), []) if name not in found]
            found.update(dict.fromkeys(later))
            waiting += later
        return [name for name in found if name in self.filings]

    def _tell_filer(self, filing: Filing) -> dict[str, Value]:
        """Return who made a filing on which no transaction stands that would say so."""
        name = filing.texts["entity_name"]
        state_id = self.find_state_id(filing.texts["filing_id"], name)
        return {"filer_local_id": find_token(name, state_id), "filer_name": name or None}

    def _check(self, used: Collection[str]) -> None:
        known = sum(name in self.filings for name in used)
        if self.filings and 2 * known < len(used):
            page = next(iter(self.filings.values())).at.page
            told = f"lists only {known:,} of the {len(used):,} filings that transactions of the year stand on"
            raise unusable(page, told, "the list is of another year or was cut off; fetch it again")


def _read_filing(batch: Batch, number: int, row: dict[str, Any]) -> Filing:
    nested = [name for name in TEXTS if isinstance(row[name], dict | list)]
    texts = {name: read_word("" if row[name] is None else str(row[name])) for name in TEXTS}
    amends = _read_previous(row["amends_prev_id"])
    if nested or amends is None or not texts["filing_id"] or not is_text("".join((*texts.values(), amends))):
        what = nested[0] if nested else "amends_prev_id" if amends is None else "filing_id"
        raise unusable(batch.page, f"lists a filing whose {what} cannot be read, in row {number}", WITHOUT)
    return Filing(Location(batch.page, number), texts, amends)


def _read_previous(value: Any) -> str | None:
    """Return the id of the filing that this one replaces; blank for an original, None where it cannot be read."""
    if isinstance(value, dict):
        value = value.get("prev_id", [])
    return None if isinstance(value, dict | list) else read_word("" if value is None else str(value))
