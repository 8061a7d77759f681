"""Redaction as a run of its own: lease, legal holds, tombstone, event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clerkcore.errors import StoreError
from clerkcore.installation import Installation
from clerkcore.jobs.holding import HeldSite, hold_site
from clerkcore.jobs.ledger_texts import empty_journal, withhold_texts
from clerkcore.jobs.orders import Report
from clerkcore.jobs.runner import record_run
from clerkcore.ledger import (
    Hold,
    Ledger,
    list_tombstones,
    open_holds,
    record_event,
    record_tombstone,
    refuse_legal_hold,
    set_hold_state,
)
from clerkcore.models import Outcome, Run, ScopeResult
from clerkcore.road.redact import Found, Target, find_record, read_target, redact_record
from clerkcore.road.work import Work
from clerkcore.store.redactions import Redaction, passing_redaction
from clerkcore.store.runs import REDACT
from clerkcore.times import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

EVENT = "redacted"
"""The kind of event that a redaction leaves; what publishes copies of a site's data reads it, and makes them anew."""
_KNOWN = 100_000


@dataclass(frozen=True, slots=True)
class Redacting:
    """What an operator asks to have redacted; `key` are pairs COLUMN=VALUE, an empty scope is all of the source's."""

    site: str
    source: str
    table: str
    key: tuple[str, ...]
    reason: str
    by: str
    scope: str = ""

    def target(self, work: Work) -> Target:
        """Return what that means for a source; UsageError where it means nothing."""
        return read_target(work.source, self.table, self.key, self.scope, self.reason, self.by)


def preview_redaction(installation: Installation, asked: Redacting, report: Report) -> Found:
    """Return what a redaction would remove, in counts; nothing is changed, and a legal hold refuses it already."""
    with installation.ledger.read() as connection:
        refuse_legal_hold(connection, asked.site, at=now())
    site = installation.site(asked.site)
    source = installation.source(site, asked.source)
    folder = installation.folder(site.subdomain)
    work = Work(site, source, folder, installation.settings, 0, REDACT, dry_run=True, report=report)
    return find_record(work, asked.target(work))


def redact(installation: Installation, asked: Redacting, report: Report) -> Run:
    """Remove a record for good, by a run of its own; one that was interrupted is finished by another.

    UsageError when table, key or scope mean nothing, LedgerError while a legal hold is on the site.
    """
    with hold_site(installation, asked.site, REDACT) as held:
        source = installation.source(held.site, asked.source)
        # Before a run is opened: what makes no sense leaves none.
        target = read_target(source, asked.table, asked.key, asked.scope, asked.reason, asked.by)
        with installation.ledger.read() as connection:
            refuse_legal_hold(connection, asked.site, at=now())
        return record_run(
            held,
            REDACT,
            asked.source,
            lambda work: _redact(held, work, target),
            # The key itself is what must not be kept.
            options={"table": asked.table, "columns": sorted(target.key), "scope": asked.scope, "by": asked.by},
            report=report,
            load=lambda: source,
        )


def _redact(held: HeldSite, work: Work, target: Target) -> list[ScopeResult]:
    results, redaction = redact_record(work, target)
    ledger, site, source = held.installation.ledger, work.site.subdomain, work.source.name
    with ledger.write() as connection:
        withhold_texts(connection, site, source, passing_redaction(target.table, target.key))
        _leave_tombstone(connection, work, target, redaction, results)
    # What is above is written whatever the archive is like.
    _close_holds(ledger, work)
    if not empty_journal(ledger):
        work.report(f"{site}: another program reads the ledger, whose journal holds what was replaced for a while yet")
    return results


def _close_holds(ledger: Ledger, work: Work) -> None:
    """Close what is held of captures whose bytes are gone: nobody can accept it any more."""
    with ledger.read() as connection:
        holds = open_holds(connection)
    mine = [hold for hold in holds if (hold.site, hold.source) == (work.site.subdomain, work.source.name)]
    gone = [hold for hold in mine if _is_gone(work, hold)]
    with ledger.write() as connection:
        for hold in gone:
            set_hold_state(connection, hold.run_id, hold.result.scope, "replaced")


def _is_gone(work: Work, hold: Hold) -> bool:
    """Whether a capture lacks bytes; one that cannot be read, as after a restore without raw data, lacks all."""
    try:
        kept = work.archive.load_capture(hold.source, hold.result.scope, hold.result.capture)
    except StoreError:
        return True
    return not all(work.archive.blob_path(download.sha256).is_file() for download in kept.downloads)


def _leave_tombstone(
    connection: Connection, work: Work, target: Target, redaction: Redaction, results: Iterable[ScopeResult]
) -> None:
    """Leave a tombstone and an event, unless a run before has left those of all that is removed by now."""
    scopes = {result.scope: result.message for result in results if result.outcome is Outcome.CHANGED}
    about = f"{work.source.name} {target.table.name}, {target.scope or 'all scopes'}"
    this = (redaction.key_hash, about, redaction.rows_removed)
    known = list_tombstones(connection, kind="redacted", subdomain=work.site.subdomain, limit=_KNOWN)
    # One that removed rows, and was interrupted before it came here, is told by the next.
    if not scopes and any((one.sha256, one.target, one.records) == this for one in known):
        return
    details: Mapping[str, object] = {"run": work.run_id, "columns": sorted(target.key), "scopes": scopes}
    record_tombstone(
        connection,
        "redacted",
        about,
        subdomain=work.site.subdomain,
        records=redaction.rows_removed,
        sha256=redaction.key_hash,
        reason=target.reason,
        removed_by=target.by,
        details=details,
        at=now(),
    )
    record_event(
        connection,
        EVENT,
        f"redacted by {target.by}: {about}",
        severity="warning",
        subdomain=work.site.subdomain,
        source=work.source.name,
        run_id=work.run_id,
        data={"table": target.table.name, "scopes": sorted(scopes)},
        at=now(),
    )
