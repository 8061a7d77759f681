"""The raw archive: whole files or none, and no name leads out of it."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clerkcore.errors import FetchError, SettingsError, StoreError, UsageError
from clerkcore.fetch import Archive
from clerkcore.fetch.durable import name_disk_errors
from clerkcore.models import Download, Scope

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SHA = "ab" * 32


def keep(archive: Archive, *chunks: bytes, max_bytes: int = 10**9) -> Download:
    url = "https://x.example/a?key=1"
    return archive.keep(chunks, name="a", url=url, fetched_at=NOON, max_bytes=max_bytes)


def read(archive: Archive, download: Download) -> bytes:
    with archive.open(download) as stream:
        return stream.read()


def files(archive: Archive) -> list[Path]:
    return [path for path in archive.folder.rglob("*") if path.is_file()]


def test_making_an_archive_creates_nothing(archive: Archive) -> None:
    assert archive.newest("netfile", "2026") is None
    assert archive.captures("netfile", "2026") == []
    assert archive.sweep() == 0
    assert not archive.folder.exists()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200)))
def test_whatever_bytes_are_kept_are_read_back(chunks: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        download = keep(archive, *chunks)
        assert (read(archive, download), download.size) == (b"".join(chunks), len(b"".join(chunks)))
        assert archive.is_intact(download)


def test_the_same_bytes_make_the_same_file_once(archive: Archive) -> None:
    first = keep(archive, b"one", b"two")
    packed = first.path.read_bytes()
    second = keep(archive, b"onetwo")
    assert (second, second.path.read_bytes(), files(archive)) == (first, packed, [first.path])
    assert first.path == archive.folder / "downloads" / first.sha256[:2] / f"{first.sha256}.gz"
    assert gzip.decompress(packed) == b"onetwo"


def test_threads_may_keep_the_same_bytes_at_once(archive: Archive) -> None:
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda number: keep(archive, b"%d" % (number % 4) * 50_000), range(40)))
    assert all(archive.is_intact(download) for download in kept)
    assert sorted(files(archive)) == sorted({download.path for download in kept})


def test_only_the_owner_can_read_the_archive(archive: Archive) -> None:
    path = keep(archive, b"x").path
    modes = [stat.S_IMODE(found.stat().st_mode) for found in (archive.folder, path.parent, path)]
    assert modes == [0o700, 0o700, 0o600]


def test_too_many_bytes_are_refused_and_leave_nothing(archive: Archive) -> None:
    with pytest.raises(FetchError, match=r"a\?key=\*\*\*: sent more than 5 bytes .*http\.max_bytes"):
        keep(archive, b"123", b"456", max_bytes=5)
    assert files(archive) == []


def test_a_damaged_download_is_told_as_such(archive: Archive) -> None:
    download = keep(archive, os.urandom(100_000))
    download.path.write_bytes(download.path.read_bytes()[:50_000])
    with pytest.raises(StoreError, match=r"the raw archive is damaged: a download is damaged.*\(pull again\)"):
        read(archive, download)
    assert not archive.is_intact(download)


def test_a_lost_download_is_told_as_such(archive: Archive) -> None:
    download = keep(archive, b"x")
    download.path.unlink()
    with pytest.raises(StoreError, match="the raw archive is damaged: a download is missing"):
        archive.open(download)


def test_keeping_the_bytes_again_heals_a_damaged_download(archive: Archive) -> None:
    download = keep(archive, b"x")
    download.path.write_bytes(b"junk")
    keep(archive, b"x")
    assert read(archive, download) == b"x"


def test_a_kept_zip_can_be_opened_where_it_lies(archive: Archive, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("rows.csv", "a,b\n")
    download = archive.keep_file(tmp_path / "a.zip", "a.zip", NOON, 10**6)
    with archive.open(download) as stream, zipfile.ZipFile(stream) as packed:
        assert packed.read("rows.csv") == b"a,b\n"


def test_an_operators_file_is_kept_without_its_place(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "saved.csv").write_bytes(b"a\n")
    download = archive.keep_file(tmp_path / "saved.csv", "results", NOON, 100)
    assert (download.name, download.url, read(archive, download)) == ("results", "file:results", b"a\n")


@pytest.mark.parametrize(("name", "message"), [("none.csv", "none.csv: does not exist"), ("", "is a folder")])
def test_what_is_no_file_cannot_be_kept(archive: Archive, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        archive.keep_file(tmp_path / name, "x", NOON, 100)


def test_a_full_disk_is_told_with_the_folder_and_a_remedy(tmp_path: Path) -> None:
    full = r"raw: no space left \(free some space"
    with (
        pytest.raises(StoreError, match=full),
        name_disk_errors(tmp_path / "raw"),
        open("/dev/full", "wb", buffering=0) as disk,
    ):
        disk.write(b"x")


def test_a_disk_that_fills_up_leaves_no_partial_file(archive: Archive) -> None:
    def fill() -> Iterator[bytes]:
        yield b"x"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError, match="no space left"):
        archive.keep(fill(), name="a", url="file:a", fetched_at=NOON, max_bytes=10)
    assert files(archive) == []


def test_a_folder_that_cannot_be_made_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="raw: cannot be used: "):
        keep(Archive(tmp_path / "raw"), b"x")


KILLED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from clerkcore.fetch import Archive

def chunks():
    yield b"x" * 1_000_000
    print("half", flush=True)
    time.sleep(60)

Archive(Path(sys.argv[1])).keep(chunks(), name="a", url="file:a", fetched_at=datetime.now(UTC), max_bytes=10**9)
"""


