"""Earthquakes of a year, as one CSV: a sound source, whose copies in test_source_suite.py have one fault each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clerkcore import (
    About,
    Capture,
    Client,
    Column,
    Download,
    Location,
    Page,
    Parsed,
    Record,
    Ref,
    Rejected,
    SourceError,
    Table,
    hookimpl,
)
from clerkcore.parsing import read_count, read_delimited
from clerkcore.rosters import StateAdapter

COLUMNS = (
    Column("id", description="Number", public=True),
    Column("place", description="Where", public=True),
    Column("felt", "integer", "How many felt it", required=True, check="felt >= 0", public=True),
    Column("status", description="reviewed or automatic", public=True),
)
QUAKES = Table("quakes", ("id",), COLUMNS, "Earthquakes", "Earthquakes of the year", facets=("status",), max_shrink=0.1)


class Quakes(StateAdapter):
    name = "quakes"
    data_sources = ("Quakes",)
    about = About("Earthquakes", "Observatory", "https://example.org/", "Public record")
    tables = (QUAKES,)

    def fetch_data(self, data_source: str, election_id: str, election_date: str, client: Client) -> Iterator[Download]:
        yield client.get("https://example.org/quakes.csv")

    def parse_data(self, capture: Capture) -> Iterator[Parsed]:
        page = only_page(capture)
        for line in read_delimited(page, ("id", "place", "felt", "status"), where="quakes"):
            if isinstance(line, Rejected):
                yield line
            else:
                yield read_line(line.values, line.at, capture)


def only_page(capture: Capture) -> Page:
    if len(capture.pages) != 1:
        raise SourceError("is more than one file", where="quakes", remedy="fetch it again")
    return capture.pages[0]


def read_line(text: Mapping[str, str], at: Location, capture: Capture) -> Parsed:
    if text["status"] not in ("reviewed", "automatic"):
        return Rejected("bad_status", "neither reviewed nor automatic", at, "status", text["status"])
    try:
        felt = read_count(text["felt"])
    except ValueError as error:
        return Rejected("bad_felt", str(error), at, "felt", text["felt"])
    place = text["place"]
    return Record("quakes", {"id": text["id"], "place": place, "felt": felt, "status": text["status"]}, at)


@hookimpl
def register_state_adapters() -> list[Ref[StateAdapter]]:
    return [Ref("quakes", "quakes:Quakes", "Earthquakes")]
