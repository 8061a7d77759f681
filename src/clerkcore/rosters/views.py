"""The views of a roster database: voters counted once, and counts set beside published figures."""

from __future__ import annotations

from clerkcore.interfaces import Column, Figures, View
from clerkcore.rosters.overlaps import CHANNEL, cast_by
from clerkcore.rosters.tables import ROSTER, public

_SOURCE = public("source", description="The source of the figure")
_ELECTION = public("election_id", description="The state's id of the election")
_COUNTY = public("county", description="County")
_CHANNEL = public("channel", description="`in_person`, `mail`, `other` where the state does not tell, or `all`")
_DAY = public("vote_date", "date", "Day up to which ballots are counted")

ROSTER_EFFECTIVE = View(
    "roster_effective",
    sql=f"""SELECT r.* FROM roster r WHERE {cast_by("r")}
AND NOT EXISTS (SELECT 1 FROM roster_overlaps o WHERE o.source = r.source AND o.scope = r.scope
AND o.voter_id = r.voter_id AND o.vote_date = r.vote_date AND o.voting_method = r.voting_method)""",
    columns=(
        _SOURCE,
        public("scope", description="The slice of the source"),
        *ROSTER.columns,
        Column("run_id", "integer", "The run that gave the row its content"),
        Column("removed_run_id", "integer", "Always empty here"),
    ),
    title="Voters, each counted once",
    description="The roster's ballots cast, without the later rows of a voter who is listed twice; never published",
)

# The column of county_turnout that holds a channel's figure.
PUBLISHED = {"in_person": "in_person_total", "mail": "mail_total", "all": "ballots_total"}
_PUBLISHED = " UNION ALL ".join(
    f"SELECT source, election_id, county, '{channel}' AS channel, vote_date, CAST({column} AS INTEGER) AS value"
    f" FROM county_turnout WHERE removed_run_id IS NULL AND {column} IS NOT NULL"
    for channel, column in PUBLISHED.items()
)

PUBLISHED_FIGURES = View(
    "published_figures",
    sql=_PUBLISHED,
    columns=(_SOURCE, _ELECTION, _COUNTY, _CHANNEL, _DAY, public("value", "integer", "Ballots, as published")),
    title="Figures as published",
    description="The state's own figures by county, in person, by mail and in all, up to each day",
)

_COUNTED = " UNION ALL ".join(
    f"SELECT t.source, t.election_id, t.county, {channel} AS channel, d.vote_date,"
    " CAST(sum(t.ballots) AS INTEGER) AS value"
    " FROM (SELECT DISTINCT source, election_id, vote_date FROM county_turnout WHERE removed_run_id IS NULL) d"
    " JOIN turnout_totals t ON t.source = d.source AND t.election_id = d.election_id AND t.vote_date <= d.vote_date"
    " GROUP BY 1, 2, 3, 4, 5"
    for channel in (CHANNEL, "'all'")
)

COUNTED_FIGURES = View(
    "counted_figures",
    sql=_COUNTED,
    columns=(_SOURCE, _ELECTION, _COUNTY, _CHANNEL, _DAY, public("value", "integer", "Voters, as counted")),
    title="Figures as counted",
    description="Voters of the rosters by county, in person, by mail and in all, up to each published day",
)

TURNOUT_CHECK = View(
    "turnout_check",
    # Cast, for a number that was computed is of no type, and a page's filter would compare it as text.
    sql="""SELECT p.source, p.election_id, p.county, p.channel, p.vote_date, CAST(p.value AS INTEGER) AS published,
CAST(coalesce(c.value, 0) AS INTEGER) AS counted, CAST(coalesce(c.value, 0) - p.value AS INTEGER) AS difference
FROM published_figures p LEFT JOIN counted_figures c ON c.source = p.source AND c.election_id = p.election_id
AND c.county = p.county AND c.channel = p.channel AND c.vote_date = p.vote_date""",
    columns=(
        _SOURCE,
        _ELECTION,
        _COUNTY,
        _CHANNEL,
        _DAY,
        public("published", "integer", "Ballots, as the state publishes them"),
        public("counted", "integer", "Voters of the rosters, each counted once"),
        public("difference", "integer", "Counted less published"),
    ),
    title="Counted and published",
    description="The rosters' voters beside the state's own figures; equality is not a law, a difference is a question",
    facets=("vote_date", "channel", "county"),
)

ROSTER_VIEWS = (ROSTER_EFFECTIVE, PUBLISHED_FIGURES, COUNTED_FIGURES, TURNOUT_CHECK)

_DIMENSIONS = ("election_id", "county", "channel", "vote_date")
ROSTER_FIGURES = (
    Figures("turnout", "published", PUBLISHED_FIGURES.name, _DIMENSIONS),
    Figures("turnout", "counted", COUNTED_FIGURES.name, _DIMENSIONS),
)
