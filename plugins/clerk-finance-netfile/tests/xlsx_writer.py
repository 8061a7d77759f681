"""Writes small .xlsx files, whole or broken, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo


@dataclass(frozen=True, slots=True)
class Xml:
    """A cell as it stands in the file, such as "<c><f>1+1</f><v>2</v></c>"."""

    text: str


Cell = str | int | float | date | Xml | None
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="mm/dd/yyy"/></numFmts>'
    '<fonts count="1"><font><sz val="10"/><name val="Arial"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def write_zip(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of the parts, without any time of its own."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def write_xlsx(
    tables: Mapping[str, Sequence[Sequence[Cell]]], *, date1904: bool = False, **replaced: str | bytes | None
) -> bytes:
    """An .xlsx of the tables; `replaced` puts other text for a part, by the last word of its name, or takes it out."""
    return write_zip(xlsx_parts(tables, date1904=date1904, **replaced))


def xlsx_parts(
    tables: Mapping[str, Sequence[Sequence[Cell]]], *, date1904: bool = False, **replaced: str | bytes | None
) -> dict[str, str | bytes]:
    """The parts of an .xlsx by name."""
    strings: dict[str, int] = {}
    pages = [_sheet(rows, strings) for rows in tables.values()]
    parts: dict[str, str | bytes | None] = {
        "[Content_Types].xml": _content_types(len(pages)),
        "_rels/.rels": _relationships({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _workbook(list(tables), date1904),
        "xl/_rels/workbook.xml.rels": _workbook_links(len(pages)),
        "xl/styles.xml": STYLES,
    }
    parts |= {f"xl/worksheets/sheet{number}.xml": page for number, page in enumerate(pages, start=1)}
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
    for name in parts:
        word = name.rpartition("/")[2].partition(".")[0]
        parts[name] = replaced.get(word, parts[name])
    return {name: text for name, text in parts.items() if text is not None}


def wrap_rows(rows: str) -> str:
    """A worksheet around rows of XML."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def _sheet(rows: Sequence[Sequence[Cell]], strings: dict[str, int]) -> str:
    written = (
        f'<row r="{number}">{"".join(_cell(cell, place, number, strings) for place, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    return wrap_rows("".join(written))


def _cell(cell: Cell, place: int, number: int, strings: dict[str, int]) -> str:
    reference = f"{column_name(place)}{number}"
    if cell is None:
        return ""
    if isinstance(cell, Xml):
        return cell.text.replace("<c", f'<c r="{reference}"', 1)
    if isinstance(cell, str):
        return f'<c r="{reference}" t="s"><v>{strings.setdefault(cell, len(strings))}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{reference}" s="1"><v>{(cell - date(1899, 12, 30)).days}</v></c>'
    return f'<c r="{reference}"><v>{cell!r}</v></c>'


def column_name(place: int) -> str:
    """The letters of a column, A for 0."""
    letters = ""
    while place >= 0:
        letters = chr(65 + place % 26) + letters
        place = place // 26 - 1
    return letters


def _relationships(links: Mapping[str, tuple[str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="{name}" Type="{LINKS}/{kind}" Target="{target}"/>' for name, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def _workbook_links(sheets: int) -> str:
    links = {f"rId{number}": ("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, sheets + 1)}
    return _relationships(
        {**links, "rId900": ("sharedStrings", "sharedStrings.xml"), "rId901": ("styles", "/xl/styles.xml")}
    )


def _workbook(titles: Sequence[str], date1904: bool) -> str:
    sheets = "".join(
        f'<sheet name="{escape(title)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, start=1)
    )
    properties = '<workbookPr date1904="1"/>' if date1904 else ""
    return f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{properties}<sheets>{sheets}</sheets></workbook>'


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {"workbook": "sheet.main", "sharedStrings": "sharedStrings", "styles": "styles"}
    parts |= {f"worksheets/sheet{number}": "worksheet" for number in range(1, sheets + 1)}
    each = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{kind}.{word}+xml"/>' for part, word in parts.items()
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{each}</Types>'
    )
