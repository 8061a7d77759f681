"""The manifest of a backup: which files, how large, with which sha256, and what its databases hold."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from clerkcore.errors import SiteError, StoreError
from clerkcore.sites import check_subdomain
from clerkcore.times import from_text, to_text

FORMAT = 1
FILE_NAME = "manifest.json"
LARGEST_FILE = 256_000_000  # bytes: a million raw downloads
_REMEDY = "take another backup; this one is damaged or not clerk's"
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DATABASE = re.compile(r"(finance/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.db\Z")
_LONGEST_NAME = 255
_MOST_TOLD = 10


class Kind(StrEnum):
    """What a file of a backup is."""

    LEDGER = "ledger"
    SETTINGS = "settings"
    STATES = "states"
    SITE = "site"
    DATABASE = "database"
    RAW = "raw"


DATABASES = (Kind.LEDGER, Kind.DATABASE)
_FIXED = {"civic.db": Kind.LEDGER, "clerk.toml": Kind.SETTINGS, "sites/states.json": Kind.STATES}


@dataclass(frozen=True, slots=True)
class BackupFile:
    """One file of a backup; `path` is relative and the same as in the root.

    Of a database `version` is its schema's version or the ledger's revision, `rows` its rows by table.
    """

    path: str
    kind: Kind
    bytes: int
    sha256: str
    version: str = ""
    integrity: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def site(self) -> str:
        """The subdomain that the file belongs to; empty for what belongs to all."""
        return site_of(self.path)


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be backed up, or is not as the manifest says."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, and what it was meant to hold but does not; `sites` is empty where all were meant."""

    made_at: datetime
    clerk: str
    raw: bool
    sites: tuple[str, ...]
    files: tuple[BackupFile, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)

    def chosen(self, subdomains: Collection[str]) -> tuple[BackupFile, ...]:
        """Return the files of some sites, else all; StoreError for a site that is not in the backup."""
        there = sorted({file.site for file in self.files} - {""})
        for subdomain in subdomains:
            if subdomain not in there:
                more = f" and {len(there) - _MOST_TOLD} more" if len(there) > _MOST_TOLD else ""
                known = ", ".join(there[:_MOST_TOLD]) or "none"
                raise StoreError(f"the backup has no site {subdomain!r}", remedy=f"sites: {known}{more}")
        return tuple(file for file in self.files if not subdomains or file.site in subdomains)


def site_of(path: str) -> str:
    """Return the subdomain of a path below the root; empty for what belongs to no site."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "sites" else ""


def kind_of(path: str) -> Kind | None:
    """Return what a path of a backup is; None for one that no backup has, such as one that leads out of it."""
    if path in _FIXED:
        return _FIXED[path]
    head, _, rest = path.partition("/")
    subdomain, _, inner = rest.partition("/")
    if head != "sites" or not _is_subdomain(subdomain):
        return None
    if inner == "site.toml":
        return Kind.SITE
    if _DATABASE.match(inner):
        return Kind.DATABASE
    return Kind.RAW if inner.startswith("raw/") and all(map(_is_name, inner.split("/"))) else None


def _is_subdomain(text: str) -> bool:
    try:
        return bool(check_subdomain(text))
    except SiteError:
        return False


def _is_name(part: str) -> bool:
    fits = 0 < len(part.encode(errors="replace")) <= _LONGEST_NAME
    return fits and part not in (".", "..") and part.isprintable() and "\\" not in part


def render_manifest(manifest: Manifest) -> str:
    """Write a manifest as JSON."""
    document = {"format": FORMAT, **asdict(manifest), "made_at": to_text(manifest.made_at)}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup; StoreError says what is wrong with it, and nothing of it is used then."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        remedy = "name the folder of a backup, as backups/clerk-20261124T060000Z; one without is not complete"
        raise StoreError(f"has no {FILE_NAME}", where=str(folder), remedy=remedy) from error
    if len(data) > LARGEST_FILE:
        raise StoreError(f"has more than {LARGEST_FILE:,} bytes", where=str(path), remedy=_REMEDY)
    return parse_manifest(data, str(path))


def parse_manifest(data: bytes, where: str) -> Manifest:
    """Read the bytes of a manifest, whoever wrote them; StoreError names what is wrong."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"is not valid JSON: {error}", where=where, remedy=_REMEDY) from error
    try:
        return _manifest(document)
    except _Wrong as error:
        raise StoreError(str(error), where=where, remedy=error.remedy) from error


class _Wrong(Exception):
    def __init__(self, message: str, remedy: str = _REMEDY) -> None:
        super().__init__(message)
        self.remedy = remedy


def _manifest(document: Any) -> Manifest:
    if _take(document, "format", int) != FORMAT:
        raise _Wrong(f"has format {document['format']!r}, not {FORMAT}", "upgrade clerk")
    files = tuple(map(_file, _take(document, "files", list)))
    paths = [file.path for file in files]
    if len(set(paths)) != len(paths):
        raise _Wrong(f"names {next(path for path in paths if paths.count(path) > 1)!r} twice")
    return Manifest(
        made_at=_time(_take(document, "made_at", str)),
        clerk=_take(document, "clerk", str),
        raw=_take(document, "raw", bool),
        sites=tuple(map(str, _take(document, "sites", list))),
        files=files,
        problems=tuple(
            Problem(_take(problem, "path", str), _take(problem, "message", str))
            for problem in _take(document, "problems", list)
        ),
    )


def _file(entry: Any) -> BackupFile:
    path, sha256 = _take(entry, "path", str), _take(entry, "sha256", str)
    kind = kind_of(path)
    if kind is None:
        raise _Wrong(f"names {path!r}, which is no file of a backup")
    if _take(entry, "kind", str) != kind:
        raise _Wrong(f"calls {path!r} a {entry['kind']!r}, not a {str(kind)!r}")
    if not _SHA256.match(sha256):
        raise _Wrong(f"has {sha256!r} as the sha256 of {path!r}")
    rows = {table: _count(count, path) for table, count in _take(entry, "rows", dict).items()}
    words = {key: _take(entry, key, str) for key in ("version", "integrity")}
    return BackupFile(path, kind, _count(entry.get("bytes"), path), sha256, rows=rows, **words)


def _take(mapping: Any, key: str, kind: type) -> Any:
    if not isinstance(mapping, dict):
        raise _Wrong("holds something that is no object where one was expected")
    value = mapping.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _Wrong(f"has no {key!r}, or one of another type")
    return value


def _count(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise _Wrong(f"has an impossible number for {path!r}")
    return value


def _time(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError as error:
        raise _Wrong(f"was made at {text!r}, which is no time") from error
