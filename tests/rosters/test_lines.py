"""Lines and the records they make up keep their numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore.errors import SourceError
from clerkcore.lines import BLOCK_BYTES, MOST_JOINED, Tail, join_records, split_lines
from clerkcore.parsing import LONGEST_LINE


class Slow(io.BytesIO):
    """Gives a few bytes at a time, as an archive may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


def split(content: bytes, stream: type[io.BytesIO] = io.BytesIO) -> tuple[list[bytes], Tail]:
    tail = Tail()
    return [line for batch in split_lines(stream(content), "test", tail) for line in batch], tail


def join(*batches: list[bytes], quoted: bool = True) -> list[tuple[int, bytes]]:
    def each() -> Iterator[list[bytes]]:
        yield from batches

    joined = join_records(each(), quoted)
    return [pair for numbers, records in joined for pair in zip(numbers, records, strict=True)]


def test_lines_lose_their_line_feeds_and_nothing_else() -> None:
    assert split(b"a\r\n\n b \nc\n") == ([b"a\r", b"", b" b ", b"c"], Tail(4, True))


def test_a_last_line_without_a_line_feed_is_one_that_is_not_ended() -> None:
    assert split(b"a\nb") == ([b"a", b"b"], Tail(2, False))


def test_a_file_without_a_byte_has_no_lines() -> None:
    assert split(b"") == ([], Tail(0, True))


def test_a_byte_order_mark_is_dropped_at_the_beginning_alone() -> None:
    mark = b"\xef\xbb\xbf"
    assert split(mark + b"a\n" + mark + b"b\n")[0] == [b"a", mark + b"b"]


def test_a_line_may_be_longer_than_a_block() -> None:
    lines = [b"a" * (2 * BLOCK_BYTES), b"b", b"c" * BLOCK_BYTES]
    assert split(b"\n".join(lines))[0] == lines


def test_a_line_that_never_ends_is_refused() -> None:
    with pytest.raises(SourceError) as caught:
        split(b"a\n" + b"x" * (LONGEST_LINE + BLOCK_BYTES))
    assert str(caught.value) == "test: a line has more than 2,000,000 bytes (see the raw file; fetch it again)"


@given(st.lists(st.sampled_from([b"", b"a", b"bc\r", b'"', b"long line"]), max_size=12), st.booleans())
@settings(max_examples=60, deadline=None)
def test_lines_do_not_depend_on_how_the_bytes_arrive(lines: list[bytes], ended: bool) -> None:
    content = b"\n".join(lines) + b"\n" * ended
    assert split(content, Slow) == split(content)


def test_records_are_lines_where_no_quote_stands_open() -> None:
    assert join([b"a", b'"b",c'], [b"", b'""']) == [(1, b"a"), (2, b'"b",c'), (3, b""), (4, b'""')]


def test_a_quoted_line_end_joins_lines_and_the_record_has_the_number_of_the_first() -> None:
    assert join([b"a", b'"b', b"c", b'd"', b"e"]) == [(1, b"a"), (2, b'"b\nc\nd"'), (5, b"e")]


def test_doubled_quotes_open_nothing() -> None:
    assert join([b'"a ""b"', b'c ""', b'"""d', b'e"']) == [(1, b'"a ""b"'), (2, b'c ""'), (3, b'"""d\ne"')]


def test_a_line_may_close_one_quoted_field_and_open_the_next() -> None:
    assert join([b'"a', b'b","c', b'd"', b"e"]) == [(1, b'"a\nb","c\nd"'), (4, b"e")]


def test_a_record_may_go_on_in_later_batches() -> None:
    assert join([b"a", b'"b'], [b"c"], [b'd"', b"e"], [b"f"]) == [(1, b"a"), (2, b'"b\nc\nd"'), (5, b"e"), (6, b"f")]


def test_a_quote_that_nothing_closes_is_a_line_of_its_own() -> None:
    assert join([b'"a', b"b"], [b"c"]) == [(1, b'"a'), (2, b"b"), (3, b"c")]


@pytest.mark.parametrize("batches", [1, 7], ids=["in one batch", "in seven"])
def test_a_quote_may_stand_open_over_so_many_lines_and_no_more(batches: int) -> None:
    inner = [b"%d" % n for n in range(MOST_JOINED - 2)]
    whole, parted = [b'"a', *inner, b'b"', b"c"], [b'"a', *inner, b"more", b'b"', b"c"]

    def parts(lines: list[bytes]) -> list[list[bytes]]:
        size = -(-len(lines) // batches)
        return [lines[at : at + size] for at in range(0, len(lines), size)]

    assert join(*parts(whole)) == [(1, b"\n".join(whole[:-1])), (MOST_JOINED + 1, b"c")]
    assert join(*parts(parted)) == list(enumerate(parted, 1))


def test_where_nothing_is_quoted_a_quote_joins_nothing() -> None:
    assert join([b'"a', b'b"'], quoted=False) == [(1, b'"a'), (2, b'b"')]


@given(st.lists(st.sampled_from([b"a", b"", b'"', b'"b', b'c"', b'""', b'x "y" z']), max_size=30), st.integers(1, 31))
@settings(max_examples=60, deadline=None)
def test_records_do_not_depend_on_batches_and_lose_no_line(lines: list[bytes], size: int) -> None:
    records = join(lines)
    assert join(*(lines[at : at + size] for at in range(0, len(lines), size))) == records
    assert b"\n".join(record for _, record in records) == b"\n".join(lines)
    assert all(lines[number - 1] == record.split(b"\n")[0] for number, record in records)
