"""Putting a backup back: verified first, what stood there moved aside, each file there whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from clerkcore.errors import ClerkError, LeaseLost, LedgerError, StoreBusy, StoreError
from clerkcore.fetch.durable import PART_PREFIX, make_folder, name_disk_errors, open_part, settle
from clerkcore.installation import Installation
from clerkcore.jobs.holding import own_host
from clerkcore.jobs.orders import Report
from clerkcore.ledger import Heartbeat, Ledger, acquire, check, holder_name, list_sites, record_event, release
from clerkcore.store.database import explained
from clerkcore.times import now
from clerkcore.upkeep.copies import copy_stream, hash_file
from clerkcore.upkeep.manifest import DATABASES, BackupFile, Kind
from clerkcore.upkeep.verify import Verified, verify_backup

JOB = "restore"
IN_USE_SECONDS = 2.0
_READABLE = (Kind.SETTINGS, Kind.STATES, Kind.SITE)
_SIBLINGS = ("-wal", "-shm", "-journal")
_MAGIC = b"SQLite format 3\0"
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: files put back, how many stood there already, where what they replaced lies now."""

    restored: tuple[str, ...]
    same: int
    aside: Path | None
    notes: tuple[str, ...]


@dataclass
class _Restore:
    """One restore as it goes on; `ledger` is the one that is there now, None where it cannot be asked."""

    installation: Installation
    backup: Path
    aside: Path
    ledger: Ledger | None
    known: frozenset[str]
    report: Report
    notes: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.installation.root


def restore_backup(
    installation: Installation,
    folder: Path,
    subdomains: Sequence[str] = (),
    *,
    replace: bool = False,
    report: Report = lambda _line: None,
) -> Restored:
    """Restore a backup into the root, or some of its sites; files that are the same already are left alone.

    StoreError, with nothing changed, when the backup is not as its manifest says, files would be overwritten without
    `replace`, or another program has the ledger open. A site that somebody works on ends it with SiteBusy; what was
    not restored by then is when it is run again.
    """
    verified = verify_backup(folder, subdomains, report)
    _refuse_problems(verified)
    root, notes = installation.root, []
    files = [file for file in verified.files if not (file.kind is Kind.LEDGER and installation.settings.database_url)]
    if len(files) < len(verified.files):
        remedy = f"clerk ledger copy --from sqlite:///{folder.absolute() / 'civic.db'}"
        notes.append(f"the ledger is on a server and was left alone; into an empty one: {remedy}")
    with name_disk_errors(root):
        changed = [file for file in files if not _is_there(root / file.path, file)]
        _refuse_overwriting(root, changed, replace)
        _refuse_small_disk(root, changed)
        restore = _begin(installation, folder, changed, report)
        restore.notes += notes
        _put_all(restore, changed)
    aside = restore.aside if restore.aside.exists() else None
    return Restored(tuple(file.path for file in changed), len(files) - len(changed), aside, tuple(restore.notes))


def _refuse_problems(verified: Verified) -> None:
    problems = verified.problems
    if problems:
        told = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:_MOST_TOLD])
        more = f"; and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
        remedy = "restore another backup; clerk restore BACKUP --verify names everything"
        raise StoreError(f"is not as its manifest says: {told}{more}", where=str(verified.folder), remedy=remedy)


def _is_there(target: Path, file: BackupFile) -> bool:
    if not target.is_file() or target.stat().st_size != file.bytes or any(map(_is_log, _siblings(target))):
        return False
    return hash_file(target)[1] == file.sha256


def _is_log(path: Path) -> bool:
    # Readers leave an empty log and an index behind, which say nothing.
    return not path.name.endswith("-shm") and path.stat().st_size > 0


def _siblings(target: Path) -> list[Path]:
    """Return what SQLite keeps beside a database, and would take for the log of the one that is restored."""
    paths = (target.with_name(target.name + end) for end in _SIBLINGS)
    return [path for path in paths if target.suffix == ".db" and os.path.lexists(path)]


def _refuse_overwriting(root: Path, changed: Collection[BackupFile], replace: bool) -> None:
    taken = [file.path for file in changed if os.path.lexists(root / file.path)]
    if taken and not replace:
        told = ", ".join(taken[:_MOST_TOLD])
        more = f" and {len(taken) - _MOST_TOLD} more" if len(taken) > _MOST_TOLD else ""
        remedy = "--replace moves what is there to a folder replaced-TIME; or restore into another root"
        raise StoreError(f"would overwrite {told}{more}; nothing was changed", where=str(root), remedy=remedy)


