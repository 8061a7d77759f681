"""Moving an installation's ledger to another database, or from one."""

from __future__ import annotations

from clerkcore.installation import DATABASE_PASSWORD, Installation
from clerkcore.ledger import server_url
from clerkcore.ledger.copy import TableSum, copy_ledger


def copy_to(installation: Installation, url: str) -> list[TableSum]:
    """Copy the installation's ledger into an empty one; LedgerError as `copy_ledger` raises it."""
    return copy_ledger(installation.ledger_url, _full_url(installation, url))


def copy_from(installation: Installation, url: str) -> list[TableSum]:
    """Fill the installation's ledger, which must be empty, from another one."""
    return copy_ledger(_full_url(installation, url), installation.ledger_url)


def _full_url(installation: Installation, url: str) -> str:
    settings = installation.settings
    if url.startswith("sqlite:"):
        return url
    return server_url(url, lambda: settings.secret(DATABASE_PASSWORD) if settings.has_secret(DATABASE_PASSWORD) else "")
