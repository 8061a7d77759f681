"""Clerk's ways of the roster benchmarks, each run as a process: road and tables are those of every run.

The file lies there already, as after a download or in an import; what keeping it in the raw archive takes is told
apart. Every way checks that the change set is what the file's maker says.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clerk_state_texas.adapter import Texas
from clerkcore.models import Kind, Outcome, Scope, ScopeResult, Site
from clerkcore.road.acquire import import_capture
from clerkcore.road.apply import apply_stage
from clerkcore.road.bases import current_base
from clerkcore.road.compute import SiteReader
from clerkcore.road.prepare import prepare_stage
from clerkcore.road.settle import settle_known
from clerkcore.road.work import Work
from clerkcore.rosters import make_scope
from clerkcore.rosters.checks import compared_counties
from clerkcore.settings import Settings
from clerkcore.sites import SiteFolder
from clerkcore.store.database import open_database, read_database

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.roster_names import DAY, ELECTION, PARTY, Seconds, facts_of

SITE = Site("tx", "Texas", "TX", Kind.STATE)
ROSTER = make_scope("EVR", ELECTION, DAY, party=PARTY)
TURNOUT = make_scope("EVR_TURNOUT", ELECTION, DAY)
COUNTED_ROUNDS = 51
GROUPED_ROUNDS = 5
OFF = 3  # by how much a published figure is made to differ
_GROUPED = "SELECT county, voting_method, count(*) FROM roster {} GROUP BY county, voting_method"
_LIVE = "WHERE removed_run_id IS NULL"


class Clock:
    """Seconds of the processor and seconds that passed, by part."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        processor, passed = time.process_time(), time.perf_counter()
        yield
        self.seconds[name] = time.process_time() - processor, time.perf_counter() - passed


def open_work(folder: Path, run_id: int) -> Work:
    """Return a run of the site in a folder."""
    settings = Settings(root=folder, http_max_bytes=1 << 33)
    return Work(SITE, Texas(), SiteFolder(folder / "site"), settings, run_id, "bench")


def bring_in(work: Work, scope: Scope, file: Path) -> tuple[Seconds, ScopeResult, str]:
    """Take a file the whole road: seconds by part, what came of it, and the capture it was compared with by lines."""
    clock = Clock()
    # A file has its name as long as the state publishes it.
    named = work.settings.root / f"{scope.params['data_source']}{file.suffix}"
    named.unlink(missing_ok=True)
    os.link(file, named)
    with clock.part("keep"):
        capture = import_capture(work, scope, (named,))
    with clock.part("known"):
        known = settle_known(work, capture)
    if known:
        return clock.seconds, known, ""
    stage = work.passing_stage_path(scope.name)
    with clock.part("stage"):
        base = current_base(work, scope.name)
        prepared = prepare_stage(work, capture, base.capture if base else "", stage)
    with clock.part("apply"):
        result = apply_stage(work, capture, stage, prepared)
    stage.unlink()
    return clock.seconds, result, prepared.relative_to


def load(folder: Path, file: Path) -> Seconds:
    """Load the first roster of a site."""
    seconds, result, _ = bring_in(open_work(folder, 1), ROSTER, file)
    _expect(result.counts.added == facts_of(file)["lines"], result)
    return seconds


