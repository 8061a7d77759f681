"""The invented voters of Texas: who is on which roster when, and what the turnout documents make of it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from clerk_demo.civix_counties import COUNTIES
from clerk_demo.civix_documents import FALLING, LAGGING, SILENT, turnout_document
from clerk_demo.civix_elections import ELECTIONS, OLD_GENERAL, REPUBLICAN_RUNOFF, Election, calendar_day
from clerk_demo.civix_rolls import Counts
from clerk_demo.civix_rosters import STATEWIDE_HEADER, render_roster
from clerk_demo.civix_voters import Row
from clerk_demo.civix_world import CivixWorld
from clerkcore import UsageError

RUNOFF = REPUBLICAN_RUNOFF.id
DAYS = REPUBLICAN_RUNOFF.voting_days
LAST_DAY = 20


@pytest.fixture(scope="module")
def world() -> CivixWorld:
    return CivixWorld(1, 25_000)


def roster(world: CivixWorld, at: int, day: int, election: Election = REPUBLICAN_RUNOFF) -> list[Row]:
    return list(world.rows(election.id, election.voting_days[at], day))


def count_distinct(rows: list[Row]) -> dict[str, Counts]:
    found = Counter((county, method) for county, _, _, method, _ in {(row[0], "", row[2], row[3], "") for row in rows})
    return {county: Counts(found[county, "IN-PERSON"], found[county, "MAIL-IN"]) for county in COUNTIES}


def turnout(world: CivixWorld, at: int, day: int, election: Election = REPUBLICAN_RUNOFF) -> dict[str, Any]:
    document = turnout_document(world, election, election.voting_days[at], day)
    return {county["name"]: county for county in document["turnout_by_county"]}


def reported(county: dict[str, Any]) -> tuple[int | None, int | None]:
    return county["total_in_person_votes_for_election"], county["total_mail_votes_for_election"]


def test_the_same_seed_and_size_give_the_same_rows_and_another_seed_others() -> None:
    first, again, other = (roster(CivixWorld(seed, 500), 0, 0) for seed in (1, 1, 2))
    assert first == again != other


def test_every_voter_of_the_old_election_votes_in_one_runoff(world: CivixWorld) -> None:
    size = {
        election.id: {row[2] for at in range(len(election.shares)) for row in roster(world, at, LAST_DAY, election)}
        for election in ELECTIONS.values()
    }
    assert size[90501] & size[90502] == set()
    assert len(size[90501] | size[90502]) == pytest.approx(25_000, rel=0.003)
    assert len(size[81105]) == pytest.approx(25_000, rel=0.003)


def test_fields_look_like_the_platforms(world: CivixWorld) -> None:
    rows = [row for at in range(5) for row in roster(world, at, LAST_DAY)]
    assert all(len(row[2]) == 10 and row[2].isascii() and row[2].isdigit() for row in rows)
    assert any(row[2].startswith("0") for row in rows)
    assert {row[3] for row in rows} == {"IN-PERSON", "MAIL-IN"}
    assert all(", " in row[1] and row[1] == row[1].upper() for row in rows)
    assert any("\n" in row[1] for row in rows)
    assert not any('"' in field for row in rows for field in row)
    assert "S 19.4" in {row[4] for row in rows}


def test_a_roster_is_quoted_throughout_with_lf() -> None:
    row = ("EL PASO", "DEMOSON, ALMA\nJR", "0123456789", "MAIL-IN", "S 19.4")
    assert render_roster(STATEWIDE_HEADER, [row]) == (
        b'"tx_county_name","voter_name","id_voter","voting_method","tx_precinct_code"\n'
        b'"EL PASO","DEMOSON, ALMA\nJR","0123456789","MAIL-IN","S 19.4"\n'
    )


def test_a_few_large_counties_have_most_voters(world: CivixWorld) -> None:
    counts = Counter(row[0] for row in roster(world, 4, LAST_DAY))
    assert counts.most_common(1)[0][0] == "HARRIS"
    assert sum(count for _, count in counts.most_common(10)) > 0.4 * counts.total()


def test_the_next_day_brings_a_small_share_of_new_corrected_and_withdrawn_rows(world: CivixWorld) -> None:
    before, after = (dict.fromkeys(row for at in range(5) for row in roster(world, at, at + later)) for later in (0, 1))
    new = {row[2] for row in after} - {row[2] for row in before}
    gone = {row[2] for row in before} - {row[2] for row in after}
    changed = {row[2]: row for row in after if row not in before and row[2] not in new}
    shares = [len(found) / len(before) for found in (new, changed, gone)]
    assert shares == [pytest.approx(0.005, rel=0.3), pytest.approx(0.002, rel=0.3), pytest.approx(0.001, rel=0.5)]
    for row in before:
        if row[2] in changed:
            assert row[:4] == changed[row[2]][:4]
            assert row[4] != changed[row[2]][4]


def test_rows_that_stay_keep_their_order(world: CivixWorld) -> None:
    before, after = (roster(world, 4, day) for day in (4, 5))
    common = {row[2] for row in before} & {row[2] for row in after}
    assert [row[2] for row in before if row[2] in common] == [row[2] for row in after if row[2] in common]


def test_a_roster_no_longer_changes_two_days_later(world: CivixWorld) -> None:
    assert roster(world, 4, 4) != roster(world, 4, 5) == roster(world, 4, 6) == roster(world, 4, LAST_DAY)
    assert roster(world, 0, 0, OLD_GENERAL) == roster(world, 0, LAST_DAY, OLD_GENERAL)


def test_a_roster_is_empty_before_its_day(world: CivixWorld) -> None:
    assert roster(world, 1, 0) == []
    assert (world.voters_on(RUNOFF, DAYS[1], 0), world.voters_through(RUNOFF, DAYS[1], 0)) == ({}, {})


def test_a_few_lines_are_doubled(world: CivixWorld) -> None:
    rows = roster(world, 4, LAST_DAY)
    doubled = [row for row, next_row in pairwise(rows) if row == next_row]
    assert 0 < len(doubled) < 0.005 * len(rows)
    assert len(rows) - len(set(rows)) == len(doubled)


def test_a_voter_votes_once_but_for_the_oddities(world: CivixWorld) -> None:
    places: dict[str, set[tuple[str, int]]] = {}
    for at in range(len(DAYS)):
        for county, _, code, _, _ in roster(world, at, LAST_DAY):
            places.setdefault(code, set()).add((county, at))
    several = {code: found for code, found in places.items() if len(found) > 1}
    odd = world.oddities(RUNOFF)
    assert (len(odd.two_days), len(odd.two_counties)) == (5, 1)
    assert {code for code, found in several.items() if len({county for county, _ in found}) == 1} == set(odd.two_days)
    assert several[odd.two_counties[0]] == {("HARRIS", 1), ("FORT BEND", 1)}
    assert set(several) == {*odd.two_days, *odd.two_counties}


@pytest.mark.parametrize("day", [2, 3, LAST_DAY])
def test_the_truth_of_a_day_is_that_of_its_roster(world: CivixWorld, day: int) -> None:
    assert world.voters_on(RUNOFF, DAYS[2], day) == count_distinct(roster(world, 2, day))


@pytest.mark.parametrize(("at", "day"), [(0, 0), (2, 2), (4, 6), (5, 8), (5, LAST_DAY)])
def test_the_truth_so_far_is_that_of_all_rosters(world: CivixWorld, at: int, day: int) -> None:
    rows = [row for past in range(at + 1) for row in roster(world, past, day)]
    assert world.voters_through(RUNOFF, DAYS[at], day) == count_distinct(rows)


@pytest.mark.parametrize(("at", "day"), [(1, 1), (3, 3), (5, 8), (5, LAST_DAY)])
def test_turnout_agrees_with_the_rosters_but_in_the_lagging_counties(world: CivixWorld, at: int, day: int) -> None:
    published, true = turnout(world, at, day), world.voters_through(RUNOFF, DAYS[at], day)
    on_day = world.voters_on(RUNOFF, DAYS[at], day)
    assert {name: county["in_person_votes_on_date"] for name, county in published.items()} == {
        name: counts.in_person for name, counts in on_day.items()
    }
    differing = {name for name in COUNTIES if reported(published[name]) != (true[name].in_person, true[name].mail)}
    assert differing == set(LAGGING)
    for name in LAGGING:
        assert 0 < true[name].in_person - (reported(published[name])[0] or 0) < 0.02 * true[name].in_person + 2


def test_one_county_has_no_totals_on_the_first_day(world: CivixWorld) -> None:
    assert {name for name, county in turnout(world, 0, 0).items() if reported(county) == (None, None)} == {SILENT}
    assert None not in {total for county in turnout(world, 1, 1).values() for total in reported(county)}


@pytest.mark.parametrize("election", [REPUBLICAN_RUNOFF, OLD_GENERAL], ids=lambda election: str(election.id))
@pytest.mark.parametrize("size", [100, 10_000])
def test_one_countys_total_falls_a_little(size: int, election: Election) -> None:
    world = CivixWorld(1, size)
    fallen = {}
    for day in (3, LAST_DAY):
        before, after = turnout(world, 2, day, election), turnout(world, 3, day, election)
        fallen[day] = {name for name in COUNTIES if (reported(before[name])[0] or 0) > (reported(after[name])[0] or 0)}
    assert fallen == {3: {FALLING}, LAST_DAY: {FALLING}}


def test_no_county_has_more_votes_than_registered_voters(world: CivixWorld) -> None:
    published = turnout(world, 12, LAST_DAY, OLD_GENERAL).values()
    assert all(sum(total or 0 for total in reported(county)) < county["registered_voters"] for county in published)


def test_simulated_days_are_those_of_may_2026() -> None:
    assert (calendar_day(0), calendar_day(8)) == (DAYS[0], DAYS[-1])
    assert DAYS[-1] == date(2026, 5, 26)


def test_an_unknown_election_or_day_is_refused(world: CivixWorld) -> None:
    with pytest.raises(UsageError, match="there is no election 7"):
        world.rows(7, DAYS[0], 0).__next__()
    with pytest.raises(UsageError, match="2026-05-23 is no voting day of 90501"):
        world.voters_on(RUNOFF, date(2026, 5, 23), 0)
