"""Checking a backup against its manifest; nothing is believed that the files do not bear out."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from clerkcore.errors import StoreError
from clerkcore.fetch.durable import name_disk_errors
from clerkcore.jobs.orders import Report
from clerkcore.upkeep.copies import examine, hash_file
from clerkcore.upkeep.manifest import DATABASES, FILE_NAME, BackupFile, Manifest, Problem, read_manifest

_REMEDY = "do not use it; take another backup"


@dataclass(frozen=True, slots=True)
class Verified:
    """A backup that was checked: the files looked at, and those that are not as the manifest says."""

    folder: Path
    manifest: Manifest
    files: tuple[BackupFile, ...]
    problems: tuple[Problem, ...]


def verify_backup(folder: Path, subdomains: Collection[str] = (), report: Report = lambda _line: None) -> Verified:
    """Check hash, size, integrity, version and row counts of every file, or of some sites' files; changes nothing.

    StoreError when the manifest cannot be used, or the folder holds links or other things than files.
    """
    with name_disk_errors(folder):
        manifest = read_manifest(folder)
        found = _list_files(folder)
        files = manifest.chosen(subdomains)
        problems = [*_differences(manifest, found)]
        gone = {problem.path for problem in problems}
        for file in files:
            if file.path not in gone:
                if file.kind in DATABASES:
                    report(f"checking {file.path}")
                problems += [Problem(file.path, message) for message in _check(folder / file.path, file)]
    return Verified(folder, manifest, files, tuple(problems))


def _list_files(folder: Path) -> set[str]:
    """Return every file below a folder by its relative path; StoreError for links, devices and the like."""
    found = set()
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            entries = list(listing)
        for entry in entries:
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file(follow_symlinks=False)):
                raise StoreError("is a link or no file, and no backup has such", where=entry.path, remedy=_REMEDY)
            if entry.is_dir():
                waiting.append(Path(entry.path))
            else:
                found.add(Path(entry.path).relative_to(folder).as_posix())
    return found


def _differences(manifest: Manifest, found: set[str]) -> Iterator[Problem]:
    named = {file.path for file in manifest.files}
    for path in sorted(named - found):
        yield Problem(path, "is missing")
    for path in sorted(found - named - {FILE_NAME}):
        yield Problem(path, "is not in the manifest")


def _check(path: Path, file: BackupFile) -> Iterator[str]:
    # The size first: it costs nothing, and a file that is endless is never read.
    size = path.stat().st_size
    if size != file.bytes:
        yield f"has {size:,} bytes, not {file.bytes:,}"
        return
    if hash_file(path)[1] != file.sha256:
        yield "has other content than when it was backed up (sha256)"
        return
    if file.kind in DATABASES:
        yield from _check_database(path, file)


def _check_database(path: Path, file: BackupFile) -> Iterator[str]:
    try:
        facts = examine(path, file.kind)
    except StoreError as error:
        yield f"{error.message} ({error.remedy})"
        return
    if facts.integrity != "ok":
        yield f"is damaged: {facts.integrity}"
    elif facts.version != file.version:
        yield f"is of version {facts.version}, not {file.version}"
    elif facts.rows != dict(file.rows):
        yield _tell_rows(facts.rows, file.rows)


def _tell_rows(found: Mapping[str, int], named: Mapping[str, int]) -> str:
    table = next(name for name in sorted({*found, *named}) if found.get(name) != named.get(name))
    return f"has {found.get(table, 'no')} rows in {table}, not {named.get(table, 'none')}"
