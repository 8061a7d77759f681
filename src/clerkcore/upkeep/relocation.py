"""Moving an installation's ledger to another database, or from one."""

from __future__ import annotations

from clerkcore.installation import DATABASE_PASSWORD, Installation
from clerkcore.ledger import list_sites, server_url, set_home
from clerkcore.ledger.copy import TableSum, copy_ledger


def copy_to(installation: Installation, url: str) -> list[TableSum]:
    """Copy the installation's ledger into an empty one; LedgerError as `copy_ledger` raises it.

    On a server, the sites whose databases are here have this machine as their home, before another takes them.
    """
    target = _full_url(installation, url)
    if installation.ledger.path and not target.startswith("sqlite:"):
        _settle_sites(installation)
    return copy_ledger(installation.ledger_url, target)


def _settle_sites(installation: Installation) -> None:
    """Note this machine as the home of its sites, before the copy, so that both sides compare; a file asks for none."""
    with installation.ledger.write() as connection:
        for row in list_sites(connection):
            if installation.folder(row.subdomain).databases():
                set_home(connection, row.subdomain, installation.host)


def copy_from(installation: Installation, url: str) -> list[TableSum]:
    """Fill the installation's ledger, which must be empty, from another one."""
    return copy_ledger(_full_url(installation, url), installation.ledger_url)


def _full_url(installation: Installation, url: str) -> str:
    settings = installation.settings
    if url.startswith("sqlite:"):
        return url
    return server_url(url, lambda: settings.secret(DATABASE_PASSWORD) if settings.has_secret(DATABASE_PASSWORD) else "")
