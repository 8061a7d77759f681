"""From a capture of the yearly Excel export to rows; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b

from clerk_finance_netfile.excel_pages import WHERE, Sheet, read_sheets
from clerk_finance_netfile.layouts import FORM, MEMO_CODE, MEMO_REF, REPORT_REF, Layout, read_flag
from clerk_finance_netfile.reports import UNNUMBERED, Cover, Report, Reports, name_report, read_cover
from clerk_finance_netfile.sheets import CONTRIBUTIONS, LOANS, MISREAD_FORMS
from clerkcore import Capture, Parsed, Record, Rejected, SourceError, Value
from clerkcore.finance import TRANSACTION_TYPES, with_filings
from clerkcore.parsing import Line, read_text

Key = tuple[Value, Value]


def parse_capture(capture: Capture) -> Iterator[Parsed]:
    """Yield transactions and summary lines as they stand, then the filers and filings they belong to."""
    yield from with_filings(_parse_pages(capture))


def _parse_pages(capture: Capture) -> Iterator[Parsed]:
    export = Export(capture.scope.params["year"])
    for page in capture.pages:
        for sheet in read_sheets(page):
            if isinstance(sheet, Sheet):
                yield from export.read(sheet)
            else:
                yield sheet
    export.check_year()
    yield from export.reports.records()


class Export:
    """The sheets of one capture while they are read."""

    def __init__(self, year: str) -> None:
        self.year = year
        self.reports = Reports()
        self.inside = self.outside = 0
        self.pages: dict[str, str] = {}

    def read(self, sheet: Sheet) -> Iterator[Parsed]:
        """Yield the records of a sheet; SourceError when an earlier page holds rows of its form."""
        mixed = find_mixed(sheet)
        for line in sheet.read():
            parsed = read_line(sheet, line)
            if isinstance(parsed, Rejected):
                yield parsed
                continue
            record, report = parsed
            self._note(sheet, record, report.cover)
            if mixed and _key(record) in mixed:
                record, report = _tell_apart(record, report)
            self.reports.add(report)
            yield record

    def _note(self, sheet: Sheet, record: Record, cover: Cover) -> None:
        form = "Summary" if sheet.layout.is_summary else str(record.values["form_type"])
        page = self.pages.setdefault(form, sheet.page)
        if page != sheet.page:
            raise SourceError(
                f"holds rows of {form}, as {page} does",
                where=f"{WHERE} {sheet.page}",
                remedy="give each sheet of one year once: a workbook, or CSV files, one for each sheet",
            )
        if cover.year:
            self.inside += cover.year == self.year
            self.outside += cover.year != self.year

    def check_year(self) -> None:
        """Refuse a capture most of whose rows stand on reports of another year."""
        if self.outside > self.inside:
            raise SourceError(
                f"{self.outside:,} of {self.inside + self.outside:,} rows stand on reports that are not of {self.year}",
                where=WHERE,
                remedy="name the year of the file, as in --year 2020",
            )


def read_line(sheet: Sheet, line: Line | Rejected) -> tuple[Record, Report] | Rejected:
    """Return a row's record and report; Rejected names the first field that cannot be read."""
    if isinstance(line, Rejected):
        return line
    place = f"sheet {sheet.title}: " if sheet.title else ""
    layout, texts = sheet.layout, line.values
    try:
        form = read_form(sheet, texts.get(FORM, ""))
    except ValueError as error:
        return Rejected("bad_form_type", f"{place}{error}", line.at, "form_type", texts.get(FORM, ""))
    try:
        cover = read_cover(texts)
    except ValueError as error:
        return Rejected("bad_cover", f"{place}{error}", line.at)
    values = _read_fields(layout, straighten(layout, texts), line, place)
    if isinstance(values, Rejected):
        return values
    report = name_report(cover, form, read_text(texts.get(REPORT_REF, "")) if layout.ref else None, line.at)
    _complete(values, layout, form, report)
    return Record(layout.table, values, line.at), report


