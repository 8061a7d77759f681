"""A layout says how a publisher's lines become rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rosters.conftest import LAYOUT, SITE, State, Statelet

from clerkcore.errors import SourceError
from clerkcore.interfaces import LineFormat
from clerkcore.lines import NOWHERE
from clerkcore.models import Page, Rejected, Scope
from clerkcore.rosters import Field, RosterFormat, RosterLayout, county_field, make_scope, read_word, voter_id_field
from clerkcore.testing.bench import Bench

PAGE = Page("p.csv", "", io.BytesIO)
HEADER = b"county,name,id,method,precinct"


def read(layout: RosterLayout, header: bytes, *lines: bytes) -> Sequence[Any]:
    """Read lines by a layout; the columns are in its order."""
    return RosterFormat(layout, {}, "test").open_page(PAGE, header)(lines)


def layout_of(**fields: Field) -> RosterLayout:
    return RosterLayout(fields)


def refusal(header: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        read(LAYOUT, header)
    return str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        b"COUNTY,NAME,ID,METHOD,PRECINCT",
        b" County ,name, Id,METHOD,Precinct ",
        b'"county","name","id","method","precinct"',
        b"county,name,id,method,precinct\r",
    ],
    ids=["capitals", "spaces", "quotes", "line end"],
)
def test_columns_are_found_however_their_names_are_written(header: bytes) -> None:
    assert read(LAYOUT, header, b"ADAMS,x,1001,P,S1") == [("1001", "early", "ADAMS", "S1")]


@pytest.mark.parametrize("header", [b"tx_precinct", b"TX Precinct", b"Tx__Precinct", b"  tx  precinct"])
def test_underscores_and_spaces_in_names_are_the_same(header: bytes) -> None:
    assert read(layout_of(precinct=Field(("tx_precinct",))), header, b"S1") == [("S1",)]


def test_the_first_alias_that_is_there_gives_the_column() -> None:
    layout = layout_of(precinct=Field(("Ward", "Precinct", "Box")))
    assert read(layout, b"box,precinct", b"b,p") == [("p",)]


def test_columns_may_stand_in_any_order() -> None:
    assert read(LAYOUT, b"precinct,x,method,county,id", b"S1,x,M,CLAY,1001") == [
        ("1001", "absentee-mail", "CLAY", "S1")
    ]


def test_a_column_that_may_be_missing_is_empty() -> None:
    assert read(LAYOUT, b"county,id,method", b"ADAMS,1001,P") == [("1001", "early", "ADAMS", None)]


def test_a_missing_column_is_refused_by_all_its_names() -> None:
    with pytest.raises(SourceError) as caught:
        read(layout_of(precinct=Field(("Ward", "Precinct"))), b"a,b,c,d,e,f", b"1,2,3,4,5,6")
    assert str(caught.value) == (
        "test p.csv: lacks the column 'Ward' or 'Precinct'; of the 6 fields in its first line it knows none"
        " (the publisher changed the format: see the plugin's README and its newest version)"
    )


def test_a_file_of_more_than_300_columns_is_refused() -> None:
    names = [b"county", b"id", b"method", *(b"c%d" % n for n in range(297))]
    assert read(LAYOUT, b",".join(names), b"ADAMS,1001,P" + b"," * 297) == [("1001", "early", "ADAMS", None)]
    assert refusal(b",".join([*names, b"more"])) == (
        "test p.csv: has 301 columns, and no roster has more than 300 (see the raw file; it is something else)"
    )


def test_a_header_that_is_one_endless_field_is_refused() -> None:
    assert refusal(b"a" * 200_000) == (
        "test p.csv: has no header: field larger than field limit (131072) (see the raw file; fetch it again)"
    )


FALLBACK = layout_of(precinct=Field(("precinct",), fallback=("ward", "box")))


@pytest.mark.parametrize(
    ("line", "value"),
    [(b"p,w,b", "p"), (b",w,b", "w"), (b"  ,w,b", "w"), (b",,b", "b"), (b" , ,b ", "b"), (b"x, , ", "x")],
)
def test_fallback_columns_are_asked_in_turn_where_a_field_is_blank(line: bytes, value: str) -> None:
    assert read(FALLBACK, b"precinct,ward,box", line) == [(value,)]


def test_a_fallback_column_stands_in_for_one_that_is_not_there() -> None:
    layout = layout_of(precinct=Field(("precinct",), fallback=("ward",), required=False))
    assert read(layout, b"ward,x", b"w,1") == [("w",)]


def test_nuls_are_dropped() -> None:
    lines = [b"AD\0AMS,x,10\00001,P,S\0001\0", b"\0CLAY,x,1002,M,S2"]
    assert read(LAYOUT, HEADER, *lines) == [("1001", "early", "ADAMS", "S1"), ("1002", "absentee-mail", "CLAY", "S2")]


def test_a_line_of_nuls_alone_is_no_record() -> None:
    assert read(LAYOUT, HEADER, b"\0\0\0", b"ADAMS,x,1001,P,S1") == [None, ("1001", "early", "ADAMS", "S1")]


@pytest.mark.parametrize("blank", [b"", b"\r", b"   ", b",,,,", b" , ,,, ", b'"","",,,'])
def test_a_blank_line_is_no_record(blank: bytes) -> None:
    assert read(LAYOUT, HEADER, blank, b"ADAMS,x,1001,P,S1")[0] is None


def test_a_line_that_repeats_the_header_is_no_record() -> None:
    assert read(LAYOUT, HEADER, b"ADAMS,x,1001,P,S1", HEADER) == [("1001", "early", "ADAMS", "S1"), None]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_quoted_field_may_hold_line_ends(end: bytes) -> None:
    line = b'ADAMS,"A' + end + b'B, C",1001,P,"S' + end + b'1"\r'
    assert read(LAYOUT, HEADER, line) == [("1001", "early", "ADAMS", f"S{end.decode()}1")]


def test_a_quote_inside_a_field_belongs_to_it() -> None:
    assert read(LAYOUT, HEADER, b'ADAMS,O"BRIEN,1001,P,S"1') == [("1001", "early", "ADAMS", 'S"1')]


def test_doubled_quotes_stand_for_one() -> None:
    assert read(LAYOUT, HEADER, b'ADAMS,x,1001,P,"S ""1"""') == [("1001", "early", "ADAMS", 'S "1"')]


