"""The platform's JSON: the index of elections, and the turnout of the counties with the oddities of the real ones."""

from __future__ import annotations

from datetime import date
from typing import Any

from clerk_demo.civix_counties import COUNTIES, COUNTY_IDS
from clerk_demo.civix_elections import ELECTIONS, Election, calendar_day, last_change
from clerk_demo.civix_rolls import Counts
from clerk_demo.civix_world import CivixWorld

# The state's own figure is behind the roster in these counties.
LAGGING = ("BEXAR", "COLLIN")
# This one has no totals on the first day, and this one's figure of the third day is above that of the fourth.
SILENT = "LOVING"
FALLING, FALLING_AT = "DENTON", 2
Document = dict[str, Any]


def write_date(day: date) -> str:
    """Write a day as the platform does in its index and reads it in requests."""
    return f"{day:%m/%d/%Y}"


def index_document(day: int) -> Document:
    """Return the index of elections as of a simulated day; early voting days are in it once they have come."""
    today = calendar_day(day)
    updated = min(today, max(last_change(each.day, today) for each in ELECTIONS.values()))
    elections = [_describe(election, today) for election in ELECTIONS.values()]
    return {"date_updated": write_date(updated), "elections": elections, "elections_local": []}


def _describe(election: Election, today: date) -> Document:
    return {
        "id": election.id,
        "type": "EV",
        "election_date": write_date(election.day),
        "election_name": election.name,
        "certified": election.certified,
        "early_voting_dates": [
            {"date": write_date(day), "date_turnout_id": number}
            for number, day in enumerate(election.published(today), start=1)
        ],
        "counties": [{"county_id": number, "name": name} for name, number in COUNTY_IDS.items()],
    }


def turnout_document(world: CivixWorld, election: Election, voting_day: date, day: int) -> Document:
    """Return the counties' turnout of a voting day as of a simulated day, which must not be before it."""
    early = voting_day != election.day
    on_day = world.voters_on(election.id, voting_day, day)
    through = _report(world, election, voting_day, day)
    return {
        "date_updated": last_change(voting_day, calendar_day(day)).isoformat(),
        "election_id": election.id,
        "election_type": election.kind,
        "early_voting_date": voting_day.isoformat() if early else None,
        "early_voting_date_id": _date_id(election, voting_day) if early else None,
        "turnout_by_county": [
            {
                "name": name,
                "id": COUNTY_IDS[name],
                "registered_voters": world.registered(name),
                "in_person_votes_on_date": on_day[name].in_person,
                "total_in_person_votes_for_election": through[name].in_person if name in through else None,
                "total_mail_votes_for_election": through[name].mail if name in through else None,
                "voter_details_report": _report_path(election, voting_day, on_day[name]),
            }
            for name in COUNTIES
        ],
    }


def _report(world: CivixWorld, election: Election, voting_day: date, day: int) -> dict[str, Counts]:
    """The cumulative figures as the state publishes them."""
    true = world.voters_through(election.id, voting_day, day)
    at = election.voting_days.index(voting_day)
    reported = true | {name: _lag(true[name]) for name in LAGGING}
    if at == 0:
        del reported[SILENT]
    if at == FALLING_AT:
        reported[FALLING] = Counts(_overstate(world, election), true[FALLING].mail)
    return reported


def _lag(true: Counts) -> Counts:
    return Counts(max(0, true.in_person - 1 - true.in_person // 200), true.mail)


def _overstate(world: CivixWorld, election: Election) -> int:
    """A figure that is above the next day's, however that is corrected."""
    following = election.voting_days[FALLING_AT + 1]
    later = (following - calendar_day(0)).days + 1
    corrected = world.voters_through(election.id, following, later)[FALLING].in_person
    return corrected + 2 + corrected // 500


def _report_path(election: Election, voting_day: date, listed: Counts) -> str | bool:
    if listed == Counts():
        return False
    if election.certified:
        return True
    return f"EarlyVotingTurnoutByDate/{voting_day.isoformat()}/EVR_EarlyVotingByDate"


def _date_id(election: Election, voting_day: date) -> int:
    return election.id % 1000 * 20 + election.early_days.index(voting_day)
