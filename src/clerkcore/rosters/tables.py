"""The core's tables of election data: elections, the roster of who voted, what the state publishes by county."""

from __future__ import annotations

from clerkcore.interfaces import Column, ColumnType, Table


def public(name: str, type: ColumnType = "text", description: str = "", *, required: bool = False) -> Column:
    """Return a column that a published database may carry."""
    return Column(name, type, description, required=required, public=True)


def count(name: str, description: str, *, required: bool = False) -> Column:
    """Return a public column that counts something, and so is never below zero."""
    return Column(name, "integer", description, required=required, check=f"{name} >= 0", public=True)


# The words of NIST SP 1500-100 (CountItemType), and those of states that tell less.
VOTING_METHODS = ("absentee-mail", "absentee-in-person", "early", "election-day", "provisional", "uocava", "unknown")
COUNTED = "accepted"  # a row without a status is a ballot that the state lists as voted

ELECTIONS = Table(
    "elections",
    key=("election_id",),
    columns=(
        public("election_id", description="The state's id of the election"),
        public("name", description="Name of the election, as the state writes it"),
        public("election_date", "date", "Day of the election"),
        public("election_type", description="Kind of election, in the state's word"),
        public("party", description="The party whose primary it is; empty for other elections"),
        public("first_early_day", "date", "First day of early voting"),
        public("last_early_day", "date", "Last day of early voting"),
        public("certified", "boolean", "1 when the state calls the results certified"),
        Column(
            "published_at", "datetime", "When the state says that it last changed its list", compared=False, public=True
        ),
    ),
    title="Elections",
    description="The elections that the state lists",
    facets=("election_date", "party"),
)

ROSTER = Table(
    "roster",
    key=("voter_id", "vote_date", "voting_method"),
    columns=(
        Column("voter_id", description="The state's id of the voter, as text", required=True, sensitive=True),
        public("vote_date", "date", "Day on which the ballot was cast or came in", required=True),
        public("voting_method", description="How the ballot was cast (NIST SP 1500-100)", required=True),
        public("county", description="County", required=True),
        public("precinct", description="Precinct, as the state writes it"),
        public("party", description="Party of the primary, or of the voter's registration"),
        public("ballot_status", description="What became of the ballot; empty where the state lists only voted ones"),
        public("election_id", description="The state's id of the election", required=True),
        Column("voter_name", description="Name; empty unless the site keeps names", sensitive=True),
        Column("voter_address", description="Address; empty unless the site keeps addresses", sensitive=True),
    ),
    title="Roster",
    description="Who cast a ballot, one row per source, election, day, voter and method; never published",
    group_by="county",
    facets=("county", "voting_method", "vote_date"),
    bulk=True,
    tally=("county", "precinct", "party", "voting_method", "vote_date", "ballot_status"),
)

COUNTY_TURNOUT = Table(
    "county_turnout",
    key=("election_id", "vote_date", "county"),
    columns=(
        public("election_id", description="The state's id of the election", required=True),
        public("vote_date", "date", "Day that the figures are of", required=True),
        public("county", description="County", required=True),
        public("county_id", description="The state's number of the county"),
        count("registered_voters", "Registered voters"),
        count("in_person_on_date", "In-person ballots of the day"),
        count("in_person_total", "In-person ballots of the election up to this day"),
        count("mail_on_date", "Mail ballots of the day"),
        count("mail_total", "Mail ballots of the election up to this day"),
        count("ballots_total", "Ballots of the election up to this day, where the state gives one figure"),
        Column("published_at", "datetime", "When the state published the figures", compared=False, public=True),
    ),
    title="Turnout by county, as published",
    description="What the state itself publishes of each county's turnout, day by day",
    group_by="vote_date",
    facets=("vote_date", "county", "election_id"),
    # A county that drops out of the report is never an ordinary change.
    max_shrink=0.0,
)

DISTRICT_MAP = Table(
    "district_map",
    key=("district_type", "county", "precinct"),
    columns=(
        public("district_type", description="Kind of district, such as congress or state_house", required=True),
        public("county", description="County", required=True),
        public("precinct", description="Precinct; empty for the district of a whole county", required=True),
        public("district", description="District", required=True),
    ),
    title="Districts of precincts",
    description="Which precinct lies in which district, as imported; a row without a precinct is the county's fallback",
    facets=("district_type", "district"),
)

ROSTER_TABLES = (ELECTIONS, ROSTER, COUNTY_TURNOUT, DISTRICT_MAP)
