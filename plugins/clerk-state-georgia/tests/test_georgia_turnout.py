"""What becomes of the tables of a turnout PDF."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from clerk_state_georgia import bombs, pdf
from clerk_state_georgia.adapter import Georgia
from clerk_state_georgia.turnout import read_columns
from clerkcore import SourceError, UsageError
from clerkcore.rosters import make_scope
from clerkcore.testing.shelf import parse_files

MakePdf = Callable[..., bytes]
SCOPE = make_scope("TURNOUT", "A-12601", "2026-11-03")
NUMBERS = {"county": 0, "registered_voters": 1, "ballots_total": 2}
NAMES = {"county": "county", "registered_voters": "Registered  Voters", "ballots_total": "Ballots"}
HEAD = ("County", "Registered Voters", "Ballots")
APPLING = ("APPLING", "11,200", "4,500")


def parse(body: bytes, columns: Any = None, **config: Any) -> list[Any]:
    return parse_files(Georgia({"turnout_columns": columns or NUMBERS, **config}), SCOPE, {"turnout.pdf": body})


def row(county: str, registered: int | None, ballots: int | None) -> dict[str, Any]:
    known = {"election_id": "A-12601", "vote_date": "2026-11-03", "county": county}
    return {**known, "registered_voters": registered, "ballots_total": ballots}


@pytest.mark.parametrize("columns", [NUMBERS, NAMES], ids=["by number", "by header"])
def test_tables_of_all_pages_are_read_without_titles_and_repeated_headers(make_pdf: MakePdf, columns: Any) -> None:
    first = [("Official figures", "", ""), HEAD, APPLING]
    body = make_pdf([first, [HEAD, ("Ben Hill County", "9800", "")], [("TOTAL", "21,000", "4,500")]])
    items = parse(body, columns)
    total = {"registered_voters": 21000, "ballots_total": 4500}
    assert [item.values for item in items] == [row("Appling", 11200, 4500), row("Ben Hill", 9800, None), total]
    assert [(item.at.page, item.at.line) for item in items] == [("turnout.pdf", line) for line in (3, 5, 6)]


def test_columns_by_header_may_stand_anywhere(make_pdf: MakePdf) -> None:
    body = make_pdf([[("Ballots", "Mail", "County", "Registered Voters"), ("4,500", "400", "APPLING", "11,200")]])
    (record,) = parse(body, NAMES)
    assert record.values == row("Appling", 11200, 4500)


def test_tables_without_lines_are_read_by_their_text(make_pdf: MakePdf) -> None:
    rows = [HEAD, APPLING, ("ATKINSON", "4,900", "2,000"), ("BACON", "6,100", "3,000"), ("WORTH", "13,700", "6,000")]
    body = make_pdf([rows], ruled=False)
    assert [item.values for item in parse(body, turnout_strategy="text")] == [
        row("Appling", 11200, 4500),
        row("Atkinson", 4900, 2000),
        row("Bacon", 6100, 3000),
        row("Worth", 13700, 6000),
    ]


@pytest.mark.parametrize(
    ("cells", "rule", "message"),
    [
        (("ALACHUA", "1", "2"), "unknown_county", "'ALACHUA' is no county that is known"),
        (("BACON", "n/a", "2"), "bad_registered_voters", "'n/a' is not a whole number"),
        (("BACON", "", ""), "no_figures", "BACON has no figure"),
        (("BACON", "1", "12.5"), "bad_ballots_total", "'12.5' is not a whole number"),
    ],
    ids=["county", "number", "blank", "fraction"],
)
def test_a_row_that_cannot_be_read_is_rejected(
    make_pdf: MakePdf, cells: tuple[str, ...], rule: str, message: str
) -> None:
    good, rejected = parse(make_pdf([[HEAD, APPLING, cells]]))
    assert good.values == row("Appling", 11200, 4500)
    assert (rejected.rule, rejected.message) == (rule, message)


def test_a_county_in_a_table_that_is_too_narrow_is_rejected(make_pdf: MakePdf) -> None:
    good, rejected = parse(make_pdf([[HEAD, APPLING], [("Note", "see below"), ("BACON", "6,100")]]))
    assert good.values["county"] == "Appling"
    assert (rejected.rule, rejected.message) == ("ragged_row", "2 cells, too few for the columns")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({}, "which columns of the PDF's tables are read is not set"),
        ("county", "which columns of the PDF's tables are read is not set"),
        ({"county": 0, "votes": 1}, "'votes' is no column that can be read"),
        ({"county": 0}, "it must name the county and one count at least"),
        ({"county": 0, "ballots_total": -1}, "ballots_total = -1 is neither a number from 0 nor a header"),
        ({"county": True, "ballots_total": 1}, "county = True is neither a number from 0 nor a header"),
        ({"county": " ", "ballots_total": 1}, "county = ' ' is neither a number from 0 nor a header"),
    ],
    ids=str,
)
def test_a_map_of_columns_that_cannot_be_used_is_told(columns: Any, told: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_columns({"turnout_columns": columns})
    assert refused.value.message == told
    assert refused.value.remedy.startswith("turnout_columns = {county = 0, registered_voters = 1, ballots_total = 4}")


def test_a_pdf_without_tables_is_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(SourceError, match=r"georgia turnout.pdf: is a PDF without a table") as told:
        parse(make_pdf([[HEAD, APPLING]], ruled=False))
    assert told.value.remedy.startswith('set turnout_strategy = "text" if its tables have no lines')


def test_a_pdf_without_the_columns_is_refused_with_those_it_has(make_pdf: MakePdf) -> None:
    with pytest.raises(SourceError) as told:
        parse(make_pdf([[("County", "Voters"), ("APPLING", "11,200")]]), NAMES)
    assert told.value.message == (
        "has no table with the columns 'county', 'Registered  Voters', 'Ballots'; the first one has 'County', 'Voters'"
    )


def test_a_pdf_without_a_county_is_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(SourceError, match="has no table with a county where turnout_columns says; the first one has"):
        parse(make_pdf([[("1", "APPLING", "11,200"), ("2", "BACON", "6,100")]]))


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "no PDF": (lambda _: b"County,Ballots\r\nAPPLING,4500\r\n", ": is no PDF"),
    "cut off": (lambda body: body[:-200], ": is a PDF without its end"),
    "no objects": (lambda _: b"%PDF-1.4\nnothing\n%%EOF\n", ": is a PDF that cannot be read: PdfminerException"),
    "no size of its page": (
        lambda body: body.replace(b"/MediaBox [0 0 612 792]", b"/MediaBox [0 0 612 /A ]"),
        ": is a PDF that cannot be read: TypeError",
    ),
    "too large": (lambda body: body + b" " * pdf.LARGEST_PDF, ": is a PDF of more than 20,000,000 bytes"),
}


@pytest.mark.parametrize(("spoil", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_pdf_is_refused(make_pdf: MakePdf, spoil: Callable[[bytes], bytes], told: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse(spoil(make_pdf([[HEAD, APPLING]])))
    assert (str(refused.value).split(" (")[0], bool(refused.value.remedy)) == (f"georgia turnout.pdf{told}", True)


def test_a_pdf_under_a_password_is_refused(make_pdf: MakePdf) -> None:
    lock = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >> /ID [<01> <01>]"
    with pytest.raises(SourceError, match="is encrypted with a password") as told:
        parse(make_pdf([[HEAD, APPLING]], trailer=lock))
    assert told.value.remedy == "open it with its password and print it to a new PDF"


def test_too_many_pages_are_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(SourceError, match="has more than 100 pages"):
        parse(make_pdf([[HEAD]] * 101))


def test_a_page_of_too_many_lines_is_refused(make_pdf: MakePdf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_EDGES", 10)
    with pytest.raises(SourceError, match=r"turnout.pdf page 1: holds 11 lines and 0 characters \(limits 10 and"):
        parse(make_pdf([[("",)] * 8]))


def deflated(operators: str, layers: int = 1) -> bytes:
    data = operators.encode()
    for _ in range(layers):
        data = zlib.compress(data)
    filters = "/FlateDecode " * layers
    return b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(data), filters.encode(), data)


def in_ascii(operators: str) -> bytes:
    data = base64.a85encode(zlib.compress(operators.encode())) + b"~>"
    return b"<< /Length %d /Filter [/ASCII85Decode /FlateDecode] >>\nstream\n%s\nendstream" % (len(data), data)


def bomb(pack: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda operators: pack(operators + " " * 1_000_000)


@pytest.mark.parametrize("pack", [deflated, in_ascii], ids=["deflated", "in ASCII"])
def test_packed_pages_are_read(make_pdf: MakePdf, pack: Callable[[str], bytes]) -> None:
    (record,) = parse(make_pdf([[HEAD, APPLING]], pack=pack))
    assert record.values == row("Appling", 11200, 4500)


@pytest.mark.parametrize(
    "pack",
    [bomb(deflated), bomb(in_ascii), bomb(lambda operators: deflated(operators, layers=2))],
    ids=["deflated", "in ASCII", "deflated twice"],
)
def test_a_bomb_in_a_pdf_is_refused_before_it_is_unpacked(
    make_pdf: MakePdf, pack: Callable[[str], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bombs, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(SourceError, match="unpacks to more than 1,000,000 bytes"):
        parse(make_pdf([[HEAD, APPLING]], pack=pack))


def test_a_way_of_packing_that_nobody_can_bound_is_refused(make_pdf: MakePdf) -> None:
    packed = b"<< /Length 1 /Filter /LZWDecode >>\nstream\n\x80\nendstream"
    with pytest.raises(SourceError, match=r"is packed in a way that is not read \(LZW\)"):
        parse(make_pdf([[HEAD]], pack=lambda _: packed))
