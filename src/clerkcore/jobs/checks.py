"""The checks of `clerk doctor`: folders, permissions, versions, plugins, databases, disk."""

from __future__ import annotations

import platform
import sqlite3
import stat
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clerkcore.errors import ClerkError
from clerkcore.installation import Installation
from clerkcore.jobs.checked import FAILURE, OK, WARNING, Check
from clerkcore.jobs.disk import read_disk
from clerkcore.jobs.holding import own_host
from clerkcore.jobs.service_checks import check_services
from clerkcore.ledger import SiteRow, list_sites, newest_runs
from clerkcore.models import Outcome
from clerkcore.secret_files import secret_is_exposed
from clerkcore.settings import FILE_NAME
from clerkcore.sites import SiteFolder, find_sites, read_site
from clerkcore.sites.layout import SITES
from clerkcore.store.database import read_database

OLDEST_SQLITE = (3, 37)  # STRICT tables
REMOVING_PREFIX = ".removing-"
"""What the folder of a site is called while it is being removed, with its subdomain after it."""
PACKAGES = ("clerkcore", "click", "pluggy", "httpx", "sqlalchemy", "sqlite-utils", "datasette")


def check_installation(installation: Installation) -> Iterator[Check]:
    """Yield every check; none of them changes anything."""
    yield from _check_versions()
    yield from _check_folders(installation)
    yield from _check_secrets(installation.root / installation.settings.secrets_dir)
    yield from _check_states(installation)
    yield from _check_contact(installation)
    yield from _check_plugins(installation)
    yield from _check_ledger(installation)
    yield from _check_databases(installation)
    yield from _check_lost_databases(installation)
    yield from _check_left_over(installation.root)
    yield from _check_disk(installation)
    yield from check_services(installation)


def _check_versions() -> Iterator[Check]:
    found = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield Check("versions", OK, f"Python {platform.python_version()}, {found}")
    sqlite = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Check("sqlite", FAILURE, f"SQLite {sqlite} is too old", "use a Python with SQLite 3.37 or newer")
    else:
        yield Check("sqlite", OK, f"SQLite {sqlite}")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _check_folders(installation: Installation) -> Iterator[Check]:
    root = installation.root
    if not (root / FILE_NAME).is_file():
        yield Check("root", FAILURE, f"{root} has no {FILE_NAME}", "clerk init")
    else:
        yield Check("root", OK, str(root))
    for path in sorted((root / "sites").glob("*/raw")):
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Check("raw archive", WARNING, f"others can read {path}", f"chmod 700 {path}")


def _check_secrets(folder: Path) -> Iterator[Check]:
    for path in sorted(folder.glob("*")):
        if path.is_file() and secret_is_exposed(path.stat().st_mode):
            yield Check("secrets", FAILURE, f"others can read the secret {path.name!r}", f"chmod 600 {path}")
        elif path.is_file():
            yield Check("secrets", OK, f"{path.name}: set, from {path}")


def _check_states(installation: Installation) -> Iterator[Check]:
    """Look at states.json and, where it can be read, at the secrets that sites ask for."""
    try:
        states = installation.states
    except ClerkError as error:
        yield Check("states", FAILURE, f"{error.where}: {error.message}", error.remedy)
        return
    yield Check("states", OK, f"{sum(entry.enabled for entry in states)} of {len(states)} states are enabled")
    yield from _check_wanted_secrets(installation)


def _check_wanted_secrets(installation: Installation) -> Iterator[Check]:
    """Say of each secret that a site's sources ask for whether it is set, never what it is."""
    for path in find_sites(installation.root):
        try:
            site = read_site(path)
        except ClerkError:
            # A broken site.toml is the site check's to report.
            continue
        for source in site.sources:
            for name in installation.secrets(site, source).values():
                yield _check_secret(installation, site.subdomain, name)


def _check_secret(installation: Installation, subdomain: str, name: str) -> Check:
    try:
        installation.settings.secret(name)
    except ClerkError as error:
        return Check("secrets", FAILURE, f"{subdomain}: {error.message}", error.remedy)
    return Check("secrets", OK, f"{subdomain}: {name} is set")