def anew(folder: Path, file: Path) -> Seconds:
    """Load the first roster in place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return load(folder, file)


def pull(folder: Path, file: Path) -> Seconds:
    """Pull the next roster, of which only lines that differ are read."""
    seconds, result, base = bring_in(open_work(folder, 2), ROSTER, file)
    _expect(bool(base), result)
    _expect_changes(result, file)
    return seconds


def full(folder: Path, file: Path) -> Seconds:
    """Pull the next roster where the snapshot before is not kept."""
    work = open_work(folder, 2)
    shutil.rmtree(work.folder.raw)
    seconds, result, base = bring_in(work, ROSTER, file)
    _expect(not base, result)
    _expect_changes(result, file)
    return seconds


def same(folder: Path, file: Path) -> Seconds:
    """Pull the roster that is loaded already."""
    seconds, result, _ = bring_in(open_work(folder, 2), ROSTER, file)
    _expect(result.outcome is Outcome.FRESH, result)
    return seconds


def _expect_changes(result: ScopeResult, file: Path) -> None:
    facts, counts = facts_of(file), result.counts
    found = counts.added, counts.changed, counts.disappeared
    _expect(found == (facts["new"], facts["edited"], facts["gone"]), result)


def _expect(right: bool, result: ScopeResult) -> None:
    if not right:
        raise SystemExit(f"clerk did something else: {result.outcome} {result.counts} {result.message[:200]}")


def publish(folder: Path, rows: int) -> Seconds:
    """Load the turnout that the state publishes of the roster, one county of it off by a few."""
    work = open_work(folder, 3)
    with read_database(work.database) as connection:
        counted = connection.execute(
            "SELECT county, sum(CASE voting_method WHEN 'absentee-mail' THEN 0 ELSE ballots END) AS in_person,"
            " sum(CASE voting_method WHEN 'absentee-mail' THEN ballots ELSE 0 END) AS mail"
            " FROM turnout_totals GROUP BY county ORDER BY county"
        ).fetchall()
    counties = [
        {
            "name": row["county"],
            "registered_voters": rows,
            "in_person_votes_on_date": row["in_person"],
            "total_in_person_votes_for_election": row["in_person"] + (OFF if not number else 0),
            "total_mail_votes_for_election": row["mail"],
        }
        for number, row in enumerate(counted)
    ]
    file = folder / "turnout.json"
    document = {"election_id": ELECTION, "early_voting_date": DAY, "turnout_by_county": counties}
    file.write_text(json.dumps(document))
    seconds, result, _ = bring_in(work, TURNOUT, file)
    _expect(result.counts.added == len(counties), result)
    return seconds


def figures(folder: Path, rows: int) -> Seconds:
    """Compare all counties with their published figures, and count the rows as one would without totals."""
    work = open_work(folder, 3)
    with open_database(work.database) as connection:
        reader = SiteReader(connection, work, TURNOUT)
        off = [row for row in compared_counties(reader, TURNOUT) if row["counted"] != row["published"]]
        if [row["published"] - row["counted"] for row in off] != [OFF]:
            raise SystemExit(f"clerk finds other differences: {off}")
        found = {
            "clerk": _best(lambda: compared_counties(reader, TURNOUT), COUNTED_ROUNDS),
            "heap": _best(lambda: _grouped(connection, rows, "NOT INDEXED"), GROUPED_ROUNDS),
        }
        connection.execute("CREATE INDEX IF NOT EXISTS covering ON roster (removed_run_id, county, voting_method)")
        found["covering"] = _best(lambda: _grouped(connection, rows, "INDEXED BY covering"), GROUPED_ROUNDS)
        return found


def _grouped(connection: sqlite3.Connection, rows: int, how: str) -> None:
    counted = connection.execute(_GROUPED.format(f"{how} {_LIVE}")).fetchall()
    if sum(row[2] for row in counted) != rows:
        raise SystemExit("GROUP BY counts other rows")


def _best(ask: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Return the least of some rounds: what the query itself takes."""
    clocks = []
    for _ in range(rounds):
        clock = Clock()
        with clock.part("query"):
            ask()
        clocks.append(clock.seconds["query"])
    return min(clocks)


WAYS: dict[str, Callable[[Path, Path], Seconds]] = {
    "load": load,
    "anew": anew,
    "pull": pull,
    "full": full,
    "same": same,
}
COUNTING: dict[str, Callable[[Path, int], Seconds]] = {"publish": publish, "figures": figures}


if __name__ == "__main__":
    way, folder, argument = sys.argv[1:]
    if way in WAYS:
        print(json.dumps(WAYS[way](Path(folder), Path(argument))))
    else:
        print(json.dumps(COUNTING[way](Path(folder), int(argument))))
