"""What the platform puts around its files is taken off, and what is broken is told."""

from __future__ import annotations

import base64
import io
import json
import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerk_state_texas.envelope import PIECE_BYTES, unwrap
from clerkcore import NotPublished, SourceError

Pack = Callable[[dict[str, bytes]], bytes]
Wrap = Callable[[bytes], bytes]
URL = "https://example.org/getFile"
NO_KEY = "software.amazon.awssdk: Unable to marshall request to JSON: Parameter 'Key' must not be null"


def read(body: bytes, url: str = URL) -> bytes:
    with unwrap(url, io.BytesIO(body), "texas file") as stream:
        return stream.read()


def refusal(body: bytes, url: str = URL) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(body, url)
    assert caught.value.remedy
    return caught.value


def exception(message: str) -> bytes:
    return json.dumps({"type": "EXCEPTION", "errorModels": [{"code": None, "message": message}]}).encode()


@settings(max_examples=40, deadline=None)
@given(
    payload=st.binary(min_size=1, max_size=300).filter(lambda each: not each.startswith(b"PK")),
    before=st.sampled_from(["", '"type": "FILE", ', '"code": null, "size" :12 ,']),
    after=st.sampled_from(["", ', "name": "x"', ' , "more": {"a": [1]}']),
    spell=st.sampled_from([("/", "/"), ("/", "\\/"), ("+", "\\u002b"), ("=", "\\u003D")]),
    wide=st.integers(1, 76),
)
def test_any_payload_comes_out_as_it_went_in(
    payload: bytes, before: str, after: str, spell: tuple[str, str], wide: int
) -> None:
    text = base64.b64encode(payload).decode()
    lines = "\\n".join(text[at : at + wide] for at in range(0, len(text), wide)).replace(*spell)
    assert read(f'{{{before}"upload":"{lines}"{after}}}\n'.encode()) == payload


@pytest.mark.parametrize("shift", range(-4, 5))
def test_an_escape_across_two_pieces_is_one(shift: int) -> None:
    payload = b"\xff" * PIECE_BYTES
    text = base64.b64encode(payload)
    at = PIECE_BYTES + shift
    assert read(b'{"upload": "' + text[:at] + text[at:].replace(b"/", b"\\/", 3) + b'"}') == payload


def test_a_large_upload_is_decoded_in_little_memory(wrap: Wrap) -> None:
    body = wrap(b'"HARRIS","A, B","0000000001"\n' * 400_000)
    source = io.BytesIO(body)
    tracemalloc.start()
    with unwrap(URL, source, "texas file") as stream:
        size = sum(iter(lambda: len(stream.read(1 << 16)), 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (size, peak < 4_000_000) == (29 * 400_000, True)


def test_what_is_not_wrapped_stays_as_it_is() -> None:
    assert read(b'"COUNTY","VUID"\n') == b'"COUNTY","VUID"\n'
    assert read(b'{"elections": []}') == b'{"elections": []}'


def test_the_first_csv_of_a_zip_is_taken_wrapped_or_not(wrap: Wrap, pack: Pack) -> None:
    body = pack({"__MACOSX/a.csv": b"no", "read.me": b"no", "../../etc/A.CSV": b"yes", "b.csv": b"no"})
    assert (read(body), read(wrap(body))) == (b"yes", b"yes")


def test_a_workbook_stays_whole(pack: Pack) -> None:
    body = pack({"xl/workbook.xml": b"<x/>", "a.csv": b"no"})
    assert read(body) == body


@pytest.mark.parametrize("body", [b"", b" \r\n", b'{"upload": null}', b'{"upload": ""}', b"\xef\xbb\xbf"])
def test_nothing_is_no_data_yet(body: bytes) -> None:
    error = refusal(body)
    assert (type(error), error.message) == (NotPublished, "the state has no data of it yet")


def test_an_empty_file_of_an_operator_is_an_error(tmp_path: object) -> None:
    error = refusal(b"", "file:turnout.json")
    assert (type(error), str(error)) == (
        SourceError,
        "texas file: is empty (save it again once the state has data)",
    )


@pytest.mark.parametrize("message", [NO_KEY, "NoSuchKey: The specified key does not exist. (Service: S3)"])
def test_a_file_that_the_platform_does_not_find_is_not_published(message: str) -> None:
    assert type(refusal(exception(message))) is NotPublished


def test_the_platforms_error_is_told_in_its_words() -> None:
    error = refusal(exception("Out of\n order " + "x" * 1000))
    assert type(error) is SourceError
    assert error.message.startswith("the state's platform answers with an error: Out of order xxx")
    assert len(error.message) < 400


ENVELOPES = {
    '{"upload": "QUJD': "breaks off in the middle of its envelope",
    '{"upload": "QUJ"}': "holds an upload that is no base64",
    '{"upload": "QU*D"}': "holds an upload that is no base64",
    '{"upload": "QUI=QUJD"}': "holds an upload that is no base64",
    '{"upload": "QU\\"D"}': "does not end as an envelope does",
    '{"upload": "QUJD"': "does not end as an envelope does",
    '{"upload": "QUJD"} {}': "does not end as an envelope does",
}


@pytest.mark.parametrize(("body", "message"), ENVELOPES.items())
def test_a_broken_envelope_is_refused(body: str, message: str) -> None:
    assert refusal(body.encode()).message.startswith(message)


def test_base64_that_goes_on_in_another_piece_is_refused() -> None:
    padded = b"QUI=".rjust(PIECE_BYTES, b"A")
    assert refusal(b'{"upload": "' + padded + b'QUJD"}').message == "goes on after the end of its base64"


def many_files(pack: Pack) -> bytes:
    return pack({f"{number}.csv": b"x" for number in range(501)})


def locked(pack: Pack) -> bytes:
    body = bytearray(pack({"a.csv": b"x"}))
    body[body.rindex(b"PK\1\2") + 8] |= 1
    return bytes(body)


def packed_oddly(pack: Pack) -> bytes:
    body = bytearray(pack({"a.csv": b"x"}))
    struct.pack_into("<H", body, body.rindex(b"PK\1\2") + 10, 99)
    return bytes(body)


ZIPS: dict[str, tuple[Callable[[Pack], bytes], str]] = {
    "no CSV": (lambda pack: pack({"read.me": b"x"}), "sent a ZIP without a CSV; it holds 'read.me'"),
    "cut off": (lambda pack: pack({"a.csv": b"x"})[:-30], "sent a ZIP that is cut off"),
    "only its first letters": (lambda pack: b"PK", "sent a ZIP that is cut off"),
    "too many files": (many_files, "sent a ZIP of more than 500 files"),
    "a password": (locked, "sent a ZIP that is locked with a password"),
    "another method": (packed_oddly, "sent a ZIP that is packed in an unusual way"),
}


@pytest.mark.parametrize(("make", "message"), ZIPS.values(), ids=ZIPS)
def test_a_hostile_zip_is_refused(make: Callable[[Pack], bytes], message: str, pack: Pack) -> None:
    assert refusal(make(pack)).message == message
