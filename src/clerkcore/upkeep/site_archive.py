"""An archive of a site: its whole folder and its rows of the ledger in one file, read back before it counts.

A .tar.gz holds the folder below site/, the rows in ledger.json and, last, MANIFEST.json with the sha256 of every file.
Links are kept as links, and never followed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from clerkcore.errors import StoreError
from clerkcore.fetch.durable import name_disk_errors, open_part, settle
from clerkcore.fetch.names import clean_name
from clerkcore.times import to_text

FORMAT = 1
FOLDER, LEDGER, MANIFEST = "site", "ledger.json", "MANIFEST.json"
_LEVEL = 6
_READ = 1 << 20
_SHARED_MEMORY = ".db-shm"  # which SQLite makes anew


@dataclass(frozen=True, slots=True)
class Packed:
    """A complete archive: how many files are in it, its size, and the sha256 of its manifest."""

    path: Path
    files: int
    bytes: int
    sha256: str


@dataclass
class _Contents:
    """What went in, as the manifest tells it."""

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


def pack_site(folder: Path, ledger_rows: Mapping[str, Any], about: Mapping[str, Any], target: Path) -> Packed:
    """Pack a folder and rows of the ledger into a new file that only its owner can read, and read it back.

    StoreError, and no file, when the disk is full, when something is neither file, folder nor link, or when what was
    written is not what is read back.
    """
    with name_disk_errors(target.parent), open_part(target.parent) as part:
        contents = _Contents()
        with _open_tar(part) as archive:
            for path in _walk(folder):
                _add(archive, path, f"{FOLDER}/{path.relative_to(folder)}", contents)
            _add_text(archive, LEDGER, _render(ledger_rows), contents)
            manifest = _render({"format": FORMAT, **about, **vars(contents)})
            _add_text(archive, MANIFEST, manifest, _Contents())
        part.flush()
        _verify(Path(part.name), contents, manifest)
        size = os.fstat(part.fileno()).st_size
        settle(part, target)
    return Packed(target, len(contents.files), size, hashlib.sha256(manifest).hexdigest())


@contextmanager
def _open_tar(part: BinaryIO) -> Iterator[tarfile.TarFile]:
    with (
        gzip.GzipFile("", "wb", _LEVEL, part) as packed,
        tarfile.open(mode="w|", fileobj=cast(IO[bytes], packed), format=tarfile.PAX_FORMAT) as archive,
    ):
        yield archive


def _walk(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, by name, folders before what is in them; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))


def _add(archive: tarfile.TarFile, path: Path, name: str, contents: _Contents) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        contents.links[name] = os.readlink(path)
        archive.addfile(archive.gettarinfo(path, name))
    elif stat.S_ISDIR(mode):
        contents.folders.append(name)
        archive.addfile(archive.gettarinfo(path, name))
    elif not stat.S_ISREG(mode):
        remedy = "move it out of the folder of the site"
        raise StoreError("is neither a file nor a folder nor a link", where=clean_name(path), remedy=remedy)
    elif not name.endswith(_SHARED_MEMORY):
        with path.open("rb") as stream:
            _add_file(archive, _whole_file(archive, stream, name), stream, contents)


def _whole_file(archive: tarfile.TarFile, stream: BinaryIO, name: str) -> tarfile.TarInfo:
    info = archive.gettarinfo(arcname=name, fileobj=stream)
    # A second name of a file would be kept as a reference to the first, which a reader may not find.
    info.type, info.linkname, info.size = tarfile.REGTYPE, "", os.fstat(stream.fileno()).st_size
    return info


def _add_text(archive: tarfile.TarFile, name: str, text: bytes, contents: _Contents) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(text), 0o600
    _add_file(archive, info, io.BytesIO(text), contents)


def _add_file(archive: tarfile.TarFile, info: tarfile.TarInfo, stream: BinaryIO, contents: _Contents) -> None:
    hashed = _Hashing(stream)
    archive.addfile(info, cast(IO[bytes], hashed))
    contents.files[info.name] = {"bytes": info.size, "sha256": hashed.digest.hexdigest()}


class _Hashing:
    """Reads a stream and hashes what was read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read some bytes."""
        chunk = self._stream.read(size)
        self.digest.update(chunk)
        return chunk


def _render(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, default=_as_text) + "\n").encode()


def _as_text(value: object) -> str:
    return to_text(value) if isinstance(value, datetime) else str(value)


def _verify(path: Path, contents: _Contents, manifest: bytes) -> None:
    """Read an archive back; StoreError when it does not hold exactly what went in."""
    expected = {name: (facts["bytes"], facts["sha256"]) for name, facts in contents.files.items()}
    expected[MANIFEST] = (len(manifest), hashlib.sha256(manifest).hexdigest())
    try:
        found, links, folders = _read_back(path)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _damaged(path, str(error)) from error
    if (found, links, folders) != (expected, contents.links, contents.folders):
        raise _damaged(path, "what is read back differs from what went in")


def _read_back(path: Path) -> tuple[dict[str, tuple[int, str]], dict[str, str], list[str]]:
    files: dict[str, tuple[int, str]] = {}
    links: dict[str, str] = {}
    folders: list[str] = []
    with tarfile.open(path, "r|gz") as archive:
        for member in archive:
            if member.issym():
                links[member.name] = member.linkname
            elif member.isdir():
                folders.append(member.name)
            else:
                files[member.name] = (member.size, _hash_member(archive, member))
    return files, links, folders


def _hash_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    digest, stream = hashlib.sha256(), archive.extractfile(member)
    while stream and (chunk := stream.read(_READ)):
        digest.update(chunk)
    return digest.hexdigest()


def _damaged(path: Path, why: str) -> StoreError:
    remedy = "nothing was removed; check the disk and try again"
    return StoreError(f"the archive cannot be read back: {why}", where=str(path.parent), remedy=remedy)
