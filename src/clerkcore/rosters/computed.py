"""The tables that follow from rosters; `update_database` fills them."""

from __future__ import annotations

from clerkcore.interfaces import Column, Table
from clerkcore.rosters.tables import count, public

_ELECTION = public("election_id", description="The state's id of the election")
_COUNTY = public("county", description="County")
_PARTY = public("party", description="Party; empty where none is told")
_METHOD = public("voting_method", description="How the ballots were cast (NIST SP 1500-100)")
_DAY = public("vote_date", "date", "Day on which the ballots were cast or came in")
_BALLOTS = count("ballots", "Voters, each counted once an election", required=True)
_ROWS = count("listed", "Ballots listed, those of voters who are listed twice among them", required=True)

TURNOUT_TOTALS = Table(
    "turnout_totals",
    key=("election_id", "county", "party", "voting_method", "vote_date"),
    columns=(
        _ELECTION,
        _COUNTY,
        _PARTY,
        _METHOD,
        _DAY,
        _BALLOTS,
        _ROWS,
    ),
    title="Turnout by county",
    description="Voters by county, party, method and day, kept in step with the roster",
    facets=("county", "party", "voting_method", "vote_date"),
)

PRECINCT_TOTALS = Table(
    "precinct_totals",
    key=("election_id", "county", "precinct", "party", "voting_method", "vote_date"),
    columns=(
        _ELECTION,
        _COUNTY,
        public("precinct", description="Precinct, as the state writes it; empty where none is told"),
        _PARTY,
        _METHOD,
        _DAY,
        _BALLOTS,
        _ROWS,
    ),
    title="Turnout by precinct",
    description="Voters by precinct, party, method and day; what district totals are made of",
    facets=("county", "party", "voting_method", "vote_date"),
)

DISTRICT_TOTALS = Table(
    "district_totals",
    key=("election_id", "district_type", "district", "basis", "party", "voting_method", "vote_date"),
    columns=(
        _ELECTION,
        public("district_type", description="Kind of district"),
        public("district", description="District; empty for ballots of no known district"),
        public("basis", description="`precinct`, `county` where only the county's fallback is known, or `none`"),
        _PARTY,
        _METHOD,
        _DAY,
        _BALLOTS,
    ),
    title="Turnout by district",
    description="Voters by district, party, method and day, by the imported map of precincts",
    facets=("district_type", "district", "basis", "party", "voting_method"),
)

ROSTER_OVERLAPS = Table(
    "roster_overlaps",
    key=("voter_id", "vote_date", "voting_method"),
    columns=(
        Column("voter_id", description="The state's id of the voter", required=True, sensitive=True),
        Column("vote_date", "date", "Day of the row", required=True),
        public("voting_method", description="Method of the row", required=True),
        public("election_id", description="The state's id of the election", required=True),
        public("county", description="County of the row", required=True),
        public("precinct", description="Precinct of the row", required=True),
        public("party", description="Party of the row", required=True),
        public("counted_scope", description="Scope of the row that counts instead", required=True),
        Column("counted_date", "date", "Day of the row that counts instead", required=True),
        public("counted_county", description="County of the row that counts instead", required=True),
    ),
    title="Voters listed twice",
    description="Rows of the roster that count for nothing, because an earlier row of the same voter counts already",
    facets=("vote_date", "county"),
)

ROSTER_COMPUTED = (ROSTER_OVERLAPS, TURNOUT_TOTALS, PRECINCT_TOTALS, DISTRICT_TOTALS)
