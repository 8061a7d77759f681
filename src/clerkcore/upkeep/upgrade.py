"""Bringing the ledger and every site database to this version of clerk, with a backup first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from clerkcore.errors import ClerkError, StoreError
from clerkcore.installation import Installation
from clerkcore.jobs.holding import hold_site
from clerkcore.jobs.orders import Report
from clerkcore.ledger.create import upgrade_ledger
from clerkcore.ledger.describe import describe_ledger
from clerkcore.ledger.tables import REVISIONS
from clerkcore.store.database import open_database, read_database, refuse_strangers
from clerkcore.store.system import SCHEMA_VERSION
from clerkcore.upkeep.backup import Backup, Plan, make_backup, plan_backup
from clerkcore.upkeep.manifest import Kind, site_of

JOB = "upgrade"
LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Version:
    """A ledger or site database: what it was, what it is now, or why it cannot be upgraded."""

    what: str
    was: str
    now: str
    problem: str = ""
    remedy: str = ""

    @property
    def site(self) -> str:
        """The subdomain it belongs to; empty for the ledger."""
        return site_of(self.what)


def read_versions(installation: Installation) -> list[Version]:
    """Return the version of the ledger and of each site database, with `now` as an upgrade would leave it."""
    plan = plan_backup(installation)
    databases = [(item.path, item.source) for item in plan.items if item.kind is Kind.DATABASE and item.source]
    return [_read_ledger(installation), *(_read_database(path, source) for path, source in databases)]


def _read_ledger(installation: Installation) -> Version:
    newest = REVISIONS[-1]
    try:
        facts = describe_ledger(installation.ledger_url)
    except ClerkError as error:
        return Version(LEDGER, "", "", error.message, error.remedy)
    if facts.state == "newer":
        return Version(LEDGER, facts.revision, facts.revision, "was written by a newer clerk", "upgrade clerk")
    if facts.state == "missing":
        return Version(LEDGER, "", "", "there is no ledger in this database", "run `clerk init`")
    return Version(LEDGER, facts.revision, newest)


def _read_database(path: str, source: Path) -> Version:
    try:
        with read_database(source) as connection:
            return Version(path, str(refuse_strangers(connection, source)), str(SCHEMA_VERSION))
    except ClerkError as error:
        return Version(path, "", "", error.message, error.remedy)


def back_up_old(installation: Installation, versions: list[Version], report: Report) -> Backup | None:
    """Back up what an upgrade would change; None where it would change nothing.

    StoreError when one of them could not be backed up: nothing is upgraded then.
    """
    changing = {"civic.db" if version.what == LEDGER else version.what for version in versions if _is_old(version)}
    if not changing:
        return None
    plan = Plan(tuple(item for item in plan_backup(installation).items if item.path in changing))
    backup = make_backup(installation, plan, report=report)
    if backup.manifest.problems:
        [problem, *_] = backup.manifest.problems
        message = f"could not be backed up, so nothing was upgraded: {problem.message}"
        raise StoreError(message, where=problem.path, remedy="see to it and run again, or use --no-backup")
    return backup


def upgrade_all(installation: Installation, versions: list[Version]) -> Iterator[Version]:
    """Upgrade what is older, the ledger first, each site database under its site's lease; yield what became of it.

    What is of this version already is not yielded; a failure stops no other.
    """
    for version in versions:
        if version.problem:
            yield version
        elif _is_old(version):
            yield _upgrade(installation, version)


def _is_old(version: Version) -> bool:
    return not version.problem and version.was != version.now


def _upgrade(installation: Installation, version: Version) -> Version:
    try:
        if version.what == LEDGER:
            upgrade_ledger(installation.ledger_url)
        else:
            _upgrade_database(installation, version)
    except ClerkError as error:
        return replace(version, now=version.was, problem=error.message, remedy=error.remedy)
    return version


def _upgrade_database(installation: Installation, version: Version) -> None:
    # Opening for writing upgrades, inside BEGIN IMMEDIATE.
    with hold_site(installation, version.site, JOB), open_database(installation.root / version.what):
        pass
