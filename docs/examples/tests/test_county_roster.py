"""The roster passes the suite of every source, and is counted by county."""

from datetime import date
from pathlib import Path

from county_roster import CountyRoster

from clerkcore import Request
from clerkcore.rosters import make_scope
from clerkcore.testing import SourceSuite

pytest_plugins = ["clerkcore.testing.fixtures"]

PLUGINS = Path(__file__).parents[1]
SAMPLE = Path(__file__).with_name("voted.csv")
SETTINGS = {"election": "2026"}
OPTIONS = ("--election", "2026", "--date", "2026-10-20", "--from", SAMPLE, "--json")


class TestCountyRoster(SourceSuite):
    source_class = CountyRoster
    config = SETTINGS
    scope = make_scope("VOTED", "2026", "2026-10-20")
    samples = (SAMPLE,)
    records = 4
    optional = frozenset({"Precinct"})
    request = Request(date(2026, 10, 21), options={"date": "2026-10-20"})
    plugins_dir = str(PLUGINS)


def test_a_saved_file_is_loaded(make_site, run_clerk):
    make_site("example.ca", county_roster=SETTINGS)
    ended = run_clerk("--plugins-dir", PLUGINS, "states", "update", "example.ca", "--source", "VOTED", *OPTIONS)
    assert (ended.exit_code, ended.line["added"], ended.line["quarantined"]) == (0, 4, 0)
