"""Election data of states: what every state adapter shares."""

from clerkcore.rosters.adapter import StateAdapter, make_scope
from clerkcore.rosters.changes import RowChanges
from clerkcore.rosters.layout import Field, RosterFormat, RosterLayout, county_field, read_word, voter_id_field
from clerkcore.rosters.roster import RosterAdapter
from clerkcore.rosters.tables import COUNTED, COUNTY_TURNOUT, ELECTIONS, ROSTER, ROSTER_TABLES, VOTING_METHODS

__all__ = [
    "COUNTED",
    "COUNTY_TURNOUT",
    "ELECTIONS",
    "ROSTER",
    "ROSTER_TABLES",
    "VOTING_METHODS",
    "Field",
    "RosterAdapter",
    "RosterFormat",
    "RosterLayout",
    "RowChanges",
    "StateAdapter",
    "county_field",
    "make_scope",
    "read_word",
    "voter_id_field",
]
