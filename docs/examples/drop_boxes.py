"""Ballots in the drop boxes of one county, from a CSV that the county overwrites every evening."""

from clerkcore import About, Column, Record, Ref, Rejected, Table, hookimpl
from clerkcore.parsing import read_delimited
from clerkcore.rosters import StateAdapter


class DropBoxes(StateAdapter):
    """One CSV of two columns."""

    name = "drop_boxes"
    data_sources = ("DropBoxes",)
    about = About("Ballot drop boxes", "Example County", "https://example.org/", "Public record")
    tables = (
        Table(
            "drop_boxes",
            key=("box",),
            columns=(
                Column("box", description="Where the box stands", public=True),
                Column("ballots", "integer", "Ballots in it so far", public=True, summed=True),
            ),
            title="Drop boxes",
            description="Ballots by box",
        ),
    )

    def fetch_data(self, data_source, election_id, election_date, client):
        """Fetch the CSV."""
        yield client.get(self.config["url"])

    def parse_data(self, capture):
        """Make a row of each line."""
        for line in read_delimited(capture.pages[0], ("box", "ballots"), where=self.name, whole=True):
            yield line if isinstance(line, Rejected) else Record("drop_boxes", line.values, line.at)


@hookimpl
def register_state_adapters():
    """Offer the source."""
    return [Ref("drop_boxes", "drop_boxes:DropBoxes", "Ballots in the drop boxes of one county")]
