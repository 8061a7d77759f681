"""The reports that rows of the Excel export stand on: their names, and which one replaces which.

The export numbers no filings. A report is known by its filer, form, period and the number of its version, or by the
day it was filed where it is a late one, so the name of a filing is made of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from unicodedata import normalize

from clerk_finance_netfile.layouts import COVER
from clerkcore import Location, Record
from clerkcore.finance import form_family
from clerkcore.parsing import read_date, read_text

LATE = ("496", "497")
UNNUMBERED = "F496P3"  # the form whose rows do not say which report of the day they stand on
NO_ID = "noid"
UNKNOWN = "_"
SLUG_LENGTH = 40
_UNNUMBERED_FAMILY = form_family(UNNUMBERED)

_WORDS = re.compile(r"[^a-z0-9]+")
_UNSAFE = re.compile(r"[^A-Za-z0-9.]")
_UNSAFE_AT_THE_END = re.compile(r"[^A-Za-z0-9.\-]")
_FORM_NUMBER = re.compile(r"F([0-9]{3})\Z")
_VERSION = re.compile(r"[0-9]{1,9}\Z")
_ID = re.compile(r"[1-9]")


@dataclass(frozen=True, slots=True)
class Cover:
    """What each row repeats of its report's cover page."""

    filer: str
    state_id: str | None
    filer_name: str | None
    report_num: str | None
    committee_type: str | None
    filed_on: str | None
    start: str | None
    end: str | None
    election_date: str | None

    @property
    def year(self) -> str:
        """The year that the report is about; that of its filing where it has no period."""
        return (self.end or self.filed_on or "")[:4]


def read_cover(texts: Mapping[str, str]) -> Cover:
    """Return the cover of a row; ValueError names the column that cannot be read."""
    return _cover(*(texts.get(name, "") for name in COVER))


@lru_cache(maxsize=4096)
def _cover(*texts: str) -> Cover:
    given = dict(zip(COVER, texts, strict=True))
    state_id, name = read_text(given["Filer_ID"]), read_text(given["Filer_NamL"])
    return Cover(
        filer=name_filer(state_id, name),
        state_id=state_id,
        filer_name=name,
        report_num=read_text(given["Report_Num"]),
        committee_type=read_text(given["Committee_Type"]),
        filed_on=_day(given, "Rpt_Date"),
        start=_day(given, "From_Date"),
        end=_day(given, "Thru_Date"),
        election_date=_day(given, "Elect_Date"),
    )


def _day(given: Mapping[str, str], name: str) -> str | None:
    try:
        return read_date(given[name])
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def name_filer(state_id: str | None, name: str | None) -> str:
    """Return what tells a filer from all others: the FPPC number, or the name where it is empty or Pending.

    Every filer without a number shares "Pending", "Applied" or "0000000" with others, so these are no ids.
    """
    if state_id and _ID.search(state_id):
        return _safe(state_id)
    if not name:
        raise ValueError("Filer_ID: the filer has neither a number nor a name")
    plain = " ".join(name.casefold().split())
    letters = normalize("NFKD", plain).encode("ascii", "ignore").decode()
    slug = _WORDS.sub("_", letters).strip("_")[:SLUG_LENGTH].strip("_")
    return "_".join(part for part in (NO_ID, slug, _digest(plain)) if part)


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="backslashreplace"), digest_size=4).hexdigest()


def _safe(text: str, unsafe: re.Pattern[str] = _UNSAFE) -> str:
    """Return the text with "~" and hexadecimal bytes for what an address cannot hold; different texts stay so."""
    return unsafe.sub(lambda found: "".join(f"~{byte:02X}" for byte in found[0].encode(errors="surrogatepass")), text)


@dataclass(frozen=True, slots=True)
class Report:
    """A report, its name, form and own number, and the row that told of it first.

    `unnumbered` ones have rows of F496P3 alone, a sheet that leaves the own number out.
    """

    filing_id: str
    family: str
    ref: str | None
    cover: Cover
    at: Location
    unnumbered: bool = False

    @property
    def chain(self) -> tuple[str | None, ...] | None:
        """What the versions of one report have in common; None where nothing shows which replaces which.

        A late report keeps its filer's own number when it is amended, and may correct its period.
        """
        cover = self.cover
        if not _VERSION.match(cover.report_num or ""):
            return None
        if self.family in LATE:
            return (cover.filer, self.family, self.ref) if self.ref else None
        return (cover.filer, self.family, cover.start, cover.end) if cover.start and cover.end else None

    @property
    def number(self) -> int:
        """The number of its version: 0 of an original, of reports in chains."""
        return int(self.cover.report_num or 0)

    @property
    def version(self) -> tuple[int, str, str]:
        """The place of a numbered report in its chain."""
        return self.number, self.cover.filed_on or "", self.filing_id

    @property
    def page(self) -> tuple[str | None, ...]:
        """What rows repeat of the cover page that tells reports of one form apart, but for the own number."""
        cover = self.cover
        return cover.filer, self.family, cover.filed_on, cover.start, cover.end, cover.report_num


