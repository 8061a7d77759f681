"""What the Campaign API says of filers and filings, and which filing replaces which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from clerk_finance_netfile.campaign_pages import Kind, Sheet, refuse, require_fields
from clerkcore import Location, Parsed, Record, Rejected, Value
from clerkcore.parsing import read_count, read_date, read_text

ORIGINAL = ("", "None")
STATE = "CA SOS"
_FILER_FIELDS = ("filerNid", "filerName", "candidateName", "aid", "committeeTypes")
_FILING_FIELDS = ("filingNid", "originalFilingId", "specificationRef", "filerMeta")
_META_FIELDS = ("startDate", "endDate", "legalFilingDate", "amendmentType", "amendmentSequence")


class Unfit(ValueError):
    """One record cannot be read: by which rule, in which column, and what stood there."""

    def __init__(self, rule: str, message: str, column: str = "", value: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.column, self.value = rule, message, column, value

    def reject(self, at: Location) -> Rejected:
        """Return what goes to quarantine."""
        return Rejected(self.rule, self.message, at, self.column, self.value)


def plain(value: Any, name: str, column: str = "") -> str:
    """Return a field's value as text, blank for null; Unfit where it is nested or holds half a character."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        raise Unfit("not_a_value", f"{name} holds more than one value", column)
    text = str(value)
    if not _is_text(text):
        raise Unfit("broken_text", "a text holds half a character", column)
    return text


