"""civic.db, the operational truth of an installation: sites, clocks, leases, runs and events.

The names below are what the layers above use; importing this package loads none of them, so
that commands that need no ledger do not pay for SQLAlchemy, nor those that only open one for
Alembic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.ledger.clocks import Clock, finish_clock, list_clocks, start_clock
    from clerkcore.ledger.create import create_ledger
    from clerkcore.ledger.engine import Ledger, ledger_url, open_ledger, server_url
    from clerkcore.ledger.events import Event, list_events, record_event
    from clerkcore.ledger.heartbeat import Heartbeat
    from clerkcore.ledger.holders import holder_is_dead, holder_name
    from clerkcore.ledger.leases import Lease, SiteBusy, acquire, check, claim_next, list_leases, release, renew
    from clerkcore.ledger.rename import rename_site
    from clerkcore.ledger.runs import (
        close_run,
        get_run,
        list_runs,
        newest_runs,
        open_holds,
        open_run,
        set_hold_state,
        unfinished_runs,
    )
    from clerkcore.ledger.sites import (
        FinanceMetadata,
        SiteRow,
        get_site,
        list_finance_metadata,
        list_sites,
        save_finance_metadata,
        save_site,
        set_enabled,
    )
    from clerkcore.ledger.stored import Hold, StoredRun

__all__ = [
    "Clock",
    "Event",
    "FinanceMetadata",
    "Heartbeat",
    "Hold",
    "Lease",
    "Ledger",
    "SiteBusy",
    "SiteRow",
    "StoredRun",
    "acquire",
    "check",
    "claim_next",
    "close_run",
    "create_ledger",
    "finish_clock",
    "get_run",
    "get_site",
    "holder_is_dead",
    "holder_name",
    "ledger_url",
    "list_clocks",
    "list_events",
    "list_finance_metadata",
    "list_leases",
    "list_runs",
    "list_sites",
    "newest_runs",
    "open_holds",
    "open_ledger",
    "open_run",
    "record_event",
    "release",
    "rename_site",
    "renew",
    "save_finance_metadata",
    "save_site",
    "server_url",
    "set_enabled",
    "set_hold_state",
    "start_clock",
    "unfinished_runs",
]

_HOMES = {
    "clocks": ("Clock", "finish_clock", "list_clocks", "start_clock"),
    "create": ("create_ledger",),
    "engine": ("Ledger", "ledger_url", "open_ledger", "server_url"),
    "events": ("Event", "list_events", "record_event"),
    "heartbeat": ("Heartbeat",),
    "holders": ("holder_is_dead", "holder_name"),
    "leases": ("Lease", "SiteBusy", "acquire", "check", "claim_next", "list_leases", "release", "renew"),
    "rename": ("rename_site",),
    "runs": (
        "close_run",
        "get_run",
        "list_runs",
        "newest_runs",
        "open_holds",
        "open_run",
        "set_hold_state",
        "unfinished_runs",
    ),
    "sites": (
        "FinanceMetadata",
        "SiteRow",
        "get_site",
        "list_finance_metadata",
        "list_sites",
        "save_finance_metadata",
        "save_site",
        "set_enabled",
    ),
    "stored": ("Hold", "StoredRun"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"clerkcore.ledger.{home}"), name)
    raise AttributeError(f"module 'clerkcore.ledger' has no attribute {name!r}")