def name_report(cover: Cover, form: str, ref: str | None, at: Location) -> Report:
    """Return the report that a row of a form stands on."""
    number = _FORM_NUMBER.match(form)
    family = number[1] if number else form_family(form)
    start, end, filed = (_compact(day) for day in (cover.start, cover.end, cover.filed_on))
    version = _safe(cover.report_num) if cover.report_num else UNKNOWN
    if family not in LATE and cover.start and cover.end:
        parts = [cover.filer, family, start, end, version]
    else:
        period = [f"{start}{UNKNOWN}{end}"] if cover.start or cover.end else []
        parts = [cover.filer, family, filed, *period, version]
    if ref:
        parts.append(_safe(ref, _UNSAFE_AT_THE_END))
    return Report("-".join(parts), family, ref, cover, at, unnumbered=form == UNNUMBERED)


def _compact(day: str | None) -> str:
    return day.replace("-", "") if day else UNKNOWN


class Reports:
    """The reports of a capture, and what is known of them at its end."""

    def __init__(self) -> None:
        self.found: dict[str, Report] = {}

    def add(self, report: Report) -> None:
        """Take note of a row's report."""
        known = self.found.setdefault(report.filing_id, report)
        if known.unnumbered and not report.unnumbered:
            self.found[report.filing_id] = replace(known, unnumbered=False)

    def records(self) -> Iterator[Record]:
        """Yield the filings, with those they replace, and the filers."""
        replaced = find_replaced(self.found.values())
        for report in self.found.values():
            yield Record("filings", _filing(report, replaced.get(report.filing_id)), report.at)
        for report in _newest(self.found.values()):
            cover = report.cover
            filer = {"filer_local_id": cover.filer, "committee_type": cover.committee_type}
            yield Record("filers", filer, report.at)


def _filing(report: Report, replaced: str | None) -> dict[str, str | None]:
    return {
        "filing_id": report.filing_id,
        "form_family": report.family,
        "report_num": report.cover.report_num,
        "report_ref": report.ref,
        "filed_on": report.cover.filed_on,
        "election_date": report.cover.election_date,
        "amends_filing_id": replaced,
    }


def _newest(reports: Iterable[Report]) -> Iterator[Report]:
    """Yield the newest report of each filer that says what kind of committee it is."""
    newest: dict[str, Report] = {}
    for report in reports:
        known = newest.get(report.cover.filer)
        if report.cover.committee_type and (known is None or _age(report) > _age(known)):
            newest[report.cover.filer] = report
    yield from newest.values()


def _age(report: Report) -> tuple[str, str]:
    return report.cover.filed_on or "", report.filing_id


def find_replaced(reports: Iterable[Report]) -> dict[str, str]:
    """Return for each report that replaces one the name of that: the version before it of the same chain."""
    known = list(reports)
    chains: dict[tuple[object, ...], list[Report]] = {}
    for report in (*known, *_borrow_numbers(known)):
        if report.chain:
            chains.setdefault((report.unnumbered, *report.chain), []).append(report)
    return {
        later.filing_id: earlier.filing_id
        for chain in chains.values()
        for versions in _part_originals(chain)
        for earlier, later in pairwise(sorted(versions, key=lambda report: report.version))
    }


def _borrow_numbers(reports: Iterable[Report]) -> Iterator[Report]:
    """Yield what rows of F496P3 stand on with the own number of the one report they can belong to.

    It is the only one with their cover page; where there are more, nothing tells which.
    """
    pages: dict[tuple[str | None, ...], tuple[list[Report], list[Report]]] = {}
    for report in reports:
        if report.family == _UNNUMBERED_FAMILY:
            pages.setdefault(report.page, ([], []))[report.unnumbered].append(report)
    for numbered, unnumbered in pages.values():
        if len(numbered) == len(unnumbered) == 1:
            yield replace(unnumbered[0], ref=numbered[0].ref)


def _part_originals(chain: Iterable[Report]) -> Iterator[list[Report]]:
    """Yield the versions of each original: a filer may give two late reports one number, one after the other."""
    versions: list[Report] = []
    for report in sorted(chain, key=lambda report: (report.cover.filed_on or "", report.version)):
        if report.family in LATE and not report.number and any(not known.number for known in versions):
            yield versions
            versions = []
        versions.append(report)
    yield versions
