"""What parse sees of a capture, and what never reaches it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

import pytest

from clerkcore.errors import SourceError, UsageError
from clerkcore.fetch import Archive, OfflineClient, build_capture, hash_payloads, limit_stream, refuse_html
from clerkcore.interfaces import About, Client, Source, Table
from clerkcore.models import Capture, Download, Parsed, Request, Scope, Site

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class Plain(Source):
    name = "plain"
    database = "voters"
    about = About("Plain", "Nobody", "https://x.example", "public domain")
    tables: ClassVar[tuple[Table, ...]] = ()

    def plan(self, site: Site, request: Request, client: Client) -> Iterator[Scope]:
        yield Scope("all")

    def fetch(self, scope: Scope, client: Client) -> Iterator[Download]:
        yield client.get("https://x.example")

    def parse(self, capture: Capture) -> Iterator[Parsed]:
        yield from ()


class Zipped(Plain):
    name = "zipped"

    def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
        return zipfile.ZipFile(stream).open("rows.csv")  # type: ignore[return-value]


def keep(archive: Archive, *bodies: bytes) -> list[Download]:
    return [
        archive.keep([body], name=f"page {number}", url="https://x.example", fetched_at=NOON, max_bytes=10**9)
        for number, body in enumerate(bodies, 1)
    ]


def hash_of(archive: Archive, *bodies: bytes, source: Source | None = None, max_bytes: int = 10**9) -> str:
    return hash_payloads(source or Plain(), archive, keep(archive, *bodies), max_bytes=max_bytes)


def zip_of(body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("rows.csv", body)
    return packed.getvalue()


def test_pages_open_as_unwrapped_payloads_as_often_as_asked(archive: Archive) -> None:
    downloads = keep(archive, zip_of(b"one"), zip_of(b"two"))
    scope = Scope("all")
    capture = build_capture(Zipped(), scope, archive, downloads, "id", NOON, sha256="s", max_bytes=100)
    assert (capture.id, capture.source, capture.scope, capture.sha256, capture.taken_at) == (
        *("id", "zipped", scope, "s", NOON),
    )
    for _ in range(2):
        assert [(page.name, page.open().read()) for page in capture.pages] == [("page 1", b"one"), ("page 2", b"two")]


def test_the_hash_is_of_the_payload_not_of_its_envelope(archive: Archive) -> None:
    assert hash_of(archive, zip_of(b"rows"), source=Zipped()) == hash_of(archive, b"rows")


def test_the_hash_knows_order_and_page_boundaries(archive: Archive) -> None:
    hashes = {hash_of(archive, *pages) for pages in ((b"ab", b"c"), (b"c", b"ab"), (b"a", b"bc"), (b"abc",), ())}
    assert len(hashes) == 5


def test_the_hash_of_the_same_pages_is_the_same(archive: Archive) -> None:
    assert hash_of(archive, b"a", b"b") == hash_of(archive, b"a", b"b")


@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"\xef\xbb\xbf \r\n<HTML lang=en>", b"<html><body>"])
def test_a_web_page_is_no_data(archive: Archive, head: bytes) -> None:
    told = r"plain page 2: answered with an HTML page instead of data \(open the address in a browser"
    with pytest.raises(SourceError, match=told):
        hash_of(archive, b"a,b", head)


@pytest.mark.parametrize("head", [b"", b"a,b\n<html>", b'{"a": "<html>"}', b"<?xml version='1.0'?><rows/>"])
def test_data_is_no_web_page(head: bytes) -> None:
    refuse_html("plain", "page 1", head)


def test_a_zip_bomb_is_stopped_at_the_limit(archive: Archive) -> None:
    bomb = zip_of(b"0" * 10_000_000)
    with pytest.raises(SourceError, match=r"zipped page 1: unpacks to more than 1,000,000 bytes .*http\.max_bytes"):
        hash_of(archive, bomb, source=Zipped(), max_bytes=1_000_000)


def test_exactly_the_limit_is_let_through() -> None:
    assert limit_stream(io.BytesIO(b"12345"), 5, "x").read() == b"12345"


def test_reading_the_same_part_twice_does_not_count_twice() -> None:
    stream = limit_stream(io.BytesIO(b"12345"), 5, "x")
    for _ in range(3):
        stream.seek(0)
        assert stream.read() == b"12345"


@pytest.mark.parametrize("cut", [40, -30])
def test_a_broken_zip_is_the_sources_fault(archive: Archive, cut: int) -> None:
    with pytest.raises(SourceError, match="zipped page 1: sent an archive that is damaged"):
        hash_of(archive, zip_of(b"rows" * 100)[:cut], source=Zipped())


def test_a_zip_whose_content_is_damaged_is_the_sources_fault(archive: Archive) -> None:
    packed = bytearray(zip_of(bytes(range(256)) * 10))
    packed[60] ^= 0xFF
    with pytest.raises(SourceError, match="zipped page 1: sent an archive that is damaged"):
        hash_of(archive, bytes(packed), source=Zipped())


def test_the_offline_client_reads_but_does_not_ask(archive: Archive, tmp_path: Path) -> None:
    client = OfflineClient(archive)
    assert client.open(keep(archive, b"kept")[0]).read() == b"kept"
    with pytest.raises(UsageError, match=r"x\.example: this step must not use the network"):
        client.get("https://x.example")


def test_a_source_that_fails_to_unwrap_keeps_its_own_error(archive: Archive) -> None:
    class Picky(Plain):
        def unwrap(self, download: Download, stream: BinaryIO) -> BinaryIO:
            raise SourceError("no rows.csv inside", where="picky")

    with pytest.raises(SourceError, match=r"^picky: no rows\.csv inside \(the raw answer is kept: raw/"):
        hash_of(archive, b"x", source=Picky())


def test_whoever_reads_that_an_answer_is_no_data_is_told_where_it_lies(archive: Archive) -> None:
    _, bad = downloads = keep(archive, b"a,b", b"<html>")
    with pytest.raises(SourceError) as caught:
        hash_payloads(Plain(), archive, downloads, max_bytes=100)
    place = f"raw/downloads/{bad.sha256[:2]}/{bad.sha256}.gz"
    assert caught.value.remedy.endswith(f"asking for a login; the raw answer is kept: {place}")
    assert (archive.folder.parent / place).is_file()


def test_whoever_saved_a_file_is_not_told_where_it_lies(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "saved.csv").write_bytes(b"<html>")
    saved = archive.keep_file(tmp_path / "saved.csv", "saved.csv", NOON, 100)
    with pytest.raises(SourceError) as caught:
        hash_payloads(Plain(), archive, [saved], max_bytes=100)
    assert "kept" not in caught.value.remedy
