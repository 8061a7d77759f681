"""Removing a site: packed into an archive that was read back, and only then taken away."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from clerkcore.errors import ClerkError, SiteError, StoreBusy, StoreError, UsageError
from clerkcore.installation import Installation
from clerkcore.jobs.checks import REMOVING_PREFIX
from clerkcore.jobs.holding import HeldSite, hold_site
from clerkcore.ledger import record_event, record_tombstone, refuse_legal_hold
from clerkcore.ledger.removal import forget_site, site_rows
from clerkcore.models import Kind
from clerkcore.sites import SiteFolder
from clerkcore.times import now
from clerkcore.upkeep.site_archive import Packed, pack_site

_FOLDER = "archive"
_FORMER_CONFIG = "site.toml.removed"
_BUSY_SECONDS = 1.0


def archive_path(installation: Installation, subdomain: str, at: datetime) -> Path:
    """Return where the archive of a site goes when nobody says where."""
    return installation.root / _FOLDER / f"{subdomain}-{at:%Y%m%dT%H%M%SZ}.tar.gz"


def remove_site(installation: Installation, subdomain: str, archive: Path, removed_by: str, reason: str) -> Packed:
    """Pack a site into a new archive, and then remove its folder and its rows of the ledger; its history stays.

    Whatever interrupts it, the site is there or the complete archive is. SiteError when states.json names the site,
    LedgerError when a legal hold or a lease is on it, UsageError when the archive cannot stand there.
    """
    if not removed_by.strip() or not reason.strip():
        raise UsageError("who removes the site, and why?", remedy="give --by and --reason")
    if installation.site(subdomain).kind is Kind.STATE:
        _refuse_state(installation, subdomain)
    folder = installation.folder(subdomain)
    _check_target(archive, folder)
    with hold_site(installation, subdomain, "remove") as held, _unwritten(folder):
        packed = _pack(held, archive, removed_by, reason)
        held.check()
        _take_away(held, packed, removed_by, reason)
    return packed


def _refuse_state(installation: Installation, subdomain: str) -> None:
    entry = installation.state_of(subdomain)
    if entry:
        remedy = f'write another "site" in states.{entry.code}, or take that state out of it, first'
        raise SiteError(f"states.json names {subdomain!r} as the site of {entry.code}", remedy=remedy)


def _check_target(archive: Path, folder: SiteFolder) -> None:
    if archive.exists() or archive.is_symlink():
        raise UsageError("exists already", where=str(archive), remedy="name a file that does not")
    if archive.resolve().is_relative_to(folder.path.resolve()):
        raise UsageError("lies in the folder that goes", where=str(archive), remedy="name a file elsewhere")


@contextmanager
def _unwritten(folder: SiteFolder) -> Iterator[None]:
    """Keep every database of a site as it is while the block runs: what others write waits, and then finds no file."""
    with ExitStack() as held:
        for path in folder.databases():
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
            held.enter_context(closing(connection))
            _hold_still(connection, path)
        yield


def _hold_still(connection: sqlite3.Connection, path: Path) -> None:
    connection.isolation_level = None
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            remedy = "close that program and try again"
            raise StoreBusy("is locked by another program", where=str(path), remedy=remedy) from error
        # One that cannot be opened is packed as it lies.
    except sqlite3.DatabaseError:
        pass  # nor is a damaged one written by anybody


def _pack(held: HeldSite, archive: Path, removed_by: str, reason: str) -> Packed:
    installation, subdomain, moment = held.installation, held.site.subdomain, now()
    with installation.ledger.read() as connection:
        refuse_legal_hold(connection, subdomain, at=moment)
        rows = site_rows(connection, subdomain)
    about = {"site": subdomain, "at": moment, "removed_by": removed_by, "reason": reason, "clerk": version("clerkcore")}
    return pack_site(installation.folder(subdomain).path, rows, about, archive)


def _take_away(held: HeldSite, packed: Packed, removed_by: str, reason: str) -> None:
    installation, subdomain, moment = held.installation, held.site.subdomain, now()
    folder = installation.folder(subdomain).path
    aside = folder.with_name(f"{REMOVING_PREFIX}{subdomain}")
    try:
        with installation.ledger.write() as connection:
            refuse_legal_hold(connection, subdomain, at=moment)
            forget_site(connection, subdomain, removed_by, at=moment)
            data = {"archive": str(packed.path), "files": packed.files, "bytes": packed.bytes}
            tombstone = record_tombstone(
                connection,
                "site removed",
                "folder and ledger rows",
                subdomain=subdomain,
                records=packed.files,
                sha256=packed.sha256,
                reason=reason,
                removed_by=removed_by,
                details=data,
                at=moment,
            )
            message = f"removed by {removed_by}: {reason}; archive: {packed.path}"
            more = {**data, "tombstone": tombstone}
            record_event(connection, "site.removed", message, subdomain=subdomain, data=more, at=moment)
            # Out of the way inside the ledger's transaction: where it cannot be, the ledger stays as it is.
            _move_aside(folder, aside)
    except BaseException:
        _move_back(aside, folder)
        raise
    _delete(aside)


def _move_aside(folder: Path, aside: Path) -> None:
    try:
        if aside.exists():
            # Left of an earlier removal of a site of this name, whose archive was complete.
            shutil.rmtree(aside)
        folder.rename(aside)
        # No listing of sites shall find it.
        SiteFolder(aside).config.rename(aside / _FORMER_CONFIG)
    except OSError as error:
        raise StoreError(f"cannot be moved: {error.strerror}", where=str(folder), remedy="check its owner") from error


def _move_back(aside: Path, folder: Path) -> None:
    if aside.exists() and not folder.exists():
        with suppress(OSError):
            (aside / _FORMER_CONFIG).rename(SiteFolder(aside).config)
        with suppress(OSError):
            aside.rename(folder)


def _delete(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        remedy = f"the archive is complete; delete the rest yourself: rm -r {folder}"
        raise ClerkError(f"could not be deleted whole: {error.strerror}", where=str(folder), remedy=remedy) from error