@pytest.mark.parametrize("line", [b'ADAMS,"x,1001,P,S1', b"ADAMS,x,1001,P", b"ADAMS,x,1001,P,S1,more"])
def test_a_line_of_too_many_or_too_few_fields_is_rejected_alone(line: bytes) -> None:
    good = b"CLAY,x,1002,P,S1"
    row = ("1002", "early", "CLAY", "S1")
    before, result, after = read(LAYOUT, HEADER, good, line, good)
    assert (before, after) == (row, row)
    assert (result.rule, result.at, result.value) == ("ragged_row", NOWHERE, "")


def test_a_field_that_is_far_too_long_is_rejected_alone() -> None:
    good, bad = read(LAYOUT, HEADER, b"ADAMS,x,1001,P,S1", b"ADAMS," + b"x" * 200_000 + b",1001,P,S1")
    assert good == ("1001", "early", "ADAMS", "S1")
    assert bad == Rejected("broken_quotes", "field larger than field limit (131072)", NOWHERE)


def test_without_quoting_a_quote_is_a_letter() -> None:
    layout = RosterLayout({"precinct": Field(("p",))}, delimiter="|", quoted=False)
    assert read(layout, b"p|q", b'"S1|x', b"S|2") == [('"S1',), ("S",)]


def test_latin_1_is_read_where_the_layout_says_so() -> None:
    layout = RosterLayout({"precinct": Field(("p",))}, encoding="latin-1")
    assert read(layout, b"p", "PEÑA".encode("latin-1")) == [("PEÑA",)]


def test_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert read(layout_of(precinct=Field(("p",))), b"p", b"PE\xd1A", b"\xf0\x9f") == [("PE\ufffdA",), ("\ufffd",)]


def test_words_are_read_in_any_case_and_spacing() -> None:
    layout = layout_of(voting_method=Field(("m",), read_word({"In  Person": "early"}, "method")))
    assert read(layout, b"m,x", b"IN PERSON,", b" in   person ,") == [("early",), ("early",)]


def test_an_unknown_word_is_rejected_and_quoted() -> None:
    (result,) = read(LAYOUT, HEADER, b"ADAMS,x,1001,Q,S1")
    assert result == Rejected("bad_voting_method", "'Q' is no method that is known", NOWHERE, "voting_method", "Q")


