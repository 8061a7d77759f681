"""Workbooks and JSON documents, sound ones and hostile ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest

from clerkcore import Parsed, SourceError
from clerkcore.testing import Clerk, Ended

pytest_plugins = ["clerkcore.testing.fixtures"]

Make = dict[str, Callable[..., Any]]
Configure = Callable[..., str]
Load = Callable[..., Ended]
Parse = Callable[..., list[Parsed]]
TURNOUT = {"data_source": "COUNTS", "kind": "turnout", "url": "https://county.example/{election}"}
EXCEL = {
    **TURNOUT,
    "format": "excel",
    "columns": {"county": "County", "vote_date": "Day", "ballots_total": "Ballots"},
}
JSON = {**EXCEL, "format": "json", "path": "data.items"}
HEADER = ["County", "Day", "Ballots"]


@pytest.fixture
def document(configure: Configure, load: Load) -> Callable[..., Ended]:
    def run(body: str, **changes: Any) -> Ended:
        configure({**JSON, **changes})
        return load(body.encode(), "COUNTS", "counts.json")

    return run


def test_a_missing_sheet_is_named_with_those_there_are(parse: Parse, make: Make) -> None:
    with pytest.raises(SourceError) as caught:
        parse({**EXCEL, "sheet": "Totals"}, make["workbook"](make["sheet"]([HEADER])), "counts.xlsx")
    assert caught.value.message == "has no sheet 'Totals'; its sheets: 'Daily'"


def test_a_row_with_an_error_is_rejected(configure: Configure, load: Load, make: Make, run_clerk: Clerk) -> None:
    configure(EXCEL)
    rows = [[f"C{number}", "2026-11-03", number] for number in range(30)]
    sheet = make["sheet"]([HEADER, *rows]).replace("<v>7</v>", "<v>#REF!</v>").replace('r="C9" s="0"', 'r="C9" t="e"')
    ended = load(make["workbook"](sheet), "COUNTS", "counts.xlsx")
    assert (ended.line["added"], ended.line["quarantined"]) == (29, 1)
    (row,) = run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines
    assert (row["rule"], row["line"], row["message"]) == ("error_value", 9, "holds #REF!")


def test_a_workbook_without_the_column_is_refused(parse: Parse, make: Make) -> None:
    with pytest.raises(SourceError) as caught:
        parse(EXCEL, make["workbook"](make["sheet"]([["County", "Day", "Votes"], ["A", "2026-11-03", 1]])))
    assert caught.value.message == "lacks the column 'Ballots'; of the 3 fields in its first line it knows COUNTY, DAY"


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
HOSTILE: dict[str, tuple[Callable[[Make], bytes], str]] = {
    "entities": (lambda make: make["workbook"](BOMB + make["sheet"]([HEADER])), "declares entities, as an XML bomb"),
    "entities elsewhere": (
        lambda make: make["workbook"](make["sheet"]([HEADER]), styles=BOMB + "<x>&b;</x>"),
        "declares entities, as an XML bomb",
    ),
    "a row without end": (
        lambda make: make["workbook"](make["sheet"]([[str(n) * 7000 for n in range(26)] * 6])),
        "has a row of more than 1,000,000 bytes",
    ),
    "a far column": (
        lambda make: make["workbook"](make["sheet"]([["x"]]).replace('r="A1"', 'r="XFD1"')),
        "has 16,384 columns in row 1, more than 300",
    ),
    "a text that is not there": (
        lambda make: make["workbook"](make["sheet"]([[5]]).replace('s="0"', 't="s"')),
        "is no workbook as Excel writes it: list index out of range",
    ),
    "half of a sheet": (
        lambda make: make["workbook"](make["sheet"]([HEADER, *[["A", "B", 1]] * 9])[:600]),
        "is no workbook as Excel writes it: unclosed token",
    ),
    "no workbook": (lambda make: make["zip"]({"a.txt": b"x"}), "holds no *.xlsx, but 'a.txt'"),
    "an old workbook": (lambda make: b"\xd0\xcf\x11\xe0" + bytes(600), "is no workbook as Excel writes it"),
}


@pytest.mark.parametrize(("build", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused(parse: Parse, make: Make, build: Callable[[Make], bytes], message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(EXCEL, build(make), "counts.xlsx")
    assert str(caught.value).startswith(f"configured counts.xlsx: {message}")
    assert caught.value.remedy


REFUSED: dict[str, tuple[str, str]] = {
    "no list": ('{"data": {"rows": []}}', "'data' has no 'items'; it has 'rows'"),
    "another kind": ('{"data": {"items": {}}}', "'items' is an object, not a list"),
    "not an object": ("[1]", "the document has no 'data'; it is a list"),
    "cut off": ('{"data": {"items": [{"County": "A"', "is not JSON: "),
    "no number": ('{"data": {"items": [NaN]}}', "is not JSON: NaN is no number of JSON"),
    "deep": ("[" * 100_000, "is nested too deeply"),
    "no such column": ('{"data": {"items": [{"County": "A", "Day": "2026-11-03"}]}}', "lacks the column 'Ballots'"),
    "many keys": (
        json.dumps({"data": {"items": [{f"k{n}": 1 for n in range(1001)}]}}),
        "has more than 1,000 different keys",
    ),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.values(), ids=REFUSED)
def test_a_document_that_is_not_the_list_is_refused(parse: Parse, body: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(JSON, body.encode(), "counts.json")
    assert str(caught.value).startswith(f"configured counts.json: {message}")
    assert caught.value.remedy


def test_what_is_no_record_of_a_document_goes_to_quarantine(document: Callable[..., Ended], run_clerk: Clerk) -> None:
    good = [{"County": f"C{number}", "Day": "2026-11-03", "Ballots": number} for number in range(60)]
    wrong = ["text", {}, {"County": "A", "Day": "2026-11-03", "Ballots": 1.5}]
    ended = document(json.dumps({"data": {"items": [*good, *wrong]}}))
    assert (ended.line["added"], ended.line["quarantined"]) == (60, 3)
    rows = run_clerk("quarantine", "list", "--run", str(ended.line["run_id"]), "--json").lines
    assert [(row["rule"], row["line"], row["message"]) for row in sorted(rows, key=itemgetter("line"))] == [
        ("no_object", 61, "is not an object"),
        ("blank_record", 62, "holds nothing"),
        ("bad_ballots_total", 63, "'1.5' is not a whole number"),
    ]
