"""Legal holds: sites of which nothing may be removed while somebody says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from clerkcore.errors import LedgerError, UsageError
from clerkcore.ledger.rows import fetch_rows, insert_row, read_time, update_row
from clerkcore.ledger.sites import get_site
from clerkcore.ledger.tables import legal_holds
from clerkcore.times import from_text, to_text

EVERY_SITE = ""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LegalHold:
    """Why nothing of a site may be removed; an empty subdomain is every site, those added later too."""

    id: int
    subdomain: str
    reason: str
    placed_by: str
    placed_at: datetime
    expires_at: datetime | None
    lifted_at: datetime | None
    lifted_by: str

    def binds(self, at: datetime) -> bool:
        """Whether it is neither lifted nor expired at a moment."""
        return self.lifted_at is None and (self.expires_at is None or self.expires_at > at)

    @property
    def told(self) -> str:
        """Name it in a message."""
        return f"legal hold {self.id} by {self.placed_by}: {self.reason}"


def place_legal_hold(
    conn: Connection, subdomain: str, reason: str, placed_by: str, *, expires_at: datetime | None = None, at: datetime
) -> LegalHold:
    """Place a hold on a site, or on all (EVERY_SITE); SiteError when it is unknown, UsageError without a reason."""
    if not reason.strip() or not placed_by.strip():
        raise UsageError("a legal hold needs a reason and a name", remedy="give --reason and --by")
    if expires_at is not None and expires_at <= at:
        raise UsageError("the legal hold would have ended already", remedy="give --until a day to come")
    if subdomain != EVERY_SITE:
        get_site(conn, subdomain)
    values = {"subdomain": subdomain, "reason": reason, "placed_by": placed_by, "placed_at": to_text(at)}
    ends = to_text(expires_at) if expires_at else None
    number = insert_row(conn, legal_holds, {**values, "expires_at": ends})
    return LegalHold(number, subdomain, reason, placed_by, at, expires_at, None, "")


def lift_legal_hold(conn: Connection, hold_id: int, lifted_by: str, *, at: datetime) -> LegalHold:
    """End a hold; UsageError when there is none of this id, or when it has ended already."""
    if not lifted_by.strip():
        raise UsageError("nobody lifts the legal hold", remedy="give --by a name")
    found = {hold.id: hold for hold in list_legal_holds(conn)}
    if hold_id not in found:
        known = ", ".join(str(number) for number, hold in found.items() if hold.binds(at))
        raise UsageError(f"no legal hold {hold_id}", remedy=f"in force: {known or 'none'}")
    if not found[hold_id].binds(at):
        raise UsageError(f"legal hold {hold_id} has ended already", remedy="clerk legal-hold list --all")
    update_row(conn, legal_holds, {"id": hold_id}, {"lifted_at": to_text(at), "lifted_by": lifted_by})
    return next(hold for hold in list_legal_holds(conn) if hold.id == hold_id)


def list_legal_holds(conn: Connection, *, subdomain: str | None = None, at: datetime | None = None) -> list[LegalHold]:
    """Return the holds by id: those that are on a site, where one is named; those in force at a moment, where given."""
    query = select(legal_holds).order_by(legal_holds.c.id)
    if subdomain is not None:
        query = query.where(or_(legal_holds.c.subdomain == subdomain, legal_holds.c.subdomain == EVERY_SITE))
    holds = [_hold(row) for row in fetch_rows(conn, query)]
    return [hold for hold in holds if at is None or hold.binds(at)]


def refuse_legal_hold(conn: Connection, subdomain: str, *, at: datetime) -> None:
    """Raise LedgerError when a hold is on the site."""
    holds = list_legal_holds(conn, subdomain=subdomain, at=at)
    if holds:
        told = tell_holds(holds)
        remedy = f"clerk legal-hold lift {holds[0].id}, once nothing forbids it"
        raise LedgerError(f"nothing of {subdomain!r} may be removed: {told}", remedy=remedy)


def tell_holds(holds: Iterable[LegalHold]) -> str:
    """Name some holds in a message."""
    told = [hold.told for hold in holds]
    return "; ".join(told[:_SHOWN]) + (f"; and {len(told) - _SHOWN} more" if len(told) > _SHOWN else "")


def _hold(row: dict[str, Any]) -> LegalHold:
    ends = {name: read_time(row[name]) for name in ("expires_at", "lifted_at")}
    return LegalHold(**{**row, **ends, "placed_at": from_text(row["placed_at"])})