def _check_contact(installation: Installation) -> Iterator[Check]:
    if installation.settings.contact:
        yield Check("contact", OK, installation.settings.contact)
    else:
        remedy = f'set contact = "you@example.org" in {FILE_NAME}'
        yield Check("contact", WARNING, "publishers cannot see who asks for their data", remedy)


def _check_plugins(installation: Installation) -> Iterator[Check]:
    problems = installation.plugins.problems
    for plugin in installation.plugins.discovery.plugins:
        if plugin.name not in problems:
            yield Check("plugin", OK, f"{plugin.name} {plugin.version} ({plugin.origin})")
    for name, notes in problems.items():
        yield Check("plugin", FAILURE, f"{name}: {'; '.join(notes)}", f"clerk plugins show {name}")


def _check_ledger(installation: Installation) -> Iterator[Check]:
    try:
        with installation.ledger.read() as connection:
            every = list_sites(connection)
    except ClerkError as error:
        yield Check("ledger", FAILURE, error.message, error.remedy)
        return
    rows = {row.subdomain: row for row in every if _is_here(installation, row)}
    elsewhere = f", {len(every) - len(rows)} of them on other machines" if len(rows) < len(every) else ""
    yield Check("ledger", OK, f"{len(every)} sites{elsewhere}")
    folders = list(find_sites(installation.root))
    for config in folders:
        yield from _check_site(config, rows.get(config.parent.name))
    for name in sorted(rows.keys() - {config.parent.name for config in folders}):
        yield Check("sites", FAILURE, f"{name} is in the ledger but has no site.toml", "restore its folder")


def _is_here(installation: Installation, row: SiteRow) -> bool:
    return not own_host(installation) or row.host in ("", own_host(installation))


def _check_site(config: Path, row: SiteRow | None) -> Iterator[Check]:
    try:
        site = read_site(config)
    except ClerkError as error:
        yield Check("sites", FAILURE, f"{error.where}: {error.message}", error.remedy)
        return
    told = (site.name, site.state, site.kind, site.enabled, sorted(site.sources))
    if row is None or told != (row.name, row.state, row.kind, row.enabled, sorted(row.sources)):
        message = f"the ledger does not know {site.subdomain} as its site.toml has it"
        yield Check("sites", WARNING, message, "clerk sites import")


def _check_databases(installation: Installation) -> Iterator[Check]:
    for config in find_sites(installation.root):
        for path in SiteFolder(config.parent).databases():
            yield _check_database(path)


def _check_database(path: Path) -> Check:
    try:
        with read_database(path) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except ClerkError as error:
        return Check("database", FAILURE, f"{path}: {error.message}", error.remedy)
    if verdict != "ok":
        return Check("database", FAILURE, f"{path}: {verdict}", "restore it from a backup, or load again")
    return Check("database", OK, f"{path}, {path.stat().st_size:,} bytes")


def _check_lost_databases(installation: Installation) -> Iterator[Check]:
    """Name the sites whose runs brought data in, while no database is there to hold it."""
    try:
        with installation.ledger.read() as connection:
            # Neither those that were removed, nor those whose databases are on another machine.
            known = {row.subdomain for row in list_sites(connection) if _is_here(installation, row)}
            loaded = {
                run.run.site for run in newest_runs(connection) if run.outcome in (Outcome.CHANGED, Outcome.FRESH)
            }
    except ClerkError:
        # A broken ledger is the ledger check's to report.
        return
    for site in sorted(loaded & known):
        if not installation.folder(site).databases():
            message = f"{site} was loaded, but its databases are gone"
            yield Check("database", FAILURE, message, "restore them from a backup, or load again")


def _check_disk(installation: Installation) -> Iterator[Check]:
    [free] = read_disk(installation)
    yield Check("disk", FAILURE if free.exceeded else OK, free.message, free.remedy)
    if installation.settings.site_budget_bytes:
        for config in find_sites(installation.root):
            [_, budget] = read_disk(installation, config.parent.name)
            yield Check("disk", WARNING if budget.exceeded else OK, budget.message, budget.remedy)


def _check_left_over(root: Path) -> Iterator[Check]:
    """Name the folders that a removal of a site left behind, whose archive was complete by then."""
    for path in sorted((root / SITES).glob(f"{REMOVING_PREFIX}*")):
        yield Check("sites", WARNING, f"{path} is left of a site that was removed", f"delete it: rm -r {path}")
