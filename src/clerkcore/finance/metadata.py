"""What the ledger knows of a site's finance data, kept up to date through the core's own hook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection, Row

from clerkcore.finance.source import DATABASE, FinanceSource
from clerkcore.finance.tables import AGENCIES
from clerkcore.hookspecs import hookimpl
from clerkcore.installation import FINANCE, Installation
from clerkcore.ledger import FinanceMetadata, save_finance_metadata
from clerkcore.models import Outcome, Run, Site
from clerkcore.store.database import read_database
from clerkcore.store.update_log import count_live, sum_live
from clerkcore.times import from_text

RESTS = (Outcome.CHANGED, Outcome.FRESH)


@hookimpl
def after_update(installation: Installation, site: Site, run: Run) -> None:
    """Note agency, years and rows of a finance source in the ledger, and that the site has finance data."""
    path = installation.folder(site.subdomain).database(DATABASE)
    if (
        not any(scope.outcome in RESTS for scope in run.scopes)
        or run.source not in installation.plugins.names(FINANCE.hook)
        or not path.is_file()
    ):
        return
    source = installation.source(site, run.source, FINANCE)
    if isinstance(source, FinanceSource):
        metadata = _read(installation, site, source)
        with installation.ledger.write() as connection:
            save_finance_metadata(connection, metadata)


def _read(installation: Installation, site: Site, source: FinanceSource) -> FinanceMetadata:
    path = installation.folder(site.subdomain).database(DATABASE)
    with read_database(path) as connection:
        scopes = connection.execute(
            "SELECT scope, checked_at, changed_at FROM _clerk_scopes WHERE source = ? AND capture <> ''",
            (source.name,),
        ).fetchall()
        agency = _read_agency(connection, source)
        rows = sum(sum_live(source, count_live(connection, source, scope["scope"])) for scope in scopes)
    years = sorted(int(scope["scope"]) for scope in scopes if scope["scope"].isdecimal())
    return FinanceMetadata(
        subdomain=site.subdomain,
        source=source.name,
        agency_id=(agency and agency["agency_id"]) or "",
        agency_shortcut=(agency and agency["shortcut"]) or "",
        agency_name=(agency and agency["name"]) or "",
        first_year=years[0] if years else None,
        last_year=years[-1] if years else None,
        rows=rows,
        last_checked_at=_newest(scopes, "checked_at"),
        last_changed_at=_newest(scopes, "changed_at"),
    )


def _read_agency(connection: Connection, source: FinanceSource) -> Row | None:
    if AGENCIES not in source.tables:
        return None
    row: Row | None = connection.execute(
        "SELECT agency_id, shortcut, name FROM agencies_effective WHERE source = ? ORDER BY run_id DESC LIMIT 1",
        (source.name,),
    ).fetchone()
    return row


def _newest(scopes: Sequence[Row], column: str) -> datetime | None:
    return max((from_text(scope[column]) for scope in scopes), default=None)
