"""Delimited files, whole and broken."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clerkcore.errors import SourceError
from clerkcore.models import Location, Page, Rejected
from clerkcore.parsing import LONGEST_LINE, RAGGED, Line, read_delimited

COLUMNS = ("id", "name")


def parse(content: bytes, *, delimiter: str = ",", quoted: bool = True, whole: bool = False) -> list[Line | Rejected]:
    page = Page("page.csv", "", lambda: io.BytesIO(content))
    return list(read_delimited(page, COLUMNS, where="kansas", delimiter=delimiter, quoted=quoted, whole=whole))


def values(content: bytes) -> list[list[str]]:
    return [list(line.values.values()) for line in parse(content) if isinstance(line, Line)]


def refusal(content: bytes, *, whole: bool = False) -> str:
    with pytest.raises(SourceError) as caught:
        parse(content, whole=whole)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"id,name\r\n1,Ada\r\n2,Bob\r\n",
        b"id,name\n1,Ada\n2,Bob\n",
        b"id,name\r1,Ada\r2,Bob\r",
        b"id,name\r1,Ada\n2,Bob\r\n",
        b"\xef\xbb\xbfid,name\n1,Ada\n2,Bob",
        b"id,name\n\n1,Ada\n\n2,Bob\n\n",
        b"id,name\n1,Ada\nid,name\n2,Bob\n",
        b'"id","name"\n"1","Ada"\n2,Bob\n',
    ],
    ids=["CRLF", "LF", "lone CR", "mixed", "BOM, no last line end", "blank lines", "header again", "quoted"],
)
def test_line_ends_and_byte_order_marks_make_no_difference(content: bytes) -> None:
    assert values(content) == [["1", "Ada"], ["2", "Bob"]]


def test_a_line_end_inside_quotes_belongs_to_the_value() -> None:
    assert values(b'id,name\r\n1,"Ada\r\nBob\nCy\rDi"\r\n2,"a ""b"", c"\r\n') == [
        ["1", "Ada\r\nBob\nCy\rDi"],
        ["2", 'a "b", c'],
    ]


def test_every_record_says_on_which_line_it_ended() -> None:
    content = b'id,name\n1,Ada\n2,"Bob\nB."\n3\n'
    assert [line.at for line in parse(content)] == [Location("page.csv", number) for number in (2, 4, 5)]


def test_without_quoting_a_quote_is_a_character() -> None:
    lines = parse(b'id\tname\n1\t"Ada\n', delimiter="\t", quoted=False)
    assert lines == [Line(Location("page.csv", 2), {"id": "1", "name": '"Ada'})]


@pytest.mark.parametrize(("row", "count"), [(b"2", 1), (b"2,Bob,extra", 3)], ids=["too few", "too many"])
def test_a_ragged_row_is_rejected_and_the_others_are_read(row: bytes, count: int) -> None:
    assert parse(b"id,name\n1,Ada\n" + row + b"\n3,Cy\n") == [
        Line(Location("page.csv", 2), {"id": "1", "name": "Ada"}),
        Rejected(RAGGED, f"{count} fields instead of 2", Location("page.csv", 3)),
        Line(Location("page.csv", 4), {"id": "3", "name": "Cy"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "kansas page.csv: is empty (fetch it again)"),
        (b"\xef\xbb\xbf", "kansas page.csv: is empty (fetch it again)"),
        (b"id,name\n1,Ada\n2", "kansas page.csv: ends in the middle of line 3 (it was cut off; fetch it again)"),
        (b'id,name\n1,"Ada', "kansas page.csv line 2: ends inside a quoted field (it was cut off; fetch it again)"),
        (b"id,name,id\n1,Ada,2\n", "kansas page.csv: names a column twice in its header (fetch it again)"),
    ],
    ids=["empty", "only a BOM", "cut in a line", "cut in quotes", "duplicated column"],
)
def test_a_broken_file_is_refused_as_a_whole(content: bytes, message: str) -> None:
    assert refusal(content) == message


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"id,name\n1,Ada\n2,Bo", 3), (b'id,name\n1,"Ada\nB."', 3), (b"id,name", 1)],
    ids=["cut in its last field", "after a quoted line end", "only a header"],
)
def test_a_file_asked_for_whole_is_refused_without_its_last_line_end(content: bytes, line: int) -> None:
    told = f"kansas page.csv: ends without the end of line {line} (it was cut off; fetch it again)"
    assert refusal(content, whole=True) == told


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "lone CR"])
def test_a_file_asked_for_whole_may_end_its_last_line_in_any_way(end: bytes) -> None:
    content = end.join([b"id,name", b"1,Ada", b""])
    assert parse(content, whole=True) == parse(content)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"id\n", "lacks the column 'name' ("),
        (b"id,NAME\n", "lacks the column 'name'; columns it has instead: NAME ("),
        (b"<!DOCTYPE html>\n", "lacks the column 'id', 'name'; columns it has instead: <!DOCTYPE html> ("),
        (b"\n", "lacks the column 'id', 'name' ("),
    ],
    ids=["missing", "renamed", "HTML", "blank"],
)
def test_a_header_without_a_column_names_it_and_what_stands_there_instead(header: bytes, told: str) -> None:
    assert refusal(header).startswith(f"kansas page.csv: {told}")


def test_a_new_column_is_carried_along() -> None:
    assert values(b"id,name,new\n1,Ada,x\n") == [["1", "Ada", "x"]]


@pytest.mark.parametrize(
    ("content", "byte"),
    [
        ("id,name\n1,Ada\n".encode("utf-16"), "0xff"),
        ("id,name\n1,Ada\n2,Zoë\n".encode("latin-1"), "0xeb"),
        (b"id,name\n1,Zo\xc3", "0xc3"),
    ],
    ids=["UTF-16", "latin-1", "cut in a character"],
)
def test_another_encoding_is_refused_and_the_byte_named(content: bytes, byte: str) -> None:
    assert refusal(content).startswith(f"kansas page.csv: is not UTF-8 (byte {byte} after line ")


def test_utf_16_without_a_mark_lacks_its_columns() -> None:
    assert "lacks the column 'id', 'name'" in refusal("id,name\n1,Ada\n".encode("utf-16-le"))


def test_four_hundred_columns_are_read() -> None:
    header = ["id", "name", *(f"c{number}" for number in range(398))]
    content = f"{','.join(header)}\n{','.join('x' * 400)}\n".encode()
    assert parse(content) == [Line(Location("page.csv", 2), dict.fromkeys(header, "x"))]


def test_nuls_stay_in_their_value() -> None:
    assert values(b"id,name\n1,A\x00da\n") == [["1", "A\x00da"]]


def test_a_field_larger_than_any_real_one_is_refused() -> None:
    message = refusal(b'id,name\n1,"' + b"x" * 200_000 + b'"\n')
    assert message.startswith("kansas page.csv line 2: is not a delimited file: field larger than field limit")


@given(st.binary(max_size=200))
def test_any_bytes_are_records_or_refused(content: bytes) -> None:
    with suppress(SourceError):
        assert all(isinstance(line, Line | Rejected) for line in parse(b"id,name\n" + content))


def test_a_file_without_line_ends_is_refused_before_it_is_read_whole() -> None:
    assert "a line has more than 2,000,000 characters" in refusal(b"id,name\n" + b"x" * (LONGEST_LINE + 1))