def _refuse_small_disk(root: Path, changed: Collection[BackupFile]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    needed, free = sum(file.bytes for file in changed), shutil.disk_usage(root).free
    if free < needed:
        message = f"has {free:,} bytes free and the files need {needed:,}; nothing was changed"
        raise StoreError(message, where=str(root), remedy="free some space, or restore fewer sites with --subdomain")


def _begin(installation: Installation, folder: Path, changed: Collection[BackupFile], report: Report) -> _Restore:
    path = installation.root / "civic.db"
    goes = any(file.kind is Kind.LEDGER for file in changed)
    if goes and path.exists():
        # Asked before anything is changed, and again when it is moved.
        _fold_log(path)
    notes: list[str] = []
    ledger = None
    if installation.settings.database_url or path.exists():
        try:
            ledger = installation.ledger
        except LedgerError as error:
            if not goes:
                raise
            notes.append(f"no lease was taken: {error.message}")
    aside = installation.root / f"replaced-{now():%Y%m%dT%H%M%SZ}"
    return _Restore(installation, folder, aside, ledger, _known_sites(ledger), report, notes)


def _known_sites(ledger: Ledger | None) -> frozenset[str]:
    if ledger is None:
        return frozenset()
    with ledger.read() as connection:
        return frozenset(row.subdomain for row in list_sites(connection))


def _put_all(restore: _Restore, changed: Collection[BackupFile]) -> None:
    """Put the files back: site by site under its lease, then what belongs to all, the ledger last."""
    ordered = sorted(changed, key=lambda file: (file.site == "", file.site, file.kind is Kind.LEDGER))
    for subdomain, files in groupby(ordered, key=lambda file: file.site):
        with _hold(restore, subdomain) as check_lease:
            for file in files:
                if file.kind in DATABASES:
                    restore.report(f"restoring {file.path}")
                _put(restore, file, check_lease)
    _tell_restored_ledger(restore, changed)


@contextmanager
def _hold(restore: _Restore, subdomain: str) -> Iterator[Callable[[], None]]:
    """Hold a site's lease, where there is a ledger that knows the site: jobs.runner would read its site.toml first."""
    ledger = restore.ledger
    if ledger is None or subdomain not in restore.known:
        yield lambda: None
        return
    seconds = restore.installation.settings.lease_seconds
    lease = acquire(ledger, subdomain, JOB, holder_name(), seconds, now(), own_host(restore.installation))
    try:
        with Heartbeat(ledger, lease, seconds) as heartbeat:

            def check_lease() -> None:
                if heartbeat.lost.is_set():
                    raise LeaseLost("the lease was not renewed in time", where=subdomain, remedy="run it again")
                check(ledger, lease)

            yield check_lease
            message = f"restored from {restore.backup}"
            with ledger.write() as connection:
                record_event(connection, "site.restored", message, subdomain=subdomain, at=now())
    finally:
        release(ledger, lease)


def _put(restore: _Restore, file: BackupFile, check_lease: Callable[[], None]) -> None:
    source, target = restore.backup / file.path, restore.root / file.path
    if file.kind is not Kind.RAW:
        target.parent.mkdir(parents=True, exist_ok=True)
    if file.kind is Kind.DATABASE:
        _sweep(target.parent)
    if file.kind is Kind.LEDGER:
        restore.installation.close()
    with open_part(target.parent) as part:
        with source.open("rb") as stream:
            if copy_stream(stream, part) != (file.bytes, file.sha256):
                raise StoreError("changed while it was read", where=str(source), remedy="verify the backup again")
        check_lease()
        _move_aside(restore, target, file)
        settle(part, target)
    if file.kind in _READABLE:
        target.chmod(0o644)


def _sweep(folder: Path) -> None:
    """Remove what a restore that was killed was copying when it died; the lease says that no other is at it."""
    for path in folder.glob(f"{PART_PREFIX}*"):
        path.unlink(missing_ok=True)


def _move_aside(restore: _Restore, target: Path, file: BackupFile) -> None:
    if file.kind in DATABASES and target.exists():
        _fold_log(target)
    # What stands beside a database goes first: a log that stayed behind would be read into the restored one.
    for path in (*_siblings(target), target):
        if not os.path.lexists(path):
            continue
        kept = restore.aside / path.relative_to(restore.root)
        if os.path.lexists(kept):
            raise StoreError("is there already", where=str(kept), remedy="wait a second and run it again")
        make_folder(kept.parent)
        shutil.move(path, kept)


def _fold_log(path: Path) -> None:
    """Take a database's write-ahead log into it, which only succeeds where no other program has it open."""
    if not _is_database(path):
        # SQLite would throw away the log beside it.
        return
    remedy = "stop the scheduler, workers and servers that use it, and run it again"
    in_use = StoreBusy("is open in another program", where=str(path), remedy=remedy)
    try:
        with explained(path), closing(sqlite3.connect(path, timeout=IN_USE_SECONDS)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except StoreBusy as error:
        raise in_use from error
    except StoreError:
        # It is damaged, and goes aside as it is, with its log.
        return
    if mode == "wal":
        raise in_use


def _is_database(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_MAGIC)) == _MAGIC


def _tell_restored_ledger(restore: _Restore, changed: Collection[BackupFile]) -> None:
    if not any(file.kind is Kind.LEDGER for file in changed):
        return
    message = f"restored from {restore.backup}"
    # An older ledger takes no event before it is upgraded.
    with suppress(ClerkError), restore.installation.ledger.write() as connection:
        record_event(connection, "ledger.restored", message, at=now())
