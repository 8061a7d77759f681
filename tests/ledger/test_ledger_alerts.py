"""Alerts, notifications and marks in the ledger, on every database alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from clerkcore.errors import LedgerError
from clerkcore.ledger import (
    Alert,
    AlertMember,
    Ledger,
    Member,
    Notification,
    add_alert,
    add_notification,
    claim_notification,
    count_alerts,
    count_notifications,
    due_notifications,
    failed_notification,
    find_alert_of,
    find_open_alert,
    get_alert,
    get_mark,
    has_failing_members,
    hold_mark,
    join_alert,
    join_many,
    list_alerts,
    list_members,
    list_notifications,
    overdue_members,
    postpone_channel,
    punctual_members,
    recover_member,
    save_alert,
    see_alert,
    sent_notification,
    set_mark,
    unsent_notifications,
)
from clerkcore.ledger.conditions import Expected
from clerkcore.ledger.tables import schedules
from clerkcore.times import to_text

A, B = Member("a.ca", "netfile", "finance.etl"), Member("b.ca", "netfile", "finance.etl")


def add(conn: Connection, at: datetime, cause: str = "failed:netfile:1", member: Member = A) -> int:
    number = add_alert(
        conn,
        cause=cause,
        type="failed",
        severity="critical",
        member=member,
        title="netfile fails at a.ca",
        description="no answer",
        details={"job": "finance.etl"},
        rule="a failure",
        at=at,
    )
    see_alert(conn, number, at)
    join_alert(conn, number, member, None, at)
    return number


def notify(conn: Connection, at: datetime, alert_id: int | None = None, kind: str = "fired", channel: str = "m") -> int:
    return add_notification(conn, alert_id=alert_id, kind=kind, channel=channel, subject="S", content={"a": 1}, at=at)


def test_an_alert_is_read_as_it_was_written(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        save_alert(conn, add(conn, now), snoozed_until=now, notes=[{"by": "ann"}], status="snoozed")
        assert get_alert(conn, 1) == Alert(
            id=1,
            cause="failed:netfile:1",
            type="failed",
            severity="critical",
            status="snoozed",
            subdomain="a.ca",
            source="netfile",
            title="netfile fails at a.ca",
            description="no answer",
            details={"job": "finance.etl"},
            notes=({"by": "ann"},),
            occurrences=1,
            detected_at=now,
            last_seen_at=now,
            resolved_at=None,
            resolved_by="",
            assigned_to="",
            acknowledged_by="",
            acknowledged_at=None,
            snoozed_until=now,
            reminded_at=None,
            rule="a failure",
        )


def test_an_unknown_alert_is_named_beside_the_newest(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        with pytest.raises(LedgerError, match=r"no alert 9 \(there was none yet\)"):
            get_alert(conn, 9)
        add(conn, now)
        with pytest.raises(LedgerError, match=r"no alert 9 \(newest alerts: 1\)"):
            get_alert(conn, 9)


def test_a_member_joins_recovers_and_joins_again(ledger: Ledger, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with ledger.write() as conn:
        add(conn, now)
        assert join_alert(conn, 1, B, 7, now)
        assert recover_member(conn, "failed", "b.ca", ["netfile", ""], "finance.etl", later) == [1]
        assert recover_member(conn, "failed", "b.ca", ["netfile", ""], "finance.etl", later) == []
        assert list_members(conn, 1) == [
            AlertMember(1, "a.ca", "netfile", "finance.etl", None, now, None),
            AlertMember(1, "b.ca", "netfile", "finance.etl", 7, now, later),
        ]
        assert not join_alert(conn, 1, B, 8, later)
        assert list_members(conn, 1)[1] == AlertMember(1, "b.ca", "netfile", "finance.etl", 8, later, None)
        assert has_failing_members(conn, 1)


def test_open_alerts_are_found_by_member_and_by_cause(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        add(conn, now)
        add(conn, now, "held:netfile:1:b_ca", B)
        assert find_alert_of(conn, "failed", A) == 1
        assert find_alert_of(conn, "held", A) is None
        assert find_open_alert(conn, "failed:netfile:1") == 1
        assert find_open_alert(conn, "failed:netfile") == 1
        assert find_open_alert(conn, "failed:netfil_") is None
        assert find_open_alert(conn, "held:netfile:1") == 2
        assert find_open_alert(conn, "held:netfile:1", now + timedelta(seconds=1)) is None
        save_alert(conn, 1, status="resolved")
        assert find_alert_of(conn, "failed", A) is None
        assert find_open_alert(conn, "failed:netfile:1") is None


def test_alerts_are_listed_by_status_and_site_and_counted(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        add(conn, now)
        add(conn, now, "other", B)
        save_alert(conn, 1, status="resolved")
        assert [alert.id for alert in list_alerts(conn, limit=9)] == [2, 1]
        assert [alert.id for alert in list_alerts(conn, limit=1)] == [2]
        assert [alert.id for alert in list_alerts(conn, open_only=True, limit=9)] == [2]
        assert [alert.id for alert in list_alerts(conn, status="resolved", limit=9)] == [1]
        assert [alert.id for alert in list_alerts(conn, subdomain="a.ca", limit=9)] == [1]
        assert count_alerts(conn) == {("active", "critical"): 1, ("resolved", "critical"): 1}


def test_a_notification_is_claimed_once_and_again_when_its_claim_is_over(ledger: Ledger, now: datetime) -> None:
    later = now + timedelta(minutes=2)
    with ledger.write() as conn:
        number = notify(conn, now)
        assert claim_notification(conn, number, later, now)
        assert not claim_notification(conn, number, later, now)
        assert due_notifications(conn, now) == []
        assert claim_notification(conn, number, later, later)
        sent_notification(conn, number, later)
        assert not claim_notification(conn, number, later, later)


def test_a_notification_is_read_as_it_was_written(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        add(conn, now)
        number = notify(conn, now, alert_id=1)
        failed_notification(conn, number, "no answer", now)
        [found] = list_notifications(conn, 1)
    assert found == Notification(1, 1, "fired", "m", "waiting", "S", {"a": 1}, now, now, 0, None, "no answer")


def test_what_is_due_is_what_was_tried_least_and_of_one_alert_in_its_order(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        for number in range(2):
            add(conn, now, str(number))
        first, second = notify(conn, now, 1), notify(conn, now, 1, "recovered")
        other, elsewhere = notify(conn, now, 2), notify(conn, now, 1, "recovered", "w")
        claim_notification(conn, first, now, now)
        assert [each.id for each in due_notifications(conn, now)] == [other, elsewhere, first]
        assert [each.id for each in due_notifications(conn, now, but={"m"})] == [elsewhere]
        failed_notification(conn, first, "no", None)
        assert [each.id for each in due_notifications(conn, now)] == [second, other, elsewhere]
        assert [(each.id, each.status) for each in unsent_notifications(conn, [2, 1])] == [
            (first, "given_up"),
            (second, "waiting"),
            (other, "waiting"),
            (elsewhere, "waiting"),
        ]
        assert count_notifications(conn) == {("m", "given_up"): 1, ("m", "waiting"): 2, ("w", "waiting"): 1}


def test_a_channel_is_postponed_and_no_other(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        notify(conn, now)
        spared = notify(conn, now, channel="w")
        postpone_channel(conn, "m", now + timedelta(minutes=1))
        assert [each.id for each in due_notifications(conn, now)] == [spared]


def test_a_mark_is_held_by_one_at_a_time(
    ledger: Ledger, now: datetime, url: str, run_together: Callable[..., list[str]]
) -> None:
    script = f"""
