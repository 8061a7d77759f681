"""Rows past their time go by [retention] alone, and leave a tombstone; what something needs stays."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from clerkcore.jobs.holding import hold_site
from clerkcore.ledger import record_event
from clerkcore.times import now

State = Any  # the class of the fixture in conftest.py
OLD = "2026-01-05T00:00:00.000000Z"
ALERT = (
    "INSERT INTO alerts (id, cause, type, severity, status, subdomain, title, detected_at, last_seen_at, resolved_at)"
    " VALUES ({id}, 'c{id}', 'run.failed', 'warning', '{status}', 'ks', 'T', '{at}', '{at}', {resolved})"
)


def keep(*tables: str) -> str:
    """Write the settings that keep some tables for a day."""
    return "\n".join(["[retention]", *(f"{table} = 1" for table in tables)])


def told(state: State, *words: str) -> dict[str, tuple[int, dict[str, int]]]:
    """Return by table how many rows go, and how many stay by reason."""
    answered = state("prune", "--json", *words)
    assert answered.code == 0, answered.err
    return {row["table"]: (row["rows"], row["kept"]) for row in answered.rows}


def add_runs(state: State, *runs: tuple[int, str, int | None]) -> None:
    """Write runs of some months ago: their ids, outcomes, and the runs they are about."""
    for run_id, outcome, of_run in runs:
        state.change(
            "INSERT INTO job_tracking (id, job_type, subdomain, source, status, outcome, holder, of_run, started_at,"
            f" finished_at) VALUES ({run_id}, 'states.update', 'ks', 'ballots', 'finished', '{outcome}', 'me',"
            f" {of_run or 'NULL'}, '{OLD}', '{OLD}')"
        )


def test_every_row_is_kept_for_good_by_default(state: State) -> None:
    assert state("prune", "--yes").out == (
        "Every row is kept for good. [retention] in clerk.toml may name: events, jobs, job_tracking, notifications,"
        " alerts, data_update_log, _clerk_quarantine, _clerk_asides, _clerk_findings\n"
    )


def test_a_table_that_is_not_known_is_refused(state: State) -> None:
    state.configure("[retention]\nroster = 30")
    refused = state("prune")
    assert (refused.code, refused.err) == (
        2,
        "Error: clerk.toml: retention: 'roster' is no table that can be pruned (tables: events, jobs, job_tracking,"
        " notifications, alerts, data_update_log, _clerk_quarantine, _clerk_asides, _clerk_findings)\n",
    )


@pytest.mark.parametrize("days", ["0", "0.5", "1e9"])
def test_days_that_would_empty_or_never_touch_a_table_are_refused(state: State, days: str) -> None:
    state.configure(f"[retention]\nevents = {days}")
    refused = state("prune")
    assert (refused.code, "give a day or more; leave the table out to keep its rows for good" in refused.err) == (
        2,
        True,
    )


def test_nothing_is_removed_without_yes(state: State) -> None:
    state.configure(keep("events", "data_update_log"))
    state.change("DELETE FROM marks")
    before = state.ask("SELECT * FROM events"), state.query("SELECT * FROM data_update_log")
    shown = state("prune")
    assert "Nothing was removed; to remove it: clerk prune --yes\n" in shown.out
    assert (state.ask("SELECT * FROM events"), state.query("SELECT * FROM data_update_log")) == before
    assert state.tombstones() == []


def test_old_events_go_and_a_tombstone_tells_their_hash(state: State) -> None:
    state.configure(keep("events"))
    state.change("DELETE FROM marks")
    with state.installation.ledger.write() as conn:
        young = record_event(conn, "run.changed", "young", subdomain="ks", at=now())
    with state.installation.ledger.read() as conn:
        old = [
            dict(row) for row in conn.exec_driver_sql(f"SELECT * FROM events WHERE id < {young} ORDER BY id").mappings()
        ]
    assert told(state, "--yes") == {"events": (len(old), {})}
    assert state.ask("SELECT id FROM events") == [(young,)]
    lines = [json.dumps({"table": "events", **row}, sort_keys=True) + "\n" for row in old]
    [tombstone] = state.tombstones()
    assert (tombstone.kind, tombstone.target, tombstone.records) == ("pruned", "events", len(old))
    assert tombstone.sha256 == sha256("".join(lines).encode()).hexdigest()
    assert (tombstone.reason, tombstone.removed_by) == ("retention.events = 1", "clerk prune")
    assert tombstone.details == {"where": "ledger", "rows": {"events": len(old)}}


def test_an_event_that_nobody_looked_at_for_alerts_stays(state: State) -> None:
    state.configure(keep("events"))
    state.change("DELETE FROM marks")
    newest = state.ask("SELECT max(id) FROM events")[0][0]
    state.change(f"INSERT INTO marks VALUES ('alerts', '{newest - 1}', '{OLD}')")
    assert told(state)["events"] == (newest - 1, {"not yet looked at for alerts": 1})


def test_runs_that_rows_name_and_the_newest_stay_and_others_go_with_their_scopes(state: State) -> None:
    add_runs(state, (5, "failed", None), (6, "fresh", None), (7, "failed", None))
    state.change("INSERT INTO run_scopes (run_id, scope, position, outcome) VALUES (6, '7', 0, 'fresh')")
    state.configure(keep("job_tracking"))
    assert told(state, "--yes")["job_tracking"] == (2, {"newest of its kind": 1, "rows of its site name it": 4})
    assert state.ask("SELECT id FROM job_tracking ORDER BY id") == [(1,), (2,), (3,), (4,), (7,)]
    assert state.ask("SELECT count(*) FROM run_scopes WHERE run_id = 6") == [(0,)]
    assert state.tombstones()[0].details == {"where": "ledger", "rows": {"run_scopes": 1, "job_tracking": 2}}
    assert state("undo", "4").code == 0


def test_a_run_goes_only_with_those_that_are_about_it(state: State) -> None:
    add_runs(state, (5, "held", None), (6, "failed", 5), (7, "held", None), (8, "failed", 7), (9, "failed", None))
    state.change(
        "INSERT INTO run_scopes (run_id, scope, position, outcome, hold_state) VALUES (8, 's', 0, 'held', 'open')"
    )
    state.configure(keep("job_tracking"))
    kept = {"newest of its kind": 1, "open hold": 1, "another run is about it": 1, "rows of its site name it": 4}
    assert told(state, "--yes")["job_tracking"] == (2, kept)
    assert state.ask("SELECT id FROM job_tracking WHERE id > 4 ORDER BY id") == [(7,), (8,), (9,)]


def test_runs_of_a_site_whose_databases_are_not_here_stay(state: State) -> None:
    add_runs(state, (5, "failed", None), (6, "failed", None))
    state.configure(keep("job_tracking"))
    for path in state.folder.glob("voters.db*"):
        path.unlink()
    kept = {"newest of its kind": 1, "the databases of its site cannot be read here": 5}
    assert told(state)["job_tracking"] == (0, kept)


def test_what_an_open_alert_names_stays(state: State) -> None:
    add_runs(state, (5, "failed", None), (6, "failed", None))
    state.change(ALERT.format(id=1, status="active", at=OLD, resolved="NULL"))
    state.change(f"INSERT INTO alert_members VALUES (1, 'ks', 'ballots', 'states.update', 5, '{OLD}', NULL)")
    state.change(
        "INSERT INTO notifications (alert_id, kind, channel, status, subject, created_at, not_before)"
        f" VALUES (1, 'fired', 'mail', 'sent', 's', '{OLD}', '{OLD}')"
    )
    state.change("DELETE FROM marks")
    state.change("UPDATE events SET run_id = 5 WHERE id = 1")
    state.configure(keep("events", "job_tracking", "notifications", "alerts"))
    found = told(state)
    assert found["events"][1] == {"open alert": 1}
    assert found["job_tracking"][1]["open alert"] == 1
    assert (found["notifications"], found["alerts"]) == ((0, {"open alert": 1}), (0, {}))


def test_a_resolved_alert_goes_with_its_members_and_messages(state: State) -> None:
    state.change(ALERT.format(id=1, status="resolved", at=OLD, resolved=f"'{OLD}'"))
    state.change(f"INSERT INTO alert_members VALUES (1, 'ks', 'ballots', 'states.update', NULL, '{OLD}', '{OLD}')")
    state.configure(keep("alerts"))
    assert told(state, "--yes")["alerts"] == (1, {})
    assert state.ask("SELECT (SELECT count(*) FROM alerts), (SELECT count(*) FROM alert_members)") == [(0, 0)]
    assert state.tombstones()[0].details["rows"] == {"notifications": 0, "alert_members": 1, "alerts": 1}


def test_jobs_that_wait_or_are_the_newest_stay(state: State) -> None:
    state.change("DELETE FROM jobs")
    columns = "id, job_type, subdomain, queue, status, asked_by, created_at, not_before, finished_at"
    for number, status in enumerate(("finished", "cancelled", "finished"), 1):
        state.change(
            f"INSERT INTO jobs ({columns})"
            f" VALUES ({number}, 't', 'ks', 'high', '{status}', 'me', '{OLD}', '{OLD}', '{OLD}')"
        )
    state.change(f"INSERT INTO jobs ({columns}) VALUES (4, 'u', 'ks', 'high', 'waiting', 'me', '{OLD}', '{OLD}', NULL)")
    state.configure(keep("jobs"))
    assert told(state, "--yes")["jobs"] == (2, {"newest of its kind": 1})
    assert state.ask("SELECT id FROM jobs") == [(3,), (4,)]


def test_evidence_of_the_base_and_of_what_an_undo_leads_to_stays(state: State) -> None:
    state.configure(keep("_clerk_quarantine", "_clerk_findings"))
    before = state.query("SELECT run_id FROM _clerk_quarantine ORDER BY run_id")
    assert told(state, "--yes")["_clerk_quarantine"] == (2, {"a scope rests on its run": 2})
    assert before == [(1,), (2,), (3,), (4,)]
    assert state.query("SELECT run_id FROM _clerk_quarantine ORDER BY run_id") == [(3,), (4,)]
    [tombstone] = [found for found in state.tombstones() if found.target == "_clerk_quarantine"]
    assert (tombstone.subdomain, tombstone.records, tombstone.details) == ("ks", 2, {"where": "voters.db"})


def test_the_update_log_keeps_what_tells_the_election_of_a_scope(state: State) -> None:
    state.configure(keep("data_update_log"))
    assert told(state, "--yes")["data_update_log"] == (2, {"a scope rests on its run": 2})
    assert state.query("SELECT run_id FROM data_update_log") == [(3,), (4,)]
    assert state("undo", "4").code == 0
    assert state.outcome("ADAMS 1001 P", "BROWN 2003 M", "ADAMS bad P") == "fresh"


def test_a_legal_hold_on_a_site_spares_its_rows(state: State) -> None:
    state.configure(keep("events", "job_tracking", "_clerk_quarantine"))
    state.change("DELETE FROM marks")
    assert state("legal-hold", "place", "ks", "--reason", "recount", "--by", "Ann").code == 0
    events = len(state.ask("SELECT id FROM events WHERE subdomain = 'ks'"))
    assert told(state) == {
        "events": (0, {"legal hold": events}),
        "job_tracking": (0, {"legal hold": 4}),
        "_clerk_quarantine": (0, {"legal hold": 4}),
    }
    assert told(state, "--yes")["_clerk_quarantine"] == (0, {"legal hold": 4})
    assert state("legal-hold", "lift", "1", "--by", "Ann").code == 0
    assert told(state)["_clerk_quarantine"][0] == 2


def test_data_of_a_missing_plugin_is_spared(state: State) -> None:
    add_runs(state, (5, "failed", None), (6, "failed", None))
    state.configure(keep("job_tracking", "_clerk_quarantine", "data_update_log"))
    state.lose_plugin()
    found = told(state, "--yes")
    assert {table: rows for table, (rows, _) in found.items()} == dict.fromkeys(found, 0)
    assert found["_clerk_quarantine"][1] == {"a scope rests on its run": 2, "no plugin offers its source": 2}


def test_one_site_can_be_pruned_alone(state: State) -> None:
    state.configure(keep("events", "notifications"))
    state.change("DELETE FROM marks")
    with state.installation.ledger.write() as conn:
        record_event(conn, "disk.low", "old", at=now().replace(year=2020))
    found = told(state, "--yes", "--subdomain", "ks")
    assert (found["events"][0] > 0, found["notifications"]) == (True, (0, {}))
    assert state.ask("SELECT message FROM events") == [("old",)]
    assert state.tombstones()[0].subdomain == "ks"


def test_a_site_that_is_busy_is_passed_over_and_told(state: State) -> None:
    state.configure(keep("_clerk_quarantine"))
    with hold_site(state.installation, "ks", "other"):
        answered = state("prune", "--yes")
    assert (answered.code, answered.err.startswith("Warning: site 'ks' is busy: ")) == (1, True)
    assert len(state.query("SELECT 1 FROM _clerk_quarantine")) == 4
