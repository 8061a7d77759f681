"""San Diego's own eFile API: transactions whose amounts are texts, and filings with what they amend."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, overload

from clerk_demo.connect2 import count_pages
from clerk_demo.draws import make_uuid
from clerk_demo.history import Filing
from clerk_demo.transactions import Transaction
from clerk_demo.worlds import REC_TYPES, World

MAX_PAGE_SIZE = 8000
TRANSACTION_FIELDS = (
    "filer_name doc_public e_filing_id tran_id transaction_date amount tx_type schedule filing_id filing_type name"
    " intr_name city state zip spending_code employer occupation"
)
FILING_FIELDS = (
    "filing_id filing_date doc_public form filing_type period_start period_end amendment amends_orig_id amends_prev_id"
    " amendment_number e_filing_id state_id entity_name filing_subtypes amendment_type covers_period"
)
_LATE_TYPES = {"F497P1": "497LCR", "F497P2": "497LCM", "F496": "496"}
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Window:
    """The days a search is about, both included, and whether it leaves superseded filings out."""

    start: date
    end: date
    newest: bool = False


class Found(Sequence[Item]):
    """What a search finds; only places are kept, and a slice is drawn when it is taken."""

    def __init__(self, world: World, filings: list[Filing], window: Window) -> None:
        self._world = world
        self._filings = filings
        self._numbers, self._places = array("L"), array("L")
        for number, filing in enumerate(filings):
            for place, row in enumerate(world.rows(filing)):
                if window.start <= _date_row(filing, row) <= window.end:
                    self._numbers.append(number)
                    self._places.append(place)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        if isinstance(at, slice):
            return list(self._draw(range(len(self))[at]))
        return next(self._draw(range(len(self))[at : at + 1 or None]))

    def _draw(self, wanted: range) -> Iterator[Item]:
        for number, group in groupby(wanted, self._numbers.__getitem__):
            filing = self._filings[number]
            rows = self._world.rows(filing)
            yield from (_write_transaction(filing, rows[self._places[one]]) for one in group)


class EFile:
    """The API's answers about one world on a day; every version of every report, unless the newest are asked for."""

    def __init__(self, world: World, day: int) -> None:
        self._world = world
        self._day = day

    def transactions(self, window: Window) -> Found:
        """Return the transactions dated in the window, newest filing first."""
        filings = self._world.in_force(self._day) if window.newest else self._world.versions(self._day)
        return Found(self._world, filings[::-1], window)

    def filings(self, window: Window) -> Iterator[Item]:
        """Yield the filings made in the window, newest first."""
        for filing in reversed(self._world.versions(self._day)):
            if window.start <= filing.filed <= window.end:
                yield _write_filing(filing)

    def committees(self) -> list[Item]:
        """Return the committees as the search by name lists them."""
        return [
            {
                "entity_id": make_uuid("entity", one.local_id),
                "entity_name_lower": one.name.lower(),
                "entity_name": one.name,
                "entity_type": "committee",
            }
            for one in self._world.committees
        ]


def cut_page(items: Sequence[Item], number: int, size: int) -> bytes:
    """Return one numbered page, from 1, in the API's envelope."""
    page = items[(number - 1) * size : number * size]
    return wrap(page, page_number=number, total_pages=count_pages(len(items), size))


def wrap(data: Any, **said: int) -> bytes:
    """Return data in the API's envelope, with what it says of itself."""
    return json.dumps({"data": data, **said}, ensure_ascii=False).encode()


def write_pages(items: Sequence[Item], size: int) -> Iterator[bytes]:
    """Yield all pages; one without data where there is none."""
    for number in range(max(1, count_pages(len(items), size))):
        yield cut_page(items, number + 1, size)


def write_amount(cents: int | None) -> str:
    """Write an amount as the API does: $10,000, -$300, $12.50; empty where there is none."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}{f'.{rest:02d}' if rest else ''}"


def name_type(filing: Filing) -> str:
    """Return the form of a filing as transactions name it."""
    report = filing.report
    return "FPPC 460" if report.periodic else f"FPPC {_LATE_TYPES[report.forms[0]]}"


def name_efiling(filing: Filing) -> str:
    """Return the filing_id of a filing at eFile."""
    return make_uuid("eFile", filing.filing_id)


def _date_row(filing: Filing, row: Transaction) -> date:
    return row.day or filing.report.end


def _write_day(day: date) -> str:
    return day.strftime("%m/%d/%Y")


def _write_transaction(filing: Filing, row: Transaction) -> Item:
    fields = row.fields
    name = " ".join(filter(None, (fields.get("Tran_NamF"), fields.get("Tran_NamL"))))
    day = fields.get("Calculated_Date", "").split("-")
    return {
        "filer_name": filing.report.committee.name,
        "doc_public": f"Ext_{name_efiling(filing)}",
        "e_filing_id": filing.filing_id,
        "tran_id": row.tran_id,
        "transaction_date": "/".join((*day[1:], day[0])),
        "amount": write_amount(row.cents),
        "tx_type": REC_TYPES[row.form],
        "schedule": row.form,
        "filing_id": name_efiling(filing),
        "filing_type": name_type(filing),
        "name": name or " ".join(filter(None, (fields.get("Cand_NamF"), fields.get("Cand_NamL")))),
        "intr_name": fields.get("Intr_NamL"),
        "city": fields.get("Tran_City"),
        "state": fields.get("Tran_ST"),
        "zip": fields.get("Tran_Zip4"),
        "spending_code": fields.get("Tran_Code") or fields.get("Tran_Dscr") or None,
        "employer": fields.get("Tran_Emp"),
        "occupation": fields.get("Tran_Occ"),
    }


def _write_filing(filing: Filing) -> Item:
    report, committee = filing.report, filing.report.committee
    subtype = report.label if report.periodic else None
    return {
        "filing_id": name_efiling(filing),
        "filing_date": _write_day(filing.filed),
        "doc_public": f"Ext_{name_efiling(filing)}",
        "form": f"fppc{name_type(filing).removeprefix('FPPC ').lower()}_201",
        "filing_type": f"{name_type(filing)}; {subtype}" if subtype else name_type(filing),
        "period_start": report.start.isoformat() if report.periodic else None,
        "period_end": report.end.isoformat() if report.periodic else None,
        "amendment": filing.version > 0,
        "amends_orig_id": _refer("orig_id", _find_first(filing)) if filing.version else name_efiling(filing),
        "amends_prev_id": _refer("prev_id", filing.replaces) if filing.replaces else None,
        "amendment_number": filing.version,
        "e_filing_id": filing.filing_id,
        "state_id": None if committee.state_id == "Pending" else committee.state_id,
        "entity_name": committee.name,
        "filing_subtypes": subtype,
        "amendment_type": filing.version or "Orig.",
        "covers_period": f"{_write_day(report.start)} to {_write_day(report.end)}" if report.periodic else "",
    }


def _refer(key: str, filing: Filing) -> Item:
    return {key: name_efiling(filing), "human_id": filing.filing_id}


def _find_first(filing: Filing) -> Filing:
    while filing.replaces:
        filing = filing.replaces
    return filing
