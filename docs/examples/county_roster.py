"""Who voted in one county, from a CSV of each day: a roster needs a table of column names, and little else."""

from clerkcore import About, Ref, hookimpl
from clerkcore.rosters import Field, RosterAdapter, RosterFormat, RosterLayout, county_field, read_word, voter_id_field

METHODS = {"IN PERSON": "early", "BY MAIL": "absentee-mail"}
LAYOUT = RosterLayout(
    {
        "voter_id": voter_id_field(("Voter ID", "ID"), r"\d{8}", "eight digits"),
        "voting_method": Field(("How Voted",), read_word(METHODS, "way of voting")),
        "county": county_field(("County",), ("ALPHA", "BETA")),
        "precinct": Field(("Precinct",), required=False),
    }
)


class CountyRoster(RosterAdapter):
    """One file a day, at an address that names the election and the day."""

    name = "county_roster"
    data_sources = ("VOTED",)
    roster_sources = ("VOTED",)
    by_day = True
    about = About("Who voted", "Example County", "https://example.org/", "Public record")

    def fetch_data(self, data_source, election_id, election_date, client):
        """Fetch the file of a day."""
        yield client.get(f"{self.config['url']}/{election_id}/{election_date}.csv")

    def roster_format(self, scope):
        """Say how its lines are read, and what is the same in all of them."""
        params = scope.params
        constants = {"election_id": params["election_id"], "vote_date": params["election_date"]}
        return RosterFormat(LAYOUT, constants, self.name)


@hookimpl
def register_state_adapters():
    """Offer the adapter."""
    return [Ref("county_roster", "county_roster:CountyRoster", "Who voted in one county, by day")]
