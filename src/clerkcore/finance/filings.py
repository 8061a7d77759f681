"""`with_filings`: the filers and filings that a year's transactions stand on, told once each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from clerkcore.finance.forms import PERIODIC, form_family
from clerkcore.finance.tables import FILERS, FILINGS, SUMMARY_LINES, TRANSACTIONS
from clerkcore.models import Location, Parsed, Record, Value

_FILER_COLUMNS = tuple(column.name for column in FILERS.columns)
_FILING_COLUMNS = tuple(column.name for column in FILINGS.columns)
NO_ID = "noid_"
_TAKEN = ("filer_local_id", "filer_state_id", "filer_name", "filing_start", "filing_end")


def with_filings(parsed: Iterable[Parsed]) -> Iterator[Parsed]:
    """Yield what a finance source parsed, then one row for each filer and each filing it is about.

    A record of `filers` or `filings` may hold a part of the columns, such as `filed_on`; what several say of one
    is put together, a later value before an earlier one, and what none says is taken from the transactions and
    summary lines. Totals and amendments are by `filer_local_id`; where a row has none, its filer's name stands for it.
    """
    gathered = _Gathered()
    for item in parsed:
        if isinstance(item, Record) and item.table in (FILERS.name, FILINGS.name):
            gathered.note(item)
            continue
        if isinstance(item, Record) and item.table in (TRANSACTIONS.name, SUMMARY_LINES.name):
            known = _identify(item)
            gathered.add(known)
            yield known
        else:
            yield item
    yield from gathered.records()


def _identify(record: Record) -> Record:
    """Return the record with its filer's name in place of an id that the publisher does not give."""
    values = record.values
    words = str(values.get("filer_name") or "").casefold().split()
    if values.get("filer_local_id") or not words:
        return record
    return replace(record, values={**values, "filer_local_id": NO_ID + "_".join(words)})


@dataclass
class _Known:
    """What is known of one filer or filing so far."""

    at: Location
    taken: dict[str, Value] = field(default_factory=dict)
    told: dict[str, Value] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    summarised: bool = False
    newest: tuple[str, str] = ("", "")


class _Gathered:
    """Filers and filings while their transactions go by."""

    def __init__(self) -> None:
        self.filers: dict[str, _Known] = {}
        self.filings: dict[str, _Known] = {}

    def note(self, record: Record) -> None:
        """Take in what a source says of a filer or filing itself."""
        kind, key = (self.filers, "filer_local_id") if record.table == FILERS.name else (self.filings, "filing_id")
        name = str(record.values[key] or "")
        if name:
            told = {column: value for column, value in record.values.items() if value is not None}
            kind.setdefault(name, _Known(record.at)).told.update(told)

    def add(self, record: Record) -> None:
        """Take in what a transaction or summary line says of its filing and filer."""
        values = record.values
        day = str(values.get("calculated_date") or values.get("filing_end") or "")
        filer, filing = str(values.get("filer_local_id") or ""), str(values.get("filing_id") or "")
        if filer:
            known = self.filers.setdefault(filer, _Known(record.at))
            if not known.taken or (day, filing) > known.newest:
                known.newest = (day, filing)
                known.taken = {name: values.get(name) for name in ("filer_state_id", "filer_name")}
        if filing:
            known = self.filings.setdefault(filing, _Known(record.at))
            known.taken = known.taken or {name: values.get(name) for name in _TAKEN}
            if record.table == TRANSACTIONS.name:
                known.forms.add(str(values.get("form_type") or ""))
            else:
                known.summarised = True

    def records(self) -> Iterator[Record]:
        """Yield filers and filings, in a stable order."""
        for name, known in sorted(self.filers.items()):
            yield _record(FILERS.name, _FILER_COLUMNS, {"filer_local_id": name}, known)
        for name, known in sorted(self.filings.items()):
            forms = sorted(known.forms)
            family = form_family(forms[0]) if forms else PERIODIC if known.summarised else None
            yield _record(
                FILINGS.name,
                _FILING_COLUMNS,
                {"filing_id": name, "forms": ",".join(forms), "form_family": family},
                known,
            )


def _record(table: str, columns: tuple[str, ...], own: dict[str, Value], known: _Known) -> Record:
    values = {**own, **known.taken, **known.told}
    return Record(table, {column: values.get(column) for column in columns}, known.at)
