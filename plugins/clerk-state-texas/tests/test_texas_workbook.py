"""The state's older reports, as a workbook and as a CSV."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clerk_state_texas.adapter import Texas
from clerkcore import Aside, Parsed, Record, Rejected, SourceError
from clerkcore.rosters import make_scope
from clerkcore.testing import Ended
from clerkcore.testing.shelf import parse_files

pytest_plugins = ["clerkcore.testing.fixtures"]

Rows = list[dict[str, Any]]
SAMPLE = Path(__file__).parent / "samples" / "later" / "workbook.xlsx"
SCOPE = make_scope("TURNOUT_WORKBOOK", "2020G")
HEADER = "date,county,registered_voters,in_person_on_date,cumulative_in_person,cumulative_by_mail,cumulative_total\n"
SHEET = "xl/worksheets/sheet2.xml"


def parse(body: bytes, name: str = "workbook.xlsx") -> list[Parsed]:
    return parse_files(Texas(), SCOPE, {name: body})


def refusal(body: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parse(body)
    assert caught.value.remedy
    return str(caught.value)


def rewrite(part: str, old: bytes, new: bytes) -> bytes:
    """Return the sample with the parts whose names begin so changed."""
    body = io.BytesIO()
    with zipfile.ZipFile(SAMPLE) as before, zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            chosen = name.startswith(part)
            assert not chosen or old in data
            after.writestr(name, data.replace(old, new) if chosen else data)
    return body.getvalue()


@pytest.fixture
def load(make_texas: Callable[..., str], update: Callable[..., Ended], tmp_path: Path) -> Callable[..., Ended]:
    """Load a file of the 2020 general election."""
    make_texas()

    def run(body: bytes, name: str = "workbook.xlsx") -> Ended:
        path = tmp_path / name
        path.write_bytes(body)
        return update("--source", "TURNOUT_WORKBOOK", "--election", "2020G", "--from", path)

    return run


def test_a_county_of_a_sheet_becomes_this_row() -> None:
    item = parse(SAMPLE.read_bytes())[1]
    assert isinstance(item, Record)
    assert (item.table, item.values) == (
        "county_turnout",
        {
            "election_id": "2020G",
            "vote_date": "2020-10-13",
            "county": "DEWITT",
            "county_id": "62",
            "registered_voters": 200,
            "in_person_on_date": 2,
            "in_person_total": 2,
            "mail_total": 13,
            "ballots_total": 15,
        },
    )


def test_the_states_own_total_is_set_aside() -> None:
    totals = [item for item in parse(SAMPLE.read_bytes()) if isinstance(item, Aside)]
    assert [total.rule for total in totals] == ["state_totals"] * 3
    assert totals[0].values == {
        "election_id": "2020G",
        "vote_date": "2020-10-13",
        "registered_voters": None,
        "in_person_on_date": 21,
        "in_person_total": 21,
        "mail_total": 78,
        "ballots_total": 99,
    }


def test_a_sheet_may_begin_anywhere() -> None:
    days = [str(item.values["vote_date"]) for item in parse(SAMPLE.read_bytes()) if isinstance(item, Record)]
    assert sorted(set(days)) == ["2020-10-13", "2020-10-14", "2020-10-15"]


def test_a_total_that_differs_is_told_with_both_sides(
    load: Callable[..., Ended], findings: Callable[[Ended], Rows]
) -> None:
    # 21, the number of ballots of the day, stands nowhere else.
    ended = load(rewrite(SHEET, b"<v>21</v>", b"<v>20</v>"))
    found = findings(ended)
    assert [(f["check_name"], f["severity"], f["expected"], f["actual"]) for f in found] == [
        ("state_totals", "warning", "20", "21")
    ]
    assert found[0]["message"] == (
        "2020-10-14: the counties do not add up to TOTAL: in_person_on_date 20 published against 21 summed"
    )


def test_a_day_without_a_total_is_named_and_no_fault(
    load: Callable[..., Ended], findings: Callable[[Ended], Rows]
) -> None:
    ended = load(rewrite(SHEET, b"TOTAL", b"LAMAR"))
    assert (ended.exit_code, ended.line["added"], ended.line["aside"]) == (0, 19, 2)
    (finding,) = findings(ended)
    assert (finding["severity"], finding["message"]) == ("info", "no TOTAL to compare with: 2020-10-14")


def test_the_csv_gives_the_same_rows(load: Callable[..., Ended], query: Callable[..., Rows]) -> None:
    load(SAMPLE.read_bytes())
    columns = "vote_date, county, registered_voters, in_person_on_date, in_person_total, mail_total, ballots_total"
    rows = query(f"SELECT {columns} FROM county_turnout ORDER BY 1, 2")
    body = HEADER + "".join(",".join(str(value) for value in row.values()) + "\n" for row in rows)
    ended = load(body.encode(), "days.csv")
    assert (ended.line["outcome"], ended.line["read"], ended.line["unchanged"]) == ("fresh", 18, 18)


def test_rows_above_the_header_and_other_sheets_are_set_aside() -> None:
    other = rewrite(SHEET, b"County", b"Parish")
    assert [item.values for item in parse(other) if isinstance(item, Aside) and item.rule == "unknown_sheet"] == [
        {"sheet": "Oct-14", "rows": 8}
    ]
    title = b'<sheetData><row r="2"><c r="A2" t="inlineStr"><is><t>Day 3</t></is></c></row>'
    titled = rewrite("xl/worksheets/sheet3.xml", b"<sheetData>", title)
    (heading,) = [item for item in parse(titled) if isinstance(item, Aside) and item.rule == "heading"]
    assert (heading.values, heading.at.line) == ({"sheet": "Oct-15", "text": "Day 3"}, 2)


def test_a_formula_is_not_evaluated() -> None:
    spoilt = rewrite(SHEET, b'<c r="B3"><v>200</v></c>', b'<c r="B3"><f>1+1</f><v>2</v></c>')
    (item,) = [item for item in parse(spoilt) if isinstance(item, Rejected)]
    assert (item.rule, item.value, item.at.line) == ("bad_registered_voters", "=1+1", 3)
    assert item.message == "sheet Oct-14: '=1+1' is not a whole number"


REFUSED: dict[str, tuple[str, bytes, bytes, str]] = {
    "a header without a day": (SHEET, b"10/14/2020", b"a day", "sheet Oct-14: lacks the column a day in"),
    "no such day": (SHEET, b"10/14/2020", b"13/14/2020", "sheet Oct-14: '13/14/2020' is not a date"),
    "a column renamed": (SHEET, b"Registered", b"Listed", "sheet Oct-14: lacks the column 'registered voters'"),
    "a bomb of entities": (
        SHEET,
        b"<worksheet",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet',
        "is no workbook as Excel writes it",
    ),
    "broken XML": (SHEET, b"</sheetData>", b"", "is no workbook as Excel writes it"),
    "a huge part": (SHEET, b"<sheetData>", b"<sheetData>" + b" " * 4_000_000, "has a part of 4,0"),
    "no sheet that is known": ("xl/worksheets/", b"County", b"Parish", "has no sheet with the state's columns"),
}


@pytest.mark.parametrize(("part", "old", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_a_workbook_that_is_none_is_refused(part: str, old: bytes, new: bytes, message: str) -> None:
    told = refusal(rewrite(part, old, new))
    assert told.startswith("texas workbook.xlsx")
    assert message in told


def test_a_roster_is_no_workbook() -> None:
    assert "lacks the column 'date'" in refusal(b'"COUNTY","VUID"\n')


def test_a_workbook_is_no_roster() -> None:
    with pytest.raises(SourceError, match="is a workbook, no roster"):
        parse_files(Texas(), make_scope("EVR", "1", "2020-10-13"), {"a.xlsx": SAMPLE.read_bytes()})


def test_a_workbook_is_not_fetched(make_texas: Callable[..., str], update: Callable[..., Ended]) -> None:
    make_texas()
    ended = update("--source", "TURNOUT_WORKBOOK", "--election", "2020G")
    assert (ended.exit_code, ended.line["message"]) == (1, "workbooks are imported, not fetched")
    assert ended.line["remedy"] == "name the file with --from FILE"
