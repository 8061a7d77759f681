"""Taking a backup: consistent copies of the ledger, the site databases and the files that describe them."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from clerkcore.errors import ClerkError, SiteError, StoreError
from clerkcore.fetch.durable import PART_PREFIX, make_folder, name_disk_errors
from clerkcore.installation import Installation
from clerkcore.jobs.orders import Report
from clerkcore.ledger import Ledger, holder_is_dead, holder_name, ledger_url, record_event
from clerkcore.ledger.copy import copy_to_file
from clerkcore.settings import FILE_NAME as SETTINGS_NAME
from clerkcore.sites import check_subdomain, states_path
from clerkcore.times import now
from clerkcore.upkeep.copies import (
    PRIVATE,
    Facts,
    copy_database,
    copy_file,
    examine,
    hash_file,
    link_or_copy,
    sync_folders,
)
from clerkcore.upkeep.manifest import (
    DATABASES,
    FILE_NAME,
    BackupFile,
    Kind,
    Manifest,
    Problem,
    kind_of,
    render_manifest,
)

FOLDER = "backups"
LEDGER_NAME = "civic.db"
PART_SUFFIX = ".part"
HOLDER_NAME = "holder"
_BROKEN = (ClerkError, OSError)
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)  # end the backup, where any other error leaves one file out


@dataclass(frozen=True, slots=True)
class Item:
    """Something to back up: a file below the root, or the ledger on a server, which has no file."""

    path: str
    kind: Kind
    source: Path | None


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup as it was taken; `leftovers` are folders that killed backups left beside it."""

    folder: Path
    manifest: Manifest
    leftovers: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backup takes; `asked` are the sites it is narrowed to, `raw_sites` those whose raw archives it takes."""

    items: tuple[Item, ...]
    asked: tuple[str, ...] = ()
    raw_sites: tuple[str, ...] = ()


def plan_backup(installation: Installation, subdomains: Sequence[str] = (), *, raw: bool = False) -> Plan:
    """Return what a backup takes: some sites, or all with the ledger and the settings; SiteError for an unknown one.

    The ledger comes first: that a site has a run which the ledger does not know yet is a state that clerk mends by
    itself.
    """
    asked = tuple(sorted({_known_site(installation, name) for name in subdomains}))
    names = asked or tuple(_site_names(installation.root))
    items = [] if asked else _common_items(installation)
    items += [item for name in names for item in _site_items(installation, name)]
    return Plan(tuple(items), asked, names if raw else ())


def _known_site(installation: Installation, subdomain: str) -> str:
    if not installation.folder(subdomain).path.is_dir():
        raise SiteError(f"site {subdomain!r} has no folder here", remedy="see: clerk sites list")
    return subdomain


def _site_names(root: Path) -> list[str]:
    names = sorted(path.name for path in (root / "sites").glob("*/"))
    return [name for name in names if kind_of(f"sites/{name}/site.toml")]


def _common_items(installation: Installation) -> list[Item]:
    root = installation.root
    server = bool(installation.settings.database_url)
    ledger = Item(LEDGER_NAME, Kind.LEDGER, None if server else root / LEDGER_NAME)
    files = [Item(SETTINGS_NAME, Kind.SETTINGS, root / SETTINGS_NAME)]
    files.append(Item("sites/states.json", Kind.STATES, states_path(root)))
    return [ledger, *(item for item in files if item.source and item.source.exists())]


def _site_items(installation: Installation, subdomain: str) -> Iterator[Item]:
    folder = installation.folder(check_subdomain(subdomain))
    if folder.config.exists():
        yield _item(installation, folder.config, Kind.SITE)
    for path in folder.databases():
        yield _item(installation, path, Kind.DATABASE)


def _raw_items(installation: Installation, subdomain: str) -> Iterator[Item]:
    raw = installation.folder(subdomain).raw
    # Captures before downloads: all downloads of a capture that is there are there too.
    for folder in (raw / "captures", raw / "downloads"):
        for path in sorted(folder.rglob("*")):
            if (path.is_file() or path.is_symlink()) and not path.name.startswith(PART_PREFIX):
                yield _item(installation, path, Kind.RAW)


def _item(installation: Installation, path: Path, kind: Kind) -> Item:
    return Item(path.relative_to(installation.root).as_posix(), kind, path)


def make_backup(
    installation: Installation, plan: Plan, folder: Path | None = None, *, report: Report = lambda _line: None
) -> Backup:
    """Copy what was planned into a new folder below `folder`, by default backups/ in the root.

    It has its name only once it is complete. What is damaged, newer than the code or cannot be read is a problem in
    the manifest, and the others are copied. StoreError when the folder cannot be written or the disk is full.
    """
    home = (folder or installation.root / FOLDER).absolute()
    with name_disk_errors(home):
        make_folder(home)
        _refuse_small_disk(home, plan.items)
        leftovers = tuple(_leftovers(home))
        with _part(home) as part:
            files, problems = _copy_all(installation, _items(installation, plan), part, report)
            facts = (now(), version("clerkcore"), bool(plan.raw_sites), plan.asked)
            manifest = Manifest(*facts, files=tuple(files), problems=tuple(problems))
            _write_manifest(part, manifest)
            backup = Backup(_settle(part, home, manifest.made_at), manifest, leftovers)
    _tell_ledger(installation, backup)
    return backup


def _items(installation: Installation, plan: Plan) -> Iterator[Item]:
    yield from plan.items
    # Looked for only now, so that the downloads which the copied rows rest on are among them.
    for subdomain in plan.raw_sites:
        yield from _raw_items(installation, subdomain)


def _refuse_small_disk(home: Path, items: Sequence[Item]) -> None:
    needed = sum(_size(item) for item in items)
    free = shutil.disk_usage(home).free
    if free < needed:
        message = f"has {free:,} bytes free and the backup needs about {needed:,}"
        raise StoreError(message, where=str(home), remedy="free some space, or name another folder")


def _size(item: Item) -> int:
    # Raw downloads are not among them: they are linked where they can be.
    with suppress(OSError):
        return item.source.stat().st_size if item.source else 0
    return 0


def _leftovers(home: Path) -> Iterator[Path]:
    for path in sorted(home.glob(f"*{PART_SUFFIX}")):
        with suppress(OSError):
            if holder_is_dead((path / HOLDER_NAME).read_text(encoding="utf-8")):
                yield path


@contextmanager
def _part(home: Path) -> Iterator[Path]:
    part = Path(tempfile.mkdtemp(prefix="clerk-", suffix=PART_SUFFIX, dir=home))
    try:
        (part / HOLDER_NAME).write_text(holder_name(), encoding="utf-8")
        yield part
    finally:
        # Nothing is there any more once it has its name.
        shutil.rmtree(part, ignore_errors=True)


def _copy_all(
    installation: Installation, items: Iterator[Item], part: Path, report: Report
) -> tuple[list[BackupFile], list[Problem]]:
    files, problems = [], []
    for item in items:
        if item.kind in DATABASES:
            report(f"copying {item.path}")
        try:
            files.append(_copy(installation, item, part / item.path))
        except FileNotFoundError:
            if item.kind is not Kind.RAW:  # else it was collected as spare meanwhile
                problems.append(Problem(item.path, "is not there"))
        except _BROKEN as error:
            if isinstance(error, OSError) and error.errno in _DISK_FULL:
                raise
            (part / item.path).unlink(missing_ok=True)
            problems.append(Problem(item.path, _tell(error)))
    return files, problems


def _tell(error: ClerkError | OSError) -> str:
    if isinstance(error, ClerkError):
        return f"{error.message} ({error.remedy})" if error.remedy else error.message
    return error.strerror or str(error)


def _copy(installation: Installation, item: Item, target: Path) -> BackupFile:
    if kind_of(item.path) is not item.kind:
        raise StoreError("has a name that a backup cannot hold", where=item.path, remedy="rename it")
    if item.kind not in DATABASES:
        return BackupFile(item.path, item.kind, *_copy_plain(item, target))
    if item.source is None:
        _copy_server(installation, target)
    elif not item.source.exists():
        raise FileNotFoundError(item.source)
    else:
        copy_database(item.source, target, item.kind)
    facts = _examine(target, item.kind)
    return BackupFile(item.path, item.kind, *hash_file(target), facts.version, facts.integrity, facts.rows)


def _copy_plain(item: Item, target: Path) -> tuple[int, str]:
    if item.source is None or item.source.is_symlink():
        raise StoreError("is a link, not a file", where=item.path, remedy="put the file itself there")
    return link_or_copy(item.source, target) if item.kind is Kind.RAW else copy_file(item.source, target)


def _copy_server(installation: Installation, target: Path) -> None:
    with Ledger(installation.ledger_url) as ledger:
        copy_to_file(ledger, ledger_url(target.parent))
    os.chmod(target, PRIVATE)


def _examine(target: Path, kind: Kind) -> Facts:
    facts = examine(target, kind)
    if facts.integrity != "ok":
        remedy = "restore it from an older backup, or move it away and load again"
        raise StoreError(f"is damaged: {facts.integrity}", where=str(target), remedy=remedy)
    return facts


def _write_manifest(part: Path, manifest: Manifest) -> None:
    with (part / FILE_NAME).open("w", encoding="utf-8") as stream:
        stream.write(render_manifest(manifest))
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(part / FILE_NAME, PRIVATE)


def _settle(part: Path, home: Path, at: datetime) -> Path:
    (part / HOLDER_NAME).unlink()
    sync_folders(part)
    name = f"clerk-{at:%Y%m%dT%H%M%SZ}"
    for target in (home / name, *(home / f"{name}-{number}" for number in range(2, 100))):
        # Another backup may have taken the name in this very second; a folder with files is never replaced.
        with suppress(OSError):
            os.rename(part, target)
            return target
    raise StoreError("too many backups were taken at once", where=str(home / name), remedy="try again")


def _tell_ledger(installation: Installation, backup: Backup) -> None:
    """Note the backup as an event, where there is a ledger to note it in; one without a ledger is a backup too."""
    manifest = backup.manifest
    about = {"folder": str(backup.folder), "files": len(manifest.files), "bytes": manifest.bytes}
    data = {**about, "raw": manifest.raw, "sites": list(manifest.sites), "problems": len(manifest.problems)}
    message = f"{len(manifest.files)} files, {manifest.bytes:,} bytes in {backup.folder}"
    severity = "warning" if manifest.problems else "info"
    with suppress(ClerkError), installation.ledger.write() as connection:
        record_event(connection, "backup.made", message, severity=severity, data=data, at=now())