with open_ledger({url!r}) as ledger:
    for _ in range(10):
        with hold_mark(ledger, "count", "0", now()) as conn:
            set_mark(conn, "count", str(int(get_mark(conn, "count")) + 1), now())
"""
    imports = (
        "from clerkcore.ledger import get_mark, hold_mark, open_ledger, set_mark\n"
        "from clerkcore.times import now\n"
        "import clerkcore.ledger.marks"
    )
    run_together(imports, script, 3)
    with ledger.read() as conn:
        assert get_mark(conn, "count") == "30"


def plan(conn: Connection, due: datetime, *subdomains: str, **values: object) -> None:
    row = {"job_type": "finance.etl", "origin": "default", "next_due_at": to_text(due), "updated_at": "", **values}
    conn.execute(insert(schedules), [{"subdomain": subdomain, **row} for subdomain in subdomains])


def test_overdue_is_what_should_have_begun_and_is_told_once(
    ledger: Ledger, now: datetime, add_sites: Callable[..., None]
) -> None:
    add_sites("a.ca", "b.ca")
    add_sites("off.ca", enabled=False)
    later, late, expected = now + timedelta(hours=1), Member("a.ca", "", "finance.etl"), [Expected("finance.etl")]
    with ledger.write() as conn:
        plan(conn, now, "a.ca", "off.ca")
        plan(conn, now + timedelta(days=9), "b.ca")
        assert overdue_members(conn, expected, now) == []
        assert overdue_members(conn, expected, later) == [late]
        number = add(conn, now, "overdue:finance.etl", late)
        save_alert(conn, number, type="overdue")
        assert overdue_members(conn, expected, later) == []
        assert punctual_members(conn, expected, later) == {}
        assert punctual_members(conn, expected, now) == {late: True}
        save_alert(conn, number, status="resolved", resolved_at=later)
        assert overdue_members(conn, expected, later) == []
        save_alert(conn, number, resolved_at=now - timedelta(hours=1))
        assert overdue_members(conn, expected, later) == [late]


def test_overdue_is_only_what_is_expected_to_be_run(
    ledger: Ledger, now: datetime, add_sites: Callable[..., None]
) -> None:
    add_sites("a.ca", "off.ca", "options.ca", "out.ca")
    add_sites("none.ca", sources=("other",))
    with ledger.write() as conn:
        plan(conn, now, "a.ca", "none.ca", "out.ca")
        plan(conn, now, "off.ca", enabled=False)
        plan(conn, now, "options.ca", dedup_key="{}")
        plan(conn, now, "a.ca", job_type="gone.job")
        expected = [Expected("finance.etl", ["netfile"], ["out.ca"]), Expected("reconcile.run")]
        assert overdue_members(conn, expected, now + timedelta(hours=1)) == [Member("a.ca", "", "finance.etl")]
        assert overdue_members(conn, [], now + timedelta(hours=1)) == []


def test_who_was_overdue_and_is_not_run_any_more_is_told_from_who_has_begun(
    ledger: Ledger, now: datetime, add_sites: Callable[..., None]
) -> None:
    add_sites("a.ca", "b.ca", "c.ca")
    late = [Member(site, "", "finance.etl") for site in ("a.ca", "b.ca", "c.ca")]
    with ledger.write() as conn:
        plan(conn, now, "a.ca")
        plan(conn, now + timedelta(hours=9), "b.ca")
        number = add(conn, now, "overdue:finance.etl", late[0])
        save_alert(conn, number, type="overdue")
        join_many(conn, number, late[1:], now)
        found = punctual_members(conn, [Expected("finance.etl")], now + timedelta(hours=1))
        assert found == {late[1]: True, late[2]: False}
        assert punctual_members(conn, [], now + timedelta(hours=1)) == dict.fromkeys(late, False)


def test_a_mark_says_what_it_was_set_to(ledger: Ledger, now: datetime) -> None:
    with ledger.write() as conn:
        assert get_mark(conn, "x") is None
        set_mark(conn, "x", "7", now)
        assert get_mark(conn, "x") == "7"
    with hold_mark(ledger, "x", "0", now) as conn:
        assert get_mark(conn, "x") == "7"