def test_a_kill_while_keeping_leaves_only_a_partial_file_which_is_swept_after_a_day(archive: Archive) -> None:
    command = [sys.executable, "-c", KILLED, str(archive.folder)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    (left,) = files(archive)
    assert left.name.startswith(".part-")
    assert archive.sweep() == 0
    assert archive.sweep(lambda: left.stat().st_mtime + 86_400) == 1
    assert files(archive) == []


def test_a_capture_is_loaded_as_it_was_saved(archive: Archive) -> None:
    downloads = [keep(archive, b"1"), keep(archive, b"2")]
    scope = Scope("49894/returns/2026", {"election": "49894"})
    saved = archive.save_capture("texas", scope, downloads, SHA, complete=True, taken_at=NOON)
    assert saved.id == "20261103T120000000000Z-abababababab"
    assert archive.load_capture("texas", scope.name, saved.id) == saved
    assert saved.downloads == tuple(downloads)


def test_an_archive_can_be_moved(archive: Archive) -> None:
    saved = archive.save_capture("s", Scope("x"), [keep(archive, b"1")], SHA, complete=True, taken_at=NOON)
    moved = Archive(archive.folder.rename(archive.folder.with_name("elsewhere")))
    assert read(moved, moved.load_capture("s", "x", saved.id).downloads[0]) == b"1"


def test_the_newest_complete_capture_is_not_an_incomplete_one(archive: Archive) -> None:
    first, second, third = (
        archive.save_capture("s", Scope("x"), [], SHA, complete=complete, taken_at=NOON + timedelta(hours=hours))
        for complete, hours in ((True, 0), (True, 2), (False, 3))
    )
    assert archive.newest("s", "x") == second
    assert archive.newest("s", "x", complete=False) == third
    assert archive.captures("s", "x") == [first, second, third]


@pytest.mark.parametrize("name", ["..", ".", "../../x", "a/b", "/etc", "é ü", "-", "%2E", "..."])
def test_no_scope_name_leads_out_of_its_source(archive: Archive, name: str) -> None:
    saved = archive.save_capture("s", Scope(name), [], SHA, complete=True, taken_at=NOON)
    (path,) = files(archive)
    assert path.resolve().parent.parent == (archive.folder / "captures" / "s").resolve()
    assert archive.captures("s", name) == [saved]


def test_a_scope_needs_a_name(archive: Archive) -> None:
    with pytest.raises(SettingsError, match="source s: a scope has no name"):
        archive.captures("s", "")


@pytest.mark.parametrize("source", ["", "..", "../s", "a/b", "/s", ".s"])
def test_no_source_name_leads_out_of_the_archive(archive: Archive, source: str) -> None:
    with pytest.raises(SettingsError, match="is no name of a source"):
        archive.save_capture(source, Scope("x"), [], SHA, complete=True, taken_at=NOON)


@pytest.mark.parametrize(
    "identity", ["../x/20261103T120000000000Z-abababababab", "newest", "", "20261103T120000000000Z"]
)
def test_an_unknown_capture_is_refused_with_the_ids_there_are(archive: Archive, identity: str) -> None:
    saved = archive.save_capture("s", Scope("x"), [], SHA, complete=True, taken_at=NOON)
    with pytest.raises(StoreError, match=rf"s x: there is no capture .* \(captures: {saved.id}\)"):
        archive.load_capture("s", "x", identity)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("sha256", "../../etc"),
        ("taken_at", "yesterday"),
        ("scope", None),
        ("downloads", [{"sha256": SHA}]),
    ],
)
def test_a_damaged_manifest_is_told_with_its_file(archive: Archive, key: str, value: object) -> None:
    saved = archive.save_capture("s", Scope("x"), [], SHA, complete=True, taken_at=NOON)
    (path,) = files(archive)
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(StoreError, match=rf"{saved.id}\.json: this manifest cannot be used"):
        archive.load_capture("s", "x", saved.id)


def test_half_a_manifest_is_told_with_its_file(archive: Archive) -> None:
    saved = archive.save_capture("s", Scope("x"), [], SHA, complete=True, taken_at=NOON)
    (path,) = files(archive)
    path.write_text(path.read_text()[:40])
    with pytest.raises(StoreError, match=rf"{saved.id}\.json: this manifest cannot be used.*move the file away"):
        archive.newest("s", "x")


def test_leftover_partial_files_are_no_captures(archive: Archive) -> None:
    archive.save_capture("s", Scope("x"), [], SHA, complete=True, taken_at=NOON)
    (path,) = files(archive)
    path.with_name(".part-1.json").write_text("{")
    assert len(archive.captures("s", "x")) == 1