def read_form(sheet: Sheet, text: str) -> str:
    """Return the form of a row, which its sheet tells where it can; ValueError when the row says another."""
    plain = text.strip()
    said = MISREAD_FORMS.get(plain, plain)
    if sheet.layout.is_summary:
        if not said:
            raise ValueError("the line says no form or schedule")
        return said
    if sheet.form and said not in sheet.layout.forms:
        return sheet.form
    if said not in sheet.layout.forms or (sheet.form and said != sheet.form):
        raise ValueError(f"{text!r} is no form of these {sheet.layout.name}")
    return said


def straighten(layout: Layout, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return a row's texts; on sheets of loans Memo_Code holds what Memo_RefNo should, the number of a memo."""
    code = texts.get(MEMO_CODE, "")
    if layout is not LOANS or not code or texts.get(MEMO_REF):
        return texts
    try:
        read_flag(code)
    except ValueError:
        return {**texts, MEMO_CODE: "", MEMO_REF: code}
    return texts


def _read_fields(layout: Layout, texts: Mapping[str, str], line: Line, place: str) -> dict[str, Value] | Rejected:
    values: dict[str, Value] = {}
    for name, text in texts.items():
        field = layout.fields.get(name)
        if not text or field is None:
            continue
        try:
            values[field.column] = field.read(text)
        except ValueError as error:
            return Rejected(f"bad_{field.column}", f"{place}{name}: {error}", line.at, field.column, text)
    key = "line_item" if layout.is_summary else "tran_id"
    if not values.get(key):
        return Rejected(f"bad_{key}", f"{place}the row has no {key}", line.at, key)
    return values


def _complete(values: dict[str, Value], layout: Layout, form: str, report: Report) -> None:
    """Add what the report and the sheet say of a row."""
    cover = report.cover
    values.update(
        filing_id=report.filing_id,
        form_type=form,
        filer_local_id=cover.filer,
        filer_state_id=cover.state_id,
        filer_name=cover.filer_name,
        filing_start=cover.start,
        filing_end=cover.end,
    )
    if layout.is_summary:
        return
    values["amount_cents"] = values.get(layout.amount)
    values["calculated_date"] = next((values[name] for name in layout.dates if values.get(name)), None)
    values["transaction_type"] = TRANSACTION_TYPES.get(form)
    if form == "B2":
        values["lender_name"] = values.pop("intr_naml", None)


def find_mixed(sheet: Sheet) -> frozenset[Key]:
    """Return the keys under which rows of F496P3 differ, because two reports of one day share their name."""
    if sheet.layout is not CONTRIBUTIONS or sheet.form not in ("", UNNUMBERED):
        return frozenset()
    seen: dict[Key, str] = {}
    mixed = set()
    for line in sheet.read():
        if isinstance(line, Rejected) or (sheet.form or line.values.get(FORM)) != UNNUMBERED:
            continue
        parsed = read_line(sheet, line)
        if not isinstance(parsed, Rejected):
            key, content = _key(parsed[0]), _digest(parsed[0])
            if seen.setdefault(key, content) != content:
                mixed.add(key)
    return frozenset(mixed)


def _key(record: Record) -> Key:
    return record.values["filing_id"], record.values.get("tran_id")


def _digest(record: Record) -> str:
    return blake2b(repr(sorted(record.values.items())).encode(errors="backslashreplace"), digest_size=6).hexdigest()


def _tell_apart(record: Record, report: Report) -> tuple[Record, Report]:
    """Return the row and its report under a name made of the row's content, whatever the order of rows."""
    # No text of the export can look like this, for each "~" in one would be followed by two capital hex digits.
    filing_id = f"{report.filing_id}-~~{_digest(record)}"
    return replace(record, values={**record.values, "filing_id": filing_id}), replace(report, filing_id=filing_id)
