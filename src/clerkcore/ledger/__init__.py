# mypy: implicit-reexport
"""civic.db, the operational truth of an installation: sites, schedules, jobs, leases, runs, events, alerts.

The names below are what the layers above use; importing this package loads none of them, so
that commands that need no ledger do not pay for SQLAlchemy, nor those that only open one for
Alembic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clerkcore.ledger.alerts import (
        Alert,
        AlertMember,
        Member,
        add_alert,
        alerts_told_before,
        count_alerts,
        ended_snoozes,
        failing_jobs,
        find_alert_of,
        find_open_alert,
        get_alert,
        has_failing_members,
        join_alert,
        join_many,
        list_alerts,
        list_members,
        recover_many,
        recover_member,
        save_alert,
        see_alert,
        untold_alerts,
    )
    from clerkcore.ledger.claims import Claim, JobOver, claim_job, release_dead_jobs
    from clerkcore.ledger.clocks import Clock, finish_clock, list_clocks, start_clock
    from clerkcore.ledger.conditions import (
        RunFacts,
        closed_holds,
        has_failed_run,
        has_open_hold,
        members_without_site,
        newest_outcomes,
        overdue_members,
        punctual_members,
        run_facts,
        site_names,
    )
    from clerkcore.ledger.create import create_ledger
    from clerkcore.ledger.disk_marks import FREE_SPACE, budget_mark, change_mark
    from clerkcore.ledger.engine import Ledger, ledger_url, open_ledger, server_url
    from clerkcore.ledger.events import Event, list_events, record_event
    from clerkcore.ledger.heartbeat import Heartbeat
    from clerkcore.ledger.holders import holder_is_dead, holder_name, tell_holder
    from clerkcore.ledger.jobs import (
        NewJob,
        StoredJob,
        UnknownJob,
        count_jobs,
        end_cancelled,
        finish_job,
        get_job,
        list_jobs,
        open_job,
        put_back,
        request_cancel,
        waiting_jobs,
        waiting_numbers,
    )
    from clerkcore.ledger.leases import (
        Lease,
        SiteBusy,
        SiteElsewhere,
        acquire,
        check,
        claim_next,
        is_alive,
        list_leases,
        refuse_busy,
        release,
        renew,
    )
    from clerkcore.ledger.legal_holds import (
        EVERY_SITE,
        LegalHold,
        lift_legal_hold,
        list_legal_holds,
        place_legal_hold,
        refuse_legal_hold,
        tell_holds,
    )
    from clerkcore.ledger.marks import get_mark, hold_mark, mark_set_at, set_mark
    from clerkcore.ledger.notifications import (
        Notification,
        add_notification,
        claim_notification,
        count_notifications,
        due_notifications,
        failed_notification,
        list_notifications,
        postpone_channel,
        sent_notification,
        unsent_notifications,
    )
    from clerkcore.ledger.rename import rename_site
    from clerkcore.ledger.runs import (
        close_run,
        get_run,
        last_starts,
        list_runs,
        newest_runs,
        open_holds,
        open_run,
        set_hold_state,
        unfinished_runs,
    )
    from clerkcore.ledger.schedules import (
        Fit,
        Schedule,
        add_schedules,
        due_schedules,
        get_schedule,
        list_schedules,
        move_schedule,
        recount_far,
        save_schedule,
        take_turn,
        unscheduled_sites,
    )
    from clerkcore.ledger.sites import (
        FinanceMetadata,
        SiteRow,
        get_site,
        list_finance_metadata,
        list_homes,
        list_sites,
        save_finance_metadata,
        save_site,
        set_enabled,
        set_home,
    )
    from clerkcore.ledger.stored import Hold, StoredRun
    from clerkcore.ledger.tombstones import Tombstone, hash_names, hash_rows, list_tombstones, record_tombstone

_HOMES = {
    "alerts": (
        "Alert",
        "AlertMember",
        "Member",
        "add_alert",
        "alerts_told_before",
        "count_alerts",
        "ended_snoozes",
        "failing_jobs",
        "find_alert_of",
        "find_open_alert",
        "get_alert",
        "has_failing_members",
        "join_alert",
        "join_many",
        "list_alerts",
        "list_members",
        "recover_many",
        "recover_member",
        "save_alert",
        "see_alert",
        "untold_alerts",
    ),
    "conditions": (
        "RunFacts",
        "closed_holds",
        "has_failed_run",
        "has_open_hold",
        "members_without_site",
        "newest_outcomes",
        "overdue_members",
        "punctual_members",
        "run_facts",
        "site_names",
    ),
    "notifications": (
        "Notification",
        "add_notification",
        "claim_notification",
        "count_notifications",
        "due_notifications",
        "failed_notification",
        "list_notifications",
        "postpone_channel",
        "sent_notification",
        "unsent_notifications",
    ),
    "marks": ("get_mark", "hold_mark", "mark_set_at", "set_mark"),
    "schedules": (
        "Fit",
        "Schedule",
        "add_schedules",
        "due_schedules",
        "get_schedule",
        "list_schedules",
        "move_schedule",
        "recount_far",
        "save_schedule",
        "take_turn",
        "unscheduled_sites",
    ),
    "jobs": (
        "NewJob",
        "StoredJob",
        "UnknownJob",
        "count_jobs",
        "end_cancelled",
        "finish_job",
        "get_job",
        "list_jobs",
        "open_job",
        "put_back",
        "request_cancel",
        "waiting_jobs",
        "waiting_numbers",
    ),
    "claims": (
        "Claim",
        "JobOver",
        "claim_job",
        "release_dead_jobs",
    ),
    "clocks": ("Clock", "finish_clock", "list_clocks", "start_clock"),
    "create": ("create_ledger",),
    "disk_marks": ("FREE_SPACE", "budget_mark", "change_mark"),
    "engine": ("Ledger", "ledger_url", "open_ledger", "server_url"),
    "events": ("Event", "list_events", "record_event"),
    "heartbeat": ("Heartbeat",),
    "holders": ("holder_is_dead", "holder_name", "tell_holder"),
    "leases": (
        "Lease",
        "SiteBusy",
        "SiteElsewhere",
        "acquire",
        "check",
        "claim_next",
        "is_alive",
        "list_leases",
        "refuse_busy",
        "release",
        "renew",
    ),
    "legal_holds": (
        "EVERY_SITE",
        "LegalHold",
        "lift_legal_hold",
        "list_legal_holds",
        "place_legal_hold",
        "refuse_legal_hold",
        "tell_holds",
    ),
    "rename": ("rename_site",),
    "runs": (
        "close_run",
        "get_run",
        "last_starts",
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
        "list_homes",
        "list_sites",
        "save_finance_metadata",
        "save_site",
        "set_enabled",
        "set_home",
    ),
    "stored": ("Hold", "StoredRun"),
    "tombstones": ("Tombstone", "hash_names", "hash_rows", "list_tombstones", "record_tombstone"),
}

__all__ = sorted(name for names in _HOMES.values() for name in names)


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"clerkcore.ledger.{home}"), name)
    raise AttributeError(f"module 'clerkcore.ledger' has no attribute {name!r}")
