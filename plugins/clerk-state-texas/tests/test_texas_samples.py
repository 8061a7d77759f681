"""The committed samples are what this module writes; `python test_texas_samples.py` writes them anew."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

SAMPLES = Path(__file__).parent / "samples"
COUNTIES = ("ANDERSON", "DEWITT", "EL PASO", "HARRIS", "LOVING", "TRAVIS")
IDS = {"ANDERSON": 1, "DEWITT": 62, "EL PASO": 71, "HARRIS": 101, "LOVING": 151, "TRAVIS": 227}
PARTY = "2026 {} PRIMARY RUNOFF ELECTION"
NAMES = {
    90501: PARTY.format("REPUBLICAN"),
    90502: PARTY.format("DEMOCRATIC"),
    90503: "2026 MAY UNIFORM ELECTION",
    90504: "SPECIAL ELECTION SENATE DISTRICT 4",
    90505: "2026 DEMOCRATIC PRIMARY ELECTION",
    90506: "2026 REPUBLICAN PRIMARY ELECTION",
}
_MADE = (2026, 1, 1, 0, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
HEADER = (
    "County",
    "Registered Voters",
    "# In Person On {day}",
    "Cumulative In-Person Voters",
    "Cumulative % In-Person",
    "Cumulative By Mail Voters",
    "Cumulative In-Person And Mail Voters",
    "Cumulative Percent Early Voting",
    "Voter Details Report",
)


def index_document(extra: bool) -> dict[str, Any]:
    """The index; the later one has one election more."""
    elections = [
        {
            "id": number,
            "type": "EV",
            "election_date": "05/26/2026",
            "election_name": name,
            "certified": number > 90504,
            "early_voting_dates": [{"date": f"05/{18 + n}/2026", "date_turnout_id": n} for n in range(3)],
            "counties": [{"county_id": 101, "name": "HARRIS"}],
        }
        for number, name in NAMES.items()
    ]
    return {"date_updated": "05/19/2026", "elections": elections[: None if extra else -1], "elections_local": []}


def turnout_document(day: int) -> dict[str, Any]:
    """The turnout of a day; LOVING has told no totals on the first."""
    return {
        "date_updated": f"2026-05-{18 + day}",
        "election_id": 90501,
        "election_type": "P",
        "early_voting_date": "2026-05-18",
        "turnout_by_county": [
            {
                "name": county,
                "id": IDS[county],
                "registered_voters": 1000 + number,
                "in_person_votes_on_date": 10 + number + day,
                "total_in_person_votes_for_election": None if county == "LOVING" and not day else 10 + number + day,
                "total_mail_votes_for_election": number,
                "voter_details_report": False,
            }
            for number, county in enumerate(COUNTIES)
        ],
    }


def roster_rows(later: bool) -> list[tuple[str, str, str, str, str]]:
    """A day's roster: names with commas and line breaks, two methods, one voter more on the later one."""
    tails = (", JANE", ", JOHN\nJR", ", ANN, III")
    return [
        (
            COUNTIES[number % len(COUNTIES)],
            f"VOTER{tails[number % 3]}",
            f"{number * 7919:010d}",
            "MAIL-IN" if number % 5 == 0 else "IN-PERSON",
            f"S {number}.{number % 4}",
        )
        for number in range(1, 14 if later else 13)
    ]


def write_roster(rows: list[tuple[str, str, str, str, str]]) -> bytes:
    """Write a statewide roster."""
    header = ("tx_county_name", "voter_name", "id_voter", "voting_method", "tx_precinct_code")
    return "".join('"' + '","'.join(row) + '"\n' for row in (header, *rows)).encode()


def workbook_rows(day: int) -> list[list[Any]]:
    """The rows of a day's sheet, its total last."""
    rows: list[list[Any]] = [[text.format(day=f"10/{day:02d}/2020") for text in HEADER]]
    for number, county in enumerate(COUNTIES, 1):
        rows.append(
            [county, 100 * number, number, number * (day - 12), 0.01, day, number * (day - 12) + day, 0.02, "x"]
        )
    total = [sum(row[place] for row in rows[1:]) for place in (2, 3, 5, 6)]
    return [*rows, ["TOTAL", None, total[0], total[1], 0.01, total[2], total[3], 0.02, None]]


def write_workbook(path: Path, days: tuple[int, ...], above: int = 0) -> None:
    """Write a workbook as the state's pages pasted into Excel; the last sheet begins `above` rows further down."""
    sheets = {f"Oct-{day}": (workbook_rows(day), above if day == days[-1] else 0) for day in days}
    numbers = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PKG}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
            for n in numbers
        )
        + "</Types>",
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>'
        + "".join(
            f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>' for n, title in zip(numbers, sheets, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
        ),
    }
    for n, (rows, offset) in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = _sheet(rows, offset)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), _XML + text)


def _relations(links: dict[str, tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_DOC}/{kind}" Target="{target}"/>' for key, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="{_PKG}/relationships">{inner}</Relationships>'


def _sheet(rows: list[list[Any]], offset: int) -> str:
    body = "".join(
        f'<row r="{number}">{"".join(_cell(f"{chr(65 + n)}{number}", value) for n, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1 + offset)
    )
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def _cell(place: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def write_samples(folder: Path) -> None:
    """Write one file of each kind as of two pulls."""
    for name, later in (("earlier", False), ("later", True)):
        place = folder / name
        place.mkdir(parents=True)
        (place / "elections.json").write_text(json.dumps(index_document(later)))
        (place / "turnout.json").write_text(json.dumps(turnout_document(int(later))))
        (place / "statewide.csv").write_bytes(write_roster(roster_rows(later)))
        write_workbook(place / "workbook.xlsx", (13, 14, 15) if later else (13, 14), above=4)


def read_tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_samples_are_what_this_module_writes(tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert read_tree(SAMPLES) == read_tree(tmp_path)


if __name__ == "__main__":
    write_samples(SAMPLES)
