# /// script
# dependencies = ["clerkcore"]
#
# [tool.clerk]
# version = "1.0"
# summary = "Rosters of Oz, a state of the tests"
# ///
"""A state small enough to read at a glance: one CSV of voters a day, and a JSON list of elections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from clerkcore import About, Capture, Client, Download, Location, Parsed, Record, Ref, Scope, hookimpl
from clerkcore.interfaces import LineFormat
from clerkcore.rosters import Field, RosterAdapter, RosterFormat, RosterLayout, county_field, read_word, voter_id_field

# Not in the order of the roster's columns, in which a layout need not be.
LAYOUT = RosterLayout(
    {
        "voter_id": voter_id_field(("id",), r"\d{3}", "three digits"),
        "county": county_field(("county",), ("Emerald", "Gillikin", "Winkie")),
        "precinct": Field(("precinct",)),
        "voting_method": Field(("method",), read_word({"EARLY": "early", "MAIL": "absentee-mail"}, "method")),
    }
)


@hookimpl
def register_state_adapters() -> list[Ref[Oz]]:
    """Register the adapter."""
    return [Ref("oz", "oz_states:Oz", "Rosters of Oz")]


class Oz(RosterAdapter):
    """The rosters of Oz."""

    name: ClassVar[str] = "oz"
    about: ClassVar[About] = About("Oz", "The Wizard", "https://oz.example", "Public domain")
    data_sources: ClassVar[tuple[str, ...]] = ("EVR", "ELECTIONS")
    roster_sources: ClassVar[tuple[str, ...]] = ("EVR",)
    by_day: ClassVar[bool] = True

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        """Fetch below base_url."""
        yield client.get(f"{self.config['base_url']}{self.config['endpoints'][data_source.lower()]}")

    def roster_format(self, scope: Scope) -> LineFormat | None:
        """Return how a day's voters are read."""
        if scope.params["data_source"] != "EVR":
            return None
        constants = {"election_id": scope.params["election_id"], "vote_date": scope.params["election_date"]}
        return RosterFormat(LAYOUT, constants, "oz")

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        """Yield the elections of the list."""
        for page in capture.pages:
            with page.open() as stream:
                for number, election in enumerate(json.load(stream), 1):
                    yield Record("elections", election, Location(page.name, number))
