"""Exports that are broken, hostile or something else: one message that names the trouble and what helps."""

from __future__ import annotations

import struct
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_finance_netfile.excel import NetFileExcel
from clerkcore import Record, Rejected, SourceError
from clerkcore.testing.shelf import hold_capture

sys.path.insert(0, str(Path(__file__).parent))

from excel_reading import BOOK, DEMO_2026, parse
from excel_samples import HEADERS, Sheets, make_csv, make_sheets, make_table, make_workbook, row
from xlsx_writer import MAIN, read_part, replace_parts, wrap_rows, write_xlsx, write_zip

BOMB = (
    '<!DOCTYPE sst [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><sst><si><t>&c;</t></si></sst>'
)
DAMAGED = "is a damaged ZIP file: "


def fail(body: bytes, name: str = BOOK) -> str:
    """The message of the error that a file ends in, which also says what helps."""
    with pytest.raises(SourceError) as caught:
        parse({name: body})
    assert caught.value.remedy
    assert caught.value.where.startswith("netfile_excel")
    return f"{caught.value.where}: {caught.value.message}".removeprefix(f"netfile_excel {name}").removeprefix(": ")


def change_header(title: str, change: Callable[[list[Any]], list[Any]]) -> bytes:
    tables = {name: make_table(name, make_sheets()[name]) for name in HEADERS}
    tables[title] = [change(tables[title][0]), *tables[title][1:]]
    return write_xlsx(tables)


def inline(text: object) -> str:
    """A cell as it stands in the file, its text in the cell itself."""
    return f'<c t="inlineStr"><is><t>{escape(str(text))}</t></is></c>'


def with_first_sheet(rows: str) -> bytes:
    """A workbook whose sheet A holds these rows of XML below its header."""
    header = "".join(inline(name) for name in HEADERS["A-Contributions"])
    return replace_parts(EMPTY, sheet1=wrap_rows(f'<row r="1">{header}</row>{rows}'))


def patch_directory(body: bytes, name: str, offset: int, value: bytes) -> bytes:
    """Change a field of an entry in a ZIP's central directory."""
    place = body.rindex(name.encode()) - 46 + offset
    return body[:place] + value + body[place + len(value) :]


def lock(body: bytes, name: str) -> bytes:
    return patch_directory(body, name, 8, struct.pack("<H", 1))


def claim_size(body: bytes, name: str, size: int) -> bytes:
    return patch_directory(body, name, 24, struct.pack("<I", size))


BODY = make_workbook()
EMPTY = make_workbook({title: [] for title in HEADERS})
SHEET_1 = "xl/worksheets/sheet1.xml"
ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "no workbook inside": (lambda: write_zip({"readme.txt": "nothing"}), "holds no workbook, not the one that"),
    "two workbooks inside": (
        lambda: write_zip({"a.xlsx": BODY, "b.xlsx": BODY}),
        "holds 2 workbooks, not the one that NetFile sends",
    ),
    "a ZIP in a ZIP": (
        lambda: write_zip({"a.xlsx": write_zip({"b.xlsx": BODY})}),
        "holds no workbook",
    ),
    "an empty ZIP": (lambda: write_zip({}), "holds no workbook, not the one that NetFile sends"),
    "a cut ZIP": (lambda: write_zip({"a.xlsx": BODY})[:-9], f"{DAMAGED}File is not a zip file"),
    "a cut workbook in a ZIP": (
        lambda: write_zip({"a.xlsx": BODY[:-30]}),
        f"{DAMAGED}File is not a zip file",
    ),
    "a locked ZIP": (lambda: lock(write_zip({"a.xlsx": BODY}), "a.xlsx"), "is locked with a password (a.xlsx)"),
    "far too many files": (
        lambda: write_zip({f"{n}.txt": "" for n in range(501)}),
        "holds 501 files, more than 500",
    ),
    "a size beyond all bounds": (
        lambda: claim_size(BODY, SHEET_1, 2_000_000_000),
        "bytes, more than 1,000,000,000",
    ),
    "a large workbook in a ZIP": (
        lambda: claim_size(write_zip({"a.xlsx": BODY}), "a.xlsx", 300_000_000),
        "holds a workbook of 300,000,000 bytes, more than 200,000,000",
    ),
    "a size that is not true": (
        lambda: claim_size(write_zip({"a.xlsx": BODY}), "a.xlsx", 100),
        f"{DAMAGED}Bad CRC-32 for file 'a.xlsx'",
    ),
    "a password": (
        lambda: bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2000),
        "is a workbook with a password, or in the old .xls format",
    ),
    "a web page": (lambda: b"\n <html><body>Agency not found", "is a web page instead of the export"),
}

WORKBOOKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a missing sheet": (
        lambda: make_workbook({title: rows for title, rows in make_sheets().items() if title != "E-Expenditure"}),
        "lacks the sheet E-Expenditure; it has A-Contributions, C-Contributions",
    ),
    "a sheet without even a header": (
        lambda: replace_parts(BODY, sheet9=wrap_rows("")),
        " sheet E-Expenditure: is empty, without even a header",
    ),
    "a renamed column": (
        lambda: change_header("497", lambda names: ["Sum" if name == "Amount" else name for name in names]),
        " sheet 497: lacks the column 'Amount'; columns it has instead: ",
    ),
    "a missing column": (
        lambda: change_header("Summary", lambda names: names[:-1]),
        " sheet Summary: lacks the column 'Amount_C'; columns it has instead: tblCover_Office_Cd",
    ),
    "a column twice": (
        lambda: change_header("F-Expenses", lambda names: [*names, "Amt_Paid"]),
        " sheet F-Expenses: names the column 'Amt_Paid' twice in its header",
    ),
    "an XML bomb in the shared strings": (
        lambda: replace_parts(BODY, sharedStrings=BOMB),
        ", part xl/sharedStrings.xml: declares a document type, as an XML bomb does",
    ),
    "an XML bomb in a sheet": (
        lambda: replace_parts(BODY, sheet14=BOMB),
        ", part xl/worksheets/sheet14.xml: declares a document type, as an XML bomb does",
    ),
    "an XML bomb in the styles": (
        lambda: replace_parts(BODY, styles=BOMB),
        ", part xl/styles.xml: declares a document type, as an XML bomb does",
    ),
    "an XML bomb in the workbook": (
        lambda: replace_parts(BODY, workbook=BOMB),
        ", part xl/workbook.xml: declares a document type, as an XML bomb does",
    ),
    "an XML bomb in the list of parts": (
        lambda: replace_parts(BODY, **{"[Content_Types]": BOMB}),
        ", part [Content_Types].xml: declares a document type, as an XML bomb does",
    ),
    "a file elsewhere": (
        lambda: replace_parts(BODY, sharedStrings='<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        ", part xl/sharedStrings.xml: declares a document type, as an XML bomb does",
    ),
    "a document type in a sheet": (
        lambda: replace_parts(BODY, sheet1=f"<!DOCTYPE worksheet>{wrap_rows('')}"),
        ", part xl/worksheets/sheet1.xml: declares a document type, as an XML bomb does",
    ),
    "a part that is missing": (
        lambda: replace_parts(BODY, sheet3=None),
        ", part xl/worksheets/sheet3.xml: is no workbook as Excel writes it: ",
    ),
    "a part that is no XML": (
        lambda: replace_parts(BODY, styles="<styleSheet>"),
        ", part xl/styles.xml: is not whole XML: no element found",
    ),
    "too few shared strings": (
        lambda: replace_parts(BODY, sharedStrings="<sst/>"),
        " sheet A-Contributions: refers to a text 0 that the workbook lacks, in row 1",
    ),
    "a shared string before the first": (
        lambda: with_first_sheet('<row><c t="s"><v>-1</v></c></row>'),
        " sheet A-Contributions: refers to a text -1 that the workbook lacks, in row 2",
    ),
    "a shared string without a number": (
        lambda: with_first_sheet('<row><c t="s"><v>x</v></c></row>'),
        " sheet A-Contributions: refers to a text x that the workbook lacks, in row 2",
    ),
    "more shared strings than any export has": (
        lambda: replace_parts(BODY, sharedStrings=f'<sst xmlns="{MAIN}">{" " * 20_000_000}</sst>'),
        ", part xl/sharedStrings.xml: is no workbook as Excel writes it: xl/sharedStrings.xml has 20,000,0",
    ),
    "styles larger than those of any export": (
        lambda: replace_parts(BODY, styles=f'<styleSheet xmlns="{MAIN}">{"<xf/>" * 200_000}</styleSheet>'),
        ", part xl/styles.xml: is no workbook as Excel writes it: xl/styles.xml has 1,000,0",
    ),
    "a sheet of another size than the file says": (
        lambda: claim_size(BODY, SHEET_1, 900),
        f", part {SHEET_1}: {DAMAGED}Bad CRC-32 for file '{SHEET_1}'",
    ),
    "a column too many": (
        lambda: with_first_sheet(f"<row>{'<c><v>1</v></c>' * 16_385}</row>"),
        " sheet A-Contributions: has more than 16,384 columns in row 2",
    ),
    "a million columns": (
        lambda: with_first_sheet(f"<row>{'<c><v>1</v></c>' * 1_000_000}</row>"),
        " sheet A-Contributions: has a row of more than 1,000,000 bytes",
    ),
    "a million columns outside of any row": (
        lambda: with_first_sheet("<c/>" * 1_000_000),
        " sheet A-Contributions: has a row of more than 1,000,000 bytes",
    ),
    "a row far below": (
        lambda: with_first_sheet('<row r="999999999999"><c><v>1</v></c></row>'),
        " sheet A-Contributions: has a row 999999999999 after row 1",
    ),
    "rows out of order": (
        lambda: with_first_sheet('<row r="9"/><row r="5"/>'),
        " sheet A-Contributions: has a row 5 after row 9",
    ),
    "a cell twice": (
        lambda: with_first_sheet('<row r="2"><c r="B2"><v>1</v></c><c r="B2"><v>2</v></c></row>'),
        " sheet A-Contributions: has cells out of order in row 2",
    ),
    "a cell nowhere": (
        lambda: with_first_sheet('<row r="2"><c r="?"><v>1</v></c></row>'),
        " sheet A-Contributions: has cells out of order in row 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), [*ARCHIVES.values(), *WORKBOOKS.values()], ids=[*ARCHIVES, *WORKBOOKS])
def test_a_file_that_is_no_export_is_refused(make: Callable[[], bytes], message: str) -> None:
    assert message in fail(make())


def test_openpyxl_reads_xml_with_defusedxml() -> None:
    assert openpyxl.DEFUSEDXML


def test_a_formula_that_many_cells_share_is_not_translated_for_each() -> None:
    cells = '<c><f t="shared" si="0"/></c>' * 10_000
    body = with_first_sheet(f'<row><c><f t="shared" ref="A1:Z9" si="0">{"A1+" * 100_000}1</f></c>{cells}</row>')
    assert [item.rule for item in parse({BOOK: body}) if isinstance(item, Rejected)] == ["formula"]


def test_a_row_of_many_cells_is_refused_in_little_memory() -> None:
    body = with_first_sheet(f"<row>{'<c/>' * 5_000_000}</row>")
    tracemalloc.start()
    try:
        assert "has a row of more than 1,000,000 bytes" in fail(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000


def test_the_agency_that_is_no_longer_listed_is_named_in_the_remedy() -> None:
    with pytest.raises(SourceError) as caught:
        parse({BOOK: b"<!DOCTYPE html><html>"})
    assert caught.value.remedy == (
        "see whether NetFile still lists DEMO, at https://public.netfile.com/pub2/; some agencies have left it"
    )


def test_an_export_of_another_year_is_refused() -> None:
    late = {"Rpt_Date": date(2025, 10, 20)}
    spring = {"From_Date": date(2025, 1, 1), "Thru_Date": date(2025, 6, 30)}
    rows = {title: [row(title, 1, spring, late), row(title, 2, late, spring)] for title in ("496", "E-Expenditure")}
    body = make_workbook({title: rows.get(title, []) for title in HEADERS})
    assert fail(body).endswith("4 of 4 rows stand on reports that are not of 2026")


def test_a_sheet_given_twice_is_refused() -> None:
    body = make_csv("A-Contributions", make_sheets()["A-Contributions"])
    with pytest.raises(SourceError, match=r"netfile_excel b\.csv: holds rows of A, as a\.csv does") as caught:
        parse({"a.csv": body, "b.csv": body})
    assert caught.value.remedy == "give each sheet of one year once: a workbook, or CSV files, one for each sheet"


def test_a_csv_with_a_renamed_column_is_told_by_the_sheet_it_is_nearest_to() -> None:
    body = make_csv("B1-Loans", make_sheets()["B1-Loans"]).replace(b"Loan_Amt7", b"Interest")
    assert fail(body, "loans.csv") == "lacks the column 'Loan_Amt7'; columns it has instead: " + ", ".join(
        ["tblCover_Office_Cd", "tblCover_Offic_Dscr", "Loan_Adr1", "Loan_Adr2", "Tres_Adr1"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("empty", "count"),
    [("", 1_000_000), ('<c s="1"/><c t="s"/>', 1_000_000)],
    ids=["without cells", "with empty cells"],
)
def test_a_million_empty_rows_are_no_rows(empty: str, count: int) -> None:
    parsed = parse({BOOK: with_first_sheet(f"<row>{empty}</row>" * count)})
    rows = [item for item in parsed if isinstance(item, Record) and item.table == "transactions"]
    assert not [item for item in rows if item.values["form_type"] == "A"]


def test_a_long_sheet_is_not_held_in_memory() -> None:
    sheets: Sheets = {title: [] for title in HEADERS} | {
        "A-Contributions": [row("A-Contributions", number, Tran_Amt1=1.0) for number in range(5_000)]
    }
    source, body = NetFileExcel({}), make_workbook(sheets)
    assert len(parse({BOOK: body})) > 5_000
    tracemalloc.start()
    try:
        capture = hold_capture(source, DEMO_2026, {BOOK: body})
        tracemalloc.reset_peak()
        before, count = tracemalloc.get_traced_memory()[0], 0
        for _ in source.parse(capture):
            count += 1
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert count > 5_000
    assert peak < 5_000_000


def check_told(body: bytes) -> None:
    """Parse a file that may be spoilt; whatever is raised but SourceError fails the test."""
    try:
        parse({BOOK: body})
    except SourceError as error:
        caught = error
    else:
        return
    assert caught.remedy


@settings(max_examples=150, deadline=None)
@given(
    place=st.integers(0, len(BODY) - 1),
    length=st.integers(0, 40),
    instead=st.binary(max_size=40),
)
def test_a_workbook_spoilt_anywhere_is_read_or_refused(place: int, length: int, instead: bytes) -> None:
    spoilt = BODY[:place] + instead + BODY[place + length :]
    check_told(spoilt)


@settings(max_examples=150, deadline=None)
@given(
    part=st.sampled_from(["[Content_Types]", "workbook", "styles", "sharedStrings", "sheet1"]),
    start=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 60),
    instead=st.text(alphabet='<>/"= :crvtsfi0123456789A&;-', max_size=20),
)
def test_a_part_spoilt_anywhere_is_read_or_refused(part: str, start: float, length: int, instead: str) -> None:
    text = read_part(BODY, part)
    place = int(start * len(text))
    check_told(replace_parts(BODY, **{part: text[:place] + instead + text[place + length :]}))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet='<>/"= crvtsfi1A&;', max_size=60))
def test_a_sheet_of_any_xml_is_read_or_refused(text: str) -> None:
    check_told(with_first_sheet(text))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["n", "str", "inlineStr", "b", "e", "d", "?"]),
            st.sampled_from(["0", "1", "7"]),
            st.text(alphabet="0123456789-+.eE x", max_size=12),
        ),
        max_size=80,
    )
)
def test_whatever_stands_in_cells_no_row_is_lost(cells: list[tuple[str, str, str]]) -> None:
    title = "A-Contributions"
    whole, spoilt = ([inline(row(title, n).get(name) or "") for name in HEADERS[title]] for n in (1, 2))
    raw = [f'<c t="{kind}" s="{style}"><v>{text}</v></c>' for kind, style, text in cells]
    spoilt[12:] = [*raw, *spoilt[12 + len(raw) :]][: len(spoilt) - 12]
    parsed = parse({BOOK: with_first_sheet("".join(f"<row>{''.join(line)}</row>" for line in (whole, spoilt)))})
    assert sum(not isinstance(item, Record) or item.table == "transactions" for item in parsed) == 2