def test_a_county_may_have_several_spellings() -> None:
    layout = layout_of(county=county_field(("c",), {"St. Johns": "ST JOHNS", "Saint Johns": "ST JOHNS"}))
    assert read(layout, b"c,x", b"st. johns,", b"SAINT  JOHNS,") == [("ST JOHNS",), ("ST JOHNS",)]


def test_an_unknown_county_has_a_rule_of_its_own() -> None:
    (result,) = read(LAYOUT, HEADER, b"DADE,x,1001,P,S1")
    assert result == Rejected("unknown_county", "'DADE' is no county that is known", NOWHERE, "county", "DADE")


@pytest.mark.parametrize("text", ["12345", "123", "12a4", "1 23", "٣٣٣٣", "1234\n5"])
def test_an_id_that_does_not_match_is_rejected_in_words(text: str) -> None:
    layout = layout_of(voter_id=voter_id_field(("id",), r"\d{4}", "four digits"))
    (result,) = read(layout, b"id,x", f'"{text}",'.encode())
    assert (result.rule, result.message, result.column) == ("bad_voter_id", "is not four digits", "voter_id")


def test_an_id_keeps_its_leading_zeros() -> None:
    layout = layout_of(voter_id=voter_id_field(("id",), r"\d{4}", "four digits"))
    assert read(layout, b"id,x", b"0007,", b" 0007 ,") == [("0007",), ("0007",)]


def test_what_the_scope_knows_stands_before_the_column() -> None:
    form = RosterFormat(LAYOUT, {"county": "CLAY", "election_id": "7"}, "test")
    assert (form.columns, dict(form.constants)) == (
        ("voter_id", "voting_method", "precinct"),
        {"county": "CLAY", "election_id": "7"},
    )


def test_constants_of_the_layout_are_kept_and_those_of_the_scope_win() -> None:
    layout = RosterLayout({}, {"voting_method": "early", "party": "DEM"})
    assert RosterFormat(layout, {"party": "REP"}, "test").constants == {"voting_method": "early", "party": "REP"}


class Shuffled(Statelet):
    """A roster whose layout names the columns in another order than the table."""

    def roster_format(self, scope: Scope) -> LineFormat | None:
        layout = RosterLayout(dict(reversed(list(LAYOUT.fields.items()))))
        return RosterFormat(layout, {"election_id": "7", "vote_date": "2026-05-18"}, self.name)


def test_a_layout_may_name_its_columns_in_any_order(state: State) -> None:
    bench = Bench(state.folder, Shuffled(), make_scope("EVR", "7", "2026-05-18"), SITE)
    bench.load({"a.csv": HEADER + b"\nADAMS,x,1001,P,S1\n"})
    (row,) = bench.rows()["roster"]
    shown = ("voter_id", "voting_method", "county", "precinct")
    assert [row[column] for column in shown] == ["1001", "early", "ADAMS", "S1"]


WHOLE = [
    "ADAMS,x,1001,P,S1",
    'CLAY,"x, ""y""",1002,M,S2\r',
    "clay,,1003,p,\r",
    'ADAMS,"a\nb",1004,m, S1 ',
    HEADER.decode(),
]
WORDS = ["ADAMS", "DADE", "1001", "10", "P", "m ", "S 2", "x", "é", "\udcff", "", " "]
MARKS = [",", ",", ",", ",", '"', '""', "\n", "\r", "\0"]
SPOILT = st.lists(st.sampled_from([*WORDS, *MARKS, *WHOLE]), max_size=9).map("".join)
LINES = st.lists(st.one_of(st.sampled_from(WHOLE), st.sampled_from(WHOLE), SPOILT), max_size=6)
ANY = RosterLayout({**LAYOUT.fields, "party": Field(("name",), required=False, fallback=("precinct", "county"))})


@given(LINES)
@settings(max_examples=150, deadline=None)
def test_a_batch_is_read_as_each_of_its_lines_alone(texts: list[str]) -> None:
    lines = [text.encode("utf-8", "surrogateescape") for text in texts]
    reader = RosterFormat(ANY, {}, "test").open_page(PAGE, HEADER)
    assert list(reader(lines)) == [result for line in lines for result in reader([line])]