def _is_text(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _part(record: dict[str, Any], name: str, needed: Iterable[str], at: Location) -> dict[str, Any]:
    part = record[name]
    if not isinstance(part, dict):
        raise Unfit("not_an_object", f"{name} is not an object")
    require_fields(part, needed, at)
    return part


def _registered(holder: Any, name: str) -> str | None:
    """Return the filer's number at the state, where it has one."""
    return read_text(plain(holder.get(name), name, "filer_state_id")) if isinstance(holder, dict) else None


@dataclass
class Entry:
    """A filer or filing; `trouble` is why it cannot be used, `blamed` whether a transaction was rejected for it."""

    nid: str
    at: Location
    values: dict[str, Value] = field(default_factory=dict)
    root: str = ""
    sequence: int = 0
    filed_at: str = ""
    trouble: Unfit | None = None
    blamed: bool = False

    def blame(self) -> None:
        """Raise what is wrong with this entry, if anything, for the transaction that stands on it."""
        if self.trouble:
            self.blamed = True
            # Raised itself, again and again, it would gather the traceback of every transaction.
            raise Unfit(self.trouble.rule, self.trouble.message, self.trouble.column, self.trouble.value)


def _read_filer(entry: Entry, result: dict[str, Any]) -> None:
    types = result["committeeTypes"] if isinstance(result["committeeTypes"], list) else [result["committeeTypes"]]
    listed = [read_text(plain(one, "committeeTypes", "committee_type")) for one in types]
    entry.values = {
        "filer_name": read_text(plain(result["filerName"], "filerName", "filer_name")),
        "candidate_name": read_text(plain(result["candidateName"], "candidateName", "candidate_name")),
        "committee_type": ", ".join(filter(None, listed)) or None,
        "filer_state_id": _registered(result.get("registrations"), STATE),
    }


def _read_filing(entry: Entry, result: dict[str, Any]) -> None:
    spec = _part(result, "specificationRef", ("name",), entry.at)
    meta = _part(result, "filingMeta", _META_FIELDS, entry.at)
    filer = _part(result, "filerMeta", ("filerId", "commonName"), entry.at)
    entry.root = plain(result["originalFilingId"], "originalFilingId").strip()
    entry.sequence = _sequence(meta)
    entry.filed_at = str(meta.get("legalFilingDateTime") or "")
    entry.values = {
        "filer_local_id": read_text(plain(filer["filerId"], "filerId", "filer_local_id")),
        "filer_name": read_text(plain(filer["commonName"], "commonName", "filer_name")),
        "filer_state_id": _registered(filer.get("strings"), f"Registration_{STATE}"),
        "form_family": read_text(plain(spec["name"], "name", "form_family").removeprefix("FPPC")),
        "filing_start": _day(meta, "startDate", "filing_start"),
        "filing_end": _day(meta, "endDate", "filing_end"),
        "filed_on": _day(meta, "legalFilingDate", "filed_on"),
        "report_num": f"{entry.sequence:03}",
    }


def _day(meta: dict[str, Any], name: str, column: str) -> str | None:
    text = plain(meta[name], name, column)
    try:
        return read_date(text)
    except ValueError as error:
        raise Unfit(f"bad_{column}", str(error), column, text) from error


def _sequence(meta: dict[str, Any]) -> int:
    """Return 0 for an original; an amendment that does not say its number counts as the first."""
    text = plain(meta["amendmentSequence"], "amendmentSequence", "report_num")
    try:
        told = read_count(text)
    except ValueError as error:
        raise Unfit("bad_report_num", str(error), "report_num", text) from error
    if told is not None:
        return told
    return int(plain(meta["amendmentType"], "amendmentType", "report_num") not in ORIGINAL)


def find_amended(entries: Iterable[Entry]) -> dict[str, str | None]:
    """Return, for each filing that belongs to a chain of amendments, which filing it replaces; None for its first.

    A filing replaces the one of the same originalFilingId that comes before it by sequence; filings of one sequence
    follow each other by the moment they were filed, so that the last of a chain alone holds. One that cannot be read is
    passed over, for it becomes no row.
    """
    chains: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.root and not entry.trouble:
            chains[entry.root].append(entry)
    amended: dict[str, str | None] = {}
    for chain in chains.values():
        in_order = sorted(chain, key=_version)
        if len(in_order) > 1:
            amended[in_order[0].nid] = None
        amended |= {later.nid: earlier.nid for earlier, later in pairwise(in_order)}
    return amended


def _version(entry: Entry) -> tuple[int, str, str, str]:
    """The place of a filing in its chain; its id, which tells no order, decides where nothing else does."""
    return entry.sequence, str(entry.values.get("filed_on") or ""), entry.filed_at, entry.nid


class Registers:
    """The filers and filings of a capture, and which of them its transactions stand on."""

    def __init__(self) -> None:
        self.filers: dict[str, Entry] = {}
        self.filings: dict[str, Entry] = {}
        self.agencies: dict[str, Location] = {}
        self.stood_on: set[str] = set()
        self.active: set[str] = set()

    def take(self, sheet: Sheet) -> None:
        """Take in a page of filers or filings."""
        for at, result in sheet.number():
            if not isinstance(result, dict):
                raise refuse(f"result {at.line} is not an object", at.page, "fetch it again; see the raw file")
            if sheet.kind is Kind.FILERS:
                self._take_filer(result, at)
            else:
                require_fields(result, _FILING_FIELDS, at)
                entry = _enter(self.filings, result, "filingNid", at)
                _attempt(_read_filing, entry, result)

    def _take_filer(self, result: dict[str, Any], at: Location) -> None:
        require_fields(result, _FILER_FIELDS, at)
        self.agencies.setdefault(_name(result, "aid", at), at)
        _attempt(_read_filer, _enter(self.filers, result, "filerNid", at), result)

    def check_agency(self, wanted: str) -> None:
        """Refuse filers of more than one agency, or of another than the site's."""
        strange = [name for name in self.agencies if name.upper() != wanted.upper()] if wanted else []
        if strange or len(self.agencies) > 1:
            name = (strange or sorted(self.agencies))[0]
            told = f"holds filers of the agency {name!r}, not of {wanted!r}" if wanted else "holds several agencies"
            raise refuse(told, self.agencies[name].page, "see agency in [sources.netfile_campaign] of its site.toml")

    def stand(self, filing: str, filer: str) -> dict[str, Value]:
        """Return what filing and filer add to a transaction that stands on them; Unfit where one cannot be used."""
        on, by = self.filings.get(filing), self.filers.get(filer)
        for entry in (on, by):
            if entry:
                entry.blame()
        told, own = on.values if on else {}, by.values if by else {}
        return {
            "filing_start": told.get("filing_start"),
            "filing_end": told.get("filing_end"),
            "filer_name": told.get("filer_name") or own.get("filer_name"),
            "filer_state_id": own.get("filer_state_id") or told.get("filer_state_id"),
        }

    def note(self, filing: str, filer: str) -> None:
        """Take note of a transaction's filing and filer."""
        self.stood_on.add(filing)
        self.active.add(filer)

    def records(self) -> Iterator[Parsed]:
        """Yield the filings that have transactions or belong to a chain, and the filers of both.

        An entry that cannot be used is rejected itself where no transaction was rejected for it.
        """
        amended = find_amended(self.filings.values())
        for nid, entry in self.filings.items():
            if not entry.trouble and (nid in self.stood_on or nid in amended):
                yield _filing_record(entry, amended.get(nid))
                self.active.add(str(entry.values["filer_local_id"] or ""))
        for nid, entry in self.filers.items():
            if nid in self.active and not entry.trouble:
                yield Record("filers", {"filer_local_id": nid, **entry.values}, entry.at)
        for name, at in self.agencies.items():
            yield Record("agencies", {"shortcut": name}, at)
        for entry in (*self.filings.values(), *self.filers.values()):
            if entry.trouble and not entry.blamed:
                yield entry.trouble.reject(entry.at)


def _attempt(read: Callable[[Entry, dict[str, Any]], None], entry: Entry, result: dict[str, Any]) -> None:
    try:
        read(entry, result)
    except Unfit as unfit:
        entry.trouble = unfit


def _enter(entries: dict[str, Entry], result: dict[str, Any], name: str, at: Location) -> Entry:
    nid = _name(result, name, at)
    if nid in entries:
        raise refuse(f"tells {name} {nid!r} twice", at.page, "fetch it again; see the raw file")
    entries[nid] = Entry(nid, at)
    return entries[nid]


def _name(result: dict[str, Any], field: str, at: Location) -> str:
    """Return what a record is called by, without which nothing can be told of it."""
    try:
        text = read_text(plain(result[field], field))
    except Unfit as unfit:
        told = f"result {at.line} cannot be named by {field}: {unfit}"
        raise refuse(told, at.page, "fetch it again; see the raw file") from unfit
    if text is None:
        raise refuse(f"result {at.line} has no {field}", at.page, "fetch it again; see the raw file")
    return text


def _filing_record(entry: Entry, amends: str | None) -> Record:
    told = {name: value for name, value in entry.values.items() if name != "filer_state_id"}
    return Record("filings", {"filing_id": entry.nid, **told, "amends_filing_id": amends}, entry.at)
